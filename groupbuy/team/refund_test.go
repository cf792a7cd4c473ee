package team_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

func refund(seat team.Seat) team.Refund {
	return team.Refund{Key: seat.Key, RequestNo: "rf-" + seat.Key.OutTradeNo, Why: "too late for the party"}
}

func confirm(seat team.Seat, no string) team.ConfirmRefund {
	return team.ConfirmRefund{Key: seat.Key, RefundNo: no}
}

func TestRefund_BeforeForming(t *testing.T) {
	w := newWorld(t)
	stock := team.StockKey{Activity: "act", Goods: "tea", SKU: "green"}
	w.stock[stock] = team.Stock{Key: stock, Pieces: 3}
	id, seats := w.teamOf(3, "ann", "bob", "cat")
	w.settleAll(seats[:2])
	since := len(w.events)
	out := w.do(refund(seats[1]))
	require.Equal(t, team.Refunding, out.Seat.Status)
	require.Equal(t, team.RefundAsked, out.Seat.Reason)
	require.Equal(t, refund(seats[1]).RequestNo, out.Seat.AskedNo)
	require.Equal(t, "too late for the party", out.Seat.AskedWhy)
	require.Equal(t, w.now, out.Seat.AskedAt)
	require.True(t, out.Seat.EndedAt.IsZero(), "the money is not back yet")
	require.EqualValues(t, 800, out.Seat.Owed())
	require.False(t, out.Seat.Live())
	require.False(t, out.Seat.LeftFormed)
	require.Zero(t, out.Seat.Ordinal)
	require.Equal(t, []team.EventType{team.EventSeatRefunding}, w.kinds(since))
	require.Equal(t, 2, w.stock[stock].Taken)
	require.Equal(t, 1, w.teams[id].Paid)
	require.Zero(t, w.teams[id].Refunded)

	w.do(w.lockIn(id, "dan")) // the place and the piece are free at once
	again := w.lock("bob")
	again.Goods = "cups" // of which there are enough
	again.Terms.Limits = activity.Limits{Total: 1}
	w.do(again)
	since = len(w.events)
	back := w.do(confirm(seats[1], refund(seats[1]).RequestNo))
	require.Equal(t, team.Refunded, back.Seat.Status)
	require.Equal(t, w.now, back.Seat.EndedAt)
	require.Zero(t, back.Seat.Owed())
	require.Equal(t, []team.EventType{team.EventSeatRefunded}, w.kinds(since))
}

// TestRefund_AnotherTakesThePlace forms the team by who came for the one who left.
func TestRefund_AnotherTakesThePlace(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamOf(2, "ann", "bob")
	w.do(settle(seats[0]))
	w.do(refund(seats[0]))
	require.Equal(t, activity.Buyer("bob"), w.teams[id].Leader)
	require.Equal(t, team.Joined, w.do(settle(seats[1])).Seat.Settlement)
	last := w.do(settle(w.do(w.lockIn(id, "cat")).Seat))
	require.Equal(t, team.FormedTeam, last.Seat.Settlement)
	require.Equal(t, team.Formed, last.Team.Status)
	require.Zero(t, last.Team.Refunded)
}

func TestRefund_LeadPasses(t *testing.T) {
	for _, test := range []struct {
		name  string
		paid  []int // seats that are paid, by the order they were taken
		leave int
		want  activity.Buyer
	}{
		{"to the earliest paid", []int{0, 3, 2}, 0, "cat"},
		{"to the earliest held", []int{0}, 0, "bob"},
		{"not when a member leaves", []int{0, 2}, 2, "ann"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			id, seats := w.teamOf(5, "ann", "bob", "cat", "dan")
			for _, i := range test.paid {
				w.do(settle(seats[i]))
			}
			since := len(w.events)
			out := w.do(refund(seats[test.leave]))
			require.Equal(t, test.want, out.Team.Leader)
			require.Equal(t, team.Forming, w.teams[id].Status)
			if test.want == "ann" {
				require.Equal(t, []team.EventType{team.EventSeatRefunding}, w.kinds(since))
				return
			}
			require.Equal(t, []team.EventType{team.EventSeatRefunding, team.EventLeaderChanged}, w.kinds(since))
		})
	}
}

func TestRefund_LastOneFailsTheTeam(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamOf(2, "ann")
	w.do(settle(seats[0]))
	since := len(w.events)
	out := w.do(refund(seats[0]))
	require.Equal(t, team.Failed, out.Team.Status)
	require.Equal(t, []team.EventType{team.EventSeatRefunding, team.EventTeamFailed}, w.kinds(since))
	require.Equal(t, team.RefundAsked, w.roster(id)[0].Reason)
	w.now = out.Team.ExpiresAt
	w.requireNothing(team.Expire{Team: id}, func(out team.Outcome) { require.True(t, out.Replayed) })
}

func TestRefund_AfterForming(t *testing.T) {
	w := newWorld(t)
	stock := team.StockKey{Activity: "act", Goods: "tea", SKU: "green"}
	w.stock[stock] = team.Stock{Key: stock, Pieces: 2}
	id, seats := w.teamOf(2, "ann", "bob")
	w.settleAll(seats)
	since := len(w.events)
	out := w.do(refund(seats[0]))
	require.True(t, out.Seat.LeftFormed)
	require.Equal(t, team.Formed, out.Team.Status)
	require.Equal(t, 1, out.Team.Refunded)
	require.Equal(t, 1, out.Team.Paid)
	require.Equal(t, 1, w.stock[stock].Taken, "the piece may be sold again")
	require.Equal(t, []team.EventType{team.EventSeatRefunding}, w.kinds(since), "a team that is over keeps its leader")
	require.Equal(t, team.TeamNotForming, w.try(w.lockIn(id, "cat")).Refusal)
	w.do(refund(seats[1]))
	require.Equal(t, team.Formed, w.teams[id].Status)
	require.Equal(t, 2, w.teams[id].Refunded)
	require.Equal(t, team.Refunded, w.do(confirm(seats[0], refund(seats[0]).RequestNo)).Seat.Status)
}

func TestRefund_OfACompletedTeam(t *testing.T) {
	w := newWorld(t)
	open := w.lock("ann")
	open.Terms.MinReal = 1
	id, seats := w.teamBy(open)
	w.settleAll(seats)
	w.now = w.teams[id].ExpiresAt
	w.do(team.Expire{Team: id})
	out := w.do(refund(seats[0]))
	require.Equal(t, team.Formed, out.Team.Status)
	require.Equal(t, 1, out.Team.Refunded)
	require.Equal(t, 2, out.Team.Virtual, "as booked")
	require.EqualValues(t, 200, out.Team.CostFen, "as booked")
}

// TestRefund_WhileTiersAreOpen frees the place for others; what everybody pays in the end goes by who is left.
func TestRefund_WhileTiersAreOpen(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamBy(w.tiered("ann"), "bob", "cat", "dan", "eve")
	w.settleAll(seats[:4])
	since := len(w.events)
	out := w.do(refund(seats[0]))
	require.True(t, out.Team.Open())
	require.Equal(t, activity.Buyer("bob"), out.Team.Leader)
	require.Equal(t, []team.EventType{team.EventSeatRefunding, team.EventLeaderChanged}, w.kinds(since))
	w.do(refund(seats[1]))
	require.Equal(t, 2, w.teams[id].Free())
	w.do(settle(seats[4]))
	w.now = w.teams[id].ExpiresAt
	closed := w.do(team.Expire{Team: id}).Team
	require.Equal(t, 1, closed.Tier, "three are left")
	require.Equal(t, 2, closed.Refunded)
	for i, want := range []money.Fen{0, 0, 100, 100, 100} {
		require.Equal(t, want, w.seats[seats[i].Key].Difference)
	}
}

// TestRefund_NobodyLeftInAFormedTeam closes it: whoever came next would get the group price alone.
func TestRefund_NobodyLeftInAFormedTeam(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamBy(w.tiered("ann"), "bob")
	w.settleAll(seats)
	w.do(refund(seats[1]))
	since := len(w.events)
	out := w.do(refund(seats[0]))
	require.Equal(t, team.Formed, out.Team.Status)
	require.Equal(t, w.now, out.Team.ClosedAt)
	require.Zero(t, out.Team.Tier)
	require.Equal(t, []team.EventType{team.EventSeatRefunding, team.EventTeamClosed}, w.kinds(since))
	require.Equal(t, team.TeamNotForming, w.try(w.lockIn(id, "cat")).Refusal)
}

// TestRefund_TierStaysDecided asks for a refund after the team closed at a lower price.
func TestRefund_TierStaysDecided(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamBy(w.tiered("ann"), "bob", "cat")
	w.settleAll(seats)
	w.now = w.teams[id].ExpiresAt
	w.do(team.Expire{Team: id})
	w.do(refund(seats[0]))
	require.Equal(t, 1, w.teams[id].Tier)
	require.EqualValues(t, 100, w.seats[seats[1].Key].Owed())
}

// TestRefund_TakesTheDifferenceWithIt asks for everything while a difference is owed, on its way, or back. What is owed
// in the end is never more than what was paid.
func TestRefund_TakesTheDifferenceWithIt(t *testing.T) {
	for name, test := range map[string]struct {
		before, after []string // numbers confirmed before and after the refund is asked for
		owed          money.Fen
		events        []team.EventType
	}{
		"never sent":        {nil, []string{"rf"}, 800, []team.EventType{team.EventSeatRefunded}},
		"back before":       {[]string{"part"}, []string{"rf"}, 700, []team.EventType{team.EventSeatRefunded}},
		"on its way, first": {nil, []string{"part", "rf"}, 800, []team.EventType{team.EventDifferenceBack, team.EventSeatRefunded}},
		"on its way, last":  {nil, []string{"rf", "part"}, 800, []team.EventType{team.EventSeatRefunded}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id, seats := w.teamBy(w.tiered("ann"), "bob", "cat")
			w.settleAll(seats)
			w.now = w.teams[id].ExpiresAt
			w.do(team.Expire{Team: id})
			for _, no := range test.before {
				w.do(confirm(seats[0], no))
			}
			since := len(w.events)
			ask := team.Refund{Key: seats[0].Key, RequestNo: "rf"}
			out := w.do(ask)
			require.Equal(t, test.owed, out.Seat.Owed())
			require.Equal(t, 2, out.Team.Paid)
			require.Equal(t, []team.EventType{team.EventSeatRefunding}, w.kinds(since))
			since = len(w.events)
			for _, no := range test.after {
				w.do(confirm(seats[0], no))
			}
			require.Equal(t, test.events, w.kinds(since))
			seat := w.seats[seats[0].Key]
			require.Equal(t, team.Refunded, seat.Status)
			require.Equal(t, "rf", seat.RefundNo)
			require.Zero(t, seat.Owed())
			w.requireNothing(ask, func(out team.Outcome) { require.True(t, out.Replayed) })
			if seat.DifferenceNo != "" {
				w.requireNothing(confirm(seat, "other"), func(out team.Outcome) { require.Equal(t, team.IdempotencyMismatch, out.Refusal) })
			}
		})
	}
}

func TestRefund_Replayed(t *testing.T) {
	w := newWorld(t)
	_, seats := w.teamOf(2, "ann", "bob")
	w.settleAll(seats)
	w.do(refund(seats[0]))
	other := refund(seats[0])
	other.RequestNo = "another"
	expect := func() {
		t.Helper()
		w.requireNothing(refund(seats[0]), func(out team.Outcome) {
			require.True(t, out.Replayed)
			require.Equal(t, team.RefundAsked, out.Seat.Reason)
		})
		w.requireNothing(other, func(out team.Outcome) { require.Equal(t, team.Outcome{Refusal: team.IdempotencyMismatch}, out) })
		w.requireNothing(confirm(seats[0], "another"), func(out team.Outcome) { require.Equal(t, team.IdempotencyMismatch, out.Refusal) })
	}
	expect()
	w.do(confirm(seats[0], refund(seats[0]).RequestNo))
	expect()
	w.requireNothing(settle(seats[0]), func(out team.Outcome) {
		require.True(t, out.Replayed)
		require.Equal(t, team.Joined, out.Seat.Settlement, "the first answer for ever")
	})
	require.Equal(t, team.SeatPaid, w.try(release(seats[0])).Refusal)
}

func TestRefund_Refused(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(w *world, id team.ID, seats []team.Seat)
		want  team.Reason
	}{
		"held": {func(*world, team.ID, []team.Seat) {}, team.SeatNotPaid},
		"released": {func(w *world, _ team.ID, seats []team.Seat) {
			w.do(release(seats[0]))
		}, team.SeatNotPaid},
		"paid too late": {func(w *world, _ team.ID, seats []team.Seat) {
			w.now = seats[0].ExpiresAt
			w.do(release(seats[0]))
			w.now = w.teams[seats[0].Team].ExpiresAt
			w.do(settle(seats[0]))
		}, team.SeatRefunding},
		"team failed": {func(w *world, id team.ID, seats []team.Seat) {
			w.do(settle(seats[0]))
			w.now = w.teams[id].ExpiresAt
			w.do(team.Expire{Team: id})
		}, team.SeatRefunding},
		"team failed, money back": {func(w *world, id team.ID, seats []team.Seat) {
			w.do(settle(seats[0]))
			w.now = w.teams[id].ExpiresAt
			w.do(team.Expire{Team: id})
			w.do(confirm(seats[0], "failed"))
		}, team.SeatRefunding},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id, seats := w.teamOf(2, "ann", "bob")
			test.spoil(w, id, seats)
			w.requireNothing(refund(seats[0]), func(out team.Outcome) { require.Equal(t, team.Outcome{Refusal: test.want}, out) })
		})
	}
	w := newWorld(t)
	require.Equal(t, team.SeatNotFound, w.try(team.Refund{Key: team.Key{Partner: "mall", OutTradeNo: "none"}, RequestNo: "rf"}).Refusal)
	_, seats := w.teamBy(w.tiered("ann"), "bob", "cat", "dan", "eve")
	w.settleAll(seats)
	w.do(confirm(seats[0], "part"))
	require.Equal(t, team.IdempotencyMismatch, w.try(team.Refund{Key: seats[0].Key, RequestNo: "part"}).Refusal, "the number of another refund")
}

// TestRefund_AgainstTheLastPayment has two legal ends, by who comes first.
func TestRefund_AgainstTheLastPayment(t *testing.T) {
	for name, first := range map[string]bool{"refund first": true, "payment first": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id, seats := w.teamOf(2, "ann", "bob")
			w.do(settle(seats[0]))
			cmds := []team.Command{settle(seats[1]), refund(seats[0])}
			if first {
				cmds[0], cmds[1] = cmds[1], cmds[0]
			}
			w.apply(w.now, cmds...)
			require.Equal(t, first, w.teams[id].Status == team.Forming)
			require.Equal(t, first, w.teams[id].Refunded == 0)
			require.Equal(t, 1, w.teams[id].Paid)
			require.Equal(t, team.Refunding, w.seats[seats[0].Key].Status)
		})
	}
}
