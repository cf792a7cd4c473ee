package groupbuystore

import (
	"context"
	"database/sql"
	"slices"

	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
)

// TouchConfig raises the version of the configuration. See groupbuy.Tx.
func (t *tx) TouchConfig() error {
	return failed(t.db.Exec("UPDATE config_version SET version = version + 1 WHERE id = 1").Error, "raise the configuration's version")
}

// ConfigVersion is the number that TouchConfig raises. See groupbuy.Reader.
func (s *Store) ConfigVersion(ctx context.Context) (int64, error) {
	return configVersion(s.db.Read(ctx))
}

func configVersion(db *gorm.DB) (int64, error) {
	var version int64
	err := db.Raw("SELECT version FROM config_version WHERE id = 1").Scan(&version).Error
	return version, failed(err, "version of the configuration")
}

// Config returns the configuration in one consistent view. See groupbuy.Reader.
func (s *Store) Config(ctx context.Context) (groupbuy.Config, error) {
	var c groupbuy.Config
	oneView := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	err := s.db.Read(ctx).Transaction(func(db *gorm.DB) (err error) {
		c, err = s.config(db)
		return err
	}, oneView)
	if err != nil {
		return groupbuy.Config{}, failed(err, "read the configuration")
	}
	return c, nil
}

func (s *Store) config(db *gorm.DB) (c groupbuy.Config, err error) {
	if c.Version, err = configVersion(db); err != nil {
		return c, err
	}
	if c.Activities, err = s.lively(db); err != nil {
		return c, err
	}
	var goods []goodsRow
	if err = db.Order("partner_id, id").Find(&goods).Error; err != nil {
		return c, err
	}
	if c.Goods, err = mappedOrFail(goods, goodsRow.goods); err != nil {
		return c, err
	}
	if c.Settings, err = settings(db); err != nil {
		return c, err
	}
	var keys []keyRow
	if err = db.Where("revoked_at = 0").Order("partner_id, created_at, id").Find(&keys).Error; err != nil {
		return c, err
	}
	c.Keys, err = mappedOrFail(keys, s.key)
	return c, err
}

// lively returns the activities a buyer may still meet. No team is opened once an activity's own window is over, or it
// ended or was archived, which is when it was last updated, and none gathers for longer than its window from then on. An
// activity that is given a later end changes the configuration, and so is read again.
func (s *Store) lively(db *gorm.DB) ([]activity.Activity, error) {
	now := s.now()
	oldest := millis(now.Add(-activity.MaxTTL))
	found, err := activities(db.
		Where("status IN ? AND ends_at > ?", []string{string(activity.Published), string(activity.Paused)}, oldest).
		Or("status IN ? AND updated_at > ?", []string{string(activity.Ended), string(activity.Archived)}, oldest).Order("id"))
	return slices.DeleteFunc(found, func(a activity.Activity) bool {
		last := a.EndsAt
		if a.Over() {
			last = a.UpdatedAt
		}
		return !last.Add(a.TeamTTL).After(now)
	}), err
}
