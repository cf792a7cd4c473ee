package groupbuystore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
)

type partnerRow struct {
	ID        string `gorm:"primaryKey"`
	Name      string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
}

// TableName is GORM's hook for the table.
func (partnerRow) TableName() string { return "partners" }

func (r partnerRow) partner() partner.Partner {
	return partner.Partner{ID: partner.ID(r.ID), Name: r.Name, CreatedAt: instant(r.CreatedAt)}
}

type keyRow struct {
	ID        string `gorm:"primaryKey"`
	PartnerID string
	Secret    string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	RevokedAt int64
}

// TableName is GORM's hook for the table.
func (keyRow) TableName() string { return "partner_keys" }

func (s *Store) key(r keyRow) (partner.Key, error) {
	secret, err := s.sealer.Open(r.Secret, r.ID)
	return partner.Key{
		ID: partner.KeyID(r.ID), Partner: partner.ID(r.PartnerID), Secret: secret,
		CreatedAt: instant(r.CreatedAt), RevokedAt: instant(r.RevokedAt),
	}, failed(err, "secret of key %s", r.ID)
}

type endpointRow struct {
	ID        string `gorm:"primaryKey"`
	PartnerID string
	URL       string
	Secrets   string
	Status    string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
}

// TableName is GORM's hook for the table.
func (endpointRow) TableName() string { return "partner_endpoints" }

func (s *Store) endpoint(r endpointRow) (partner.Endpoint, error) {
	e := partner.Endpoint{
		ID: partner.EndpointID(r.ID), Partner: partner.ID(r.PartnerID), URL: r.URL,
		Status: partner.EndpointStatus(r.Status), CreatedAt: instant(r.CreatedAt),
	}
	secrets, err := s.sealer.Open(r.Secrets, r.ID)
	if err != nil {
		return e, failed(err, "secrets of endpoint %s", r.ID)
	}
	if err := json.Unmarshal([]byte(secrets), &e.Secrets); err != nil {
		return e, fmt.Errorf("groupbuystore: secrets of endpoint %s: %w", r.ID, err)
	}
	return e, nil
}

// LockPartner holds the partner's configuration. See groupbuy.Tx.
func (t *tx) LockPartner(id partner.ID) error {
	var row partnerRow
	err := t.db.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", string(id)).Take(&row).Error
	return failed(err, "lock partner %s", id)
}

// Partner returns one partner. See groupbuy.Tx.
func (t *tx) Partner(id partner.ID) (partner.Partner, error) {
	var row partnerRow
	err := t.db.Where("id = ?", string(id)).Take(&row).Error
	return row.partner(), failed(err, "partner %s", id)
}

// PutPartner creates or renames a partner. See groupbuy.Tx.
func (t *tx) PutPartner(p partner.Partner) error {
	rename := clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"name"})}
	row := partnerRow{ID: string(p.ID), Name: p.Name, CreatedAt: millis(p.CreatedAt)}
	return failed(t.db.Clauses(rename).Create(&row).Error, "put partner %s", p.ID)
}

// Keys returns every key of a partner. See groupbuy.Tx.
func (t *tx) Keys(id partner.ID) ([]partner.Key, error) { return t.store.keysOf(t.db, id) }

// PartnerKeys returns a partner's keys. See groupbuy.Reader.
func (s *Store) PartnerKeys(ctx context.Context, id partner.ID) ([]partner.Key, error) {
	return s.keysOf(s.db.Read(ctx), id)
}

func (s *Store) keysOf(db *gorm.DB, id partner.ID) ([]partner.Key, error) {
	var rows []keyRow
	if err := db.Where("partner_id = ?", string(id)).Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, failed(err, "keys of %s", id)
	}
	return mappedOrFail(rows, s.key)
}

// PutKey creates a key or revokes it. See groupbuy.Tx.
func (t *tx) PutKey(k partner.Key) error {
	row := keyRow{
		ID: string(k.ID), PartnerID: string(k.Partner), Secret: t.store.sealer.Seal(k.Secret, string(k.ID)),
		CreatedAt: millis(k.CreatedAt), RevokedAt: millis(k.RevokedAt),
	}
	owner, err := t.owner(&keyRow{}, row.ID)
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		err = t.db.Create(&row).Error
	case err == nil && owner != k.Partner:
		err = gorm.ErrDuplicatedKey
	case err == nil:
		err = t.db.Model(&keyRow{}).Where("id = ?", row.ID).Update("revoked_at", row.RevokedAt).Error
	}
	return failed(err, "put key %s", k.ID)
}

// owner is the partner that a row belongs to, so that one partner's write never lands on another's row.
func (t *tx) owner(model any, id string) (partner.ID, error) {
	var of string
	err := t.db.Model(model).Clauses(clause.Locking{Strength: "UPDATE"}).Select("partner_id").Where("id = ?", id).Take(&of).Error
	return partner.ID(of), err
}

// PutEndpoint creates or changes an endpoint. See groupbuy.Tx.
func (t *tx) PutEndpoint(e partner.Endpoint) error {
	secrets, err := json.Marshal(e.Secrets)
	if err != nil {
		return fmt.Errorf("groupbuystore: secrets of endpoint %s: %w", e.ID, err)
	}
	row := endpointRow{
		ID: string(e.ID), PartnerID: string(e.Partner), URL: e.URL, Secrets: t.store.sealer.Seal(string(secrets), string(e.ID)),
		Status: string(e.Status), CreatedAt: millis(e.CreatedAt),
	}
	owner, err := t.owner(&endpointRow{}, row.ID)
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		err = t.db.Create(&row).Error
	case err == nil && owner != e.Partner:
		err = gorm.ErrDuplicatedKey
	case err == nil:
		err = t.db.Model(&endpointRow{}).Where("id = ?", row.ID).Select("url", "secrets", "status").Updates(&row).Error
	}
	return failed(err, "put endpoint %s", e.ID)
}

// Endpoint returns one endpoint of a partner. See groupbuy.Tx.
func (t *tx) Endpoint(p partner.ID, id partner.EndpointID) (partner.Endpoint, error) {
	var row endpointRow
	if err := t.db.Where("id = ? AND partner_id = ?", string(id), string(p)).Take(&row).Error; err != nil {
		return partner.Endpoint{}, failed(err, "endpoint %s", id)
	}
	return t.store.endpoint(row)
}

// Endpoints returns a partner's endpoints. See groupbuy.Tx.
func (t *tx) Endpoints(p partner.ID) ([]partner.Endpoint, error) { return t.store.endpointsOf(t.db, p) }

// PartnerEndpoints returns a partner's endpoints. See groupbuy.Reader.
func (s *Store) PartnerEndpoints(ctx context.Context, id partner.ID) ([]partner.Endpoint, error) {
	return s.endpointsOf(s.db.Read(ctx), id)
}

func (s *Store) endpointsOf(db *gorm.DB, p partner.ID) ([]partner.Endpoint, error) {
	var rows []endpointRow
	if err := db.Where("partner_id = ?", string(p)).Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, failed(err, "endpoints of %s", p)
	}
	return mappedOrFail(rows, s.endpoint)
}

// Partner returns one partner. See groupbuy.Reader.
func (s *Store) Partner(ctx context.Context, id partner.ID) (partner.Partner, error) {
	var row partnerRow
	err := s.db.Read(ctx).Where("id = ?", string(id)).Take(&row).Error
	return row.partner(), failed(err, "partner %s", id)
}

// Partners returns every partner. See groupbuy.Reader.
func (s *Store) Partners(ctx context.Context) ([]partner.Partner, error) {
	var rows []partnerRow
	err := s.db.Read(ctx).Order("created_at, id").Find(&rows).Error
	return mapped(rows, partnerRow.partner), failed(err, "list partners")
}

var _ groupbuy.Tx = (*tx)(nil)
