package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func number(n uint16) error { return &mysql.MySQLError{Number: n, Message: "text that nobody matches"} }

func TestTranslate(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	other := errors.New("team_full")
	for name, c := range map[string]struct {
		err   error
		is    error
		retry bool
	}{
		"duplicate key":       {err: number(1062), is: gorm.ErrDuplicatedKey},
		"duplicate, key name": {err: number(1586), is: gorm.ErrDuplicatedKey},
		"deadlock":            {err: number(1213), retry: true},
		"lock wait":           {err: fmt.Errorf("lock team: %w", number(1205)), retry: true},
		"too many conns":      {err: number(1040), is: ErrUnavailable},
		"read only":           {err: number(1290), is: ErrUnavailable},
		"shutdown":            {err: fmt.Errorf("find: %w", number(1053)), is: ErrUnavailable},
		"syntax":              {err: number(1064)},
		"refused":             {err: refused, is: ErrUnavailable},
		"bad connection":      {err: driver.ErrBadConn, is: ErrUnavailable},
		"invalid connection":  {err: mysql.ErrInvalidConn, is: ErrUnavailable},
		"half a packet":       {err: io.ErrUnexpectedEOF, is: ErrUnavailable},
		"deadline":            {err: context.DeadlineExceeded},
		"refusal":             {err: other, is: other},
	} {
		t.Run(name, func(t *testing.T) {
			got := translate(c.err)
			require.ErrorIs(t, got, c.err, "the cause stays inside")
			require.Equal(t, c.retry, retryable(got))
			require.Equal(t, errors.Is(c.is, ErrUnavailable), errors.Is(got, ErrUnavailable))
			require.Equal(t, IsDuplicate(c.is), IsDuplicate(got))
			require.Equal(t, got, translate(got), "twice adds nothing")
		})
	}
	require.NoError(t, translate(nil))
	require.False(t, retryable(nil))
}

func TestCommitError(t *testing.T) {
	for name, c := range map[string]struct {
		err     error
		unknown bool
	}{
		"answered: deadlock":   {err: number(1213)},
		"answered: read only":  {err: number(1290)},
		"answered: shutdown":   {err: number(1053), unknown: true},
		"answered: killed":     {err: number(1927), unknown: true},
		"answered: in commit":  {err: number(1180), unknown: true},
		"no answer":            {err: mysql.ErrInvalidConn, unknown: true},
		"no answer: time-out":  {err: &net.OpError{Op: "read", Err: errors.New("i/o timeout")}, unknown: true},
		"not sent: no socket":  {err: driver.ErrBadConn},
		"not sent: left":       {err: context.Canceled},
		"not sent: rolled off": {err: sql.ErrTxDone},
	} {
		t.Run(name, func(t *testing.T) {
			got := commitError(c.err)
			require.ErrorIs(t, got, c.err)
			require.Equal(t, c.unknown, errors.Is(got, ErrUnknown))
		})
	}
}

// The codes of SQLite come from SQLite itself.
func TestTranslate_SQLite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	pool := func(pragmas ...string) *sql.DB {
		params := writerPragmas()
		params["_pragma"] = append(params["_pragma"], pragmas...)
		uri, err := sqliteURI(path, params)
		require.NoError(t, err)
		db, err := sql.Open("sqlite", uri+"&_pragma=busy_timeout(0)")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return db
	}
	first, small, reader := pool(), pool("max_page_count(8)"), pool("query_only(1)")
	exec := func(db *sql.DB, statement string) error { _, err := db.Exec(statement); return err }
	require.NoError(t, exec(first, "CREATE TABLE a (id TEXT NOT NULL PRIMARY KEY, name TEXT UNIQUE)"))
	require.NoError(t, exec(first, "INSERT INTO a VALUES ('1', 'x')"))

	require.True(t, IsDuplicate(translate(exec(first, "INSERT INTO a VALUES ('1', 'y')"))), "primary key")
	require.True(t, IsDuplicate(translate(exec(first, "INSERT INTO a VALUES ('2', 'x')"))), "unique key")
	null := translate(exec(first, "INSERT INTO a VALUES (NULL, 'z')"))
	require.Error(t, null)
	require.False(t, IsDuplicate(null), "other constraints are no duplicates")

	full := translate(exec(small, "INSERT INTO a VALUES ('3', hex(randomblob(100000)))"))
	require.ErrorIs(t, full, ErrUnavailable, "disk full")
	require.ErrorIs(t, translate(exec(reader, "DELETE FROM a")), ErrUnavailable, "read only")

	tx, err := first.Begin()
	require.NoError(t, err)
	busy := translate(exec(small, "BEGIN IMMEDIATE"))
	require.True(t, retryable(busy), busy)
	require.NotErrorIs(t, busy, ErrUnavailable)
	require.NoError(t, tx.Rollback())
}

func TestInTx_RetriesAreBounded(t *testing.T) {
	db, err := Open(t.Context(), DSN("sqlite:"+filepath.Join(t.TempDir(), "new", "t.db")))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	runs, deadlock := 0, number(1213)
	err = db.InTx(t.Context(), func(*gorm.DB) error { runs++; return deadlock })
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorIs(t, err, deadlock)
	require.Equal(t, txTries, runs)

	ctx, cancel := context.WithCancel(t.Context())
	runs = 0
	err = db.InTx(ctx, func(*gorm.DB) error { runs++; cancel(); return deadlock })
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, runs, "nobody waits for another try")
}

func TestInTx_ExhaustedPool(t *testing.T) {
	db, err := Open(t.Context(), DSN("sqlite:"+filepath.Join(t.TempDir(), "t.db")))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	nothing := func(*gorm.DB) error { return nil }
	require.NoError(t, db.InTx(t.Context(), func(*gorm.DB) error {
		db.poolWait = time.Millisecond
		require.ErrorIs(t, db.InTx(t.Context(), nothing), ErrUnavailable, "the one writer is taken")
		return nil
	}))
	over, cancel := context.WithCancel(t.Context())
	cancel()
	err = db.InTx(over, nothing)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, ErrUnavailable)
}
