package groupbuystore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// TestEvent_FromBeforeTiers reads what an event of an older version says of a team.
func TestEvent_FromBeforeTiers(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		store := groupbuystore.New(db)
		const body = `{"team":{"id":"team_1","partner_id":"mall","activity_id":"act_1","goods_id":"tea","status":"formed","target":3,` +
			`"held":0,"paid":3,"leader":"ann","opened_at":1,"expires_at":9,"ended_at":5,"version":4}}`
		require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO events (id, partner_id, kind, happened_at, body) VALUES ('evt_1', 'mall', 'team.formed', 5, ?)", body).Error
		}))
		event, err := store.Event(t.Context(), "evt_1")
		require.NoError(t, err)
		require.Equal(t, []int{3}, event.Team.Sizes)
		require.Equal(t, 3, event.Team.Paid)
	})
}

// TestRead_BadTiers reports a team whose sizes cannot be read instead of one that has none.
func TestRead_BadTiers(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		store := sound(t, db)
		require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error { return tx.Exec("UPDATE teams SET tiers = '{' WHERE id = 'team_open'").Error }))
		_, _, err := store.Team(t.Context(), "mall", "team_open")
		require.ErrorContains(t, err, "team_open")
		_, _, err = store.Seat(t.Context(), team.Key{Partner: "mall", OutTradeNo: "order-seat_open_1"})
		require.ErrorContains(t, err, "team_open")
		_, err = store.OpenTeams(t.Context(), groupbuy.OpenTeamsQuery{Partner: "mall", Goods: "tea", Now: time.Now(), Limit: 10})
		require.ErrorContains(t, err, "team_open")
		err = store.Batch(t.Context(), team.Touch{Teams: []team.ID{"team_open"}}, func(*team.State, time.Time) {
			t.Error("decided on a team that could not be read")
		})
		require.ErrorContains(t, err, "team_open")
		_, err = store.Event(t.Context(), damagedEvent(t, db))
		require.ErrorContains(t, err, "team_x")
	})
}

// damagedEvent is the id of an event about a team whose sizes cannot be read.
func damagedEvent(t *testing.T, db *sqldb.DB) partner.EventID {
	t.Helper()
	require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec(`INSERT INTO events (id, partner_id, kind, happened_at, body) VALUES ('evt_x', 'mall', 'team.formed', 5, '{"team":{"id":"team_x","tiers":"{"}}')`).Error
	}))
	return "evt_x"
}
