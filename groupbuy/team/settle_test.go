package team_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

func TestSettle_JoinsThenForms(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamOf(2, "ann", "bob")
	since := len(w.events)
	first := w.do(settle(seats[0]))
	require.Equal(t, team.Joined, first.Seat.Settlement)
	require.Equal(t, team.Forming, first.Team.Status)
	require.Equal(t, team.Paid, first.Seat.Status)
	require.EqualValues(t, 800, first.Seat.PaidAmount)
	require.Equal(t, seats[0].HeldAt, first.Seat.PaidAt)
	require.Equal(t, 1, first.Seat.Ordinal)

	last := w.do(settle(seats[1]))
	require.Equal(t, team.FormedTeam, last.Seat.Settlement)
	require.Equal(t, team.Formed, last.Team.Status)
	require.Equal(t, w.now, last.Team.EndedAt)
	require.Equal(t, 2, w.teams[id].Paid)
	require.Zero(t, w.teams[id].Held)
	require.Equal(t, []team.EventType{team.EventSeatPaid, team.EventSeatPaid, team.EventTeamFormed}, w.kinds(since))
}

func TestSettle_TeamOfOneFormsAtOnce(t *testing.T) {
	w := newWorld(t)
	_, seats := w.teamOf(1, "ann")
	require.Equal(t, team.FormedTeam, w.do(settle(seats[0])).Seat.Settlement)
}

// TestSettle_LateButNotYetReleased takes a payment that comes after the deadline and before the worker.
func TestSettle_LateButNotYetReleased(t *testing.T) {
	w := newWorld(t)
	_, seats := w.teamOf(2, "ann")
	w.now = seats[0].ExpiresAt.Add(time.Hour)
	require.Equal(t, team.Joined, w.do(settle(seats[0])).Seat.Settlement)
}

func TestSettle_Refused(t *testing.T) {
	w := newWorld(t)
	_, seats := w.teamOf(2, "ann", "bob")
	unknown, dear, cheap := settle(seats[0]), settle(seats[0]), settle(seats[0])
	unknown.Key.Partner = "other"
	dear.Amount++
	cheap.Amount--
	for want, cmd := range map[team.Reason][]team.Settle{
		team.SeatNotFound: {unknown}, team.AmountMismatch: {dear, cheap},
	} {
		for _, cmd := range cmd {
			w.requireNothing(cmd, func(out team.Outcome) { require.Equal(t, team.Outcome{Refusal: want}, out) })
		}
	}
	w.do(settle(seats[0]))
	otherNo := settle(seats[0])
	otherNo.ProviderNo = "pay-2"
	for _, cmd := range []team.Settle{dear, cheap, otherNo} {
		w.requireNothing(cmd, func(out team.Outcome) { require.Equal(t, team.Outcome{Refusal: team.IdempotencyMismatch}, out) })
	}
}

// TestSettle_FirstAnswerForEver repeats a settlement after all that may happen to its seat.
func TestSettle_FirstAnswerForEver(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamOf(2, "ann", "bob")
	w.do(settle(seats[0]))
	expectReplay := func(want team.Settlement, seat team.Seat) {
		t.Helper()
		w.requireNothing(settle(seat), func(out team.Outcome) {
			require.True(t, out.Replayed)
			require.Equal(t, want, out.Seat.Settlement)
		})
	}
	expectReplay(team.Joined, seats[0])
	w.now = w.teams[id].ExpiresAt
	w.do(team.Expire{Team: id})
	expectReplay(team.Joined, seats[0])
	require.Equal(t, team.RefundRequired, w.do(settle(seats[1])).Seat.Settlement)
	expectReplay(team.RefundRequired, seats[1])
	w.do(team.ConfirmRefund{Key: seats[0].Key, RefundNo: "rf-1"})
	w.do(team.ConfirmRefund{Key: seats[1].Key, RefundNo: "rf-2"})
	expectReplay(team.Joined, seats[0])
	expectReplay(team.RefundRequired, seats[1])
}

func TestSettle_TakesAReleasedSeatAgain(t *testing.T) {
	w := newWorld(t)
	key := team.StockKey{Activity: "act", Goods: "tea", SKU: "green"}
	w.stock[key] = team.Stock{Key: key, Pieces: 5}
	id, seats := w.teamOf(3, "ann", "bob")
	w.do(release(seats[1]))
	require.Equal(t, 1, w.stock[key].Taken)
	out := w.do(settle(seats[1]))
	require.Equal(t, team.Joined, out.Seat.Settlement)
	require.Equal(t, team.Paid, out.Seat.Status)
	require.Empty(t, out.Seat.Reason)
	require.True(t, out.Seat.EndedAt.IsZero())
	require.Equal(t, 1, out.Seat.Ordinal)
	require.Equal(t, 2, w.stock[key].Taken)
	require.Equal(t, 1, w.teams[id].Paid)
}

func TestSettle_ReleasedSeatCompletesTheTeam(t *testing.T) {
	w := newWorld(t)
	_, seats := w.teamOf(2, "ann", "bob")
	w.do(settle(seats[0]))
	w.do(release(seats[1]))
	require.Equal(t, team.FormedTeam, w.do(settle(seats[1])).Seat.Settlement)
}

func TestSettle_TooLate(t *testing.T) {
	stock := team.StockKey{Activity: "act", Goods: "tea", SKU: "green"}
	for _, test := range []struct {
		name  string
		spoil func(w *world, id team.ID)
		want  team.Reason
	}{
		{"team expired", func(w *world, id team.ID) { w.now = w.teams[id].ExpiresAt }, team.TeamExpired},
		{"team failed", func(w *world, id team.ID) {
			w.now = w.teams[id].ExpiresAt
			w.do(team.Expire{Team: id})
		}, team.TeamNotForming},
		{"team formed", func(w *world, id team.ID) {
			w.do(settle(w.roster(id)[0]))
			w.do(settle(w.do(w.lockIn(id, "cat")).Seat))
		}, team.TeamNotForming},
		{"team full", func(w *world, id team.ID) { w.do(w.lockIn(id, "cat")) }, team.TeamFull},
		{"back in the team", func(w *world, id team.ID) {
			t := w.teams[id]
			t.Sizes = []int{3}
			w.teams[id] = t
			w.do(w.lockIn(id, "bob"))
		}, team.AlreadyInTeam},
		{"limit reached", func(w *world, _ team.ID) { w.do(w.lock("bob")) }, team.LimitTotal},
		{"sold out", func(w *world, _ team.ID) { w.stock[stock] = team.Stock{Key: stock, Pieces: 1, Taken: 1} }, team.StockOut},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			id, _ := w.teamOf(2, "ann")
			join := w.lockIn(id, "bob")
			join.Terms.Limits = activity.Limits{Total: 1}
			seat := w.do(join).Seat
			w.do(release(seat))
			test.spoil(w, id)
			since := len(w.events)
			out := w.do(settle(seat))
			require.Equal(t, team.RefundRequired, out.Seat.Settlement)
			require.Equal(t, test.want, out.Seat.Reason)
			require.Equal(t, team.Released, out.Seat.Status)
			require.Zero(t, out.Seat.Ordinal)
			require.Equal(t, []team.EventType{team.EventRefundRequired}, w.kinds(since))
			require.Equal(t, out.Seat, *w.events[since].Seat)
		})
	}
}

func TestConfirmRefund(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamOf(3, "ann", "bob")
	require.Equal(t, team.SeatNotFound, w.try(team.ConfirmRefund{Key: team.Key{Partner: "mall", OutTradeNo: "none"}}).Refusal)
	require.Equal(t, team.SeatNotRefunding, w.try(confirm(seats[0], "rf-1")).Refusal) // held
	w.do(settle(seats[0]))
	require.Equal(t, team.SeatNotRefunding, w.try(confirm(seats[0], "rf-1")).Refusal) // paid
	w.do(release(seats[1]))
	require.Equal(t, team.SeatNotRefunding, w.try(confirm(seats[1], "rf-2")).Refusal) // released, nothing paid
	w.now = w.teams[id].ExpiresAt
	w.do(team.Expire{Team: id})
	w.do(settle(seats[1])) // too late

	since := len(w.events)
	refunded := w.do(confirm(seats[0], "rf-1"))
	require.Equal(t, team.Refunded, refunded.Seat.Status)
	require.Equal(t, w.now, refunded.Seat.EndedAt)
	late := w.do(confirm(seats[1], "rf-2"))
	require.Equal(t, team.Released, late.Seat.Status, "it never was a paid seat")
	require.Equal(t, "rf-2", late.Seat.RefundNo)
	require.Equal(t, []team.EventType{team.EventSeatRefunded, team.EventSeatRefunded}, w.kinds(since))
	for i, no := range []string{"rf-1", "rf-2"} {
		w.requireNothing(confirm(seats[i], no), func(out team.Outcome) { require.True(t, out.Replayed) })
		w.requireNothing(confirm(seats[i], "rf-3"), func(out team.Outcome) { require.Equal(t, team.IdempotencyMismatch, out.Refusal) })
	}
}
