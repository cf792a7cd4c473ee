package enginetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/team"
	"kaituan/money"
)

func refundEqualAtOnce(e *env) {
	id, seats := e.teamOf(3, "ann", "bob")
	e.settleAll(seats)
	out := e.concurrently(repeat(50, func() team.Command { return refund(seats[0]) })...)
	require.Equal(e, map[team.Reason]int{team.NoRefusal: 1, "replayed": 49}, tally(out))
	e.requireTeam(id, team.Forming, 0, 1)
	require.Equal(e, 1, e.eventsOf(team.EventSeatRefunding))
}

// refundTwoNumbers has the shop and an operator ask for the same money under their own numbers.
func refundTwoNumbers(e *env) {
	for round := range 20 {
		_, seats := e.teamOf(2, buyer("a", round), buyer("b", round))
		e.settleAll(seats)
		other := refund(seats[0])
		other.RequestNo = "another"
		out := e.concurrently(refund(seats[0]), other)
		require.Equal(e, map[team.Reason]int{team.NoRefusal: 1, team.IdempotencyMismatch: 1}, tally(out))
	}
}

// refundAgainstLastPayment (F15) has two legal ends: the team forms and counts the refund, or goes on without the one
// who left.
func refundAgainstLastPayment(e *env) {
	e.openStock(1000)
	formed := 0
	for round := range 40 {
		id, seats := e.teamOf(2, buyer("a", round), buyer("b", round))
		e.do(settle(seats[0]))
		out := e.concurrently(refund(seats[0]), settle(seats[1]))
		require.Empty(e, out[0].Refusal)
		e.requireSeat(seats[0].Key, team.Refunding)
		if out[1].Seat.Settlement == team.FormedTeam {
			formed++
			t, _ := e.requireTeam(id, team.Formed, 0, 1)
			require.Equal(e, 1, t.Refunded)
			require.True(e, out[0].Seat.LeftFormed)
			continue
		}
		require.Equal(e, team.Joined, out[1].Seat.Settlement)
		t, _ := e.requireTeam(id, team.Forming, 0, 1)
		require.Zero(e, t.Refunded)
		require.Equal(e, seats[1].Buyer, t.Leader)
		e.do(settle(e.do(e.lockIn(id, buyer("c", round))).Seat))
		e.requireTeam(id, team.Formed, 0, 2)
	}
	e.Logf("the payment came first in %d of 40 rounds", formed)
}

// refundAgainstExpire has one end for the money, whoever asks first.
func refundAgainstExpire(e *env) {
	for round := range 30 {
		id, seats := e.teamOf(3, buyer("a", round), buyer("b", round))
		e.settleAll(seats)
		out := race(e.job(0, refund(seats[0])), e.job(24*time.Hour, team.Expire{Team: id}))
		e.requireTeam(id, team.Failed, 0, 0)
		seat := e.requireSeat(seats[0].Key, team.Refunding)
		require.EqualValues(e, 800, seat.Owed())
		if out[0].Refusal == team.NoRefusal {
			require.Equal(e, team.RefundAsked, seat.Reason)
			continue
		}
		require.Equal(e, team.SeatRefunding, out[0].Refusal)
		require.Equal(e, team.TeamDidNotFill, seat.Reason)
	}
}

// refundAgainstClosing has the refund meet the payment that closes a team with tiers.
func refundAgainstClosing(e *env) {
	for round := range 30 {
		id, seats := e.teamBy(e.tiered(buyer("a", round)), buyer("b", round), buyer("c", round), buyer("d", round))
		e.settleAll(seats[:3])
		out := e.concurrently(refund(seats[0]), settle(seats[3]))
		require.Empty(e, out[0].Refusal)
		t, _ := e.requireTeam(id, team.Formed, 0, 3)
		difference := money.Fen(0)
		if !t.Open() {
			require.Equal(e, 2, t.Tier)
			difference = 300
		}
		for i, seat := range seats {
			got, _, err := e.store().Seat(e.ctx, seat.Key)
			require.NoError(e, err)
			require.Equal(e, difference, got.Difference)
			if i == 0 {
				require.EqualValues(e, 800, got.Owed())
			}
		}
	}
}

func refundEverybody(e *env) {
	for round := range 10 {
		id, seats := e.teamOf(6, buyer("a", round), buyer("b", round), buyer("c", round), buyer("d", round), buyer("e", round))
		e.settleAll(seats)
		var cmds []team.Command
		for _, seat := range seats {
			cmds = append(cmds, refund(seat))
		}
		require.Equal(e, map[team.Reason]int{team.NoRefusal: 5}, tally(e.concurrently(cmds...)))
		e.requireTeam(id, team.Failed, 0, 0)
	}
	require.Equal(e, 10, e.eventsOf(team.EventTeamFailed))
}

// refundForAnother has many want the place and the piece that a refund frees.
func refundForAnother(e *env) {
	e.openStock(2)
	id, seats := e.teamOf(2, "ann", "bob")
	e.settleAll(seats[:1])
	n := 0
	cmds := repeat(30, func() team.Command { n++; return e.lockIn(id, buyer("x", n)) })
	out := e.concurrently(append(cmds, refund(seats[0]))...)
	taken := tally(out[:30])[team.NoRefusal]
	require.LessOrEqual(e, taken, 1)
	e.requireTeam(id, team.Forming, 1+taken, 0)
}
