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
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
	"kaituan/money"
)

type damage struct {
	name, damage string
	want         groupbuy.Violation
}

func damages() []damage {
	long, far := time.Now().Add(-2*time.Minute).UnixMilli(), time.Now().Add(2*time.Minute).UnixMilli()
	return []damage{
		{"stock differs from seats", "UPDATE activity_stock SET taken = 4",
			groupbuy.Violation{Invariant: "I1", Subject: "act_1/tea/green", Detail: "taken 4 of 5, live seats have 3"}},
		{"stock oversold", "UPDATE activity_stock SET pieces = 2",
			groupbuy.Violation{Invariant: "I1", Subject: "act_1/tea/green", Detail: "taken 3 of 2, live seats have 3"}},
		{"counter differs from seats", "UPDATE teams SET paid = 2 WHERE id = 'team_forming'",
			groupbuy.Violation{Invariant: "I2", Subject: "team_forming", Detail: "held 0, paid 2 and virtual 0 of 3, seats say 0 and 1"}},
		{"team over its target", "UPDATE teams SET capacity = 1 WHERE id = 'team_formed'",
			groupbuy.Violation{Invariant: "I2", Subject: "team_formed", Detail: "held 0, paid 2 and virtual 0 of 1, seats say 0 and 2"}},
		{"virtual seats over the capacity", "UPDATE teams SET virtual_seats = 3 WHERE id = 'team_completed'",
			groupbuy.Violation{Invariant: "I2", Subject: "team_completed", Detail: "held 0, paid 1 and virtual 3 of 3, seats say 0 and 1"}},
		{"counter of a tiered team differs", "UPDATE teams SET paid = 2 WHERE id = 'team_tiered'",
			groupbuy.Violation{Invariant: "I2", Subject: "team_tiered", Detail: "held 0, paid 2 and virtual 0 of 4, seats say 0 and 3"}},
		{"paid seat that is not live", "UPDATE seats SET ordinal = NULL WHERE id = 'seat_leader'",
			groupbuy.Violation{Invariant: "I2", Subject: "seat_leader", Detail: `paid with ordinal 0, difference 0 ""`}},
		{"refunding seat that stays live", "UPDATE seats SET difference_fen = 0 WHERE id = 'seat_tier_1'",
			groupbuy.Violation{Invariant: "I2", Subject: "seat_tier_1", Detail: `refunding with ordinal 1, difference 0 ""`}},
		{"who left is not counted", "UPDATE teams SET refunded = 0 WHERE id = 'team_left'",
			groupbuy.Violation{Invariant: "I2", Subject: "team_left", Detail: "formed with refunded 0, seats say 1"}},
		{"left a team before it formed", "UPDATE seats SET left_formed = 0 WHERE id = 'seat_left_2'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_left", Detail: "formed with paid 1 and virtual 0 of 2; 1 settled, 1 of them formed"}},
		{"asked for and given again", "UPDATE seats SET status = 'paid', ordinal = 7 WHERE id = 'seat_left_1'",
			groupbuy.Violation{Invariant: "I5", Subject: "seat_left_1", Detail: `paid, settled joined, asked "rf-1" at 5, refunded ""`}},
		{"back under another number", "UPDATE seats SET refund_no = 'rf-3' WHERE id = 'seat_left_2'",
			groupbuy.Violation{Invariant: "I5", Subject: "seat_left_2", Detail: `refunded, settled joined, asked "rf-2" at 5, refunded "rf-3"`}},
		{"open and nobody left", "UPDATE teams SET paid = 0 WHERE id = 'team_open'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_open", Detail: "formed, closed at 0, tier 0 of [2] [3,4] with paid 0"}},
		{"seat without team", "UPDATE seats SET team_id = 'team_gone' WHERE id = 'seat_held'",
			groupbuy.Violation{Invariant: "I2", Subject: "seat_held", Detail: "its team team_gone does not exist"}},
		{"team not expired", fmt.Sprintf("UPDATE teams SET expires_at = %d WHERE id = 'team_forming'", long),
			groupbuy.Violation{Invariant: "I8", Subject: "team_forming", Detail: fmt.Sprintf("forming and open, expired at %d", long)}},
		{"formed team not closed", fmt.Sprintf("UPDATE teams SET expires_at = %d WHERE id = 'team_open'", long),
			groupbuy.Violation{Invariant: "I8", Subject: "team_open", Detail: fmt.Sprintf("formed and open, expired at %d", long)}},
		{"formed short of its target", "UPDATE teams SET target = 3 WHERE id = 'team_formed'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_formed", Detail: "formed with paid 2 and virtual 0 of 3; 2 settled, 1 of them formed"}},
		{"formed twice", "UPDATE seats SET settlement = 'formed' WHERE team_id = 'team_formed'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_formed", Detail: "formed with paid 2 and virtual 0 of 2; 2 settled, 2 of them formed"}},
		{"complete and not formed", "UPDATE teams SET target = 1 WHERE id = 'team_forming'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_forming", Detail: "forming with paid 1 and virtual 0 of 1; 1 settled, 0 of them formed"}},
		{"later payment told to wait", "UPDATE seats SET settlement = 'joined' WHERE id = 'seat_tier_3'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_tiered", Detail: "formed with paid 3 and virtual 0 of 2; 3 settled, 1 of them formed"}},
		{"completed although it may not", "UPDATE teams SET min_real = 0 WHERE id = 'team_completed'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_completed", Detail: "formed with paid 1 and virtual 2 of 3; 1 settled, 0 of them formed"}},
		{"completed with too few people", "UPDATE teams SET min_real = 2 WHERE id = 'team_completed'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_completed", Detail: "formed with paid 1 and virtual 2 of 3; 1 settled, 0 of them formed"}},
		{"completed short", "UPDATE teams SET virtual_seats = 1 WHERE id = 'team_completed'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_completed", Detail: "formed with paid 1 and virtual 1 of 3; 1 settled, 0 of them formed"}},
		{"virtual seats in a gathering team", "UPDATE teams SET virtual_seats = 1 WHERE id = 'team_forming'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_forming", Detail: "forming with paid 1 and virtual 1 of 3; 1 settled, 0 of them formed"}},
		{"gathering and closed", "UPDATE teams SET closed_at = 1 WHERE id = 'team_forming'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_forming", Detail: "forming, closed at 1, tier 0 of [3]  with paid 1"}},
		{"formed without tiers and open", "UPDATE teams SET closed_at = 0 WHERE id = 'team_formed'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_formed", Detail: "formed, closed at 0, tier 0 of [2]  with paid 2"}},
		{"full and open", "UPDATE teams SET capacity = 3, tiers = '[3]', closed_at = 0 WHERE id = 'team_tiered'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_tiered", Detail: "formed, closed at 0, tier 1 of [2] [3] with paid 3"}},
		{"tier not reached", "UPDATE teams SET tier = 2, closed_at = 7 WHERE id = 'team_tiered'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_tiered", Detail: "formed, closed at 7, tier 2 of [2] [3,4] with paid 3"}},
		{"higher tier reached", "UPDATE teams SET tier = 0, closed_at = 7 WHERE id = 'team_tiered'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_tiered", Detail: "formed, closed at 7, tier 0 of [2] [3,4] with paid 3"}},
		{"tier of a team without tiers", "UPDATE teams SET tier = 1, closed_at = 7 WHERE id = 'team_formed'",
			groupbuy.Violation{Invariant: "I8", Subject: "team_formed", Detail: "formed, closed at 7, tier 1 of [2]  with paid 2"}},
		{"illegal step of a team", "UPDATE team_history SET to_status = 'forming' WHERE id = 'team_formed' AND from_status = 'forming'",
			groupbuy.Violation{Invariant: "I9", Subject: "team_formed", Detail: `step from "forming" to "forming" after "forming", now formed`}},
		{"illegal step of a seat", "UPDATE seat_history SET to_status = 'refunded' WHERE id = 'seat_leader' AND from_status = 'held'",
			groupbuy.Violation{Invariant: "I9", Subject: "seat_leader", Detail: `step from "held" to "refunded" after "held", now paid`}},
		{"difference refund that skips a step", "DELETE FROM seat_history WHERE id = 'seat_tier_2' AND to_status = 'refunding'",
			groupbuy.Violation{Invariant: "I9", Subject: "seat_tier_2", Detail: `step from "refunding" to "paid" after "paid", now paid`}},
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
		{"message not relayed", fmt.Sprintf("UPDATE outbox SET id = 'm-1', next_at = %d WHERE id = (SELECT * FROM (SELECT MIN(id) FROM outbox) o)", long),
			groupbuy.Violation{Invariant: "I11", Subject: "m-1", Detail: fmt.Sprintf("topic event, due at %d, attempts 0", long)}},
		{"message that always fails", fmt.Sprintf("UPDATE outbox SET id = 'm-1', attempts = 3, next_at = %d, created_at = %d, last_error = 'no' WHERE id = (SELECT * FROM (SELECT MIN(id) FROM outbox) o)", far, long),
			groupbuy.Violation{Invariant: "I11", Subject: "m-1", Detail: fmt.Sprintf("topic event, due at %d, attempts 3: no", far)}},
		{"message given up", "UPDATE outbox SET id = 'm-1', attempts = 16, dead_at = 1, last_error = 'no' WHERE id = (SELECT * FROM (SELECT MIN(id) FROM outbox) o)",
			groupbuy.Violation{Invariant: "I10", Subject: "m-1", Detail: "topic event, dead after 16 attempts: no"}},
		{"amount off by one fen", "UPDATE seats SET amount_fen = 801 WHERE id = 'seat_held'",
			groupbuy.Violation{Invariant: "amount", Subject: "seat_held", Detail: "1 x 800 of 1000 fen makes 801; settled  0"}},
		{"price over the original", "UPDATE seats SET pay_price_fen = 1001, amount_fen = 1001 WHERE id = 'seat_held'",
			groupbuy.Violation{Invariant: "amount", Subject: "seat_held", Detail: "1 x 1001 of 1000 fen makes 1001; settled  0"}},
		{"paid too little", "UPDATE seats SET paid_amount_fen = 799 WHERE id = 'seat_leader'",
			groupbuy.Violation{Invariant: "amount", Subject: "seat_leader", Detail: "1 x 800 of 1000 fen makes 800; settled joined 799"}},
		{"difference off by one fen", "UPDATE seats SET difference_fen = 101 WHERE id = 'seat_tier_2'",
			groupbuy.Violation{Invariant: "amount", Subject: "seat_tier_2", Detail: "of 800 fen goes back 101, at tier 1 owed 100"}},
		{"difference forgotten", "UPDATE seats SET difference_fen = 0 WHERE id = 'seat_tier_2'",
			groupbuy.Violation{Invariant: "amount", Subject: "seat_tier_2", Detail: "of 800 fen goes back 0, at tier 1 owed 100"}},
		{"difference without a tier", "UPDATE seats SET difference_fen = 1 WHERE id = 'seat_leader'",
			groupbuy.Violation{Invariant: "amount", Subject: "seat_leader", Detail: "of 800 fen goes back 1, at tier 0 owed 0"}},
		{"cost off by one fen", "UPDATE teams SET cost_fen = 201 WHERE id = 'team_completed'",
			groupbuy.Violation{Invariant: "amount", Subject: "team_completed", Detail: "cost 201 with virtual 2, paid seats say 200"}},
		{"cost without virtual seats", "UPDATE teams SET cost_fen = 1 WHERE id = 'team_formed'",
			groupbuy.Violation{Invariant: "amount", Subject: "team_formed", Detail: "cost 1 with virtual 0, paid seats say 400"}},
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

// An endpoint may be down for days: the delivery's own schedule waits, and its own table says when it is over.
func TestViolations_ADeliveryMayFailForLong(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.GroupBuy)
	store, long := sound(t, db), time.Now().Add(-time.Hour)
	require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
		return outbox.Add(tx, long, outbox.Message{ID: "m-1", Topic: groupbuy.TopicDelivery, NotBefore: time.Now().Add(time.Hour)})
	}))
	require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE outbox SET attempts = 7 WHERE id = 'm-1'").Error
	}))
	found, err := store.Violations(t.Context(), time.Now())
	require.NoError(t, err)
	require.Empty(t, found)
}

// sound fills a database with a formed team, one that gathers, one that waits for its first payment, and one of each
// of lateTeams; three pieces are taken of five.
func sound(t *testing.T, db *sqldb.DB) *groupbuystore.Store {
	t.Helper()
	store := groupbuystore.New(db)
	stock := []activity.Stock{{Goods: "tea", SKU: "green", Pieces: 5}}
	inTx(t, store, func(tx groupbuy.Tx) error { return tx.OpenStock("act_1", stock) })
	leader, member := lock("seat_formed", "team_formed", "ann"), lock("seat_last", "", "bob")
	member.Team = "team_formed"
	lone, unpaid := lock("seat_leader", "team_forming", "cat"), lock("seat_held", "team_new", "dan")
	lone.Terms.Sizes = []int{3}
	unpaid.SKU = "black" // not limited
	apply(t, store, leader, member, lone, unpaid)
	apply(t, store, pay(leader), pay(member), pay(lone))
	lateTeams(t, store)
	leftTeam(t, db, store)
	found, err := store.Violations(t.Context(), time.Now())
	require.NoError(t, err)
	require.Empty(t, found)
	return store
}

// leftTeam adds a team that one left before it formed and one after; the latter has the money back.
func leftTeam(t *testing.T, db *sqldb.DB, store *groupbuystore.Store) {
	t.Helper()
	seat := func(id team.SeatID, buyer activity.Buyer) team.Lock {
		cmd := lock(id, "", buyer)
		cmd.SKU, cmd.Team = "black", "team_left"
		return cmd
	}
	first, second, third := lock("seat_left_1", "team_left", "kim"), seat("seat_left_2", "lea"), seat("seat_left_3", "max")
	first.SKU = "black"
	apply(t, store, first, second, pay(first), team.Refund{Key: first.Key, RequestNo: "rf-1"}, third, pay(second), pay(third),
		team.Refund{Key: second.Key, RequestNo: "rf-2", Why: "changed my mind"}, team.ConfirmRefund{Key: second.Key, RefundNo: "rf-2"})
	require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE seats SET asked_at = 5 WHERE asked_at > 0").Error
	}))
}

// lateTeams adds a team that closed at its second tier, a formed one that may still reach it, and one completed with
// virtual seats. Of the differences one is back.
func lateTeams(t *testing.T, store *groupbuystore.Store) {
	t.Helper()
	tiered := func(seat team.SeatID, id team.ID, buyer activity.Buyer) team.Lock {
		cmd := lock(seat, id, buyer)
		cmd.SKU, cmd.Terms.Sizes, cmd.Terms.TierPrices = "black", []int{2, 3, 4}, []money.Fen{800, 700, 500}
		return cmd
	}
	first, second, third := tiered("seat_tier_1", "team_tiered", "eve"), tiered("seat_tier_2", "", "fay"), tiered("seat_tier_3", "", "gil")
	second.Team, third.Team = "team_tiered", "team_tiered"
	one, two := tiered("seat_open_1", "team_open", "hal"), tiered("seat_open_2", "", "ida")
	two.Team = "team_open"
	completed := lock("seat_completed", "team_completed", "jon")
	completed.SKU, completed.Terms.Sizes, completed.Terms.MinReal = "black", []int{3}, 1
	cmds := []team.Command{first, second, third, pay(first), pay(second), pay(third), one, two, pay(one), pay(two), completed, pay(completed)}
	apply(t, store, cmds...)
	later := []team.Command{
		team.Expire{Team: "team_tiered"}, team.Expire{Team: "team_completed"},
		team.ConfirmRefund{Key: second.Key, RefundNo: "rf-1"}, team.ConfirmRefund{Key: third.Key, RefundNo: "rf-2"},
	}
	require.NoError(t, store.Batch(t.Context(), team.TouchOf(later), func(s *team.State, now time.Time) {
		team.Apply(s, later, now.Add(2*time.Hour))
	}))
}

func lock(seat team.SeatID, opens team.ID, buyer activity.Buyer) team.Lock {
	return team.Lock{
		Key: team.Key{Partner: "mall", OutTradeNo: "order-" + string(seat)}, Activity: "act_1", Goods: "tea", SKU: "green",
		Channel: "app", Buyer: buyer, Quantity: 1, NewSeat: seat, NewTeam: opens,
		Terms: team.Terms{
			Original: 1000, PayPrice: 800, Amount: 800, Sizes: []int{2}, SeatTTL: time.Hour,
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
