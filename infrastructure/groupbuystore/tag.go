package groupbuystore

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
)

// tagRow leaves out what only jobs touch: last_generation and lease_until.
type tagRow struct {
	ID         string `gorm:"primaryKey"`
	PartnerID  string
	Name       string
	Kind       string
	Rule       string
	DailyAt    int
	EveryMs    int64
	NextRunAt  int64
	Generation int64
	Members    int64
	BuiltAt    int64
	JobID      string
	Version    int64
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
	UpdatedAt  int64 `gorm:"autoUpdateTime:false"`
}

// TableName is GORM's hook for the table.
func (tagRow) TableName() string { return "tags" }

type tagRuleDoc struct {
	Match      string            `json:"match"`
	Conditions []tagConditionDoc `json:"conditions"`
}

type tagConditionDoc struct {
	Measure string `json:"measure"`
	AtLeast int64  `json:"at_least"`
	FromMs  int64  `json:"from_ms,omitempty"`
	ToMs    int64  `json:"to_ms,omitempty"`
	Days    int    `json:"days,omitempty"`
}

const notDaily = -1

func newTagRow(t crowd.Tag) (tagRow, error) {
	row := tagRow{
		ID: string(t.ID), PartnerID: string(t.Partner), Name: t.Name, Kind: string(t.Kind),
		DailyAt: notDaily, EveryMs: t.Schedule.Every.Milliseconds(), NextRunAt: millis(t.NextRunAt),
		Generation: int64(t.Generation), Members: t.Members, BuiltAt: millis(t.BuiltAt), JobID: string(t.Job),
		Version: t.Version, CreatedAt: millis(t.CreatedAt), UpdatedAt: millis(t.UpdatedAt),
	}
	if t.Schedule.Daily {
		row.DailyAt = t.Schedule.Minute
	}
	if t.Kind != crowd.Ruled {
		return row, nil
	}
	rule, err := json.Marshal(tagRuleDoc{Match: string(t.Rule.Match), Conditions: mapped(t.Rule.Conditions, newTagConditionDoc)})
	if err != nil {
		return row, fmt.Errorf("groupbuystore: rule of tag %s: %w", t.ID, err)
	}
	row.Rule = string(rule)
	return row, nil
}

func newTagConditionDoc(c crowd.Condition) tagConditionDoc {
	return tagConditionDoc{
		Measure: string(c.Measure), AtLeast: c.AtLeast,
		FromMs: millis(c.Window.From), ToMs: millis(c.Window.To), Days: c.Window.Days,
	}
}

func (d tagConditionDoc) condition() crowd.Condition {
	return crowd.Condition{
		Measure: crowd.Measure(d.Measure), AtLeast: d.AtLeast,
		Window: crowd.Window{From: instant(d.FromMs), To: instant(d.ToMs), Days: d.Days},
	}
}

func (r tagRow) tag() (crowd.Tag, error) {
	t := crowd.Tag{
		ID: activity.TagID(r.ID), Partner: partner.ID(r.PartnerID), Name: r.Name, Kind: crowd.Kind(r.Kind),
		Schedule:  crowd.Schedule{Every: time.Duration(r.EveryMs) * time.Millisecond},
		NextRunAt: instant(r.NextRunAt), Generation: crowd.Generation(r.Generation), Members: r.Members,
		BuiltAt: instant(r.BuiltAt), Job: crowd.JobID(r.JobID),
		Version: r.Version, CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt),
	}
	if r.DailyAt != notDaily {
		t.Schedule.Daily, t.Schedule.Minute = true, r.DailyAt
	}
	if r.Rule == "" {
		return t, nil
	}
	var d tagRuleDoc
	if err := json.Unmarshal([]byte(r.Rule), &d); err != nil {
		return t, fmt.Errorf("groupbuystore: rule of tag %s: %w", r.ID, err)
	}
	t.Rule = crowd.Rule{Match: crowd.Match(d.Match), Conditions: mapped(d.Conditions, tagConditionDoc.condition)}
	return t, nil
}

// Tag returns one tag. See groupbuy.TagBook.
func (t *tx) Tag(id activity.TagID) (crowd.Tag, error) { return tagByID(t.db, id) }

// TagByID returns one tag. See groupbuy.TagReader.
func (s *Store) TagByID(ctx context.Context, id activity.TagID) (crowd.Tag, error) {
	return tagByID(s.db.Read(ctx), id)
}

func tagByID(db *gorm.DB, id activity.TagID) (crowd.Tag, error) {
	var row tagRow
	if err := db.Where("id = ?", string(id)).Take(&row).Error; err != nil {
		return crowd.Tag{}, failed(err, "tag %s", id)
	}
	return row.tag()
}

// PutTag inserts or updates a tag. See groupbuy.TagBook.
func (t *tx) PutTag(tag crowd.Tag) error {
	row, err := newTagRow(tag)
	if err != nil {
		return err
	}
	if tag.Version == 0 {
		err := t.db.Exec("INSERT INTO tags (id, partner_id, name, kind, rule, daily_at, every_ms, next_run_at, generation, members,"+
			" built_at, last_generation, job_id, lease_until, version, created_at, updated_at)"+
			" VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, '', 0, 1, ?, ?)",
			row.ID, row.PartnerID, row.Name, row.Kind, row.Rule, row.DailyAt, row.EveryMs, row.NextRunAt, row.CreatedAt, row.UpdatedAt).Error
		return failed(err, "insert tag %s", tag.ID)
	}
	done := t.db.Exec("UPDATE tags SET name = ?, rule = ?, daily_at = ?, every_ms = ?, next_run_at = ?, updated_at = ?, version = version + 1"+
		" WHERE id = ? AND version = ?", row.Name, row.Rule, row.DailyAt, row.EveryMs, row.NextRunAt, row.UpdatedAt, row.ID, tag.Version)
	if done.Error == nil && done.RowsAffected == 0 {
		return fmt.Errorf("tag %s: %w", tag.ID, groupbuy.ErrConflict)
	}
	return failed(done.Error, "update tag %s", tag.ID)
}

// QueueTagJob makes a job the live one of its tag. See groupbuy.TagBook.
func (t *tx) QueueTagJob(job crowd.Job, due, next time.Time) error {
	done := t.db.Exec("UPDATE tags SET job_id = ?, lease_until = 0, next_run_at = ? WHERE id = ? AND job_id = '' AND next_run_at = ?",
		string(job.ID), millis(next), string(job.Tag), millis(due))
	if done.Error == nil && done.RowsAffected == 0 {
		return fmt.Errorf("tag %s has a job or had one: %w", job.Tag, groupbuy.ErrConflict)
	}
	if done.Error != nil {
		return failed(done.Error, "queue a job of tag %s", job.Tag)
	}
	err := t.db.Create(&tagJobRow{
		ID: string(job.ID), TagID: string(job.Tag), Cause: string(job.Cause), Status: string(job.Status), QueuedAt: millis(job.QueuedAt),
	}).Error
	return failed(err, "insert job %s", job.ID)
}

// Tags lists tags. See groupbuy.TagReader.
func (s *Store) Tags(ctx context.Context, q groupbuy.TagQuery) ([]crowd.Tag, error) {
	query := s.db.Read(ctx).Order("id DESC").Limit(q.Limit)
	if q.Partner != "" {
		query = query.Where("partner_id IN ?", []string{"", string(q.Partner)})
	}
	if q.Kind != "" {
		query = query.Where("kind = ?", string(q.Kind))
	}
	if q.Name != "" {
		query = query.Where("(id = ? OR name LIKE ? ESCAPE '!')", q.Name, "%"+literally(q.Name)+"%")
	}
	if q.Before != "" {
		query = query.Where("id < ?", string(q.Before))
	}
	var rows []tagRow
	if err := query.Find(&rows).Error; err != nil {
		return nil, failed(err, "tags")
	}
	return mappedOrFail(rows, tagRow.tag)
}

// literally takes the meaning from the signs that LIKE knows; the escape is "!".
func literally(text string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text)
}

// DueTags returns the tags that are to be computed. See groupbuy.TagReader.
func (s *Store) DueTags(ctx context.Context, now time.Time, limit int) ([]crowd.Tag, error) {
	var rows []tagRow
	err := s.db.Read(ctx).Where("job_id = '' AND next_run_at > 0 AND next_run_at <= ?", now.UnixMilli()).
		Order("next_run_at, id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, failed(err, "due tags")
	}
	return mappedOrFail(rows, tagRow.tag)
}

type tagJobRow struct {
	ID         string `gorm:"primaryKey"`
	TagID      string
	Cause      string
	Status     string
	Generation int64
	FactsRead  int64
	Members    int64
	QueuedAt   int64
	StartedAt  int64
	EndedAt    int64
	Error      string
}

// TableName is GORM's hook for the table.
func (tagJobRow) TableName() string { return "tag_jobs" }

func (r tagJobRow) job() crowd.Job {
	return crowd.Job{
		ID: crowd.JobID(r.ID), Tag: activity.TagID(r.TagID), Cause: crowd.Cause(r.Cause), Status: crowd.JobStatus(r.Status),
		Generation: crowd.Generation(r.Generation), FactsRead: r.FactsRead, Members: r.Members,
		QueuedAt: instant(r.QueuedAt), StartedAt: instant(r.StartedAt), EndedAt: instant(r.EndedAt), Error: r.Error,
	}
}

// TagJobs lists a tag's jobs. See groupbuy.TagReader.
func (s *Store) TagJobs(ctx context.Context, q groupbuy.TagJobQuery) ([]crowd.Job, error) {
	query := s.db.Read(ctx).Where("tag_id = ?", string(q.Tag))
	if q.Before != "" {
		query = query.Where("id < ?", string(q.Before))
	}
	var rows []tagJobRow
	err := query.Order("id DESC").Limit(q.Limit).Find(&rows).Error
	return mapped(rows, tagJobRow.job), failed(err, "jobs of tag %s", q.Tag)
}

type tagGenerationRow struct {
	TagID      string `gorm:"primaryKey"`
	Generation int64  `gorm:"primaryKey"`
	Members    int64
	BuiltAt    int64
	JobID      string
}

// TableName is GORM's hook for the table.
func (tagGenerationRow) TableName() string { return "tag_generations" }

func (r tagGenerationRow) build() crowd.Build {
	return crowd.Build{
		Tag: activity.TagID(r.TagID), Generation: crowd.Generation(r.Generation), Members: r.Members,
		BuiltAt: instant(r.BuiltAt), Job: crowd.JobID(r.JobID),
	}
}

// TagBuilds lists a tag's sizes over time. See groupbuy.TagReader.
func (s *Store) TagBuilds(ctx context.Context, id activity.TagID, limit int) ([]crowd.Build, error) {
	var rows []tagGenerationRow
	err := s.db.Read(ctx).Where("tag_id = ?", string(id)).Order("generation DESC").Limit(limit).Find(&rows).Error
	return mapped(rows, tagGenerationRow.build), failed(err, "sizes of tag %s", id)
}
