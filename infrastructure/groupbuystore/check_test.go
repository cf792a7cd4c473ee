package groupbuystore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

type damage struct {
	name, damage string
	want         groupbuy.Violation
}

func damages() []damage {
	long := time.Now().Add(-2 * time.Minute).UnixMilli()
	return []damage{
		{"stock differs from seats", "UPDATE activity_stock SET taken = 4",
			groupbuy.Violation{Invariant: "I1", Subject: "act_1/tea/green", Detail: "taken 4 of 5, live seats have 3"}},
		{"stock oversold", "UPDATE activity_stock SET pieces = 2",
			groupbuy.Violation{Invariant: "I1", Subject: "act_1/tea/green", Detail: "taken 3 of 2, live seats have 3"}},
		{"counter differs from seats", "UPDATE teams SET paid = 2 WHERE id = 'team_forming'",
			groupbuy.Violation{Invariant: "I2", Subject: "team_forming", Detail: "held 0 and paid 2 of 3, seats say 0 and 1"}},
		{"team over its target", "UPDATE teams SET target = 1 WHERE id = 'team_formed'",
			groupbuy.Violation{Invariant: "I2", Subject: "team_formed", Detail: "held 0 and paid 2 of 1, seats say 0 and 2"}},
		{"seat without team", "UPDATE seats SET team_id = 'team_gone' WHERE id = 'seat_held'",
			groupbuy.Violation{Invariant: "I2", Subject: "seat_held", Detail: "its team team_gone does not exist"}},
		{"team not expired", fmt.Sprintf("UPDATE teams SET expires_at = %d WHERE id = 'team_forming'", long),
			groupbuy.Violation{Invariant: "I8", Subject: "team_forming", Detail: fmt.Sprintf("forming, expired at %d", long)}},
		{"formed short of its target", "UPDATE teams SET target = 3 WHERE id = 'team_formed'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_formed", Detail: "formed with paid 2 of 3; 2 settled, 1 of them formed it"}},
		{"formed twice", "UPDATE seats SET settlement = 'formed' WHERE team_id = 'team_formed'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_formed", Detail: "formed with paid 2 of 2; 2 settled, 2 of them formed it"}},
		{"complete and not formed", "UPDATE teams SET target = 1 WHERE id = 'team_forming'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_forming", Detail: "forming with paid 1 of 1; 1 settled, 0 of them formed it"}},
		{"illegal step of a team", "UPDATE team_history SET to_status = 'forming' WHERE id = 'team_formed' AND from_status = 'forming'",
			groupbuy.Violation{Invariant: "I9", Subject: "team_formed", Detail: `step from "forming" to "forming" after "forming", now formed`}},
		{"illegal step of a seat", "UPDATE seat_history SET to_status = 'refunded' WHERE id = 'seat_leader' AND from_status = 'held'",
			groupbuy.Violation{Invariant: "I9", Subject: "seat_leader", Detail: `step from "held" to "refunded" after "held", now paid`}},
		{"gap in a seat's history", "DELETE FROM seat_history WHERE id = 'seat_leader' AND from_status = ''",
			groupbuy.Violation{Invariant: "I9", Subject: "seat_leader", Detail: `step from "held" to "paid" after "", now paid`}},
		{"state beside the history", "UPDATE seats SET status = 'refunding' WHERE id = 'seat_leader'",
			groupbuy.Violation{Invariant: "I9", Subject: "seat_leader", Detail: `step from "held" to "paid" after "held", now refunding`}},
		{"history of nothing", "DELETE FROM seats WHERE id = 'seat_leader'",
			groupbuy.Violation{Invariant: "I9", Subject: "seat_leader", Detail: `step from "held" to "paid" after "held", now gone`}},
		{"seat without history", "DELETE FROM seat_history WHERE id = 'seat_held'",
			groupbuy.Violation{Invariant: "I9", Subject: "seat_held", Detail: "has no history"}},
		{"team without history", "DELETE FROM team_history WHERE id = 'team_forming'",
			groupbuy.Violation{Invariant: "I9", Subject: "team_forming", Detail: "has no history"}},
		{"message not relayed", fmt.Sprintf("UPDATE outbox SET id = 'm-1', next_at = %d WHERE payload = (SELECT MIN(id) FROM events)", long),
			groupbuy.Violation{Invariant: "I11", Subject: "m-1", Detail: fmt.Sprintf("topic event, due at %d, attempts 0", long)}},
		{"amount off by one fen", "UPDATE seats SET amount_fen = 801 WHERE id = 'seat_held'",
			groupbuy.Violation{Invariant: "amount", Subject: "seat_held", Detail: "1 x 800 of 1000 fen makes 801; settled  0"}},
		{"price over the original", "UPDATE seats SET pay_price_fen = 1001, amount_fen = 1001 WHERE id = 'seat_held'",
			groupbuy.Violation{Invariant: "amount", Subject: "seat_held", Detail: "1 x 1001 of 1000 fen makes 1001; settled  0"}},
		{"paid too little", "UPDATE seats SET paid_amount_fen = 799 WHERE id = 'seat_leader'",
			groupbuy.Violation{Invariant: "amount", Subject: "seat_leader", Detail: "1 x 800 of 1000 fen makes 800; settled joined 799"}},
		{"paid without a settlement", "UPDATE seats SET status = 'paid' WHERE id = 'seat_held'",
			groupbuy.Violation{Invariant: "amount", Subject: "seat_held", Detail: "1 x 800 of 1000 fen makes 800; settled  0"}},
	}
}

// TestViolations_EachInvariantBroken damages a sound database by hand, one row at a time.
func TestViolations_EachInvariantBroken(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		for _, test := range damages() {
			t.Run(test.name, func(t *testing.T) {
				empty(t, db)
				store := sound(t, db)
				require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error { return tx.Exec(test.damage).Error }))
				found, err := store.Violations(t.Context(), time.Now())
				require.NoError(t, err)
				require.Contains(t, found, test.want)
			})
		}
	})
}

// sound fills a database with a formed team, one that gathers and one that waits for its first payment, and three
// pieces taken of five.
func sound(t *testing.T, db *sqldb.DB) *groupbuystore.Store {
	t.Helper()
	store := groupbuystore.New(db)
	stock := []activity.Stock{{Goods: "tea", SKU: "green", Pieces: 5}}
	inTx(t, store, func(tx groupbuy.Tx) error { return tx.OpenStock("act_1", stock) })
	leader, member := lock("seat_formed", "team_formed", "ann"), lock("seat_last", "", "bob")
	member.Team = "team_formed"
	lone, unpaid := lock("seat_leader", "team_forming", "cat"), lock("seat_held", "team_new", "dan")
	lone.Terms.Target = 3
	unpaid.SKU = "black" // not limited
	apply(t, store, leader, member, lone, unpaid)
	apply(t, store, pay(leader), pay(member), pay(lone))
	found, err := store.Violations(t.Context(), time.Now())
	require.NoError(t, err)
	require.Empty(t, found)
	return store
}

func lock(seat team.SeatID, opens team.ID, buyer activity.Buyer) team.Lock {
	return team.Lock{
		Key: team.Key{Partner: "mall", OutTradeNo: "order-" + string(seat)}, Activity: "act_1", Goods: "tea", SKU: "green",
		Channel: "app", Buyer: buyer, Quantity: 1, NewSeat: seat, NewTeam: opens,
		Terms: team.Terms{
			Original: 1000, PayPrice: 800, Amount: 800, Target: 2, SeatTTL: time.Hour,
			Expiry: func(at time.Time) time.Time { return at.Add(time.Hour) },
		},
	}
}

func pay(of team.Lock) team.Settle {
	return team.Settle{Key: of.Key, Amount: of.Terms.Amount, PaidAt: time.Now(), ProviderNo: "p-" + of.Key.OutTradeNo}
}

func apply(t *testing.T, store groupbuy.Store, cmds ...team.Command) []team.Outcome {
	t.Helper()
	var out []team.Outcome
	require.NoError(t, store.Batch(t.Context(), team.TouchOf(cmds), func(s *team.State, now time.Time) { out = team.Apply(s, cmds, now) }))
	for _, o := range out {
		require.Empty(t, o.Refusal)
	}
	return out
}
