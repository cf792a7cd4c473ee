package groupbuystore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
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

// Deliver creates the pending deliveries of events. See groupbuy.Tx.
func (t *tx) Deliver(events []partner.EventID) error {
	var of []eventRow
	if err := t.db.Select("id", "partner_id", "kind").Where("id IN ?", texts(events)).Order("id").Find(&of).Error; err != nil {
		return failed(err, "deliver events %v", events)
	}
	if len(of) < len(events) {
		return fmt.Errorf("deliver events %v: %d of %d exist: %w", events, len(of), len(events), groupbuy.ErrNotFound)
	}
	rows, err := t.deliveriesOf(of)
	if err != nil || len(rows) == 0 {
		return err
	}
	err = t.db.CreateInBatches(rows, rowsPerWrite).Error
	if sqldb.IsDuplicate(err) {
		// Somebody else created some since the look, and sends them as well; the insert has waited for their commit.
		return t.Deliver(events)
	}
	if err != nil {
		return failed(err, "deliver events %v", events)
	}
	return failed(t.send(rows...), "send deliveries of events %v", events)
}

// deliveriesOf makes the deliveries of events that do not exist yet.
func (t *tx) deliveriesOf(events []eventRow) ([]deliveryRow, error) {
	var endpoints []endpointRow
	partners := distinct(mapped(events, func(e eventRow) string { return e.PartnerID }))
	err := t.db.Select("id", "partner_id").Where("partner_id IN ? AND status = ?", partners, string(partner.EndpointEnabled)).
		Order("created_at, id").Find(&endpoints).Error
	if err != nil || len(endpoints) == 0 {
		return nil, failed(err, "endpoints of partners %v", partners)
	}
	type pair struct{ event, endpoint string }
	var created []deliveryRow
	ids := mapped(events, func(e eventRow) string { return e.ID })
	if err := t.db.Select("event_id", "endpoint_id").Where("event_id IN ?", ids).Find(&created).Error; err != nil {
		return nil, failed(err, "deliveries of events %v", ids)
	}
	known := map[pair]bool{}
	for _, d := range created {
		known[pair{d.EventID, d.EndpointID}] = true
	}
	var rows []deliveryRow
	for _, e := range events {
		for _, endpoint := range endpoints {
			if endpoint.PartnerID != e.PartnerID || known[pair{e.ID, endpoint.ID}] {
				continue
			}
			rows = append(rows, deliveryRow{
				ID: t.store.ids.next("dlv_", t.now), PartnerID: e.PartnerID, EndpointID: endpoint.ID, EventID: e.ID, EventKind: e.Kind,
				Status: string(partner.DeliveryPending), NextAt: millis(t.now), CreatedAt: millis(t.now),
			})
		}
	}
	return rows, nil
}

func (t *tx) send(rows ...deliveryRow) error {
	return outbox.Add(t.db, t.now, mapped(rows, func(r deliveryRow) outbox.Message {
		return outbox.Message{
			ID: t.store.ids.next("", t.now), Topic: groupbuy.TopicDelivery, Key: r.EndpointID, Payload: []byte(r.ID),
		}
	})...)
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
