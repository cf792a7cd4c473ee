package sqldb

import (
	"context"
	"errors"
	"fmt"
)

// ErrFenced means that the job which began the transaction does not hold its lease any more: another node may run it
// by now. Nothing was written, and trying again does not help.
var ErrFenced = errors.New("the job's lease is another's")

// fenceKey finds the fence of a context: one per database, because a job's lease protects only the database it is in.
type fenceKey struct{ db *DB }

type fence struct {
	job    string
	number int64
	lost   context.CancelCauseFunc
}

// Fenced returns a context for a run of a job that holds the lease in table jobs with this number. Every InTx and InPipe of db
// that begins under it commits only while the lease still has the number; otherwise it returns ErrFenced and the
// context ends, so that the run does not go on. The caller must call the function it gets to let go of resources.
func (db *DB) Fenced(ctx context.Context, job string, number int64) (context.Context, context.CancelFunc) {
	ctx, lost := context.WithCancelCause(ctx)
	ctx = context.WithValue(ctx, fenceKey{db}, fence{job: job, number: number, lost: lost})
	return ctx, func() { lost(context.Canceled) }
}

// HasFence says whether ctx is of a job with a lease in this database, so that its work may not be done under another one.
func (db *DB) HasFence(ctx context.Context) bool {
	_, fenced := ctx.Value(fenceKey{db}).(fence)
	return fenced
}

// readFence holds the lease against the next holder until the transaction ends, in the words that MySQL 8 and MariaDB
// share. SQLite has one writer, so there the row cannot change while the transaction lasts.
func (d Dialect) readFence() string {
	const read = "SELECT fence FROM jobs WHERE name = ?"
	if d == MySQL {
		return read + " LOCK IN SHARE MODE"
	}
	return read
}

// holdFence refuses a transaction whose context belongs to a job that lost its lease. It comes first in a transaction:
// the next holder, who changes that row alone, then waits for the commit, and nobody waits in a circle.
// Errors: ErrFenced.
func (db *DB) holdFence(ctx context.Context, on conn) error {
	f, fenced := ctx.Value(fenceKey{db}).(fence)
	if !fenced {
		return nil
	}
	var now int64 // a fence that is not there has a number that no holder had
	err := on.read(ctx, []Query{{
		SQL: db.Dialect().readFence(), Args: []any{f.job},
		Each: func(scan func(...any) error) error { return scan(&now) },
	}})
	switch {
	case err != nil:
		return because(ctx, fmt.Errorf("sqldb: read the fence of %s: %w", f.job, translate(err)))
	case now != f.number:
		err = fmt.Errorf("%w: %s with number %d", ErrFenced, f.job, f.number)
		f.lost(err)
		return err
	}
	return nil
}
