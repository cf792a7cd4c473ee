package groupbuystore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"kaituan/groupbuy"
	"kaituan/groupbuy/operator"
)

type operatorRow struct {
	ID           string `gorm:"primaryKey"`
	Login        string
	Name         string
	Role         string
	Status       string
	PasswordHash string
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	UpdatedAt    int64 `gorm:"autoUpdateTime:false"`

	FactorSecret   string // sealed; empty: none
	FactorAt       int64
	FactorStep     int64
	FactorRecovery string // hashes between commas
}

// TableName is GORM's hook for the table.
func (operatorRow) TableName() string { return "operators" }

func (s *Store) operatorRow(o operator.Operator) operatorRow {
	row := operatorRow{
		ID: string(o.ID), Login: o.Login, Name: o.Name, Role: string(o.Role), Status: string(o.Status),
		PasswordHash: o.PasswordHash, CreatedAt: millis(o.CreatedAt), UpdatedAt: millis(o.UpdatedAt),
	}
	if f := o.Factor; f.Secret != "" {
		row.FactorSecret, row.FactorAt, row.FactorStep = s.sealer.Seal(string(f.Secret), row.ID), millis(f.Since), f.Step
		row.FactorRecovery = strings.Join(f.Recovery[:], ",")
	}
	return row
}

// operator returns what a row holds, if reading it gave no error. Errors: err, a secret that does not open.
func (s *Store) operator(r operatorRow, err error) (operator.Operator, error) {
	if err != nil {
		return operator.Operator{}, err
	}
	o := operator.Operator{
		ID: operator.ID(r.ID), Login: r.Login, Name: r.Name, Role: operator.Role(r.Role), Status: operator.Status(r.Status),
		PasswordHash: r.PasswordHash, CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt),
	}
	if r.FactorSecret == "" {
		return o, nil
	}
	secret, err := s.sealer.Open(r.FactorSecret, r.ID)
	if err != nil {
		return operator.Operator{}, fmt.Errorf("groupbuystore: second factor: %w", err)
	}
	o.Factor = operator.Factor{Secret: operator.FactorSecret(secret), Since: instant(r.FactorAt), Step: r.FactorStep}
	copy(o.Factor.Recovery[:], strings.Split(r.FactorRecovery, ","))
	return o, nil
}

type sessionRow struct {
	Hash       string `gorm:"primaryKey"`
	OperatorID string
	StartedAt  int64
	SeenAt     int64
}

// TableName is GORM's hook for the table.
func (sessionRow) TableName() string { return "operator_sessions" }

func (r sessionRow) session() operator.Session {
	return operator.Session{
		Hash: operator.TokenHash(r.Hash), Operator: operator.ID(r.OperatorID), StartedAt: instant(r.StartedAt), SeenAt: instant(r.SeenAt),
	}
}

// Operators lists every operator. See groupbuy.Staff.
func (s *Store) Operators(ctx context.Context) ([]operator.Operator, error) {
	var rows []operatorRow
	err := s.db.Read(ctx).Order("login").Find(&rows).Error
	if err != nil {
		return nil, failed(err, "list operators")
	}
	list := make([]operator.Operator, len(rows))
	for i, row := range rows {
		if list[i], err = s.operator(row, nil); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// OperatorByLogin returns one operator. See groupbuy.Staff.
func (s *Store) OperatorByLogin(ctx context.Context, login string) (operator.Operator, error) {
	var row operatorRow
	err := s.db.Read(ctx).Where("login = ?", login).Take(&row).Error
	return s.operator(row, failed(err, "operator by login"))
}

// OperatorSession returns a session with its operator, both of one moment. See groupbuy.Staff.
func (s *Store) OperatorSession(ctx context.Context, hash operator.TokenHash) (operator.Session, operator.Operator, error) {
	var row struct {
		Session  sessionRow  `gorm:"embedded;embeddedPrefix:s_"`
		Operator operatorRow `gorm:"embedded;embeddedPrefix:o_"`
	}
	err := s.db.Read(ctx).Table("operator_sessions s").Joins("JOIN operators o ON o.id = s.operator_id").
		Select("s.hash AS s_hash, s.operator_id AS s_operator_id, s.started_at AS s_started_at, s.seen_at AS s_seen_at, "+
			"o.id AS o_id, o.login AS o_login, o.name AS o_name, o.role AS o_role, o.status AS o_status, "+
			"o.password_hash AS o_password_hash, o.created_at AS o_created_at, o.updated_at AS o_updated_at, "+
			"o.factor_secret AS o_factor_secret, o.factor_at AS o_factor_at, o.factor_step AS o_factor_step, o.factor_recovery AS o_factor_recovery").
		Where("s.hash = ?", string(hash)).Take(&row).Error
	who, err := s.operator(row.Operator, failed(err, "operator's session"))
	return row.Session.session(), who, err
}

// LockOperator returns one operator and holds it. See groupbuy.Roster.
func (t *tx) LockOperator(id operator.ID) (operator.Operator, error) {
	var row operatorRow
	err := t.db.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", string(id)).Take(&row).Error
	return t.store.operator(row, failed(err, "lock operator %s", id))
}

// PutOperator creates or changes an operator. See groupbuy.Roster.
func (t *tx) PutOperator(o operator.Operator) error {
	row := t.store.operatorRow(o)
	_, err := t.LockOperator(o.ID)
	if err == nil {
		err = t.db.Model(&operatorRow{}).Where("id = ?", row.ID).
			Select("login", "name", "role", "status", "password_hash", "updated_at",
				"factor_secret", "factor_at", "factor_step", "factor_recovery").Updates(&row).Error
		return failed(err, "change operator %s", o.ID)
	}
	if !errors.Is(err, groupbuy.ErrNotFound) {
		return err
	}
	return failed(t.db.Create(&row).Error, "create operator %s", o.ID)
}

// AddSession starts a session. See groupbuy.Roster.
func (t *tx) AddSession(s operator.Session) error {
	row := sessionRow{Hash: string(s.Hash), OperatorID: string(s.Operator), StartedAt: millis(s.StartedAt), SeenAt: millis(s.SeenAt)}
	return failed(t.db.Create(&row).Error, "start a session of %s", s.Operator)
}

// SeeSession notes that a session was used. See groupbuy.Roster.
func (t *tx) SeeSession(hash operator.TokenHash, at time.Time) error {
	return failed(t.db.Model(&sessionRow{}).Where("hash = ?", string(hash)).Update("seen_at", millis(at)).Error, "use a session")
}

// DropSession ends a session. See groupbuy.Roster.
func (t *tx) DropSession(hash operator.TokenHash) error {
	return failed(t.db.Where("hash = ?", string(hash)).Delete(&sessionRow{}).Error, "end a session")
}

// DropSessionsOf ends every session of an operator. See groupbuy.Roster.
func (t *tx) DropSessionsOf(id operator.ID) error {
	return failed(t.db.Where("operator_id = ?", string(id)).Delete(&sessionRow{}).Error, "end the sessions of %s", id)
}

// DropOtherSessions ends every session of an operator but one. See groupbuy.Roster.
func (t *tx) DropOtherSessions(id operator.ID, keep operator.TokenHash) error {
	return failed(t.db.Where("operator_id = ? AND hash <> ?", string(id), string(keep)).Delete(&sessionRow{}).Error, "end the other sessions of %s", id)
}

// DropSessions deletes sessions that are over. See groupbuy.Roster.
func (t *tx) DropSessions(seen, started time.Time, limit int) (int, error) {
	var hashes []string
	err := t.db.Model(&sessionRow{}).Where("seen_at <= ? OR started_at <= ?", millis(seen), millis(started)).
		Order("seen_at").Limit(limit).Pluck("hash", &hashes).Error
	if err != nil || len(hashes) == 0 {
		return 0, failed(err, "find sessions that are over")
	}
	done := t.db.Where("hash IN ?", hashes).Delete(&sessionRow{})
	return int(done.RowsAffected), failed(done.Error, "delete sessions that are over")
}
