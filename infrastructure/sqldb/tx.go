package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"
)

const (
	txTries      = 8
	txFirstDelay = 5 * time.Millisecond
	txMaxDelay   = 500 * time.Millisecond
	poolWait     = 5 * time.Second
)

// InTx runs fn in one READ COMMITTED transaction (serial on SQLite) and commits when it returns nil. After a
// deadlock, a lock wait or a busy file everything is rolled back and fn runs again, up to 8 times with jittered
// back-off: fn must not keep effects outside tx from a run that failed. fn must not use tx after it returned.
// Errors: see the package documentation.
func (db *DB) InTx(ctx context.Context, fn func(tx *gorm.DB) error) error {
	for try := 1; ; try++ {
		err := db.once(ctx, fn)
		if !retryable(err) || errors.Is(err, ErrUnknown) {
			return err
		}
		if try == txTries {
			return fmt.Errorf("%w: gave up after %d tries: %w", ErrUnavailable, try, err)
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// pause waits longer after each try; the jitter keeps two victims of one deadlock from meeting again.
func pause(ctx context.Context, try int) error {
	limit := min(txFirstDelay<<(try-1), txMaxDelay)
	timer := time.NewTimer(limit/2 + rand.N(limit/2)) //nolint:gosec // G404: jitter, nobody gains by guessing it
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("sqldb: waiting to try again: %w", ctx.Err())
	}
}

// once runs fn in a transaction of its own.
func (db *DB) once(ctx context.Context, fn func(tx *gorm.DB) error) error {
	conn, err := db.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() // returns it to the pool; its errors are those of the transaction
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("sqldb: begin: %w", translate(err))
	}
	defer tx.Rollback() // does nothing after a commit; runs when fn fails or panics
	if err := fn(db.over(ctx, tx)); err != nil {
		return because(ctx, translate(err))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("sqldb: commit: %w", because(ctx, commitError(err)))
	}
	return nil
}

// acquire takes a connection, and gives up waiting for a free one after a while, so that an exhausted pool answers
// ErrUnavailable instead of piling up callers.
func (db *DB) acquire(ctx context.Context) (*sql.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, db.poolWait)
	defer cancel()
	conn, err := db.writer.Conn(waiting)
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("%w: no free connection within %s", ErrUnavailable, db.poolWait)
	default:
		return nil, fmt.Errorf("sqldb: connect: %w", translate(err))
	}
}

// over puts GORM on a transaction that database/sql controls.
func (db *DB) over(ctx context.Context, tx *sql.Tx) *gorm.DB {
	session := db.write.Session(&gorm.Session{NewDB: true, Context: ctx})
	session.Statement.ConnPool = tx
	return session
}

// because names the context's end as the cause of what a statement reported for it.
func because(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}
