package enginetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

func refundTests() []test {
	return []test{
		{"Refund_ReadsBackWhole", refundReadsBackWhole},
		{"Refund_FreesSeatStockAndLimit", refundFrees},
		{"Refund_HandsLeadOver", refundHandsLeadOver},
		{"Refund_LastOneFailsTheTeam", refundOfTheLast},
		{"Refund_AfterForming", refundAfterForming},
		{"Refund_WhileTiersAreOpen", refundWhileOpen},
		{"Refund_WithADifference", refundWithDifference},
		{"Refund_Refused", refundRefused},
		{"Refund_ManyStepsInOneBatch", refundInOneBatch},
	}
}

func refundRaces() []test {
	return []test{
		{"Refund_50EqualAtOnce", refundEqualAtOnce},
		{"Refund_TwoNumbersAtOnce", refundTwoNumbers},
		{"Refund_AgainstLastPayment", refundAgainstLastPayment},
		{"Refund_AgainstExpire", refundAgainstExpire},
		{"Refund_AgainstClosing", refundAgainstClosing},
		{"Refund_EverybodyAtOnce", refundEverybody},
		{"Refund_ForAnother", refundForAnother},
	}
}

func refund(seat team.Seat) team.Refund {
	return team.Refund{Key: seat.Key, RequestNo: "rf-" + seat.Key.OutTradeNo, Why: "买错了"}
}

func confirm(seat team.Seat, no string) team.ConfirmRefund {
	return team.ConfirmRefund{Key: seat.Key, RefundNo: no}
}

func refundReadsBackWhole(e *env) {
	id, seats := e.teamOf(2, "ann", "bob")
	e.settleAll(seats)
	want := e.do(refund(seats[0]))
	want.Seat.Version, want.Team.Version = 3, 5
	seat, t, err := e.store().Seat(e.ctx, seats[0].Key)
	require.NoError(e, err)
	require.Equal(e, want.Seat, seat)
	require.Equal(e, "买错了", seat.AskedWhy)
	require.True(e, seat.LeftFormed)
	require.Equal(e, want.Team, t)
	list, err := e.store().Events(e.ctx, groupbuy.EventQuery{Partner: mall, Limit: 100})
	require.NoError(e, err)
	last := list[len(list)-1]
	require.Equal(e, team.EventSeatRefunding, team.EventType(last.Type))
	seat.Version, t.Version = last.Seat.Version, last.Team.Version
	require.Equal(e, seat, *last.Seat)
	require.Equal(e, t, *last.Team)
	e.do(confirm(seat, seat.AskedNo))
	require.True(e, e.try(refund(seats[0])).Replayed)
	e.requireSeat(seat.Key, team.Refunded)
	t, _ = e.requireTeam(id, team.Formed, 0, 1)
	require.Equal(e, 1, t.Refunded)
}

func refundFrees(e *env) {
	e.openStock(2)
	cmd := e.lock("ann")
	cmd.Quantity, cmd.Terms.Amount, cmd.Terms.Limits = 2, 1600, activity.Limits{Total: 1}
	first := e.do(cmd)
	e.do(settle(first.Seat))
	again := e.lock("ann")
	again.Quantity, again.Terms.Amount, again.Terms.Limits = 2, 1600, activity.Limits{Total: 1}
	require.Equal(e, team.LimitTotal, e.try(again).Refusal)
	require.Equal(e, team.StockOut, e.try(e.lock("bob")).Refusal)
	e.do(refund(first.Seat))
	require.Equal(e, 1, e.do(again).Seat.Ordinal)
	require.Equal(e, team.StockOut, e.try(e.lock("bob")).Refusal)
}

func refundHandsLeadOver(e *env) {
	id, seats := e.teamOf(3, "ann", "bob", "cat")
	e.do(settle(seats[0]))
	e.do(settle(seats[2]))
	e.do(refund(seats[0]))
	t, _ := e.requireTeam(id, team.Forming, 1, 1)
	require.Equal(e, activity.Buyer("cat"), t.Leader, "paid comes before held")
	e.do(refund(seats[2]))
	t, _ = e.requireTeam(id, team.Forming, 1, 0)
	require.Equal(e, activity.Buyer("bob"), t.Leader)
	require.Equal(e, 2, e.eventsOf(team.EventLeaderChanged))
}

func refundOfTheLast(e *env) {
	id, seats := e.teamOf(2, "ann")
	e.do(settle(seats[0]))
	e.do(refund(seats[0]))
	e.requireTeam(id, team.Failed, 0, 0)
	require.Equal(e, []string{"team.opened ann", "seat.held ann", "seat.paid ann", "seat.refunding ann", "team.failed ann"}, e.events())
	require.Equal(e, team.TeamNotForming, e.try(e.lockIn(id, "bob")).Refusal)
	e.do(confirm(seats[0], refund(seats[0]).RequestNo))
	e.requireSeat(seats[0].Key, team.Refunded)
}

func refundAfterForming(e *env) {
	e.openStock(2)
	id, seats := e.teamOf(2, "ann", "bob")
	e.settleAll(seats)
	for i, seat := range seats {
		e.do(refund(seat))
		t, _ := e.requireTeam(id, team.Formed, 0, 1-i)
		require.Equal(e, i+1, t.Refunded)
	}
	e.do(e.lock("cat")) // a piece is to be had again
	require.Zero(e, e.eventsOf(team.EventTeamFailed))
}

func refundWhileOpen(e *env) {
	open := e.tiered("ann")
	id, seats := e.teamBy(open, "bob", "cat", "dan")
	e.settleAll(seats[:3])
	e.do(refund(seats[0]))
	e.do(e.joinOf(open, id, "eve"))
	e.do(settle(seats[3]))
	e.requireTeam(id, team.Formed, 1, 3)
	e.batchAt(0, 24*time.Hour, team.Expire{Team: id})
	t, _ := e.requireTeam(id, team.Formed, 0, 3)
	require.Equal(e, 1, t.Tier)
	for i, want := range []money.Fen{0, 100, 100, 100} {
		seat, _, err := e.store().Seat(e.ctx, seats[i].Key)
		require.NoError(e, err)
		require.Equal(e, want, seat.Difference)
	}

	id, seats = e.teamBy(e.tiered("fay"), "gil")
	e.settleAll(seats)
	e.do(refund(seats[0]))
	e.do(refund(seats[1]))
	t, _ = e.requireTeam(id, team.Formed, 0, 0)
	require.False(e, t.Open(), "nobody is left in it")
}

func refundWithDifference(e *env) {
	id, seats := e.teamBy(e.tiered("ann"), "bob", "cat")
	e.settleAll(seats)
	e.batchAt(0, 24*time.Hour, team.Expire{Team: id})
	later := func(cmd team.Command) team.Outcome {
		out := e.batchAt(0, 25*time.Hour, cmd)[0]
		require.Empty(e, out.Refusal)
		return out
	}
	require.EqualValues(e, 800, later(refund(seats[0])).Seat.Owed())
	e.requireTeam(id, team.Formed, 0, 2)
	later(confirm(seats[0], "part"))
	require.EqualValues(e, 700, e.requireSeat(seats[0].Key, team.Refunding).Owed())
	later(confirm(seats[0], refund(seats[0]).RequestNo))
	require.Zero(e, e.requireSeat(seats[0].Key, team.Refunded).Owed())

	later(confirm(seats[1], "part"))
	require.EqualValues(e, 700, later(refund(seats[1])).Seat.Owed())
	later(confirm(seats[1], refund(seats[1]).RequestNo))
	later(refund(seats[2]))
	later(confirm(seats[2], refund(seats[2]).RequestNo))
	t, _ := e.requireTeam(id, team.Formed, 0, 0)
	require.Equal(e, [2]int{1, 3}, [2]int{t.Tier, t.Refunded}, "the tier stays decided")
}

func refundRefused(e *env) {
	_, seats := e.teamOf(3, "ann", "bob")
	require.Equal(e, team.SeatNotPaid, e.try(refund(seats[0])).Refusal)
	e.do(settle(seats[0]))
	stranger := refund(seats[0])
	stranger.Key.Partner = "other"
	require.Equal(e, team.SeatNotFound, e.try(stranger).Refusal)
	e.do(refund(seats[0]))
	other := refund(seats[0])
	other.RequestNo = "another"
	require.Equal(e, team.IdempotencyMismatch, e.try(other).Refusal)
	before := e.events()
	require.True(e, e.try(refund(seats[0])).Replayed)
	require.Equal(e, before, e.events())
}

func refundInOneBatch(e *env) {
	id, seats := e.teamOf(2, "ann", "bob")
	join := e.lockIn(id, "cat")
	late := team.Settle{Key: join.Key, Amount: 800, PaidAt: seats[0].HeldAt, ProviderNo: "pay-cat"}
	out := e.batch(0, settle(seats[0]), refund(seats[0]), join, settle(seats[1]), late, refund(seats[1]), confirm(seats[0], refund(seats[0]).RequestNo))
	require.Equal(e, map[team.Reason]int{team.NoRefusal: 7}, tally(out))
	t, _ := e.requireTeam(id, team.Formed, 0, 1)
	require.Equal(e, 1, t.Refunded, "one left before, one after")
	require.Equal(e, activity.Buyer("bob"), t.Leader)
}
