package invariant

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"kaituan/infrastructure/sqldb"
)

// Report is what one look found, and when.
type Report struct {
	StartedAt time.Time
	Took      time.Duration
	LeftOut   []string // what could not be looked at and why, for people
	Result
}

// reportRow is a line of table check_reports.
type reportRow struct {
	StartedAt  int64 `gorm:"primaryKey;autoIncrement:false"`
	TookMS     int64
	Violations int
	Body       string
}

// TableName is GORM's hook for the table.
func (reportRow) TableName() string { return "check_reports" }

// reportBody is what of a report no query asks for.
type reportBody struct {
	Violations []Violation `json:"violations"`
	Counts     []Count     `json:"counts"`
	LeftOut    []string    `json:"left_out"`
}

// Save writes a report, and drops those that began keep or longer before it. Errors: those of the database.
func Save(ctx context.Context, db *sqldb.DB, r Report, keep time.Duration) error {
	body, err := json.Marshal(reportBody{r.Violations, r.Counts, r.LeftOut})
	if err != nil {
		return fmt.Errorf("invariant: write a report: %w", err)
	}
	row := reportRow{
		StartedAt: r.StartedAt.UnixMilli(), TookMS: r.Took.Milliseconds(), Violations: len(r.Violations), Body: string(body),
	}
	err = db.InTx(ctx, func(tx *gorm.DB) error {
		// Two reports of one millisecond are of two nodes with clocks of their own; either will do.
		if err := tx.Where("started_at = ? OR started_at <= ?", row.StartedAt, r.StartedAt.Add(-keep).UnixMilli()).Delete(&reportRow{}).Error; err != nil {
			return err
		}
		return tx.Create(&row).Error
	})
	if err != nil {
		return fmt.Errorf("invariant: save a report: %w", err)
	}
	return nil
}

// Last returns the last report that began before a moment, the last of all for a zero one, and whether there is any.
// Errors: those of the database.
func Last(ctx context.Context, db *sqldb.DB, before time.Time) (r Report, found bool, err error) {
	query := db.Read(ctx).Order("started_at DESC").Limit(1)
	if !before.IsZero() {
		query = query.Where("started_at < ?", before.UnixMilli())
	}
	var rows []reportRow
	if err := query.Find(&rows).Error; err != nil || len(rows) == 0 {
		return r, false, failed(err, "reports")
	}
	var body reportBody
	if err := json.Unmarshal([]byte(rows[0].Body), &body); err != nil {
		return r, false, fmt.Errorf("invariant: read the report of %d: %w", rows[0].StartedAt, err)
	}
	return Report{
		StartedAt: time.UnixMilli(rows[0].StartedAt).UTC(), Took: time.Duration(rows[0].TookMS) * time.Millisecond,
		LeftOut: body.LeftOut, Result: Result{Violations: body.Violations, Counts: body.Counts},
	}, true, nil
}
