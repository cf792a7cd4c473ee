package groupbuy_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

// openTeams opens n teams, each a minute after the one before, and leaves the clock there.
func (w *world) openTeams(id activity.ID, n int) []team.Outcome {
	w.Helper()
	var opened []team.Outcome
	for range n {
		opened = append(opened, w.open(id, activity.Buyer(w.next("buyer-"))))
		w.clock.advance(time.Minute)
	}
	return opened
}

func TestExpireTeams_EveryOverdueTeam(t *testing.T) {
	w := newWorld(t)
	teams := w.openTeams(w.publish(func(a *activity.Activity) { a.TeamTTL = time.Hour }), 4)
	for _, opened := range teams {
		w.pay(opened.Seat)
	}
	w.clock.advance(58 * time.Minute) // three windows are over, the fourth is not quite
	due, err := w.OverdueTeams(w.ctx, 2)
	require.NoError(t, err)
	require.Equal(t, 2, due, "counted up to the limit")
	n, err := w.ExpireTeams(w.ctx, 2)
	require.NoError(t, err)
	require.Equal(t, 3, n, "page after page")
	for i, want := range []team.Status{team.Failed, team.Failed, team.Failed, team.Forming} {
		current, _, err := w.Team(w.ctx, mall, teams[i].Team.ID)
		require.NoError(t, err)
		require.Equal(t, want, current.Status, "team %d", i)
	}
	n, err = w.ExpireTeams(w.ctx, 2)
	require.NoError(t, err)
	require.Zero(t, n)
	seat := w.requireSeat(teams[0].Seat.Key, team.Refunding)
	require.Equal(t, team.TeamDidNotFill, seat.Reason)
	w.requireSeat(teams[3].Seat.Key, team.Paid)
}

func TestExpireTeams_OneThatFailsStopsNobody(t *testing.T) {
	w := newWorld(t)
	teams := w.openTeams(w.publish(func(a *activity.Activity) { a.TeamTTL = time.Hour }), 3)
	w.clock.advance(2 * time.Hour)
	w.faults.noBatch.Store(&teams[0].Team.ID)
	n, err := w.ExpireTeams(w.ctx, 10)
	require.Equal(t, 3, n)
	require.ErrorIs(t, err, groupbuy.ErrUnavailable)
	require.ErrorContains(t, err, string(teams[0].Team.ID))
	w.requireTeam(teams[1].Team.ID, team.Failed, 0, 0)
	w.requireTeam(teams[2].Team.ID, team.Failed, 0, 0)
	w.faults.noBatch.Store(nil)
	n, err = w.ExpireTeams(w.ctx, 10)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	w.requireTeam(teams[0].Team.ID, team.Failed, 0, 0)
	w.requireSound()
}

func TestReleaseOverdue(t *testing.T) {
	w := newWorld(t)
	seats := w.openTeams(w.publish(func(a *activity.Activity) { a.SeatTTL = 10 * time.Minute }), 4)
	w.clock.advance(8 * time.Minute) // three deadlines have passed, the fourth has not
	due, err := w.OverdueSeats(w.ctx, 2)
	require.NoError(t, err)
	require.Equal(t, 2, due, "counted up to the limit")
	n, err := w.ReleaseOverdue(w.ctx, 1)
	require.NoError(t, err)
	require.Equal(t, 3, n, "page after page")
	released := w.requireSeat(seats[0].Seat.Key, team.Released)
	require.Equal(t, team.SeatDeadline, released.Reason)
	w.requireTeam(seats[0].Team.ID, team.Failed, 0, 0)
	w.requireSeat(seats[1].Seat.Key, team.Released)
	w.requireSeat(seats[2].Seat.Key, team.Released)
	w.requireSeat(seats[3].Seat.Key, team.Held)

	seats = append(seats, w.openTeams(seats[0].Team.Activity, 1)...)
	w.clock.advance(time.Hour)
	w.faults.noBatch.Store(&seats[3].Team.ID)
	n, err = w.ReleaseOverdue(w.ctx, 10)
	require.Equal(t, 2, n)
	require.ErrorContains(t, err, seats[3].Seat.Key.OutTradeNo)
	w.requireSeat(seats[4].Seat.Key, team.Released)
	w.requireSeat(seats[3].Seat.Key, team.Held)
	w.requireSound()
}

// An expiry by two nodes at once, against the last payment: one team, one end.
func TestExpireTeams_AgainstTheLastPayment(t *testing.T) {
	onEach(t, func(w *world) {
		nodes := []*groupbuy.Engine{w.Engine, w.secondNode()}
		id := w.publish(func(a *activity.Activity) { a.TeamTTL, a.Limits = time.Hour, activity.Limits{} })
		for range 8 {
			ann := w.open(id, "ann")
			bob := w.join(ann.Team, "bob")
			w.pay(ann.Seat)
			w.clock.advance(time.Hour)
			var settled team.Outcome
			errs := make([]error, 3)
			atOnce(3, func(i int) {
				if i == 2 {
					settled, errs[i] = w.Settle(w.ctx, mall, bob.Seat.Key.OutTradeNo, payment(bob.Seat))
				} else {
					_, errs[i] = nodes[i].ExpireTeams(w.ctx, 10)
				}
			})
			require.Equal(w, make([]error, 3), errs)
			if settled.Seat.Settlement == team.FormedTeam {
				w.requireTeam(ann.Team.ID, team.Formed, 0, 2)
			} else {
				require.Equal(w, team.RefundRequired, settled.Seat.Settlement)
				w.requireTeam(ann.Team.ID, team.Failed, 0, 0)
				w.requireSeat(ann.Seat.Key, team.Refunding)
			}
		}
		w.requireSound()
	})
}

const (
	poison    = 250 // rows that fail every time, more than a page
	sweepPage = 200
)

// poisonTeams opens as many teams, which then fail every time, and two that are well behind them.
func (w *world) poisonTeams(id activity.ID) (good []team.Outcome) {
	w.Helper()
	all := w.openTeams(id, poison+2)
	poisoned := map[team.ID]bool{}
	for _, opened := range all[:poison] {
		poisoned[opened.Team.ID] = true
	}
	w.faults.poisoned.Store(&poisoned)
	return all[poison:]
}

// Teams and seats that fail every time do not hold up those behind them, and are tried less and less often.
func TestSweeps_PassPoisonedRows(t *testing.T) {
	for name, c := range map[string]struct {
		run  func(e *groupbuy.Engine, ctx context.Context, page int) (int, error)
		due  func(e *groupbuy.Engine, ctx context.Context, limit int) (int, error)
		done func(w *world, one team.Outcome)
	}{
		"teams": {
			(*groupbuy.Engine).ExpireTeams, (*groupbuy.Engine).OverdueTeams,
			func(w *world, one team.Outcome) { w.requireTeam(one.Team.ID, team.Failed, 0, 0) },
		},
		"seats": {
			(*groupbuy.Engine).ReleaseOverdue, (*groupbuy.Engine).OverdueSeats,
			func(w *world, one team.Outcome) { w.requireSeat(one.Seat.Key, team.Released) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			good := w.poisonTeams(w.publish(func(a *activity.Activity) { a.TeamTTL, a.SeatTTL = 24*time.Hour, 12*time.Hour }))
			w.clock.advance(24 * time.Hour)
			var tries []int
			for range 9 {
				n, err := c.run(w.Engine, w.ctx, sweepPage)
				require.Equal(t, n > 0, errors.Is(err, groupbuy.ErrUnavailable), err)
				tries = append(tries, n)
				w.clock.advance(time.Second)
			}
			require.Equal(t, []int{poison + 2, poison, poison, 0, poison, 0, 0, 0, poison}, tries, "twice at the pace of the sweep, then after 2 and 4 s")
			for _, one := range good {
				c.done(w, one)
			}
			n, err := c.due(w.Engine, w.ctx, 2*poison)
			require.NoError(t, err)
			require.Equal(t, poison, n, "the others stay due")
			w.faults.poisoned.Store(nil)
			w.clock.advance(time.Minute)
			n, err = c.run(w.Engine, w.ctx, sweepPage)
			require.NoError(t, err)
			require.Equal(t, poison, n, "and nobody is forgotten")
			w.requireSound()
		})
	}
}

// A run that is told to end, because its node lost the lease or stops, touches nothing more.
func TestExpireTeams_EndsWithItsContext(t *testing.T) {
	w := newWorld(t)
	w.openTeams(w.publish(func(a *activity.Activity) { a.TeamTTL = time.Hour }), 3)
	w.clock.advance(2 * time.Hour)
	lost := errors.New("lease lost")
	ctx, cancel := context.WithCancelCause(w.ctx)
	cancel(nil)
	_, err := w.ExpireTeams(ctx, 2)
	require.ErrorIs(t, err, context.Canceled, "not even asked what is due")
	ctx, cancel = context.WithCancelCause(w.ctx)
	w.faults.onDue = func() { cancel(lost) }
	n, err := w.ExpireTeams(ctx, 2)
	require.Zero(t, n)
	require.ErrorIs(t, err, lost)
	w.faults.onDue = nil
	n, err = w.ExpireTeams(w.ctx, 2)
	require.NoError(t, err)
	require.Equal(t, 3, n)
}
