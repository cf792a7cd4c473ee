package schedule

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"kaituan/infrastructure/sqldb"
)

// row is a job's lease and record in the database.
type row struct {
	Name       string `gorm:"primaryKey"`
	About      string
	EveryMs    int64
	Holder     string
	Fence      int64
	Beat       int64
	BeatAt     int64
	StartedAt  int64
	EndedAt    int64
	SuccessAt  int64
	DurationMs int64
	Handled    int
	HandledAll int64
	Backlog    int
	Failures   int
	LastError  string
	NextAt     int64
}

// TableName is GORM's hook for the table.
func (row) TableName() string { return "jobs" }

func (w row) record() record {
	return record{
		started: instant(w.StartedAt), ended: instant(w.EndedAt), success: instant(w.SuccessAt), next: instant(w.NextAt),
		took: time.Duration(w.DurationMs) * time.Millisecond, handled: w.Handled, handledAll: w.HandledAll,
		backlog: w.Backlog, failures: w.Failures, lastError: w.LastError,
	}
}

// leases is table jobs of one database, as one node sees it.
type leases struct {
	db   *sqldb.DB
	node string
}

// register makes the row of a job, or brings what it says about the job up to date.
func (l leases) register(ctx context.Context, job Job) error {
	err := l.db.InTx(ctx, func(tx *gorm.DB) error {
		err := tx.Create(&row{Name: job.Name, About: job.About, EveryMs: job.Every.Milliseconds(), Backlog: -1}).Error
		if !sqldb.IsDuplicate(err) {
			return err
		}
		return tx.Exec("UPDATE jobs SET about = ?, every_ms = ? WHERE name = ?", job.About, job.Every.Milliseconds(), job.Name).Error
	})
	return failed(err, "register %s", job.Name)
}

// all returns every row.
func (l leases) all(ctx context.Context) (rows []row, err error) {
	err = l.db.Read(ctx).Order("name").Find(&rows).Error
	return rows, failed(err, "read leases")
}

// take makes this node the holder, unless the row has changed since it was read.
func (l leases) take(ctx context.Context, seen row) (taken bool, err error) {
	err = l.db.InTx(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE jobs SET holder = ?, fence = fence + 1, beat = beat + 1, beat_at = ? WHERE name = ? AND fence = ? AND beat = ?",
			l.node, time.Now().UnixMilli(), seen.Name, seen.Fence, seen.Beat)
		taken = done.RowsAffected == 1
		return done.Error
	})
	return taken, failed(err, "take %s", seen.Name)
}

// held is a lease of this node with what is to be written to it.
type held struct {
	name   string
	fence  int64
	record record
}

// keep raises the beats of leases and writes their records, all in one transaction; holder is this node, or empty to
// give them up. It returns those that are another's by now.
func (l leases) keep(ctx context.Context, holder string, mine []held) (lost []held, err error) {
	err = l.db.InTx(ctx, func(tx *gorm.DB) error {
		lost = nil
		for _, h := range mine {
			rec := h.record
			done := tx.Exec("UPDATE jobs SET holder = ?, beat = beat + 1, beat_at = ?, started_at = ?, ended_at = ?, success_at = ?,"+
				" duration_ms = ?, handled = ?, handled_all = ?, backlog = ?, failures = ?, last_error = ?, next_at = ? WHERE name = ? AND fence = ?",
				holder, time.Now().UnixMilli(), millis(rec.started), millis(rec.ended), millis(rec.success),
				rec.took.Milliseconds(), rec.handled, rec.handledAll, rec.backlog, rec.failures, rec.lastError, millis(rec.next), h.name, h.fence)
			if done.Error != nil {
				return done.Error
			}
			if done.RowsAffected == 0 {
				lost = append(lost, h)
			}
		}
		return nil
	})
	return lost, failed(err, "keep leases")
}

func failed(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("schedule: %s: %w", fmt.Sprintf(format, args...), err)
}

// millis stores the zero time as 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
