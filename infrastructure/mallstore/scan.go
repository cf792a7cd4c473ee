package mallstore

import (
	"context"
	"time"

	"kaituan/mall/account"
)

type scanRow struct {
	ID        string `gorm:"primaryKey"`
	Browser   string
	Status    string
	OpenID    string
	AccountID string
	StartedAt int64
	Version   int64
}

// TableName is GORM's hook for the table.
func (scanRow) TableName() string { return "scans" }

func newScanRow(s account.Scan) scanRow {
	return scanRow{
		ID: string(s.ID), Browser: string(s.Browser), Status: string(s.Status), OpenID: string(s.Person), AccountID: string(s.Account),
		StartedAt: millis(s.StartedAt), Version: s.Version + 1,
	}
}

func (r scanRow) scan() account.Scan {
	return account.Scan{
		ID: account.ScanID(r.ID), Browser: account.TokenHash(r.Browser), Status: account.ScanStatus(r.Status), Person: account.OpenID(r.OpenID),
		Account: account.ID(r.AccountID), StartedAt: instant(r.StartedAt), Version: r.Version,
	}
}

// AddScan implements mall.TxAccounts.
func (t *tx) AddScan(s account.Scan) error {
	row := newScanRow(s)
	return translate(t.db.Create(&row).Error)
}

// LockScan implements mall.TxAccounts.
func (t *tx) LockScan(id account.ScanID) (account.Scan, error) {
	var row scanRow
	err := forUpdate(t.db).Where("id = ?", string(id)).Take(&row).Error
	return row.scan(), translate(err)
}

// LastScanOf implements mall.TxAccounts.
func (t *tx) LastScanOf(who account.OpenID) (account.Scan, error) {
	var row scanRow
	err := forUpdate(t.db).Where("open_id = ?", string(who)).Order("started_at DESC, id DESC").Limit(1).Take(&row).Error
	return row.scan(), translate(err)
}

// PutScan implements mall.TxAccounts.
func (t *tx) PutScan(s account.Scan) error {
	row := newScanRow(s)
	return update(t.db, &row, s.Version)
}

// DropScans implements mall.TxAccounts.
func (t *tx) DropScans(started time.Time, limit int) (int, error) {
	var ids []string
	err := t.db.Model(&scanRow{}).Where("started_at <= ?", millis(started)).Limit(limit).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return 0, translate(err)
	}
	return len(ids), translate(t.db.Where("id IN ?", ids).Delete(&scanRow{}).Error)
}

// Scan implements mall.Reader.
func (s *Store) Scan(ctx context.Context, id account.ScanID) (account.Scan, error) {
	var row scanRow
	err := s.read(ctx).Where("id = ?", string(id)).Take(&row).Error
	return row.scan(), translate(err)
}
