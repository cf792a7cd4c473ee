package groupbuystore

import (
	"context"
	"strings"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/outbox"
)

type deliveryRow struct {
	ID         string `gorm:"primaryKey"`
	PartnerID  string
	EndpointID string
	EventID    string
	EventKind  string
	Status     string
	Attempts   int
	Earlier    int
	NextAt     int64
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
	EndedAt    int64
	LastError  string
}

// TableName is GORM's hook for the table.
func (deliveryRow) TableName() string { return "deliveries" }

func (r deliveryRow) delivery() partner.Delivery {
	return partner.Delivery{
		ID: partner.DeliveryID(r.ID), Partner: partner.ID(r.PartnerID), Endpoint: partner.EndpointID(r.EndpointID),
		Event: partner.EventID(r.EventID), EventType: r.EventKind, Status: partner.DeliveryStatus(r.Status),
		Attempts: r.Attempts, Earlier: r.Earlier, NextAt: instant(r.NextAt), CreatedAt: instant(r.CreatedAt), EndedAt: instant(r.EndedAt), LastError: r.LastError,
	}
}

type attemptRow struct {
	DeliveryID string `gorm:"primaryKey"`
	Number     int    `gorm:"primaryKey;autoIncrement:false"`
	StartedAt  int64
	TookMs     int64
	StatusCode int
	Error      string
	Snippet    string
}

// TableName is GORM's hook for the table.
func (attemptRow) TableName() string { return "delivery_attempts" }

// newAttemptRow mends what strangers wrote: MySQL refuses text that is not UTF-8.
func newAttemptRow(id partner.DeliveryID, a partner.Attempt) attemptRow {
	return attemptRow{
		DeliveryID: string(id), Number: a.Number, StartedAt: millis(a.At), TookMs: a.Took.Milliseconds(),
		StatusCode: a.StatusCode, Error: readable(a.Error), Snippet: readable(a.Snippet),
	}
}

func readable(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

func (r attemptRow) attempt() partner.Attempt {
	return partner.Attempt{
		Number: r.Number, At: instant(r.StartedAt), Took: time.Duration(r.TookMs) * time.Millisecond,
		StatusCode: r.StatusCode, Error: r.Error, Snippet: r.Snippet,
	}
}

func (t *tx) send(rows ...deliveryRow) error {
	return outbox.Add(t.db, t.now, t.store.sends(rows, t.now)...)
}

// sends are the messages that have deliveries sent.
func (s *Store) sends(rows []deliveryRow, now time.Time) []outbox.Message {
	return mapped(rows, func(r deliveryRow) outbox.Message {
		return outbox.Message{ID: s.ids.next("", now), Topic: groupbuy.TopicDelivery, Key: r.EndpointID, Payload: []byte(r.ID)}
	})
}

// Delivery returns one delivery. See groupbuy.Tx.
func (t *tx) Delivery(id partner.DeliveryID) (partner.Delivery, error) {
	var row deliveryRow
	err := t.db.Where("id = ?", string(id)).Take(&row).Error
	return row.delivery(), failed(err, "delivery %s", id)
}

// PutDelivery updates a delivery and logs the attempt. It returns groupbuy.ErrDuplicate for an attempt whose number
// is in the log already. See groupbuy.Tx.
func (t *tx) PutDelivery(d partner.Delivery, attempt *partner.Attempt) error {
	err := t.db.Model(&deliveryRow{}).Where("id = ?", string(d.ID)).Updates(map[string]any{
		"status": string(d.Status), "attempts": d.Attempts, "earlier": d.Earlier, "next_at": millis(d.NextAt),
		"ended_at": millis(d.EndedAt), "last_error": readable(d.LastError),
	}).Error
	if err != nil || attempt == nil {
		return failed(err, "put delivery %s", d.ID)
	}
	row := newAttemptRow(d.ID, *attempt)
	return failed(t.db.Create(&row).Error, "log attempt %d of delivery %s", attempt.Number, d.ID)
}

// Redeliver sends a delivery's message again. It returns groupbuy.ErrNotFound for an unknown one. See groupbuy.Tx.
func (t *tx) Redeliver(id partner.DeliveryID) error {
	var row deliveryRow
	if err := t.db.Where("id = ?", string(id)).Take(&row).Error; err != nil {
		return failed(err, "delivery %s", id)
	}
	return failed(t.send(row), "send delivery %s again", id)
}

// Deliveries lists a partner's deliveries. See groupbuy.Reader.
func (s *Store) Deliveries(ctx context.Context, q groupbuy.DeliveryQuery) ([]partner.Delivery, error) {
	db := s.db.Read(ctx).Where("partner_id = ?", string(q.Partner)).Order("id DESC").Limit(q.Limit)
	if q.Status != "" {
		db = db.Where("status = ?", string(q.Status))
	}
	if q.Before != "" {
		db = db.Where("id < ?", string(q.Before))
	}
	var rows []deliveryRow
	err := db.Find(&rows).Error
	return mapped(rows, deliveryRow.delivery), failed(err, "deliveries of %s", q.Partner)
}

// Delivery returns one delivery of a partner. See groupbuy.Reader.
func (s *Store) Delivery(ctx context.Context, p partner.ID, id partner.DeliveryID) (partner.Delivery, error) {
	var row deliveryRow
	err := s.db.Read(ctx).Where("id = ? AND partner_id = ?", string(id), string(p)).Take(&row).Error
	return row.delivery(), failed(err, "delivery %s", id)
}

// Attempts returns the requests of a delivery. See groupbuy.Reader.
func (s *Store) Attempts(ctx context.Context, p partner.ID, id partner.DeliveryID) ([]partner.Attempt, error) {
	if _, err := s.Delivery(ctx, p, id); err != nil {
		return nil, err
	}
	var rows []attemptRow
	err := s.db.Read(ctx).Where("delivery_id = ?", string(id)).Order("number").Find(&rows).Error
	return mapped(rows, attemptRow.attempt), failed(err, "attempts of delivery %s", id)
}
