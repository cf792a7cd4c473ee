package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"kaituan/infrastructure/observe"
)

// ErrStale says that a Write changed another number of rows than it had to; nothing was written.
var ErrStale = errors.New("rows are not as they were read")

// AnyRows is for a Write that may change any number of rows.
const AnyRows = -1

// Query is one read of a Pipe. Each is called for every row, in their order; scan copies its columns.
type Query struct {
	SQL  string
	Args []any
	Each func(scan func(into ...any) error) error
}

// Write is one statement of a Pipe's last part.
type Write struct {
	SQL  string
	Args []any
	Rows int // how many it must change; AnyRows: whatever
}

// Pipe is a transaction that sends its statements together, because on a database at the other end of a connection
// round trips are what a short transaction costs.
type Pipe struct {
	ctx  context.Context
	conn conn
}

// conn carries out what a Pipe sends.
type conn interface {
	read(ctx context.Context, queries []Query) error
	writeAll(ctx context.Context, writes []Write) error
}

// Read runs queries, in their order, in one round trip.
func (p *Pipe) Read(queries ...Query) error {
	if len(queries) == 0 {
		return nil
	}
	return p.conn.read(p.ctx, queries)
}

// Write carries out writes before the last part, in one round trip: for what is read after them. Errors: ErrStale.
func (p *Pipe) Write(writes ...Write) error {
	if len(writes) == 0 {
		return nil
	}
	return p.conn.writeAll(p.ctx, writes)
}

// InPipe runs fn in one READ COMMITTED transaction (serial on SQLite), then the writes that it returns, and commits.
// On MySQL the first Read costs one round trip together with BEGIN, and the writes one together with COMMIT. fn may run
// again, as that of InTx. Errors: those of InTx; ErrStale.
func (db *DB) InPipe(ctx context.Context, fn func(p *Pipe) ([]Write, error)) (err error) {
	ctx, end := observe.Step(ctx, "sql transaction")
	defer func() { end(err) }()
	return retry(ctx, func() error {
		if db.Dialect() == MySQL {
			return db.inScript(ctx, fn)
		}
		return db.inSteps(ctx, fn)
	})
}

// steps is a Pipe of a database in this process, where nothing is won by sending statements together.
type steps struct{ tx *sql.Tx }

func (db *DB) inSteps(ctx context.Context, fn func(p *Pipe) ([]Write, error)) error {
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	tx, err := db.begin(within, cancel)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after a commit; runs when fn fails or panics
	on := steps{tx}
	if err := db.holdFence(ctx, on); err != nil {
		return err
	}
	writes, err := fn(&Pipe{ctx: ctx, conn: on})
	if err != nil {
		return because(ctx, translate(err))
	}
	if err := on.writeAll(ctx, writes); err != nil {
		return because(ctx, translate(err))
	}
	return db.around(func() error {
		if err := tx.Commit(); err != nil {
			return fmt.Errorf("sqldb: commit: %w", because(ctx, commitError(err)))
		}
		return nil
	})
}

func (s steps) read(ctx context.Context, queries []Query) error {
	for _, q := range queries {
		if err := s.query(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (s steps) query(ctx context.Context, q Query) error {
	rows, err := s.tx.QueryContext(ctx, q.SQL, q.Args...)
	if err != nil {
		return err
	}
	defer rows.Close() // after the last row or an error there is nothing left to fail
	return each(rows, q)
}

// each hands every row of a result to its query.
func each(rows *sql.Rows, q Query) error {
	for rows.Next() {
		if err := q.Each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s steps) writeAll(ctx context.Context, writes []Write) error {
	for _, w := range writes {
		if err := s.write(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

func (s steps) write(ctx context.Context, w Write) error {
	done, err := s.tx.ExecContext(ctx, w.SQL, w.Args...)
	if err != nil || w.Rows == AnyRows {
		return err
	}
	changed, err := done.RowsAffected()
	if err == nil && changed != int64(w.Rows) {
		err = fmt.Errorf("%w: %d of %d", ErrStale, changed, w.Rows)
	}
	return err
}
