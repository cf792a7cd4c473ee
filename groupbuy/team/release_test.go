package team_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

func TestRelease_FreesTheSeat(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamOf(2, "ann", "bob")
	since := len(w.events)
	out := w.do(release(seats[1]))
	require.Equal(t, team.Released, out.Seat.Status)
	require.Equal(t, team.Cancelled, out.Seat.Reason)
	require.Equal(t, w.now, out.Seat.EndedAt)
	require.Equal(t, 1, w.teams[id].Held)
	require.Equal(t, []team.EventType{team.EventSeatReleased}, w.kinds(since))
	w.do(w.lockIn(id, "cat"))
}

func TestRelease_Refused(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamOf(2, "ann", "bob")
	require.Equal(t, team.SeatNotFound, w.try(team.Release{Key: team.Key{Partner: "mall", OutTradeNo: "none"}}).Refusal)
	w.do(settle(seats[0]))
	expectPaid := func() {
		t.Helper()
		w.requireNothing(release(seats[0]), func(out team.Outcome) { require.Equal(t, team.Outcome{Refusal: team.SeatPaid}, out) })
	}
	expectPaid()
	w.now = w.teams[id].ExpiresAt
	w.do(team.Expire{Team: id})
	expectPaid() // refunding
	w.do(team.ConfirmRefund{Key: seats[0].Key, RefundNo: "rf-1"})
	expectPaid() // refunded
	w.requireNothing(release(seats[1]), func(out team.Outcome) {
		require.True(t, out.Replayed)
		require.Equal(t, team.TeamDidNotFill, out.Seat.Reason, "the first reason stays")
	})
}

// TestRelease_AtTheDeadline is what the worker asks for: it must never take a seat whose time is not over, whatever
// list it worked from.
func TestRelease_AtTheDeadline(t *testing.T) {
	w := newWorld(t)
	_, seats := w.teamOf(2, "ann")
	due := team.Release{Key: seats[0].Key, Why: team.SeatDeadline}
	w.now = seats[0].ExpiresAt.Add(-time.Second - time.Millisecond)
	w.requireNothing(due, func(out team.Outcome) {
		require.True(t, out.Replayed)
		require.Equal(t, team.Held, out.Seat.Status)
	})
	require.Equal(t, team.SeatDeadline, w.do(due).Seat.Reason) // a second later
	w.requireNothing(due, func(out team.Outcome) { require.True(t, out.Replayed) })

	_, paid := w.teamOf(2, "bob")
	w.do(settle(paid[0]))
	w.now = paid[0].ExpiresAt
	w.requireNothing(team.Release{Key: paid[0].Key, Why: team.SeatDeadline}, func(out team.Outcome) { require.Equal(t, team.Paid, out.Seat.Status) })
}

func TestRelease_LastOneFailsTheTeam(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamOf(2, "ann", "bob")
	w.do(release(seats[0]))
	since := len(w.events)
	w.do(release(seats[1]))
	require.Equal(t, team.Failed, w.teams[id].Status)
	require.Equal(t, w.now, w.teams[id].EndedAt)
	require.Equal(t, []team.EventType{team.EventSeatReleased, team.EventTeamFailed}, w.kinds(since))
}

func TestRelease_LeadPasses(t *testing.T) {
	for _, test := range []struct {
		name  string
		paid  []int // seats that are paid, by the order they were taken
		leave int
		want  activity.Buyer
	}{
		{"to the earliest held", nil, 0, "bob"},
		{"to the earliest paid", []int{3, 2}, 0, "cat"},
		{"not when a member leaves", nil, 1, "ann"},
		{"not when a member leaves a paid leader", []int{0, 2}, 1, "ann"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			id, seats := w.teamOf(5, "ann", "bob", "cat", "dan")
			for _, i := range test.paid {
				w.do(settle(seats[i]))
			}
			since := len(w.events)
			out := w.do(release(seats[test.leave]))
			require.Equal(t, test.want, w.teams[id].Leader)
			require.Equal(t, test.want, out.Team.Leader)
			if test.want == "ann" {
				require.Equal(t, []team.EventType{team.EventSeatReleased}, w.kinds(since))
				return
			}
			require.Equal(t, []team.EventType{team.EventSeatReleased, team.EventLeaderChanged}, w.kinds(since))
			require.Equal(t, test.want, w.events[since+1].Team.Leader)
		})
	}
}

func TestExpire_Fails(t *testing.T) {
	w := newWorld(t)
	id, seats := w.teamOf(4, "ann", "bob", "cat")
	w.do(settle(seats[1]))
	w.do(release(seats[2]))
	w.now = w.teams[id].ExpiresAt.Add(-time.Second)
	since := len(w.events)
	out := w.do(team.Expire{Team: id}) // in the very millisecond
	require.Equal(t, team.Failed, out.Team.Status)
	require.Equal(t, w.now, out.Team.EndedAt)
	require.Zero(t, out.Team.Held+out.Team.Paid)
	require.Equal(t, []team.EventType{team.EventSeatReleased, team.EventSeatRefunding, team.EventTeamFailed}, w.kinds(since))

	roster := w.roster(id)
	require.Equal(t, team.Released, roster[0].Status)
	require.Equal(t, team.TeamDidNotFill, roster[0].Reason)
	require.Equal(t, team.Refunding, roster[1].Status)
	require.Equal(t, team.TeamDidNotFill, roster[1].Reason)
	require.True(t, roster[1].EndedAt.IsZero(), "the money is not back yet")
	require.Zero(t, roster[1].Ordinal)
	require.Equal(t, team.Cancelled, roster[2].Reason, "who left before keeps the reason")
}

func TestExpire_GivesStockBack(t *testing.T) {
	w := newWorld(t)
	key := team.StockKey{Activity: "act", Goods: "tea", SKU: "green"}
	w.stock[key] = team.Stock{Key: key, Pieces: 5}
	other := w.do(w.lock("eve"))
	id, seats := w.teamOf(3, "ann", "bob")
	w.do(settle(seats[0]))
	require.Equal(t, 3, w.stock[key].Taken)
	w.now = w.teams[id].ExpiresAt
	w.do(team.Expire{Team: id})
	require.Equal(t, 1, w.stock[key].Taken)
	require.Equal(t, team.Held, w.seats[other.Seat.Key].Status)
}

func TestExpire_DoesNothing(t *testing.T) {
	w := newWorld(t)
	young, _ := w.teamOf(2, "ann")
	formed, seats := w.teamOf(1, "bob")
	w.do(settle(seats[0]))
	failed, seats := w.teamOf(2, "cat")
	w.do(release(seats[0]))
	w.requireNothing(team.Expire{Team: "team_none"}, func(out team.Outcome) { require.Equal(t, team.TeamNotFound, out.Refusal) })
	w.requireNothing(team.Expire{Team: young}, func(out team.Outcome) { require.True(t, out.Replayed) })
	w.now = w.now.Add(48 * time.Hour)
	for _, id := range []team.ID{formed, failed} {
		w.requireNothing(team.Expire{Team: id}, func(out team.Outcome) { require.True(t, out.Replayed) })
	}
}
