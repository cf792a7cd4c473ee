package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"kaituan/infrastructure/observe"
)

const (
	txTries      = 8
	txFirstDelay = 5 * time.Millisecond
	txMaxDelay   = 500 * time.Millisecond
	poolWait     = 5 * time.Second
)

// InTx runs fn in one READ COMMITTED transaction (serial on SQLite) and commits when it returns nil. After a
// deadlock, a lock wait or a busy file everything is rolled back and fn runs again, up to 8 times with jittered
// back-off: fn must not keep effects outside tx from a run that failed. fn must not use tx after it returned. Under a
// context of Fenced it commits only while the job holds its lease.
// Errors: see the package documentation.
func (db *DB) InTx(ctx context.Context, fn func(tx *gorm.DB) error) (err error) {
	ctx, end := observe.Step(ctx, "sql transaction")
	defer func() { end(err) }()
	return retry(ctx, func() error { return db.once(ctx, fn) })
}

// retry runs work until it ends in something else than a lock held by others.
func retry(ctx context.Context, work func() error) error {
	for try := 1; ; try++ {
		err := work()
		if !retryable(err) {
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
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	tx, err := db.begin(within, cancel)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after a commit; runs when fn fails or panics
	if err := db.holdFence(ctx, steps{tx}); err != nil {
		return err
	}
	if err := fn(db.over(ctx, tx)); err != nil {
		return because(ctx, translate(err))
	}
	return db.around(func() error {
		if err := tx.Commit(); err != nil {
			return fmt.Errorf("sqldb: commit: %w", because(ctx, commitError(err)))
		}
		return nil
	})
}

// begin waits for a free connection no longer than poolWait, so that an exhausted pool answers ErrUnavailable instead
// of piling up callers. The context of BeginTx governs the whole transaction, hence a timer and not a deadline.
// database/sql replaces pooled connections that turn out to be dead here.
func (db *DB) begin(ctx context.Context, cancel context.CancelFunc) (*sql.Tx, error) {
	timer := time.AfterFunc(db.poolWait, cancel)
	tx, err := db.writer.BeginTx(ctx, nil)
	if waited := !timer.Stop(); waited {
		if err == nil {
			_ = tx.Rollback() // begun at the very moment the wait ended
		}
		return nil, fmt.Errorf("%w: no free connection within %s", ErrUnavailable, db.poolWait)
	}
	if errors.Is(err, mysql.ErrInvalidConn) {
		return nil, fmt.Errorf("%w: %w", errHungUp, err)
	}
	if err != nil {
		return nil, fmt.Errorf("sqldb: begin: %w", translate(err))
	}
	return tx, nil
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
