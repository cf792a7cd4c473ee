package groupbuystore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// TestBatch_NewBuyersByFacts lets somebody join by what was bought at the partner outside the engine.
func TestBatch_NewBuyersByFacts(t *testing.T) {
	const put = "INSERT INTO order_facts (partner_id, buyer, order_id, amount_fen, paid_at, refunded_fen, refunded_at) VALUES "
	for _, test := range []struct {
		name, facts string
		allowed     bool
	}{
		{"none", "", true},
		{"paid", "('mall', 'new', 'o-1', 500, 1, 0, 0)", false},
		{"paid for nothing", "('mall', 'new', 'o-1', 0, 1, 0, 0)", true},
		{"partly back", "('mall', 'new', 'o-1', 500, 1, 499, 2)", false},
		{"all back", "('mall', 'new', 'o-1', 500, 1, 500, 2)", true},
		{"back, payment not told yet", "('mall', 'new', 'o-1', 500, 0, 100, 2)", true},
		{"two, one back", "('mall', 'new', 'o-1', 500, 1, 500, 2), ('mall', 'new', 'o-2', 500, 1, 0, 0)", false},
		{"of another buyer", "('mall', 'New', 'o-1', 500, 1, 0, 0)", true},
		{"at another partner", "('other', 'new', 'o-1', 500, 1, 0, 0)", true},
		{"of a seat that is refunded meanwhile", "('mall', 'new', 'order-seat_before', 800, 1, 0, 0)", true},
		{"of another partner's order with a seat's number", "('other', 'new', 'order-seat_before', 800, 1, 0, 0)", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
				store := groupbuystore.New(db)
				before := lock("seat_before", "team_before", "new")
				apply(t, store, lock("seat_1", "team_1", "ann"), before, team.Release{Key: before.Key, Why: team.Cancelled})
				if test.facts != "" {
					require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error { return tx.Exec(put + test.facts).Error }))
				}
				join := lock("seat_2", "", "new")
				join.Team, join.Terms.NewBuyersOnly = "team_1", true
				require.Equal(t, test.allowed, tryOne(t, store, join).Refusal == team.NoRefusal)
			})
		})
	}
}

// tryOne carries out one command that may be refused.
func tryOne(t *testing.T, store groupbuy.Store, cmd team.Command) (out team.Outcome) {
	t.Helper()
	cmds := []team.Command{cmd}
	require.NoError(t, store.Batch(t.Context(), team.TouchOf(cmds), func(s *team.State, now time.Time) { out = team.Apply(s, cmds, now)[0] }))
	return out
}
