package sqldb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"modernc.org/sqlite"

	"kaituan/infrastructure/observe"
)

const slowStatement = 200 * time.Millisecond

// statementLog sends GORM's log on: slow statements and failed ones, with placeholders in place of values (see Explain
// of the dialects, through which GORM writes each statement down).
type statementLog struct{ log *slog.Logger }

// LogMode is GORM's switch for verbosity; ours is slog's level.
func (l statementLog) LogMode(logger.LogLevel) logger.Interface { return l }

func (l statementLog) Info(ctx context.Context, msg string, args ...any) {
	l.log.DebugContext(ctx, fmt.Sprintf(msg, args...))
}

func (l statementLog) Warn(ctx context.Context, msg string, args ...any) {
	l.log.WarnContext(ctx, fmt.Sprintf(msg, args...))
}

func (l statementLog) Error(ctx context.Context, msg string, args ...any) {
	l.log.ErrorContext(ctx, fmt.Sprintf(msg, args...))
}

// Trace is called after every statement.
func (l statementLog) Trace(ctx context.Context, begin time.Time, statement func() (string, int64), err error) {
	observe.Statement(ctx, begin, statement, err)
	took := time.Since(begin)
	var msg string
	switch {
	case err != nil && !expected(err):
		msg = "statement failed"
	case took > slowStatement:
		msg = "statement slow"
	default:
		return
	}
	sql, rows := statement()
	l.log.WarnContext(ctx, msg, "sql", sql, "rows", rows, "took", took, "error", withoutValues(err))
}

// expected reports errors that are answers: no such row, a unique key at work, a lock to try again, a caller who left.
func expected(err error) bool {
	return errors.Is(err, gorm.ErrRecordNotFound) || IsDuplicate(err) || retryable(err) || errors.Is(err, context.Canceled)
}

// withoutValues says what went wrong without the error's text where that may quote data: servers do in their messages,
// database/sql does when a column does not fit its field.
func withoutValues(err error) string {
	if err == nil {
		return ""
	}
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return fmt.Sprintf("mysql error %d (%s)", my.Number, my.SQLState)
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return fmt.Sprintf("sqlite error %d (%s)", lite.Code(), sqlite.ErrorCodeString[lite.Code()&0xff])
	}
	if errors.Is(err, ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		return err.Error() // of the connection, which knows no data
	}
	return fmt.Sprintf("%T", innermost(err))
}

func innermost(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}
