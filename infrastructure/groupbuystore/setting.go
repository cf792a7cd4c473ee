package groupbuystore

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"kaituan/groupbuy/activity"
)

// settingsRow is the only one of its table.
type settingsRow struct {
	ID             int `gorm:"primaryKey"`
	Downgraded     int
	RolloutPercent int
	UpdatedAt      int64 `gorm:"autoUpdateTime:false"`
}

// TableName is GORM's hook for the table.
func (settingsRow) TableName() string { return "settings" }

func settings(db *gorm.DB) (activity.Settings, error) {
	var row settingsRow
	err := db.Where("id = 1").Take(&row).Error
	return activity.Settings{Downgraded: row.Downgraded == 1, RolloutPercent: row.RolloutPercent}, failed(err, "settings")
}

// Settings returns the global switches. See groupbuy.Reader.
func (s *Store) Settings(ctx context.Context) (activity.Settings, error) {
	return settings(s.db.Read(ctx))
}

// LockSettings returns the global switches and holds them. See groupbuy.Switches.
func (t *tx) LockSettings() (activity.Settings, error) {
	return settings(t.db.Clauses(clause.Locking{Strength: "UPDATE"}))
}

// PutSettings replaces the global switches. See groupbuy.Switches.
func (t *tx) PutSettings(s activity.Settings) error {
	row := settingsRow{Downgraded: flag(s.Downgraded), RolloutPercent: s.RolloutPercent, UpdatedAt: millis(t.now)}
	done := t.db.Model(&settingsRow{}).Where("id = 1").Select("downgraded", "rollout_percent", "updated_at").Updates(&row)
	return failed(done.Error, "change settings")
}
