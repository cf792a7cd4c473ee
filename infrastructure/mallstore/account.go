package mallstore

import (
	"context"
	"time"

	"kaituan/mall/account"
)

type accountRow struct {
	ID           string `gorm:"primaryKey"`
	Login        string
	Nickname     string
	Role         string
	PasswordHash string
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
}

// TableName is GORM's hook for the table.
func (accountRow) TableName() string { return "accounts" }

func (r accountRow) account() account.Account {
	return account.Account{
		ID: account.ID(r.ID), Login: account.Login(r.Login), Nickname: r.Nickname, Role: account.Role(r.Role),
		PasswordHash: r.PasswordHash, CreatedAt: instant(r.CreatedAt),
	}
}

type sessionRow struct {
	Hash      string `gorm:"primaryKey"`
	AccountID string
	StartedAt int64
	SeenAt    int64
}

// TableName is GORM's hook for the table.
func (sessionRow) TableName() string { return "sessions" }

// AddAccount implements mall.TxAccounts.
func (t *tx) AddAccount(a account.Account) error {
	return translate(t.db.Create(&accountRow{
		ID: string(a.ID), Login: string(a.Login), Nickname: a.Nickname, Role: string(a.Role),
		PasswordHash: a.PasswordHash, CreatedAt: millis(a.CreatedAt),
	}).Error)
}

// AddSession implements mall.TxAccounts.
func (t *tx) AddSession(s account.Session) error {
	return translate(t.db.Create(&sessionRow{
		Hash: string(s.Hash), AccountID: string(s.Account), StartedAt: millis(s.StartedAt), SeenAt: millis(s.SeenAt),
	}).Error)
}

// SeeSession implements mall.TxAccounts.
func (t *tx) SeeSession(hash account.TokenHash, at time.Time) error {
	return translate(t.db.Model(&sessionRow{}).Where("hash = ?", string(hash)).Update("seen_at", millis(at)).Error)
}

// DropSession implements mall.TxAccounts.
func (t *tx) DropSession(hash account.TokenHash) error {
	return translate(t.db.Where("hash = ?", string(hash)).Delete(&sessionRow{}).Error)
}

// DropSessions implements mall.TxAccounts.
func (t *tx) DropSessions(idle, absolute time.Time, limit int) (int, error) {
	var hashes []string
	err := t.db.Model(&sessionRow{}).Where("seen_at <= ? OR started_at <= ?", millis(idle), millis(absolute)).
		Limit(limit).Pluck("hash", &hashes).Error
	if err != nil || len(hashes) == 0 {
		return 0, translate(err)
	}
	return len(hashes), translate(t.db.Where("hash IN ?", hashes).Delete(&sessionRow{}).Error)
}

// AccountByLogin implements mall.Reader.
func (s *Store) AccountByLogin(ctx context.Context, login account.Login) (account.Account, error) {
	var row accountRow
	err := s.read(ctx).Where("login = ?", string(login)).Take(&row).Error
	return row.account(), translate(err)
}

// Session implements mall.Reader.
func (s *Store) Session(ctx context.Context, hash account.TokenHash) (account.Session, account.Account, error) {
	var row sessionRow
	var of accountRow
	err := one(ctx, s.asked.session, string(hash),
		&row.AccountID, &row.StartedAt, &row.SeenAt, &of.ID, &of.Login, &of.Nickname, &of.Role, &of.PasswordHash, &of.CreatedAt)
	session := account.Session{
		Hash: hash, Account: account.ID(row.AccountID), StartedAt: instant(row.StartedAt), SeenAt: instant(row.SeenAt),
	}
	return session, of.account(), err
}

// Nicknames implements mall.Reader.
func (s *Store) Nicknames(ctx context.Context, ids []account.ID) (map[account.ID]string, error) {
	names := make(map[account.ID]string, len(ids))
	if len(ids) == 0 {
		return names, nil
	}
	var rows []accountRow
	err := s.read(ctx).Select("id", "nickname").Where("id IN ?", each(ids, func(id account.ID) string { return string(id) })).
		Find(&rows).Error
	for _, r := range rows {
		names[account.ID(r.ID)] = r.Nickname
	}
	return names, translate(err)
}
