package sqldb_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// Teams of a database from before tiers get the room and the end that they always had.
func TestMigrate_TeamsFromBeforeTiers(t *testing.T) {
	eachEmpty(t, func(t *testing.T, dsn sqldb.DSN) {
		db := sqldbtest.Connect(t, dsn)
		require.NoError(t, sqldb.MigrateTo(t.Context(), db, sqldb.GroupBuy, 2))
		require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO teams (id, partner_id, activity_id, goods_id, status, target, held, paid, leader, opened_at, expires_at, ended_at, version) VALUES " +
				"('team_1', 'mall', 'act', 'tea', 'forming', 3, 1, 1, 'ann', 1, 9, 0, 1), " +
				"('team_2', 'mall', 'act', 'tea', 'formed', 2, 0, 2, 'bob', 1, 9, 5, 1), " +
				"('team_3', 'mall', 'act', 'tea', 'failed', 4, 0, 0, 'cat', 1, 9, 7, 1)").Error
		}))
		require.NoError(t, db.Migrate(t.Context(), sqldb.GroupBuy))
		type row struct {
			Capacity, ClosedAt, Tier, VirtualSeats int64
			Tiers                                  string
		}
		require.Equal(t, []row{{Capacity: 3}, {Capacity: 2, ClosedAt: 5}, {Capacity: 4, ClosedAt: 7}},
			query[row](t, db, "SELECT capacity, closed_at, tier, virtual_seats, tiers FROM teams ORDER BY id"))
	})
}
