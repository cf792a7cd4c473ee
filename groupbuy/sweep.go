package groupbuy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kaituan/groupbuy/team"
)

// ExpireTeams ends all teams whose window is over, formed ones with tiers too, reading page of them at a time, and
// returns how many it looked at. One that fails does not keep the others waiting and is put off a little longer each
// time; the errors are joined. A worker calls it each second.
func (e *Engine) ExpireTeams(ctx context.Context, page int) (int, error) {
	return sweep(ctx, e, page, e.lateTeams, e.Store.DueTeams, func(id team.ID) team.Command { return team.Expire{Team: id} })
}

// ReleaseOverdue releases all seats that were not paid in time, as ExpireTeams ends teams.
func (e *Engine) ReleaseOverdue(ctx context.Context, page int) (int, error) {
	return sweep(ctx, e, page, e.lateSeats, e.Store.DueSeats, func(key team.Key) team.Command {
		return team.Release{Key: key, Why: team.SeatDeadline}
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

// sweepBatch is how many rows of a sweep share a transaction: enough to end thousands of teams in a second, and so few
// that a lock which comes meanwhile does not wait long.
const sweepBatch = 32

// sweep carries out a command about everything that is due by now, and returns about how many. It goes on behind the
// last row of each page, so that rows which fail every time never stand before the others. It ends early with ctx.
func sweep[T comparable](
	ctx context.Context, e *Engine, page int, late *patience[T],
	due func(ctx context.Context, q DueQuery) ([]Due[T], error), command func(what T) team.Command,
) (n int, err error) {
	now := e.Clock()
	var failed failures
	seen := map[T]bool{}
	for q := (DueQuery{By: now, Limit: page}); ; {
		rows, err := due(ctx, q)
		if err != nil {
			return n, errors.Join(failed.all(), err)
		}
		var ready []T
		for _, row := range rows {
			seen[row.What] = true
			if !late.waits(row.What, now) {
				ready = append(ready, row.What)
			}
		}
		for batch := range slices.Chunk(ready, sweepBatch) {
			if ctx.Err() != nil {
				return n, errors.Join(failed.all(), context.Cause(ctx))
			}
			n += len(batch)
			for i, err := range e.carryOutEach(ctx, batchOf(batch, command)) {
				late.note(batch[i], now, err)
				if err != nil {
					failed.add(fmt.Errorf("%v: %w", batch[i], err))
				}
			}
		}
		if len(rows) < page {
			late.forget(seen)
			return n, failed.all()
		}
		q.After = rows[len(rows)-1].Place
	}
}

func batchOf[T any](list []T, command func(T) team.Command) []team.Command {
	cmds := make([]team.Command, len(list))
	for i, one := range list {
		cmds[i] = command(one)
	}
	return cmds
}

// carryOutEach carries out commands in one transaction, or one by one when that fails, so that a bad one fails alone.
// It does not share commits with callers: the context of a job holds its lease, and each transaction checks that.
func (e *Engine) carryOutEach(ctx context.Context, cmds []team.Command) []error {
	errs := make([]error, len(cmds))
	if _, err := e.carryOut(ctx, cmds); err == nil {
		return errs
	}
	for i := range cmds {
		if errs[i] = context.Cause(ctx); errs[i] == nil {
			_, errs[i] = e.carryOut(ctx, cmds[i:i+1])
		}
	}
	return errs
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
