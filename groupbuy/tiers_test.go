package groupbuy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

// tiers is two people at 80.00, three at 70.00, four at 50.00, and 5.00 off for the one who opens.
func tiers(a *activity.Activity) {
	reduce := func(off money.Fen) activity.Plan { return activity.Plan{Kind: activity.Reduce, Off: off} }
	a.Tiers = []activity.Tier{{Size: 3, Plan: reduce(30_00)}, {Size: 4, Plan: reduce(50_00)}}
	a.LeaderDiscount, a.TeamTTL = 5_00, time.Hour
}

// TestTiers_FromActivityToConfirmation follows the money of a team that closes at its second tier.
func TestTiers_FromActivityToConfirmation(t *testing.T) {
	onEach(t, func(w *world) {
		ann := w.open(w.publish(tiers), "ann")
		bob := w.join(ann.Team, "bob")
		require.Equal(t, []money.Fen{75_00, 80_00}, []money.Fen{ann.Seat.Amount, bob.Seat.Amount})
		require.Equal(t, team.Joined, w.pay(ann.Seat).Seat.Settlement)
		formed := w.pay(bob.Seat)
		require.Equal(t, team.FormedTeam, formed.Seat.Settlement)
		require.Equal(t, []int{2, 3, 4}, formed.Team.Sizes)
		cat := w.pay(w.join(ann.Team, "cat").Seat)
		require.Equal(t, team.FormedTeam, cat.Seat.Settlement)
		dan := w.join(ann.Team, "dan")

		n, err := w.ExpireTeams(w.ctx, 10)
		require.NoError(t, err)
		require.Zero(t, n, "its window is not over")
		w.clock.advance(time.Hour)
		n, err = w.ExpireTeams(w.ctx, 10)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		n, err = w.ExpireTeams(w.ctx, 10)
		require.NoError(t, err)
		require.Zero(t, n, "closed once")

		w.requireTeam(ann.Team.ID, team.Formed, 0, 3)
		w.requireSeat(dan.Seat.Key, team.Released)
		for _, seat := range []team.Seat{ann.Seat, bob.Seat, cat.Seat} {
			require.Equal(t, money.Fen(10_00), w.requireSeat(seat.Key, team.Refunding).Difference)
			out, err := w.ConfirmRefund(w.ctx, mall, seat.Key.OutTradeNo, "rf-"+seat.Key.OutTradeNo)
			require.NoError(t, err)
			require.Equal(t, team.Paid, out.Seat.Status)
		}
		w.requireSound()
	})
}

// TestTiers_ClosedByTwoNodes has two workers find the same team.
func TestTiers_ClosedByTwoNodes(t *testing.T) {
	onEach(t, func(w *world) {
		other := w.secondNode()
		ann := w.open(w.publish(tiers), "ann")
		for _, buyer := range []activity.Buyer{"bob", "cat"} {
			w.pay(w.join(ann.Team, buyer).Seat)
		}
		w.pay(ann.Seat)
		w.clock.advance(time.Hour)
		errs := make(chan error, 2)
		go func() { _, err := other.ExpireTeams(w.ctx, 10); errs <- err }()
		go func() { _, err := w.ExpireTeams(w.ctx, 10); errs <- err }()
		require.NoError(t, <-errs)
		require.NoError(t, <-errs)
		closed := w.requireTeam(ann.Team.ID, team.Formed, 0, 3)
		require.Equal(t, 1, closed.Tier)
		w.clock.advance(time.Minute) // events show late
		differences := 0
		for _, kind := range w.events() {
			if kind == string(team.EventSeatDifference) {
				differences++
			}
		}
		require.Equal(t, 3, differences)
		w.requireSound()
	})
}

func TestAutoCompletion(t *testing.T) {
	onEach(t, func(w *world) {
		id := w.publish(func(a *activity.Activity) { a.TeamSize, a.MinReal, a.TeamTTL = 5, 2, time.Hour })
		ann := w.open(id, "ann")
		bob := w.join(ann.Team, "bob")
		alone := w.open(id, "eve")
		for _, seat := range []team.Seat{ann.Seat, bob.Seat, alone.Seat} {
			w.pay(seat)
		}
		w.clock.advance(time.Hour)
		_, err := w.ExpireTeams(w.ctx, 10)
		require.NoError(t, err)
		completed := w.requireTeam(ann.Team.ID, team.Formed, 0, 2)
		require.Equal(t, 3, completed.Virtual)
		require.Equal(t, money.Fen(40_00), completed.CostFen)
		w.requireTeam(alone.Team.ID, team.Failed, 0, 0)
		w.requireSound()
	})
}

func TestNewBuyersOnly_ExactAtLock(t *testing.T) {
	onEach(t, func(w *world) {
		id := w.publish(func(a *activity.Activity) { a.NewBuyersOnly, a.TeamSize = true, 5 })
		ann := w.open(id, "ann")
		w.pay(w.open(id, "bob").Seat) // opening is for everybody, and makes bob an old buyer
		req := w.request(id, "bob")
		req.Team = ann.Team.ID
		_, err := w.Lock(w.ctx, mall, req)
		w.refused(err, "new_buyers_only")
		w.join(ann.Team, "cat")
		w.requireSound()
	})
}
