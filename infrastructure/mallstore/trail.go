package mallstore

import (
	"context"

	"kaituan/infrastructure/invariant"
	"kaituan/mall"
	"kaituan/mall/account"
)

type trailRow struct {
	Seq         int64 `gorm:"primaryKey;autoIncrement:false"`
	HappenedAt  int64
	ActorID     string
	ActorName   string
	Role        string
	Action      string
	Subject     string
	BeforeState string
	AfterState  string
	RequestID   string
	Address     string
	Previous    string
	Hash        string
}

// TableName is GORM's hook for the table.
func (trailRow) TableName() string { return "audit" }

func newTrailRow(a mall.AuditEntry) trailRow {
	return trailRow{
		Seq: a.Seq, HappenedAt: millis(a.At), ActorID: string(a.Actor.Account), ActorName: a.Actor.Name, Role: string(a.Actor.Rank),
		Action: a.Action, Subject: a.Subject, BeforeState: a.Before, AfterState: a.After,
		RequestID: a.Actor.RequestID, Address: a.Actor.Address, Previous: a.Previous, Hash: a.Hash,
	}
}

func (r trailRow) entry() mall.AuditEntry {
	return mall.AuditEntry{
		Seq: r.Seq, At: instant(r.HappenedAt), Action: r.Action, Subject: r.Subject, Before: r.BeforeState, After: r.AfterState,
		Actor: mall.Actor{
			Account: account.ID(r.ActorID), Role: account.Operator, Rank: mall.Rank(r.Role), Name: r.ActorName,
			RequestID: r.RequestID, Address: r.Address,
		},
		Previous: r.Previous, Hash: r.Hash,
	}
}

func (r trailRow) link() invariant.Link {
	return invariant.Link{Seq: r.Seq, Previous: r.Previous, Hash: r.Hash, Sum: r.entry().Sum()}
}

// trailEndRow is the last link of the chain.
type trailEndRow struct {
	ID   int `gorm:"primaryKey"`
	Seq  int64
	Hash string
}

// TableName is GORM's hook for the table.
func (trailEndRow) TableName() string { return "audit_head" }

// AppendAudit implements mall.Trail.
func (t *tx) AppendAudit(entry mall.AuditEntry) error {
	var end trailEndRow
	if err := forUpdate(t.db).Where("id = 1").Take(&end).Error; err != nil {
		return translate(err)
	}
	row := newTrailRow(entry.Linked(end.Seq+1, end.Hash))
	if err := t.db.Create(&row).Error; err != nil {
		return translate(err)
	}
	return translate(t.db.Model(&trailEndRow{}).Where("id = 1").Updates(map[string]any{"seq": row.Seq, "hash": row.Hash}).Error)
}

// Audit implements mall.Reader.
func (s *Store) Audit(ctx context.Context, q mall.AuditQuery) ([]mall.AuditEntry, error) {
	db := s.read(ctx).Order("seq DESC").Limit(q.Limit)
	for column, value := range map[string]string{"actor_id": string(q.Actor), "action": q.Action, "subject": q.Subject} {
		if value != "" {
			db = db.Where(column+" = ?", value)
		}
	}
	if !q.From.IsZero() {
		db = db.Where("happened_at >= ?", millis(q.From))
	}
	if !q.To.IsZero() {
		db = db.Where("happened_at < ?", millis(q.To))
	}
	if q.Before > 0 {
		db = db.Where("seq < ?", q.Before)
	}
	var rows []trailRow
	err := db.Find(&rows).Error
	return each(rows, trailRow.entry), translate(err)
}
