package groupbuystore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
)

// activityRow is also how an event of the activity is kept, hence the JSON names.
type activityRow struct {
	ID        string `gorm:"primaryKey" json:"id"`
	PartnerID string `json:"partner_id"`
	Name      string `json:"name"`
	Status    string `json:"status"`
	StartsAt  int64  `json:"starts_at"`
	EndsAt    int64  `json:"ends_at"`
	Spec      string `json:"spec"`
	Version   int64  `json:"version"`
	CreatedAt int64  `gorm:"autoCreateTime:false" json:"created_at"`
	UpdatedAt int64  `gorm:"autoUpdateTime:false" json:"updated_at"`
}

// TableName is GORM's hook for the table.
func (activityRow) TableName() string { return "activities" }

func newActivityRow(a activity.Activity) (activityRow, error) {
	spec, err := json.Marshal(newSpecDoc(a))
	if err != nil {
		return activityRow{}, fmt.Errorf("groupbuystore: activity %s: %w", a.ID, err)
	}
	return activityRow{
		ID: string(a.ID), PartnerID: string(a.Partner), Name: a.Name, Status: string(a.Status),
		StartsAt: millis(a.StartsAt), EndsAt: millis(a.EndsAt), Spec: string(spec), Version: a.Version,
		CreatedAt: millis(a.CreatedAt), UpdatedAt: millis(a.UpdatedAt),
	}, nil
}

func (r activityRow) activity() (activity.Activity, error) {
	var d specDoc
	if err := json.Unmarshal([]byte(r.Spec), &d); err != nil {
		return activity.Activity{}, fmt.Errorf("groupbuystore: activity %s: %w", r.ID, err)
	}
	a := d.activity()
	a.ID, a.Partner, a.Name, a.Status = activity.ID(r.ID), partner.ID(r.PartnerID), r.Name, activity.Status(r.Status)
	a.StartsAt, a.EndsAt = instant(r.StartsAt), instant(r.EndsAt)
	a.Version, a.CreatedAt, a.UpdatedAt = r.Version, instant(r.CreatedAt), instant(r.UpdatedAt)
	return a, nil
}

// mappedOrNil is mapped for lists whose emptiness has a meaning of its own and is nil in the domain.
func mappedOrNil[Row, T any](rows []Row, f func(Row) T) []T {
	if len(rows) == 0 {
		return nil
	}
	return mapped(rows, f)
}

// Activity returns one activity. See groupbuy.Tx.
func (t *tx) Activity(id activity.ID) (activity.Activity, error) { return activityByID(t.db, id) }

// ActivityByID returns one activity. See groupbuy.Reader.
func (s *Store) ActivityByID(ctx context.Context, id activity.ID) (activity.Activity, error) {
	return activityByID(s.db.Read(ctx), id)
}

func activityByID(db *gorm.DB, id activity.ID) (activity.Activity, error) {
	var row activityRow
	if err := db.Where("id = ?", string(id)).Take(&row).Error; err != nil {
		return activity.Activity{}, failed(err, "activity %s", id)
	}
	return row.activity()
}

// Rivals returns live activities with an overlapping window. See groupbuy.Tx.
func (t *tx) Rivals(p partner.ID, from, to time.Time) ([]activity.Activity, error) {
	return activities(t.db.
		Where("partner_id = ? AND status IN ?", string(p), []string{string(activity.Published), string(activity.Paused)}).
		Where("starts_at < ? AND ends_at > ?", millis(to), millis(from)).Order("id"))
}

// Activities lists activities. See groupbuy.Reader.
func (s *Store) Activities(ctx context.Context, q groupbuy.ActivityQuery) ([]activity.Activity, error) {
	db := s.db.Read(ctx).Order("id DESC").Limit(q.Limit)
	if q.Partner != "" {
		db = db.Where("partner_id = ?", string(q.Partner))
	}
	if q.Status != "" {
		db = db.Where("status = ?", string(q.Status))
	}
	if q.Before != "" {
		db = db.Where("id < ?", string(q.Before))
	}
	return activities(db)
}

func activities(query *gorm.DB) ([]activity.Activity, error) {
	var rows []activityRow
	if err := query.Find(&rows).Error; err != nil {
		return nil, failed(err, "list activities")
	}
	return mappedOrFail(rows, activityRow.activity)
}

// PutActivity inserts an activity or updates the stored one of the same version. See groupbuy.Tx.
func (t *tx) PutActivity(a activity.Activity) error {
	row, err := newActivityRow(a)
	if err != nil {
		return err
	}
	row.Version++
	if a.Version == 0 {
		return failed(t.db.Create(&row).Error, "create activity %s", a.ID)
	}
	done := t.db.Model(&activityRow{}).Where("id = ? AND version = ?", row.ID, a.Version).
		Select("name", "status", "starts_at", "ends_at", "spec", "version", "updated_at").Updates(&row)
	if done.Error == nil && done.RowsAffected != 1 {
		return fmt.Errorf("update activity %s of version %d: %w", a.ID, a.Version, groupbuy.ErrConflict)
	}
	return failed(done.Error, "update activity %s", a.ID)
}
