package groupbuystore_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/enginetest"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

func TestStore(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		enginetest.Run(t, func(t *testing.T) groupbuy.Store {
			empty(t, db)
			return groupbuystore.New(db)
		})
	})
}

func TestStore_TwoNodes(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		other := sqldbtest.Connect(t, db.DSN())
		enginetest.RunNodes(t, func(t *testing.T) []groupbuy.Store {
			empty(t, db)
			return []groupbuy.Store{groupbuystore.New(db), groupbuystore.New(other)}
		})
	})
}

// empty makes a used database fresh again, far faster than creating another schema.
func empty(t *testing.T, db *sqldb.DB) {
	t.Helper()
	require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
		for _, table := range []string{
			"partners", "partner_keys", "partner_endpoints", "goods", "activities", "activity_stock", "teams", "seats",
			"team_history", "seat_history", "events", "deliveries", "delivery_attempts", "outbox", "inbox",
			"operators", "operator_sessions", "audit",
		} {
			if err := tx.Exec("DELETE FROM " + table).Error; err != nil {
				return err
			}
		}
		if err := tx.Exec("UPDATE settings SET downgraded = 0, rollout_percent = 100").Error; err != nil {
			return err
		}
		return tx.Exec("UPDATE audit_head SET seq = 0, hash = ''").Error
	}))
}
