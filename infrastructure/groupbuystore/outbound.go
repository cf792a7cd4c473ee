package groupbuystore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/observe"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
)

// Deliver creates the pending deliveries of events, in two round trips. See groupbuy.Outbound.
func (s *Store) Deliver(ctx context.Context, message string, events []partner.EventID) error {
	err := s.db.InPipe(ctx, func(p *sqldb.Pipe) ([]sqldb.Write, error) {
		f := fanOut{message: message, wants: s.wants}
		if err := p.Read(f.reads(distinct(texts(events)))...); err != nil {
			return nil, err
		}
		if f.taken {
			return nil, nil
		}
		if f.events < len(events) {
			return nil, fmt.Errorf("%d of %d exist: %w", f.events, len(events), groupbuy.ErrNotFound)
		}
		return s.fanOut(f, observe.Parent(ctx))
	})
	if sqldb.IsDuplicate(err) {
		// Somebody else created some since the look, and sends them as well; the insert has waited for their commit.
		return s.Deliver(ctx, message, events)
	}
	return failed(err, "deliver events %v", events)
}

// fanOut is what the deliveries of events are made of.
type fanOut struct {
	message string // that brought the events
	taken   bool   // before
	events  int    // that exist
	wants   func(to partner.EndpointID, kind string) bool
	rows    []deliveryRow // those that are missing, as far as the events and endpoints say
}

// reads asks for the events, each with the enabled endpoints of its partner and whether there is a delivery already.
func (f *fanOut) reads(ids []string) []sqldb.Query {
	last := ""
	return []sqldb.Query{{
		SQL: "SELECT e.id, e.partner_id, e.kind, COALESCE(partner_endpoints.id, ''), d.event_id IS NOT NULL FROM events e" +
			" LEFT JOIN partner_endpoints ON partner_endpoints.partner_id = e.partner_id AND partner_endpoints.status = ?" +
			" LEFT JOIN deliveries d ON d.event_id = e.id AND d.endpoint_id = partner_endpoints.id" +
			" WHERE e.id IN " + places(len(ids)) + " ORDER BY e.id, partner_endpoints.created_at, partner_endpoints.id",
		Args: append([]any{string(partner.EndpointEnabled)}, anys(ids)...),
		Each: func(scan func(...any) error) error {
			var r deliveryRow
			var created bool
			if err := scan(&r.EventID, &r.PartnerID, &r.EventKind, &r.EndpointID, &created); err != nil {
				return err
			}
			if r.EventID != last {
				f.events, last = f.events+1, r.EventID
			}
			if r.EndpointID != "" && !created && f.wants(partner.EndpointID(r.EndpointID), r.EventKind) {
				f.rows = append(f.rows, r)
			}
			return nil
		},
	}, outbox.Taken(groupbuy.ConsumerDeliveries, f.message, &f.taken)}
}

// fanOut makes the deliveries that do not exist yet.
func (s *Store) fanOut(f fanOut, trace string) ([]sqldb.Write, error) {
	now := s.now()
	for i := range f.rows {
		r := &f.rows[i]
		r.ID, r.Status, r.NextAt, r.CreatedAt = s.ids.next("dlv_", now), string(partner.DeliveryPending), millis(now), millis(now)
	}
	w := writing{dialect: s.db.Dialect()}
	insert(&w, "deliveries", deliveryColumns(), f.rows)
	messages, err := outbox.Insert(now, inTrace(trace, s.sends(f.rows, now))...)
	if err != nil {
		return nil, err
	}
	receipt, err := outbox.Take(groupbuy.ConsumerDeliveries, f.message, now)
	return append(append(w.writes, messages...), receipt), err
}

// deliveryColumns are the columns of the table, in the order of values.
func deliveryColumns() []string {
	return []string{
		"id", "partner_id", "endpoint_id", "event_id", "event_kind", "status", "attempts", "earlier", "next_at", "created_at", "ended_at",
		"last_error",
	}
}

func (r deliveryRow) values() []any {
	return []any{
		r.ID, r.PartnerID, r.EndpointID, r.EventID, r.EventKind, r.Status, r.Attempts, r.Earlier, r.NextAt, r.CreatedAt, r.EndedAt,
		r.LastError,
	}
}

func (r *deliveryRow) pointers() []any {
	return []any{
		&r.ID, &r.PartnerID, &r.EndpointID, &r.EventID, &r.EventKind, &r.Status, &r.Attempts, &r.Earlier, &r.NextAt, &r.CreatedAt, &r.EndedAt,
		&r.LastError,
	}
}

// Outgoing returns a delivery with its endpoint and event, in one round trip. See groupbuy.Outbound.
func (s *Store) Outgoing(ctx context.Context, id partner.DeliveryID) (out groupbuy.Outgoing, err error) {
	var d deliveryRow
	var to endpointRow
	var e eventRow
	into := slices.Concat(d.pointers(), []any{&to.ID, &to.PartnerID, &to.URL, &to.Secrets, &to.Status, &to.CreatedAt},
		[]any{&e.ID, &e.PartnerID, &e.Kind, &e.HappenedAt, &e.Body})
	err = s.db.Read(ctx).Raw("SELECT "+columns("d", deliveryColumns())+", "+
		columns("p", []string{"id", "partner_id", "url", "secrets", "status", "created_at"})+", "+
		columns("e", []string{"id", "partner_id", "kind", "happened_at", "body"})+
		" FROM deliveries d JOIN partner_endpoints p ON p.id = d.endpoint_id AND p.partner_id = d.partner_id"+
		" JOIN events e ON e.id = d.event_id WHERE d.id = ?", string(id)).Row().Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		err = gorm.ErrRecordNotFound
	}
	if err != nil {
		return out, failed(err, "delivery %s", id)
	}
	out.Delivery = d.delivery()
	if out.Endpoint, err = s.endpoint(to); err != nil {
		return out, err
	}
	out.Event, err = e.event()
	return out, err
}

// Attempted updates a delivery and logs the attempt, in one round trip. See groupbuy.Outbound.
func (s *Store) Attempted(ctx context.Context, d partner.Delivery, attempt partner.Attempt) error {
	row := newAttemptRow(d.ID, attempt)
	err := s.db.InPipe(ctx, func(*sqldb.Pipe) ([]sqldb.Write, error) {
		return []sqldb.Write{{
			SQL:  "UPDATE deliveries SET status = ?, attempts = ?, earlier = ?, next_at = ?, ended_at = ?, last_error = ? WHERE id = ?",
			Args: []any{string(d.Status), d.Attempts, d.Earlier, millis(d.NextAt), millis(d.EndedAt), readable(d.LastError), row.DeliveryID},
			Rows: sqldb.AnyRows,
		}, {
			SQL:  "INSERT INTO delivery_attempts (delivery_id, number, started_at, took_ms, status_code, error, snippet) VALUES " + places(7),
			Args: []any{row.DeliveryID, row.Number, row.StartedAt, row.TookMs, row.StatusCode, row.Error, row.Snippet}, Rows: 1,
		}}, nil
	})
	return failed(err, "log attempt %d of delivery %s", row.Number, d.ID)
}
