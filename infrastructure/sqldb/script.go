package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// script is a Pipe over a MySQL connection of its own pool, the only one that takes several statements at once. The
// values in them are escaped by the driver like everybody's.
type script struct {
	on    *sql.Conn
	begun bool
}

func (db *DB) inScript(ctx context.Context, fn func(p *Pipe) ([]Write, error)) (err error) {
	on, err := db.scriptConn(ctx)
	if err != nil {
		return err
	}
	s := &script{on: on}
	done := false
	defer func() {
		if !done { // fn or a statement failed, or fn panics
			s.abandon(ctx)
		}
		_ = on.Close() // back to the pool
	}()
	// A round trip of its own, which only jobs pay.
	if err := db.holdFence(ctx, s); err != nil {
		return err
	}
	writes, err := fn(&Pipe{ctx: ctx, conn: s})
	if err != nil {
		return because(ctx, translate(err))
	}
	if !s.begun && len(writes) == 0 {
		done = true
		return nil
	}
	return db.around(func() error {
		if err := s.commit(ctx, writes); err != nil {
			return fmt.Errorf("sqldb: commit: %w", because(ctx, err))
		}
		done = true
		return nil
	})
}

// scriptConn waits for a free connection no longer than poolWait.
func (db *DB) scriptConn(ctx context.Context) (*sql.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, db.poolWait)
	defer cancel()
	on, err := db.scripts.Conn(waiting)
	switch {
	case err == nil:
		return on, nil
	case ctx.Err() == nil && waiting.Err() != nil:
		return nil, fmt.Errorf("%w: no free connection within %s", ErrUnavailable, db.poolWait)
	default:
		return nil, fmt.Errorf("sqldb: connect: %w", because(ctx, translate(err)))
	}
}

// begin puts BEGIN in front of what is sent first.
func (s *script) begin(text *strings.Builder) {
	if !s.begun {
		text.WriteString("BEGIN;")
	}
}

func (s *script) read(ctx context.Context, queries []Query) error {
	var text strings.Builder
	var args []any
	first := !s.begun
	s.begin(&text)
	for i, q := range queries {
		if i > 0 {
			text.WriteByte(';')
		}
		text.WriteString(q.SQL)
		args = append(args, q.Args...)
	}
	s.begun = true // also if the answer fails: whatever was begun is rolled back
	rows, err := s.on.QueryContext(ctx, text.String(), args...)
	if err != nil {
		if first && (errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn)) {
			return fmt.Errorf("%w: %w", errHungUp, err)
		}
		return err
	}
	defer rows.Close() // results has seen the last of them, or an error
	return s.results(rows, queries)
}

// results hands every result to its query. That of BEGIN has no columns, and the driver passes over it.
func (s *script) results(rows *sql.Rows, queries []Query) error {
	for i, q := range queries {
		if i > 0 && !rows.NextResultSet() {
			return errors.Join(rows.Err(), fmt.Errorf("sqldb: %d results for %d queries", i, len(queries)))
		}
		if err := each(rows, q); err != nil {
			return err
		}
	}
	// A later statement's error shows only to those who ask for more.
	rows.NextResultSet()
	return rows.Err()
}

// unlessRows fails when the statement before it changed another number of rows. The select inside has two rows where
// one is allowed, which MySQL finds out only when it comes to that.
const unlessRows = ";SELECT IF(ROW_COUNT()=%s,1,(SELECT 1 UNION ALL SELECT 2))"

// texts puts writes behind each other, each with its check.
func (s *script) texts(writes []Write) (*strings.Builder, []any) {
	var text strings.Builder
	var args []any
	s.begin(&text)
	s.begun = true
	for _, w := range writes {
		text.WriteString(w.SQL)
		if w.Rows != AnyRows {
			fmt.Fprintf(&text, unlessRows, strconv.Itoa(w.Rows))
		}
		text.WriteByte(';')
		args = append(args, w.Args...)
	}
	return &text, args
}

func (s *script) writeAll(ctx context.Context, writes []Write) error {
	first := !s.begun
	text, args := s.texts(writes)
	_, err := s.on.ExecContext(ctx, text.String(), args...)
	my, answered := errors.AsType[*mysql.MySQLError](err)
	switch {
	case answered && my.Number == mysqlTwoRows:
		return fmt.Errorf("%w: %w", ErrStale, err)
	case first && (errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn)):
		return fmt.Errorf("%w: %w", errHungUp, err)
	}
	return err
}

// commit sends the writes with COMMIT behind them; a server that fails at one does not come to it.
func (s *script) commit(ctx context.Context, writes []Write) error {
	text, args := s.texts(writes)
	text.WriteString("COMMIT")
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := s.on.ExecContext(ctx, text.String(), args...)
	my, answered := errors.AsType[*mysql.MySQLError](err)
	switch {
	case err == nil:
		return nil
	case answered && my.Number == mysqlTwoRows:
		return fmt.Errorf("%w: %w", ErrStale, err)
	case answered && !retryable(err):
		return commitError(err)
	case answered, errors.Is(err, driver.ErrBadConn): // the driver says so before it sends anything
		return translate(err)
	default: // COMMIT was sent along, also when ctx ended before the answer came
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
}

// abandon rolls back. A connection that cannot be is thrown away, so that nobody goes on in its transaction.
func (s *script) abandon(ctx context.Context) {
	if !s.begun {
		return
	}
	if _, err := s.on.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err != nil {
		_ = s.on.Raw(func(any) error { return driver.ErrBadConn }) // tells the pool
	}
}
