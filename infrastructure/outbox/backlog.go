package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"kaituan/infrastructure/sqldb"
)

// Status is the state of an outbox as of one moment.
type Status struct {
	Waiting int64         // neither sent nor dead, including those scheduled for later or being delivered
	Oldest  time.Duration // age of the oldest of them, 0 when there is none
	Overdue time.Duration // how long the most late of them has been due, 0 when none is
	Dead    int64
}

// Backlog looks at the whole table, whatever the topic. Errors: those of the database.
func Backlog(ctx context.Context, db *sqldb.DB, now time.Time) (Status, error) {
	var sums struct{ Waiting, Created, Next int64 }
	err := unsent(db.Read(ctx)).Select(
		"COUNT(*) AS waiting, COALESCE(MIN(created_at), 0) AS created, COALESCE(MIN(next_at), 0) AS next").Scan(&sums).Error
	if err != nil {
		return Status{}, fmt.Errorf("measure the outbox: %w", err)
	}
	status := Status{Waiting: sums.Waiting}
	if sums.Waiting > 0 {
		status.Oldest = max(0, now.Sub(time.UnixMilli(sums.Created)))
		status.Overdue = max(0, now.Sub(time.UnixMilli(sums.Next)))
	}
	if err := deadRows(db.Read(ctx)).Count(&status.Dead).Error; err != nil {
		return Status{}, fmt.Errorf("count dead messages: %w", err)
	}
	return status, nil
}

// Due counts the messages that wait to be taken, whatever the topic, up to limit. Errors: those of the database.
func Due(ctx context.Context, db *sqldb.DB, now time.Time, limit int) (int, error) {
	var ids []string
	err := unsent(db.Read(ctx)).Where("next_at <= ?", now.UnixMilli()).Order("next_at, id").Limit(limit).Pluck("id", &ids).Error
	if err != nil {
		return 0, fmt.Errorf("count due messages: %w", err)
	}
	return len(ids), nil
}

func deadRows(tx *gorm.DB) *gorm.DB {
	return tx.Model(&row{}).Where("sent_at IS NULL AND dead_at IS NOT NULL")
}

// DeadMessage is a message that was given up.
type DeadMessage struct {
	Message
	DiedAt    time.Time
	LastError string // at most 500 characters
}

// ListDead returns up to limit dead messages with an ID above after, by ID. Errors: those of the database.
func ListDead(ctx context.Context, db *sqldb.DB, after string, limit int) ([]DeadMessage, error) {
	var rows []row
	if err := deadRows(db.Read(ctx)).Where("id > ?", after).Order("id").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list dead messages: %w", err)
	}
	list := make([]DeadMessage, len(rows))
	for i, r := range rows {
		list[i] = DeadMessage{Message: r.message(), DiedAt: time.UnixMilli(*r.DeadAt).UTC(), LastError: r.LastError}
	}
	return list, nil
}

// Bury adds a message that is dead already: one that a consumer behind a broker cannot take. ListDead shows it and Redo
// makes it due. A message that is there comes to be dead. Errors: ErrInvalid, those of the database.
func Bury(ctx context.Context, db *sqldb.DB, now time.Time, m Message, cause string) error {
	r, err := newRow(m, now)
	if err != nil {
		return err
	}
	diedAt := now.UnixMilli()
	r.CreatedAt, r.Attempts, r.DeadAt, r.LastError = m.CreatedAt.UnixMilli(), m.Attempt, &diedAt, bounded(errors.New(cause))
	err = db.InTx(ctx, func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "id"}},
			DoUpdates: clause.AssignmentColumns([]string{"dead_at", "sent_at", "last_error", "attempts", "lease_owner", "lease_until"}),
		}).Create(&r).Error
	})
	if err != nil {
		return fmt.Errorf("bury message %s: %w", m.ID, err)
	}
	return nil
}

// Redo makes dead messages due at once with all their attempts back, and returns how many of ids were dead.
// Errors: those of the database.
func Redo(ctx context.Context, db *sqldb.DB, now time.Time, ids ...string) (n int64, err error) {
	err = db.InTx(ctx, func(tx *gorm.DB) error {
		done := deadRows(tx).Where("id IN ?", ids).Updates(map[string]any{
			"dead_at": nil, "attempts": 0, "next_at": now.UnixMilli(),
		})
		n = done.RowsAffected
		return done.Error
	})
	if err != nil {
		return 0, fmt.Errorf("redo dead messages: %w", err)
	}
	return n, nil
}
