package outbox

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"kaituan/infrastructure/sqldb"
)

// When an unsent message needs attention.
const (
	stuckAfter    = time.Minute // past its time, or, of one that fails, after it was written
	stuckAttempts = 3           // from then on a message fails, rather than meeting a moment's trouble
)

// Stuck is a message that needs somebody's attention.
type Stuck struct {
	ID        string
	Topic     Topic
	Attempts  int
	Dead      bool      // given up: only Redo brings it back
	NextAt    time.Time // when it is due
	LastError string    // at most 500 characters
}

// String says what is wrong with it.
func (s Stuck) String() string {
	fate := fmt.Sprintf("topic %s, due at %d, attempts %d", s.Topic, s.NextAt.UnixMilli(), s.Attempts)
	if s.Dead {
		fate = fmt.Sprintf("topic %s, dead after %d attempts", s.Topic, s.Attempts)
	}
	if s.LastError != "" {
		fate += ": " + s.LastError
	}
	return fate
}

// ListStuck returns up to limit messages by ID that are dead, or were due over a minute ago, or failed several times
// and are over a minute old: each failure moves the time when a message is due, so that alone would hide a failing
// one. Messages of patient topics, whose handlers keep a schedule of their own, may fail for long. Errors: those of
// the database.
func ListStuck(ctx context.Context, db *sqldb.DB, now time.Time, limit int, patient ...Topic) ([]Stuck, error) {
	before := now.Add(-stuckAfter).UnixMilli()
	failing := db.Read(ctx).Where("attempts >= ? AND created_at < ?", stuckAttempts, before)
	if len(patient) > 0 {
		failing = failing.Where("topic NOT IN ?", patient)
	}
	var rows []row
	err := db.Read(ctx).Where("sent_at IS NULL").
		Where(anyOf(db.Read(ctx), "dead_at IS NOT NULL", gorm.Expr("next_at < ?", before), failing)).
		Order("id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list stuck messages: %w", err)
	}
	list := make([]Stuck, len(rows))
	for i, r := range rows {
		list[i] = Stuck{
			ID: r.ID, Topic: Topic(r.Topic), Attempts: r.Attempts, Dead: r.DeadAt != nil,
			NextAt: time.UnixMilli(r.NextAt).UTC(), LastError: r.LastError,
		}
	}
	return list, nil
}

func anyOf(db *gorm.DB, conditions ...any) *gorm.DB {
	for _, condition := range conditions {
		db = db.Or(condition)
	}
	return db
}
