package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

var (
	// ErrUnavailable means that the database could not be reached, refused to write, or stayed busy beyond the
	// retries. Nothing was written.
	ErrUnavailable = errors.New("database unavailable")
	// ErrUnknown means that the connection was lost during COMMIT: the writes are all there or all absent, and only
	// asking the database tells which.
	ErrUnknown = errors.New("fate of the commit unknown")
)

// errHungUp means that the server hung up on a pooled connection while BEGIN was under way: nothing is lost by
// beginning again on another one.
var errHungUp = errors.New("connection closed by the server")

// Server error numbers of MySQL and MariaDB:
// https://mariadb.com/kb/en/mariadb-error-code-reference/
const (
	mysqlTooManyConns     = 1040
	mysqlShutdown         = 1053
	mysqlDuplicate        = 1062
	mysqlErrorInCommit    = 1180
	mysqlTooManyUserConns = 1203
	mysqlLockWait         = 1205
	mysqlDeadlock         = 1213
	mysqlTwoRows          = 1242
	mysqlReadOnlyOption   = 1290
	mysqlInterrupted      = 1317
	mysqlDuplicateKeyName = 1586
	mysqlReadOnlyMode     = 1836
	mysqlKilled           = 1927
)

// IsDuplicate reports that a unique key or primary key refused a row.
func IsDuplicate(err error) bool { return errors.Is(err, gorm.ErrDuplicatedKey) }

// translate adds the sentinel that callers test for to a driver error and keeps the driver error inside. Errors
// worth a retry stay as they are; see retryable.
func translate(err error) error {
	if err == nil || errors.Is(err, ErrUnavailable) || errors.Is(err, gorm.ErrDuplicatedKey) {
		return err
	}
	switch {
	case duplicate(err):
		return fmt.Errorf("%w: %w", gorm.ErrDuplicatedKey, err)
	case unavailable(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	default:
		return err
	}
}

func duplicate(err error) bool {
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return my.Number == mysqlDuplicate || my.Number == mysqlDuplicateKeyName
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code() == sqlitelib.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlitelib.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

func unavailable(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		switch my.Number {
		case mysqlTooManyConns, mysqlTooManyUserConns, mysqlShutdown, mysqlReadOnlyOption, mysqlReadOnlyMode, mysqlKilled:
			return true
		}
		return false
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		switch lite.Code() & 0xff { // the low byte is the primary code, the rest says where
		case sqlitelib.SQLITE_FULL, sqlitelib.SQLITE_IOERR, sqlitelib.SQLITE_READONLY, sqlitelib.SQLITE_CANTOPEN:
			return true
		}
		return false
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// retryable reports an error after which the same transaction may well pass: the server picked it as a deadlock's
// victim, a lock was held for too long, or BEGIN met a dead connection. The server has rolled back, or the caller does.
func retryable(err error) bool {
	if errors.Is(err, errHungUp) {
		return true
	}
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return my.Number == mysqlDeadlock || my.Number == mysqlLockWait
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		primary := lite.Code() & 0xff
		return primary == sqlitelib.SQLITE_BUSY || primary == sqlitelib.SQLITE_LOCKED
	}
	return false
}

// commitError says what a failed COMMIT left behind. SQLite rolls back by itself. A MySQL server that answered with
// an error did not commit, a few numbers excepted; when no answer came, nobody knows.
func commitError(err error) error {
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		switch my.Number {
		case mysqlShutdown, mysqlErrorInCommit, mysqlInterrupted, mysqlKilled:
			return fmt.Errorf("%w: %w", ErrUnknown, err)
		}
		return translate(err)
	}
	if _, ok := errors.AsType[*sqlite.Error](err); ok {
		return translate(err)
	}
	if neverSent(err) {
		return translate(err)
	}
	return fmt.Errorf("%w: %w", ErrUnknown, err)
}

// neverSent reports errors that database/sql or the driver return before COMMIT leaves the process: a context that
// ended earlier, a transaction already rolled back for it, a connection found dead before the write.
func neverSent(err error) bool {
	for _, before := range [...]error{context.Canceled, context.DeadlineExceeded, sql.ErrTxDone, driver.ErrBadConn} {
		if errors.Is(err, before) {
			return true
		}
	}
	return false
}
