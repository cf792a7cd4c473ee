package enginetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

func raceTests() []test {
	return []test{
		{"Settle_LastTwoAtOnce", settleLastTwoAtOnce},
		{"Settle_50EqualAtOnce", settleEqualAtOnce},
		{"Lock_50EqualAtOnce", lockEqualAtOnce},
		{"Lock_200JoinersFor3Seats", joinersForFewSeats},
		{"Lock_LimitTotalHolds", limitTotalHolds},
		{"Lock_LimitOpenHolds", limitOpenHolds},
		{"Lock_100For5Pieces", stockHolds},
		{"Settle_AgainstRelease", settleAgainstRelease},
		{"Settle_AgainstExpire", settleAgainstExpire},
		{"Settle_SameBuyerManyTeams", settleSameBuyer},
		{"Batch_CrossingTeams", crossingTeams},
		{"Tiers_LastSizeForMany", lastSizeForMany},
		{"Tiers_LastPaymentsAtOnce", lastPaymentsAtOnce},
		{"Tiers_CloseAgainstSettle", closeAgainstSettle},
		{"Tiers_ConfirmManyAtOnce", confirmManyAtOnce},
		{"NewBuyersOnly_TwoAtOnce", newBuyersTwoAtOnce},
		{"Stock_RaisedUnderLoad", stockRaisedUnderLoad},
	}
}

// settleLastTwoAtOnce is the case that counting before the update gets wrong: neither payment would see the other.
func settleLastTwoAtOnce(e *env) {
	for round := range 20 {
		b, c := buyer("b", round), buyer("c", round)
		id, seats := e.teamOf(3, buyer("a", round), b, c)
		e.do(settle(seats[0]))
		out := e.concurrently(settle(seats[1]), settle(seats[2]))
		require.ElementsMatch(e, []team.Settlement{team.Joined, team.FormedTeam}, []team.Settlement{out[0].Seat.Settlement, out[1].Seat.Settlement})
		e.requireTeam(id, team.Formed, 0, 3)
	}
	require.Equal(e, 20, e.eventsOf(team.EventTeamFormed))
}

func buyer(name string, n int) activity.Buyer { return activity.Buyer(fmt.Sprintf("%s-%d", name, n)) }

func settleEqualAtOnce(e *env) {
	id, seats := e.teamOf(2, "ann")
	out := e.concurrently(repeat(50, func() team.Command { return settle(seats[0]) })...)
	require.Equal(e, map[team.Reason]int{team.NoRefusal: 1, "replayed": 49}, tally(out))
	e.requireTeam(id, team.Forming, 0, 1)
	require.Equal(e, 1, e.eventsOf(team.EventSeatPaid))
}

func repeat(n int, cmd func() team.Command) []team.Command {
	cmds := make([]team.Command, n)
	for i := range cmds {
		cmds[i] = cmd()
	}
	return cmds
}

func lockEqualAtOnce(e *env) {
	click := e.lock("ann")
	out := e.concurrently(repeat(50, func() team.Command {
		cmd := click // each request brings fresh ids, as the engine makes them
		cmd.NewSeat, cmd.NewTeam = team.SeatID(e.next("seat_")), team.ID(e.next("team_"))
		return cmd
	})...)
	require.Equal(e, map[team.Reason]int{team.NoRefusal: 1, "replayed": 49}, tally(out))
	for _, o := range out {
		require.Equal(e, out[0].Seat.ID, o.Seat.ID)
		require.Equal(e, out[0].Team.ID, o.Team.ID)
	}
	require.Equal(e, []string{"team.opened ann", "seat.held ann"}, e.events())
}

func joinersForFewSeats(e *env) {
	id, _ := e.teamOf(4, "ann")
	n := 0
	out := e.concurrently(repeat(200, func() team.Command { n++; return e.lockIn(id, buyer("b", n)) })...)
	require.Equal(e, map[team.Reason]int{team.NoRefusal: 3, team.TeamFull: 197}, tally(out))
	_, seats := e.requireTeam(id, team.Forming, 4, 0)
	require.Len(e, seats, 4)
}

func limitTotalHolds(e *env) {
	out := e.concurrently(repeat(40, func() team.Command {
		cmd := e.lock("ann")
		cmd.Terms.Limits = activity.Limits{Total: 3}
		return cmd
	})...)
	require.Equal(e, map[team.Reason]int{team.NoRefusal: 3, team.LimitTotal: 37}, tally(out))
}

// limitOpenHolds has the buyer give a joined seat up while opening teams: the freed ordinal must not let a second
// opening pass.
func limitOpenHolds(e *env) {
	for round := range 10 {
		who := buyer("ann", round)
		id, _ := e.teamOf(3, buyer("bob", round))
		joined := e.do(e.lockIn(id, who))
		cmds := append(repeat(8, func() team.Command {
			cmd := e.lock(who)
			cmd.Terms.Limits = activity.Limits{Open: 1}
			return cmd
		}), release(joined.Seat))
		out := e.concurrently(cmds...)
		require.Equal(e, map[team.Reason]int{team.NoRefusal: 1, team.LimitOpen: 7}, tally(out[:8]))
	}
}

func stockHolds(e *env) {
	e.openStock(5)
	n := 0
	out := e.concurrently(repeat(100, func() team.Command { n++; return e.lock(buyer("b", n)) })...)
	require.Equal(e, map[team.Reason]int{team.NoRefusal: 5, team.StockOut: 95}, tally(out))
}

// settleAgainstRelease has two legal ends, and no third.
func settleAgainstRelease(e *env) {
	e.openStock(100)
	for round := range 30 {
		id, seats := e.teamOf(2, buyer("a", round))
		out := e.concurrently(settle(seats[0]), release(seats[0]))
		paid, released := out[0], out[1]
		if released.Refusal == team.SeatPaid {
			require.Equal(e, team.Joined, paid.Seat.Settlement)
			e.requireTeam(id, team.Forming, 0, 1)
			continue
		}
		require.Equal(e, team.RefundRequired, paid.Seat.Settlement)
		e.requireTeam(id, team.Failed, 0, 0)
	}
}

func settleAgainstExpire(e *env) {
	for round := range 30 {
		id, seats := e.teamOf(2, buyer("a", round), buyer("b", round))
		e.do(settle(seats[0]))
		out := race(e.job(0, settle(seats[1])), e.job(24*time.Hour, team.Expire{Team: id}))
		if out[0].Seat.Settlement == team.FormedTeam {
			e.requireTeam(id, team.Formed, 0, 2)
			continue
		}
		require.Equal(e, team.RefundRequired, out[0].Seat.Settlement)
		e.requireTeam(id, team.Failed, 0, 0)
		e.requireSeat(seats[0].Key, team.Refunding)
	}
}

// settleSameBuyer has batches that hold different teams read the same buyer's seats.
func settleSameBuyer(e *env) {
	var cmds []team.Command
	for range 12 {
		_, seats := e.teamOf(2, "ann")
		cmds = append(cmds, settle(seats[0]))
	}
	require.Equal(e, map[team.Reason]int{team.NoRefusal: 12}, tally(e.concurrently(cmds...)))
}

// crossingTeams has batches name the same teams and stock in opposite orders.
func crossingTeams(e *env) {
	e.openStock(1000)
	left, _ := e.teamOf(1000, "ann")
	right, _ := e.teamOf(1000, "bob")
	var all sync.WaitGroup
	for i := range 30 {
		first, second := left, right
		if i%2 == 1 {
			first, second = right, left
		}
		all.Go(func() {
			out := e.batch(i, e.lockIn(first, buyer("x", i)), e.lockIn(second, buyer("y", i)))
			if n := tally(out)[team.NoRefusal]; n != 2 {
				e.Errorf("%d of 2 joined", n)
			}
		})
	}
	all.Wait()
	e.requireTeam(left, team.Forming, 31, 0)
	e.requireTeam(right, team.Forming, 31, 0)
}
