package groupbuystore_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// Every way to tamper with the audit is found, and blamed on the right entry.
func TestViolations_BrokenAudit(t *testing.T) {
	broken := func(seq, detail string) groupbuy.Violation {
		return groupbuy.Violation{Invariant: "I14", Subject: "audit/" + seq, Detail: detail}
	}
	const changed = "was changed after it was written"
	tests := map[string]struct {
		damage string
		want   groupbuy.Violation
	}{
		"another state":         {"UPDATE audit SET after_state = '{}' WHERE seq = 3", broken("3", changed)},
		"another actor":         {"UPDATE audit SET actor_id = 'op_9' WHERE seq = 3", broken("3", changed)},
		"another time":          {"UPDATE audit SET happened_at = happened_at + 1 WHERE seq = 3", broken("3", changed)},
		"another address":       {"UPDATE audit SET address = '::1' WHERE seq = 1", broken("1", changed)},
		"a hash made to fit":    {"UPDATE audit SET hash = previous WHERE seq = 3", broken("3", changed)},
		"its successor notices": {"UPDATE audit SET hash = previous WHERE seq = 3", broken("4", "does not carry the hash of the entry before it")},
		"an entry is missing":   {"DELETE FROM audit WHERE seq = 3", broken("4", "follows entry 2")},
		"the first is missing":  {"DELETE FROM audit WHERE seq = 1", broken("2", "follows entry 0")},
		"the end is cut off":    {"DELETE FROM audit WHERE seq = 5", broken("5", "should be the last entry; the last is 4")},
		"all are gone":          {"DELETE FROM audit", broken("5", "should be the last entry; the last is 0")},
		"the end was moved":     {"UPDATE audit_head SET seq = 4", broken("4", "should be the last entry; the last is 5")},
	}
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		for name, tc := range tests {
			t.Run(name, func(t *testing.T) {
				empty(t, db)
				store := groupbuystore.New(db)
				for n := range 5 {
					inTx(t, store, func(tx groupbuy.Tx) error {
						return tx.AppendAudit(groupbuy.AuditEntry{At: tx.Now(), Action: "goods.renamed", Subject: "tea", After: strconv.Itoa(n)})
					})
				}
				require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error { return tx.Exec(tc.damage).Error }))
				found, err := store.Violations(t.Context(), time.Now())
				require.NoError(t, err)
				require.Contains(t, found, tc.want)
			})
		}
	})
}
