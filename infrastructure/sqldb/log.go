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
)

const slowStatement = 200 * time.Millisecond

// statementLog sends GORM's log to slog: slow statements and failed ones, with placeholders in place of values.
type statementLog struct{}

// LogMode is GORM's switch for verbosity; ours is slog's level.
func (l statementLog) LogMode(logger.LogLevel) logger.Interface { return l }

func (statementLog) Info(ctx context.Context, msg string, args ...any) {
	slog.DebugContext(ctx, fmt.Sprintf(msg, args...))
}

func (statementLog) Warn(ctx context.Context, msg string, args ...any) {
	slog.WarnContext(ctx, fmt.Sprintf(msg, args...))
}

func (statementLog) Error(ctx context.Context, msg string, args ...any) {
	slog.ErrorContext(ctx, fmt.Sprintf(msg, args...))
}

// Trace is called after every statement.
func (statementLog) Trace(ctx context.Context, begin time.Time, statement func() (string, int64), err error) {
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
	slog.WarnContext(ctx, msg, "sql", sql, "rows", rows, "took", took, "error", withoutValues(err))
}

// ParamsFilter keeps values out of the statement that Trace logs.
func (statementLog) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// expected reports errors that are answers: no such row, a unique key at work, a lock to try again, a caller who left.
func expected(err error) bool {
	return errors.Is(err, gorm.ErrRecordNotFound) || IsDuplicate(err) || retryable(err) || errors.Is(err, context.Canceled)
}

// withoutValues is the error's text, except that MySQL quotes data in its messages: there it is the number.
func withoutValues(err error) string {
	if err == nil {
		return ""
	}
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return fmt.Sprintf("mysql error %d (%s)", my.Number, my.SQLState)
	}
	return err.Error()
}
