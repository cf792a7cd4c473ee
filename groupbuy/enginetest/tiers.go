package enginetest

import (
	"context"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

func tierTests() []test {
	return []test{
		{"Tiers_ReadBackWhole", tiersReadBackWhole},
		{"Tiers_CloseAtTheEnd", tiersCloseAtEnd},
		{"Tiers_LastSizeCloses", tiersLastSizeCloses},
		{"Tiers_ManyStepsInOneBatch", tiersInOneBatch},
		{"Tiers_ConfirmDifference", confirmDifference},
		{"Tiers_Listed", tiersListed},
		{"Tiers_Due", tiersDue},
		{"Tiers_Statistics", tierStatistics},
		{"Complete_WithVirtualSeats", completeWithVirtualSeats},
		{"Instant_FormsByItself", instantForms},
		{"NewBuyersOnly_AsksSeats", newBuyersBySeats},
		{"NewBuyersOnly_PaysOnce", newBuyersPayOnce},
	}
}

// tiersReadBackWhole fills every field of a team and seat that only tiers and completion use.
func tiersReadBackWhole(e *env) {
	open := e.tiered("ann")
	open.Terms.MinReal = 2
	id, seats := e.teamBy(open, "bob", "cat")
	e.settleAll(seats)
	out := e.batchAt(0, 24*time.Hour, team.Expire{Team: id})[0]
	want := out.Team
	want.Version = 7 // opened, joined twice, paid three times, closed
	t, all, err := e.store().Team(e.ctx, mall, id)
	require.NoError(e, err)
	require.Equal(e, want, t)
	require.Equal(e, []int{2, 3, 4}, t.Sizes)
	require.Equal(e, 2, t.MinReal)
	require.Equal(e, 1, t.Tier)
	require.False(e, t.ClosedAt.Equal(t.EndedAt))
	require.Len(e, all, 3)
	for _, seat := range all {
		require.Equal(e, []money.Fen{800, 700, 500}, seat.TierPrices)
		require.EqualValues(e, 100, seat.Difference)
	}
	list, err := e.store().Events(e.ctx, groupbuy.EventQuery{Partner: mall, Limit: 100})
	require.NoError(e, err)
	last := list[len(list)-1]
	require.Equal(e, team.EventTeamClosed, team.EventType(last.Type))
	want.Version = last.Team.Version
	require.Equal(e, want, *last.Team)
}

func tiersCloseAtEnd(e *env) {
	e.openStock(9)
	open := e.tiered("ann")
	id, seats := e.teamBy(open, "bob", "cat", "dan")
	e.settleAll(seats[:3])
	t, _ := e.requireTeam(id, team.Formed, 1, 3)
	require.True(e, t.Open())
	require.True(e, e.do(team.Expire{Team: id}).Replayed)

	e.batchAt(0, 24*time.Hour, team.Expire{Team: id})
	t, all := e.requireTeam(id, team.Formed, 0, 3)
	require.False(e, t.Open())
	require.Len(e, all, 4) // a closed team shows everybody
	e.requireSeat(seats[3].Key, team.Released)
	for _, seat := range seats[:3] {
		require.EqualValues(e, 100, e.requireSeat(seat.Key, team.Refunding).Difference)
	}
	require.Equal(e, 3, e.eventsOf(team.EventSeatDifference))
	require.Equal(e, 1, e.eventsOf(team.EventTeamFormed))
	require.Equal(e, 1, e.eventsOf(team.EventTeamClosed))
	require.True(e, e.batchAt(0, 25*time.Hour, team.Expire{Team: id})[0].Replayed)
	again := e.lock("eve")
	again.Quantity, again.Terms.Amount = 7, 5600
	require.Equal(e, team.StockOut, e.try(again).Refusal, "a difference does not give the piece back")
}

func tiersLastSizeCloses(e *env) {
	open := e.tiered("ann")
	id, seats := e.teamBy(open, "bob", "cat", "dan")
	e.settleAll(seats[:3])
	require.Equal(e, team.TeamFull, e.try(e.joinOf(open, id, "eve")).Refusal)
	out := e.do(settle(seats[3]))
	require.Equal(e, team.FormedTeam, out.Seat.Settlement)
	t, _ := e.requireTeam(id, team.Formed, 0, 4)
	require.False(e, t.Open())
	for _, seat := range seats {
		require.EqualValues(e, 300, e.requireSeat(seat.Key, team.Refunding).Difference)
	}
	require.Equal(e, team.TeamNotForming, e.try(e.joinOf(open, id, "eve")).Refusal)
}

// tiersInOneBatch joins and pays for the last seats of a stored team in one batch: the store must have loaded all.
func tiersInOneBatch(e *env) {
	open := e.tiered("ann")
	id, seats := e.teamBy(open, "bob")
	e.do(settle(seats[0]))
	cat, dan := e.joinOf(open, id, "cat"), e.joinOf(open, id, "dan")
	pay := func(of team.Lock) team.Settle {
		return team.Settle{Key: of.Key, Amount: 800, PaidAt: seats[0].HeldAt, ProviderNo: "p-" + of.Key.OutTradeNo}
	}
	out := e.batch(0, cat, dan, pay(cat), settle(seats[1]), pay(dan))
	require.Equal(e, 2, out[4].Team.Tier)
	e.requireTeam(id, team.Formed, 0, 4)
	require.Equal(e, 4, e.eventsOf(team.EventSeatDifference))

	whole := e.tiered("eve")
	whole.Terms.Sizes, whole.Terms.TierPrices = []int{1, 2}, []money.Fen{800, 500}
	join := e.joinOf(whole, whole.NewTeam, "fay")
	e.batch(0, whole, pay(whole), join, pay(join))
	e.requireTeam(whole.NewTeam, team.Formed, 0, 2)
}

func confirmDifference(e *env) {
	open := e.tiered("ann")
	open.Terms.Limits = activity.Limits{Open: 1}
	id, seats := e.teamBy(open, "bob", "cat")
	e.settleAll(seats)
	confirm := team.ConfirmRefund{Key: seats[0].Key, RefundNo: "rf-1"}
	require.Equal(e, team.SeatNotRefunding, e.try(confirm).Refusal)
	e.batchAt(0, 24*time.Hour, team.Expire{Team: id})
	again := e.lock("ann")
	again.Terms.Limits = activity.Limits{Open: 1}
	require.Equal(e, team.LimitOpen, e.try(again).Refusal)

	e.do(confirm)
	require.True(e, e.try(confirm).Replayed)
	seat := e.requireSeat(seats[0].Key, team.Paid)
	require.Equal(e, "rf-1", seat.DifferenceNo)
	require.Equal(e, 1, seat.Ordinal)
	e.requireTeam(id, team.Formed, 0, 3)
	require.Equal(e, team.IdempotencyMismatch, e.try(team.ConfirmRefund{Key: seats[0].Key, RefundNo: "rf-2"}).Refusal)
	require.Equal(e, 1, e.eventsOf(team.EventDifferenceBack))
	require.Zero(e, e.eventsOf(team.EventSeatRefunded))
	require.Equal(e, team.LimitOpen, e.try(again).Refusal)
}

func tiersListed(e *env) {
	open := e.tiered("ann")
	id, seats := e.teamBy(open, "bob", "cat")
	e.settleAll(seats)
	require.Equal(e, []team.ID{id}, e.openTeams(nil), "formed and not full")
	own := func(q *groupbuy.OpenTeamsQuery) { q.Buyer = "cat" }
	require.Equal(e, []team.ID{id}, e.openTeams(own))
	last := e.do(e.joinOf(open, id, "dan"))
	require.Empty(e, e.openTeams(nil), "full")
	e.do(release(last.Seat))
	require.Equal(e, []team.ID{id}, e.openTeams(nil))
	e.batchAt(0, 24*time.Hour, team.Expire{Team: id})
	require.Empty(e, e.openTeams(own), "closed")
}

func tiersDue(e *env) {
	open := e.tiered("ann")
	open.Terms.Expiry = after(2 * time.Minute)
	formed, seats := e.teamBy(open, "bob")
	e.settleAll(seats)
	full := e.tiered("cat")
	full.Terms.Expiry = after(time.Minute)
	closed, seats := e.teamBy(full, "dan", "eve", "fay")
	e.settleAll(seats)
	e.requireTeam(closed, team.Formed, 0, 4)
	gathering := e.paidTeam("gil", 2, time.Minute)
	soon := time.Now().Add(10 * time.Minute)
	require.Equal(e, []team.ID{gathering, formed}, e.dueTeams(soon, 10))
	e.batchAt(0, 10*time.Minute, team.Expire{Team: formed}, team.Expire{Team: gathering})
	require.Empty(e, e.dueTeams(soon, 10))
}

func tierStatistics(e *env) {
	open := e.tiered("ann")
	id, seats := e.teamBy(open, "bob", "cat")
	e.settleAll(seats)
	want := groupbuy.Statistics{TeamsOpened: 1, TeamsFormed: 1, Buyers: 3}
	check := func() {
		got, err := e.store().Statistics(e.ctx, act, tea)
		require.NoError(e, err)
		require.Equal(e, want, got)
	}
	check()
	e.batchAt(0, 24*time.Hour, team.Expire{Team: id})
	check() // all three wait for their difference
	e.do(team.ConfirmRefund{Key: seats[0].Key, RefundNo: "rf-1"})
	check()
	_, failing := e.teamOf(2, "dan")
	e.do(settle(failing[0]))
	e.batchAt(0, 24*time.Hour, team.Expire{Team: failing[0].Team})
	want.TeamsOpened, want.TeamsFailed = 2, 1
	check() // dan gets everything back
}

func completeWithVirtualSeats(e *env) {
	open := e.lock("ann")
	open.Terms.Sizes, open.Terms.MinReal = []int{5}, 2
	id, seats := e.teamBy(open, "bob", "cat")
	e.settleAll(seats[1:])
	e.batchAt(0, 24*time.Hour, team.Expire{Team: id})
	t, _ := e.requireTeam(id, team.Formed, 0, 2)
	require.Equal(e, 3, t.Virtual)
	require.EqualValues(e, 400, t.CostFen)
	require.Equal(e, activity.Buyer("bob"), t.Leader)
	e.requireSeat(seats[0].Key, team.Released)
	got, err := e.store().Statistics(e.ctx, act, tea)
	require.NoError(e, err)
	require.Equal(e, groupbuy.Statistics{TeamsOpened: 1, TeamsFormed: 1, Buyers: 2}, got)
}

func instantForms(e *env) {
	open := e.lock("ann")
	open.Terms.Instant = true
	out := e.do(open)
	require.Empty(e, e.openTeams(func(q *groupbuy.OpenTeamsQuery) { q.Buyer = "ann" }), "nobody joins it")
	e.do(settle(out.Seat))
	e.requireTeam(out.Team.ID, team.Formed, 0, 1)
}

func (e *env) joinAsNew(id team.ID, buyer activity.Buyer) team.Reason {
	e.Helper()
	join := e.lockIn(id, buyer)
	join.Terms.NewBuyersOnly = true
	return e.try(join).Refusal
}

// newBuyersBySeats looks at seats as they are at the lock, in any activity of the partner.
func newBuyersBySeats(e *env) {
	id, _ := e.teamOf(9, "leader")
	elsewhere := e.lock("bob")
	elsewhere.Activity, elsewhere.Goods = "act_2", "cups"
	e.do(settle(e.do(elsewhere).Seat))
	require.Equal(e, team.NewBuyersOnly, e.joinAsNew(id, "bob"))

	foreign := e.lock("cat")
	foreign.Key.Partner = "other"
	e.do(settle(e.do(foreign).Seat))
	require.Empty(e, e.joinAsNew(id, "cat"), "that was another partner's")

	failed, seats := e.teamOf(2, "dan")
	e.do(settle(seats[0]))
	require.Equal(e, team.NewBuyersOnly, e.joinAsNew(id, "dan"))
	e.batchAt(0, 24*time.Hour, team.Expire{Team: failed})
	require.Empty(e, e.joinAsNew(id, "dan"), "all of it goes back")

	tiers, seats := e.teamBy(e.tiered("eve"), "fay", "gil")
	e.settleAll(seats)
	e.batchAt(0, 24*time.Hour, team.Expire{Team: tiers})
	require.Equal(e, team.NewBuyersOnly, e.joinAsNew(id, "gil"), "only a difference goes back")

	held := e.do(e.lock("hal"))
	join := e.lockIn(id, "hal")
	join.Terms.NewBuyersOnly = true
	out := e.batch(0, settle(held.Seat), join)
	require.Equal(e, team.NewBuyersOnly, out[1].Refusal, "paid a moment before, in the same batch")
}

func lastSizeForMany(e *env) {
	open := e.tiered("ann")
	id, seats := e.teamBy(open, "bob", "cat")
	e.settleAll(seats)
	n := 0
	out := e.concurrently(repeat(40, func() team.Command { n++; return e.joinOf(open, id, buyer("x", n)) })...)
	require.Equal(e, map[team.Reason]int{team.NoRefusal: 1, team.TeamFull: 39}, tally(out))
	e.requireTeam(id, team.Formed, 1, 3)
}

// lastPaymentsAtOnce has the payments meet that form a team and that close it.
func lastPaymentsAtOnce(e *env) {
	for round := range 10 {
		open := e.tiered(buyer("a", round))
		id, seats := e.teamBy(open, buyer("b", round), buyer("c", round), buyer("d", round))
		var cmds []team.Command
		for _, seat := range seats {
			cmds = append(cmds, settle(seat))
		}
		settlements := map[team.Settlement]int{}
		for _, out := range e.concurrently(cmds...) {
			settlements[out.Seat.Settlement]++
		}
		require.Equal(e, map[team.Settlement]int{team.Joined: 1, team.FormedTeam: 3}, settlements)
		t, _ := e.requireTeam(id, team.Formed, 0, 4)
		require.False(e, t.Open())
		for _, seat := range seats {
			require.EqualValues(e, 300, e.requireSeat(seat.Key, team.Refunding).Difference)
		}
	}
	require.Equal(e, 10, e.eventsOf(team.EventTeamClosed))
}

// closeAgainstSettle has two legal ends: the payment reaches the next tier, or comes too late for it.
func closeAgainstSettle(e *env) {
	for round := range 30 {
		open := e.tiered(buyer("a", round))
		id, seats := e.teamBy(open, buyer("b", round), buyer("c", round))
		e.settleAll(seats[:2])
		out := race(e.job(0, settle(seats[2])), e.job(24*time.Hour, team.Expire{Team: id}))
		tier, owed := 0, money.Fen(0)
		if out[0].Seat.Settlement == team.FormedTeam {
			tier, owed = 1, 100
		} else {
			require.Equal(e, team.RefundRequired, out[0].Seat.Settlement)
		}
		t, _ := e.requireTeam(id, team.Formed, 0, 2+tier)
		require.Equal(e, tier, t.Tier)
		seat, _, err := e.store().Seat(e.ctx, seats[0].Key)
		require.NoError(e, err)
		require.Equal(e, owed, seat.Difference)
	}
}

func confirmManyAtOnce(e *env) {
	open := e.tiered("ann")
	id, seats := e.teamBy(open, "bob", "cat", "dan")
	e.settleAll(seats)
	var cmds []team.Command
	for _, seat := range seats {
		cmds = append(cmds, repeat(5, func() team.Command {
			return team.ConfirmRefund{Key: seat.Key, RefundNo: "rf-" + seat.Key.OutTradeNo}
		})...)
	}
	require.Equal(e, map[team.Reason]int{team.NoRefusal: 4, "replayed": 16}, tally(e.concurrently(cmds...)))
	e.requireTeam(id, team.Formed, 0, 4)
	for _, seat := range seats {
		e.requireSeat(seat.Key, team.Paid)
	}
}

// stockRaisedUnderLoad changes how many pieces there are while buyers take them.
func stockRaisedUnderLoad(e *env) {
	e.openStock(5)
	var raising sync.WaitGroup
	raising.Go(func() {
		for pieces := 6; pieces <= 15; pieces++ {
			err := e.store().InTx(e.ctx, func(_ context.Context, tx groupbuy.Tx) error {
				return tx.OpenStock(act, []activity.Stock{{Goods: tea, SKU: green, Pieces: pieces}})
			})
			if err != nil {
				e.Error(err)
			}
		}
	})
	n := 0
	e.concurrently(repeat(60, func() team.Command { n++; return e.lock(buyer("b", n)) })...)
	raising.Wait()
	for range 20 {
		n++
		e.try(e.lock(buyer("b", n)))
	}
	require.Equal(e, 15, e.eventsOf(team.EventSeatHeld))
}
