package groupbuystore

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
)

// Sealer encrypts what must not be read in a copy of the database. The row is part of what is sealed, so that a text
// which somebody moved to another row does not open there.
type Sealer interface {
	Seal(secret, row string) string
	// Open also takes text that was never sealed. Errors: a key that is not known, damaged text.
	Open(kept, row string) (string, error)
	// Fresh says whether Seal would use the same key again.
	Fresh(kept string) bool
}

// open seals nothing.
type open struct{}

func (open) Seal(secret, _ string) string        { return secret }
func (open) Open(kept, _ string) (string, error) { return kept, nil }
func (open) Fresh(string) bool                   { return true }

// Reseal seals with the current key what is kept in plain text or under an older key, and returns how many rows that
// were. It proves that every secret opens. Safe beside other nodes, and again. Errors: those of Sealer.Open.
func (s *Store) Reseal(ctx context.Context) (n int, err error) {
	for table, column := range map[string]string{"partner_keys": "secret", "partner_endpoints": "secrets", "operators": "factor_secret"} {
		done, err := s.reseal(ctx, table, column)
		if n += done; err != nil {
			return n, err
		}
	}
	return n, nil
}

func (s *Store) reseal(ctx context.Context, table, column string) (n int, err error) {
	var rows []struct{ ID, Kept string }
	if err := s.db.Read(ctx).Table(table).Select("id, " + column + " AS kept").Order("id").Find(&rows).Error; err != nil {
		return 0, failed(err, "secrets in %s", table)
	}
	for _, row := range rows {
		secret, err := s.sealer.Open(row.Kept, row.ID)
		if err != nil {
			return n, fmt.Errorf("groupbuystore: %s: %w", table, err)
		}
		if s.sealer.Fresh(row.Kept) || row.Kept == "" { // an operator without a second factor
			continue
		}
		err = s.db.InTx(ctx, func(db *gorm.DB) error {
			// Only over what was read: an operator may have put another secret there meanwhile.
			return db.Table(table).Where("id = ? AND "+column+" = ?", row.ID, row.Kept).Update(column, s.sealer.Seal(secret, row.ID)).Error
		})
		if err != nil {
			return n, failed(err, "seal %s in %s", row.ID, table)
		}
		n++
	}
	return n, nil
}

// Forget gives up the secrets that do not open any more, because the key that sealed them is lost: it revokes such keys,
// disables such endpoints and takes away such second factors of operators, for their owners to be given new ones. It
// returns their identifiers. Entries in the audit name the given actor.
func (s *Store) Forget(ctx context.Context, by groupbuy.Actor) (ids []string, err error) {
	err = s.db.InTx(ctx, func(db *gorm.DB) error {
		ids = nil // it may run again
		t := &tx{store: s, db: db, now: s.now()}
		for _, kind := range []struct {
			model                 any
			column, action, empty string
			lost                  map[string]any
		}{
			{&keyRow{}, "secret", "key.forgotten", "", map[string]any{"revoked_at": gorm.Expr("CASE WHEN revoked_at = 0 THEN ? ELSE revoked_at END", millis(t.now))}},
			{&endpointRow{}, "secrets", "endpoint.forgotten", "[]", map[string]any{"status": string(partner.EndpointDisabled)}},
			{&operatorRow{}, "factor_secret", "second_factor.forgotten", "", map[string]any{"factor_at": 0, "factor_step": 0, "factor_recovery": ""}},
		} {
			var rows []struct{ ID, Kept string }
			if err := db.Model(kind.model).Select("id, " + kind.column + " AS kept").Order("id").Find(&rows).Error; err != nil {
				return err
			}
			for _, row := range rows {
				if _, err := s.sealer.Open(row.Kept, row.ID); err == nil {
					continue
				}
				ids = append(ids, row.ID)
				kind.lost[kind.column] = s.sealer.Seal(kind.empty, row.ID)
				if err := db.Model(kind.model).Where("id = ?", row.ID).Updates(kind.lost).Error; err != nil {
					return err
				}
				if err := t.AppendAudit(groupbuy.AuditEntry{At: t.now, Actor: by, Action: kind.action, Subject: row.ID}); err != nil {
					return err
				}
			}
		}
		if len(ids) == 0 {
			return nil
		}
		return t.TouchConfig()
	})
	return ids, failed(err, "forget secrets")
}
