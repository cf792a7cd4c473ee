package groupbuystore

import (
	"context"

	"gorm.io/gorm/clause"

	"kaituan/groupbuy"
	"kaituan/groupbuy/operator"
	"kaituan/infrastructure/invariant"
)

type auditRow struct {
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
func (auditRow) TableName() string { return "audit" }

func newAuditRow(a groupbuy.AuditEntry) auditRow {
	return auditRow{
		Seq: a.Seq, HappenedAt: millis(a.At), ActorID: string(a.Actor.ID), ActorName: a.Actor.Name, Role: string(a.Actor.Role),
		Action: a.Action, Subject: a.Subject, BeforeState: a.Before, AfterState: a.After,
		RequestID: a.Actor.RequestID, Address: a.Actor.Address, Previous: a.Previous, Hash: a.Hash,
	}
}

func (r auditRow) entry() groupbuy.AuditEntry {
	return groupbuy.AuditEntry{
		Seq: r.Seq, At: instant(r.HappenedAt), Action: r.Action, Subject: r.Subject, Before: r.BeforeState, After: r.AfterState,
		Actor: groupbuy.Actor{
			ID: operator.ID(r.ActorID), Name: r.ActorName, Role: operator.Role(r.Role), RequestID: r.RequestID, Address: r.Address,
		},
		Previous: r.Previous, Hash: r.Hash,
	}
}

func (r auditRow) link() invariant.Link {
	return invariant.Link{Seq: r.Seq, Previous: r.Previous, Hash: r.Hash, Sum: r.entry().Sum()}
}

// headRow is the last link of the chain.
type headRow struct {
	ID   int `gorm:"primaryKey"`
	Seq  int64
	Hash string
}

// TableName is GORM's hook for the table.
func (headRow) TableName() string { return "audit_head" }

// AppendAudit writes the next link of the chain. See groupbuy.Trail.
func (t *tx) AppendAudit(entry groupbuy.AuditEntry) error {
	var head headRow
	if err := t.db.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = 1").Take(&head).Error; err != nil {
		return failed(err, "hold the end of the audit")
	}
	row := newAuditRow(entry.Linked(head.Seq+1, head.Hash))
	if err := t.db.Create(&row).Error; err != nil {
		return failed(err, "append %s to the audit", entry.Action)
	}
	moved := t.db.Model(&headRow{}).Where("id = 1").Updates(map[string]any{"seq": row.Seq, "hash": row.Hash})
	return failed(moved.Error, "move the end of the audit")
}

// Audit lists entries. See groupbuy.Reader.
func (s *Store) Audit(ctx context.Context, q groupbuy.AuditQuery) ([]groupbuy.AuditEntry, error) {
	db := s.db.Read(ctx).Order("seq DESC").Limit(q.Limit)
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
	var rows []auditRow
	err := db.Find(&rows).Error
	return mapped(rows, auditRow.entry), failed(err, "list the audit")
}
