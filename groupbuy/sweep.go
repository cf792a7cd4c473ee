package groupbuy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kaituan/groupbuy/team"
)

// ExpireTeams ends all teams whose window is over, formed ones with tiers too, reading page of them at a time, and
// returns how many it looked at. One that fails does not keep the others waiting and is put off a little longer each
// time; the errors are joined. A worker calls it each second.
func (e *Engine) ExpireTeams(ctx context.Context, page int) (int, error) {
	return sweep(ctx, e.Clock(), page, e.lateTeams, e.Store.DueTeams, func(id team.ID) error {
		_, err := e.do(ctx, team.Expire{Team: id})
		return err
	})
}

// ReleaseOverdue releases all seats that were not paid in time, as ExpireTeams ends teams.
func (e *Engine) ReleaseOverdue(ctx context.Context, page int) (int, error) {
	return sweep(ctx, e.Clock(), page, e.lateSeats, e.Store.DueSeats, func(key team.Key) error {
		_, err := e.do(ctx, team.Release{Key: key, Why: team.SeatDeadline})
		return err
	})
}

// OverdueTeams counts the teams that ExpireTeams would look at now, up to limit.
func (e *Engine) OverdueTeams(ctx context.Context, limit int) (int, error) {
	due, err := e.Store.DueTeams(ctx, DueQuery{By: e.Clock(), Limit: limit})
	return len(due), err
}

// OverdueSeats counts the seats that ReleaseOverdue would look at now, up to limit.
func (e *Engine) OverdueSeats(ctx context.Context, limit int) (int, error) {
	due, err := e.Store.DueSeats(ctx, DueQuery{By: e.Clock(), Limit: limit})
	return len(due), err
}

// sweep does something about everything that is due by now, and returns about how many. It goes on behind the last row
// of each page, so that rows which fail every time never stand before the others. It ends early with ctx.
func sweep[T comparable](
	ctx context.Context, now time.Time, page int, late *patience[T],
	due func(ctx context.Context, q DueQuery) ([]Due[T], error), do func(what T) error,
) (n int, err error) {
	var failed failures
	seen := map[T]bool{}
	for q := (DueQuery{By: now, Limit: page}); ; {
		rows, err := due(ctx, q)
		if err != nil {
			return n, errors.Join(failed.all(), err)
		}
		for _, row := range rows {
			if ctx.Err() != nil {
				return n, errors.Join(failed.all(), context.Cause(ctx))
			}
			seen[row.What] = true
			if late.waits(row.What, now) {
				continue
			}
			n++
			err := do(row.What)
			late.note(row.What, now, err)
			if err != nil {
				failed.add(fmt.Errorf("%v: %w", row.What, err))
			}
		}
		if len(rows) < page {
			late.forget(seen)
			return n, failed.all()
		}
		q.After = rows[len(rows)-1].Place
	}
}

// maxFailures is how many errors of one sweep are told; the others are counted.
const maxFailures = 20

type failures struct {
	told []error
	more int
}

func (f *failures) add(err error) {
	if len(f.told) < maxFailures {
		f.told = append(f.told, err)
		return
	}
	f.more++
}

func (f *failures) all() error {
	if f.more == 0 {
		return errors.Join(f.told...)
	}
	return errors.Join(errors.Join(f.told...), fmt.Errorf("and %d more", f.more))
}
