package mallstore_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
	"kaituan/mall"
)

// Every way to tamper with the audit is found, and blamed on the right entry.
func TestViolations_BrokenAudit(t *testing.T) {
	const changed = "was changed after it was written"
	tests := map[string]struct{ damage, seq, detail string }{
		"another state":         {"UPDATE audit SET after_state = '{}' WHERE seq = 3", "3", changed},
		"another actor":         {"UPDATE audit SET actor_id = 'op_9' WHERE seq = 3", "3", changed},
		"another rank":          {"UPDATE audit SET role = 'viewer' WHERE seq = 3", "3", changed},
		"another time":          {"UPDATE audit SET happened_at = happened_at + 1 WHERE seq = 3", "3", changed},
		"another address":       {"UPDATE audit SET address = '::1' WHERE seq = 1", "1", changed},
		"a hash made to fit":    {"UPDATE audit SET hash = previous WHERE seq = 3", "3", changed},
		"its successor notices": {"UPDATE audit SET hash = previous WHERE seq = 3", "4", "does not carry the hash of the entry before it"},
		"an entry is missing":   {"DELETE FROM audit WHERE seq = 3", "4", "follows entry 2"},
		"the first is missing":  {"DELETE FROM audit WHERE seq = 1", "2", "follows entry 0"},
		"the end is cut off":    {"DELETE FROM audit WHERE seq = 5", "5", "should be the last entry; the last is 4"},
		"all are gone":          {"DELETE FROM audit", "5", "should be the last entry; the last is 0"},
		"the end was moved":     {"UPDATE audit_head SET seq = 4", "4", "should be the last entry; the last is 5"},
	}
	sqldbtest.Each(t, sqldb.Mall, func(t *testing.T, db *sqldb.DB) {
		b := &books{t: t, db: db, now: time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)}
		b.store = mallstore.New(db, func() time.Time { return b.now }, nil)
		for name, c := range tests {
			t.Run(name, func(t *testing.T) {
				b.t = t
				b.breaks("DELETE FROM audit")
				b.breaks("UPDATE audit_head SET seq = 0, hash = ''")
				for n := range 5 {
					b.do(func(tx mall.Tx) error {
						return tx.AppendAudit(mall.AuditEntry{At: tx.Now(), Action: "product.changed", Subject: "teapot", After: strconv.Itoa(n)})
					})
				}
				require.Empty(t, b.violations())
				b.breaks(c.damage)
				require.Contains(t, b.violations(), mall.Violation{Invariant: "I14", Subject: "audit/" + c.seq, Detail: c.detail})
			})
		}
	})
}

// Whoever removes the end of the chain hides nothing: nobody can look, and no operator can write.
func TestViolations_TheEndOfTheAuditIsGone(t *testing.T) {
	b := newBooks(t, sqldbtest.Open(t, sqldb.Mall))
	b.breaks("DELETE FROM audit_head")
	_, err := b.store.Violations(t.Context(), b.now)
	require.ErrorIs(t, err, gorm.ErrRecordNotFound)
}
