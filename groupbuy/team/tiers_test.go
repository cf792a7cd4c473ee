package team_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

// tiered is a request to open a team that forms with two people at 8.00 and goes on to three at 7.00 and five at 5.00.
func (w *world) tiered(buyer activity.Buyer) team.Lock {
	cmd := w.lock(buyer)
	cmd.Terms.Sizes, cmd.Terms.TierPrices = []int{2, 3, 5}, []money.Fen{800, 700, 500}
	return cmd
}

func (w *world) settleAll(seats []team.Seat) {
	w.Helper()
	for _, seat := range seats {
		w.do(settle(seat))
	}
}

// TestTiers_GoldenExample is the example of docs/state-machines.md.
func TestTiers_GoldenExample(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamBy(w.tiered("ann"), "bob")
	w.settleAll(seats)
	formed := w.teams[id]
	require.Equal(t, team.Formed, formed.Status)
	require.Equal(t, w.now, formed.EndedAt)
	require.True(t, formed.Open())
	require.Equal(t, 3, formed.Free())

	join := w.lockIn(id, "cat")
	join.Terms.TierPrices, join.Quantity, join.Terms.Amount = []money.Fen{800, 700, 500}, 3, 2400
	late := w.do(settle(w.do(join).Seat))
	require.Equal(t, team.FormedTeam, late.Seat.Settlement, "it has not to wait")
	require.True(t, late.Team.Open())

	since := len(w.events)
	w.now = formed.ExpiresAt
	closed := w.do(team.Expire{Team: id}).Team
	require.Equal(t, team.Formed, closed.Status)
	require.Equal(t, formed.EndedAt, closed.EndedAt)
	require.Equal(t, w.now, closed.ClosedAt)
	require.Equal(t, 1, closed.Tier)
	require.Equal(t, 3, closed.Paid)
	require.Equal(t, []team.EventType{
		team.EventSeatDifference, team.EventSeatDifference, team.EventSeatDifference, team.EventTeamClosed,
	}, w.kinds(since))
	for i, want := range []money.Fen{100, 100, 300} {
		seat := *w.events[since+i].Seat
		require.Equal(t, want, seat.Difference)
		require.Equal(t, team.Refunding, seat.Status)
		require.Equal(t, team.TierReached, seat.Reason)
		require.True(t, seat.Live())
	}
}

func TestTiers_LastSizeClosesAtOnce(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamBy(w.tiered("ann"), "bob", "cat", "dan", "eve")
	w.settleAll(seats[:4])
	since := len(w.events)
	out := w.do(settle(seats[4]))
	require.Equal(t, team.FormedTeam, out.Seat.Settlement)
	require.Equal(t, team.Refunding, out.Seat.Status, "the one who closes it gets the difference too")
	require.EqualValues(t, 300, out.Seat.Difference)
	require.Equal(t, w.now, out.Team.ClosedAt)
	require.Equal(t, 2, out.Team.Tier)
	kinds := w.kinds(since)
	require.Len(t, kinds, 7)
	require.Equal(t, team.EventSeatPaid, kinds[0])
	require.Equal(t, team.EventTeamClosed, kinds[6])
	require.Equal(t, team.TeamNotForming, w.try(w.lockIn(id, "fay")).Refusal)
	w.now = out.Team.ExpiresAt
	w.requireNothing(team.Expire{Team: id}, func(out team.Outcome) { require.True(t, out.Replayed) })
	w.requireNothing(settle(seats[4]), func(out team.Outcome) {
		require.True(t, out.Replayed)
		require.Equal(t, team.FormedTeam, out.Seat.Settlement)
	})
}

// TestTiers_LastPaymentsInOneBatch has everybody be loaded who is owed something, whichever payment closes the team.
func TestTiers_LastPaymentsInOneBatch(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamBy(w.tiered("ann"), "bob", "cat", "dan")
	w.settleAll(seats[:2])
	join := w.lockIn(id, "eve")
	join.Terms.TierPrices = []money.Fen{800, 700, 500}
	pay := team.Settle{Key: join.Key, Amount: 800, PaidAt: w.now, ProviderNo: "pay-eve"}
	out := w.apply(w.now, settle(seats[2]), join, settle(seats[3]), pay)
	require.False(t, out[3].Team.Open())
	for _, seat := range w.roster(id) {
		require.EqualValues(t, 300, seat.Difference)
	}
}

// TestTiers_Owed tells for each tier and price what goes back.
func TestTiers_Owed(t *testing.T) {
	for _, test := range []struct {
		name   string
		prices []money.Fen
		paid   int
		tier   int
		want   money.Fen
	}{
		{"first size only", []money.Fen{800, 700, 500}, 2, 0, 0},
		{"second size", []money.Fen{800, 700, 500}, 3, 1, 100},
		{"between sizes", []money.Fen{800, 700, 500}, 4, 1, 100},
		{"last size", []money.Fen{800, 700, 500}, 5, 2, 300},
		{"down to a fen", []money.Fen{800, 700, 1}, 5, 2, 799},
		{"the same price", []money.Fen{800, 800, 500}, 3, 1, 0},
		{"a dearer tier takes nothing", []money.Fen{800, 900, 500}, 3, 1, 0},
		{"no prices known", nil, 5, 2, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			open := w.tiered("ann")
			open.Terms.TierPrices = test.prices
			id, seats := w.teamBy(open, []activity.Buyer{"bob", "cat", "dan", "eve"}[:test.paid-1]...)
			w.settleAll(seats)
			w.now = w.teams[id].ExpiresAt
			w.try(team.Expire{Team: id})
			require.Equal(t, test.tier, w.teams[id].Tier)
			for _, seat := range w.roster(id) {
				require.Equal(t, test.want, seat.Difference)
				require.Equal(t, test.want > 0, seat.Status == team.Refunding)
			}
		})
	}
}

// TestTiers_EndReleasesTheUnpaid closes a formed team whose leader never paid.
func TestTiers_EndReleasesTheUnpaid(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamBy(w.tiered("ann"), "bob", "cat", "dan")
	w.do(settle(seats[2]))
	w.do(settle(seats[1]))
	require.Equal(t, team.Formed, w.teams[id].Status)
	since := len(w.events)
	w.now = w.teams[id].ExpiresAt
	out := w.do(team.Expire{Team: id})
	require.Equal(t, activity.Buyer("bob"), out.Team.Leader)
	require.Zero(t, out.Team.Held)
	require.Equal(t, []team.EventType{team.EventSeatReleased, team.EventSeatReleased, team.EventLeaderChanged, team.EventTeamClosed}, w.kinds(since))
	require.Equal(t, team.SeatDeadline, w.roster(id)[0].Reason)
	require.Equal(t, team.RefundRequired, w.do(settle(seats[0])).Seat.Settlement, "too late for a closed team")
}

// TestTiers_OpenAfterForming joins, leaves and comes back late in a team that is formed already.
func TestTiers_OpenAfterForming(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamBy(w.tiered("ann"), "bob", "cat")
	w.settleAll(seats[1:])
	since := len(w.events)
	w.do(release(seats[0]))
	require.Equal(t, activity.Buyer("bob"), w.teams[id].Leader)
	require.Equal(t, []team.EventType{team.EventSeatReleased, team.EventLeaderChanged}, w.kinds(since))
	back := w.do(settle(seats[0]))
	require.Equal(t, team.FormedTeam, back.Seat.Settlement)
	require.Equal(t, 3, back.Team.Paid)
}

func TestConfirmRefund_OfADifference(t *testing.T) {
	w := newWorld(t)
	stock := team.StockKey{Activity: "act", Goods: "tea", SKU: "green"}
	w.stock[stock] = team.Stock{Key: stock, Pieces: 9}
	id, seats := w.teamBy(w.tiered("ann"), "bob", "cat")
	w.settleAll(seats)
	confirm := func(no string) team.ConfirmRefund { return confirm(seats[0], no) }
	require.Equal(t, team.SeatNotRefunding, w.try(confirm("rf-1")).Refusal)
	w.now = w.teams[id].ExpiresAt
	w.do(team.Expire{Team: id})
	require.Equal(t, team.SeatPaid, w.try(release(seats[0])).Refusal)

	since := len(w.events)
	out := w.do(confirm("rf-1"))
	require.Equal(t, team.Paid, out.Seat.Status)
	require.Equal(t, "rf-1", out.Seat.DifferenceNo)
	require.Empty(t, out.Seat.RefundNo)
	require.Empty(t, out.Seat.Reason)
	require.True(t, out.Seat.EndedAt.IsZero())
	require.Equal(t, 1, out.Seat.Ordinal)
	require.EqualValues(t, 100, out.Seat.Difference)
	require.Equal(t, 3, out.Team.Paid)
	require.Equal(t, 3, w.stock[stock].Taken)
	require.Equal(t, []team.EventType{team.EventDifferenceBack}, w.kinds(since))
	w.requireNothing(confirm("rf-1"), func(out team.Outcome) { require.True(t, out.Replayed) })
	w.requireNothing(confirm("rf-2"), func(out team.Outcome) { require.Equal(t, team.IdempotencyMismatch, out.Refusal) })
}

// TestTiers_DifferenceKeepsTheSeat counts a seat against limits while its difference goes back.
func TestTiers_DifferenceKeepsTheSeat(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamBy(w.tiered("ann"), "bob", "cat")
	w.settleAll(seats)
	w.now = w.teams[id].ExpiresAt
	w.do(team.Expire{Team: id})
	again := w.lock("ann")
	again.Terms.Limits = activity.Limits{Open: 1}
	require.Equal(t, team.LimitOpen, w.try(again).Refusal)
}

func TestExpire_Completes(t *testing.T) {
	for _, test := range []struct {
		name          string
		minReal, paid int
		want          team.Status
	}{
		{"off", 0, 2, team.Failed},
		{"too few", 3, 2, team.Failed},
		{"just enough", 2, 2, team.Formed},
		{"more than enough", 1, 3, team.Formed},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			open := w.lock("ann")
			open.Terms.Sizes, open.Terms.MinReal = []int{5}, test.minReal
			id, seats := w.teamBy(open, "bob", "cat", "dan")
			w.settleAll(seats[:test.paid])
			since := len(w.events)
			w.now = w.teams[id].ExpiresAt
			out := w.do(team.Expire{Team: id}).Team
			require.Equal(t, test.want, out.Status)
			require.Equal(t, w.now, out.EndedAt)
			require.Equal(t, w.now, out.ClosedAt)
			require.Zero(t, out.Held)
			last := w.events[len(w.events)-1]
			if test.want == team.Failed {
				require.Zero(t, out.Virtual)
				require.Zero(t, out.CostFen)
				return
			}
			require.Equal(t, test.paid, out.Paid)
			require.Equal(t, 5-test.paid, out.Virtual)
			require.EqualValues(t, 200*test.paid, out.CostFen)
			require.Zero(t, out.Free())
			require.Equal(t, team.EventTeamFormed, last.Type)
			require.Equal(t, out.Virtual, last.Team.Virtual)
			require.Len(t, w.kinds(since), 4-test.paid+1, "held seats are released")
			for _, seat := range w.roster(id)[:test.paid] {
				require.Equal(t, team.Paid, seat.Status)
				require.Equal(t, team.Joined, seat.Settlement)
			}
		})
	}
}

// TestExpire_CompletesWithTiers fills up to the first size and grants its price: nobody paid for more.
func TestExpire_CompletesWithTiers(t *testing.T) {
	w := newWorld(t)
	open := w.tiered("ann")
	open.Terms.MinReal, open.Quantity, open.Terms.Amount = 1, 2, 1600
	id, seats := w.teamBy(open)
	w.settleAll(seats)
	w.now = w.teams[id].ExpiresAt
	out := w.do(team.Expire{Team: id}).Team
	require.Equal(t, 1, out.Virtual)
	require.EqualValues(t, 400, out.CostFen)
	require.False(t, out.Open())
	require.Zero(t, out.Tier)
	require.Zero(t, w.roster(id)[0].Difference)
}

// TestExpire_CompletesWithoutItsLeader hands the lead over when only others paid.
func TestExpire_CompletesWithoutItsLeader(t *testing.T) {
	w := newWorld(t)
	open := w.lock("ann")
	open.Terms.MinReal = 1
	id, seats := w.teamBy(open, "bob")
	w.do(settle(seats[1]))
	w.now = w.teams[id].ExpiresAt
	require.Equal(t, activity.Buyer("bob"), w.do(team.Expire{Team: id}).Team.Leader)
}

func TestLock_Instant(t *testing.T) {
	w := newWorld(t)
	open := w.tiered("ann")
	open.Terms.Instant, open.Terms.MinReal = true, 1
	first := w.do(open)
	require.Equal(t, []int{1}, first.Team.Sizes)
	require.Zero(t, first.Team.MinReal)
	require.Empty(t, first.Seat.TierPrices)
	require.Equal(t, team.TeamFull, w.try(w.lockIn(first.Team.ID, "bob")).Refusal)
	paid := w.do(settle(first.Seat))
	require.Equal(t, team.FormedTeam, paid.Seat.Settlement)
	require.Equal(t, team.Formed, paid.Team.Status)
	require.False(t, paid.Team.Open())

	id, _ := w.teamOf(3, "cat") // joining is joining
	join := w.lockIn(id, "bob")
	join.Terms.Instant = true
	require.Equal(t, id, w.do(join).Team.ID)
}

func TestLock_NewBuyersOnly(t *testing.T) {
	strict := func(w *world, id team.ID, buyer activity.Buyer) team.Lock {
		cmd := w.lockIn(id, buyer)
		cmd.Terms.NewBuyersOnly = true
		return cmd
	}
	for _, test := range []struct {
		name  string
		past  func(w *world)
		allow bool
	}{
		{"never seen", func(*world) {}, true},
		{"bought elsewhere", func(w *world) { w.facts[team.Customer{Partner: "mall", Buyer: "bob"}] = 1 }, false},
		{"bought at another partner", func(w *world) { w.facts[team.Customer{Partner: "other", Buyer: "bob"}] = 1 }, true},
		{"holds a seat for new buyers", func(w *world) {
			id, _ := w.teamOf(3, "eve")
			w.do(strict(w, id, "bob"))
		}, false},
		{"gave up a seat for new buyers", func(w *world) {
			id, _ := w.teamOf(3, "eve")
			w.do(release(w.do(strict(w, id, "bob")).Seat))
		}, true},
		{"holds a seat", func(w *world) { w.do(w.lock("bob")) }, true},
		{"paid for a seat", func(w *world) { w.do(settle(w.do(w.lock("bob")).Seat)) }, false},
		{"got the money back", func(w *world) {
			id, seats := w.teamOf(2, "bob")
			w.do(settle(seats[0]))
			w.do(team.Expire{Team: id})
			w.now = w.now.Add(24 * time.Hour)
			w.do(team.Expire{Team: id})
		}, true},
		{"a difference is on its way back", func(w *world) {
			id, seats := w.teamBy(w.tiered("eve"), "bob", "dan")
			w.settleAll(seats)
			w.now = w.teams[id].ExpiresAt
			w.do(team.Expire{Team: id})
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			test.past(w)
			open := w.lock("bob")
			open.Terms.NewBuyersOnly = true
			w.do(open) // whoever opens may be old
			id, _ := w.teamOf(3, "ann")
			out := w.try(strict(w, id, "bob"))
			require.Equal(t, test.allow, out.Refusal == team.NoRefusal)
			if !test.allow {
				require.Equal(t, team.NewBuyersOnly, out.Refusal)
			}
		})
	}
}

// TestLock_NewBuyersOnly_WithinABatch sees a payment that comes just before.
func TestLock_NewBuyersOnly_WithinABatch(t *testing.T) {
	w := newWorld(t)
	id, _ := w.teamOf(3, "ann")
	first := w.do(w.lock("bob")).Seat
	join := w.lockIn(id, "bob")
	join.Terms.NewBuyersOnly = true
	out := w.apply(w.now, settle(first), join)
	require.Equal(t, team.NewBuyersOnly, out[1].Refusal)
}
