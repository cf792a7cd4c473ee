package groupbuystore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/outbox"
)

type eventRow struct {
	ID         string `gorm:"primaryKey"`
	PartnerID  string
	Kind       string
	HappenedAt int64
	Subject    string // the team or activity that it is about
	Body       string
}

// TableName is GORM's hook for the table.
func (eventRow) TableName() string { return "events" }

// eventDoc is the body of an event.
type eventDoc struct {
	Team     *teamRow     `json:"team,omitempty"`
	Seat     *seatRow     `json:"seat,omitempty"`
	Activity *activityRow `json:"activity,omitempty"`
}

func (d eventDoc) subject() string {
	switch {
	case d.Team != nil:
		return d.Team.ID
	case d.Activity != nil:
		return d.Activity.ID
	default:
		return ""
	}
}

func (s *Store) newEventRow(p partner.ID, kind string, at, now time.Time, doc eventDoc) (eventRow, error) {
	body, err := json.Marshal(doc)
	if err != nil {
		return eventRow{}, fmt.Errorf("groupbuystore: body of event %s: %w", kind, err)
	}
	return eventRow{
		ID: s.ids.next("evt_", now), PartnerID: string(p), Kind: kind, HappenedAt: millis(at), Subject: doc.subject(), Body: string(body),
	}, nil
}

func newEventDoc(e groupbuy.Event, terms *termsBook) (doc eventDoc, err error) {
	if e.Team != nil {
		of, err := newTeamRow(*e.Team)
		if err != nil {
			return doc, err
		}
		doc.Team = &of
	}
	if e.Seat != nil {
		seat, err := terms.row(*e.Seat)
		if err != nil {
			return doc, err
		}
		doc.Seat = &seat
	}
	if e.Activity != nil {
		of, err := newActivityRow(*e.Activity)
		if err != nil {
			return doc, err
		}
		doc.Activity = &of
	}
	return doc, nil
}

func (s *Store) newEvents(events []team.Event, now time.Time, terms *termsBook) ([]eventRow, error) {
	return mappedOrFail(events, func(e team.Event) (eventRow, error) {
		doc, err := newEventDoc(groupbuy.Event{Team: &e.Team, Seat: e.Seat}, terms)
		if err != nil {
			return eventRow{}, err
		}
		return s.newEventRow(e.Team.Partner, string(e.Type), e.At, now, doc)
	})
}

func (r eventRow) event() (groupbuy.Event, error) { return r.eventBy(new(termsBook)) }

func (r eventRow) eventBy(terms *termsBook) (groupbuy.Event, error) {
	e := groupbuy.Event{ID: partner.EventID(r.ID), Partner: partner.ID(r.PartnerID), Type: r.Kind, At: instant(r.HappenedAt)}
	var doc eventDoc
	if err := json.Unmarshal([]byte(r.Body), &doc); err != nil {
		return e, fmt.Errorf("groupbuystore: body of event %s: %w", r.ID, err)
	}
	if doc.Team != nil {
		of, err := doc.Team.team()
		if err != nil {
			return e, err
		}
		e.Team = &of
	}
	if doc.Seat != nil {
		seat, err := terms.seat(*doc.Seat)
		if err != nil {
			return e, err
		}
		e.Seat = &seat
	}
	if doc.Activity != nil {
		subject, err := doc.Activity.activity()
		if err != nil {
			return e, err
		}
		e.Activity = &subject
	}
	return e, nil
}

// eventsPerMessage bounds how many events one message announces: they are dispatched together, and again together when
// that fails.
const eventsPerMessage = 256

// announcements are the messages that have events dispatched, each of the number of its first event.
func announcements(events []eventRow) []outbox.Message {
	var messages []outbox.Message
	for chunk := range slices.Chunk(events, eventsPerMessage) {
		messages = append(messages, outbox.Message{
			ID: strings.TrimPrefix(chunk[0].ID, "evt_"), Topic: groupbuy.TopicEvent, Key: chunk[0].PartnerID, Payload: groupbuy.EventList(mapped(chunk, eventRow.news)),
		})
	}
	return messages
}

func (r eventRow) news() groupbuy.News {
	return groupbuy.News{Event: partner.EventID(r.ID), Type: r.Kind}
}

// Record appends an event to the log and the outbox. See groupbuy.Tx.
func (t *tx) Record(e groupbuy.Event) (groupbuy.Event, error) {
	doc, err := newEventDoc(e, new(termsBook))
	if err != nil {
		return e, err
	}
	row, err := t.store.newEventRow(e.Partner, e.Type, t.now, t.now, doc)
	if err != nil {
		return e, err
	}
	if err := t.db.Create(&row).Error; err != nil {
		return e, failed(err, "record %s of partner %s", e.Type, e.Partner)
	}
	e.ID, e.At = partner.EventID(row.ID), t.now
	return e, failed(outbox.Add(t.db, t.now, announcements([]eventRow{row})...), "announce %s of partner %s", e.Type, e.Partner)
}

// Event returns one event. See groupbuy.Reader.
func (s *Store) Event(ctx context.Context, id partner.EventID) (groupbuy.Event, error) {
	var row eventRow
	if err := s.db.Read(ctx).Where("id = ?", string(id)).Take(&row).Error; err != nil {
		return groupbuy.Event{}, failed(err, "event %s", id)
	}
	return row.event()
}

// EventsOf returns events of some types. See groupbuy.Reader.
func (s *Store) EventsOf(ctx context.Context, ids []partner.EventID, types []string) ([]groupbuy.Event, error) {
	var rows []eventRow
	if err := s.db.Read(ctx).Where("id IN ? AND kind IN ?", texts(ids), types).Order("id").Find(&rows).Error; err != nil {
		return nil, failed(err, "%d events", len(ids))
	}
	terms := new(termsBook)
	return mappedOrFail(rows, func(r eventRow) (groupbuy.Event, error) { return r.eventBy(terms) })
}

// Events lists a partner's events. See groupbuy.Reader.
func (s *Store) Events(ctx context.Context, q groupbuy.EventQuery) ([]groupbuy.Event, error) {
	query := s.db.Read(ctx).Where("partner_id = ? AND id > ?", string(q.Partner), string(q.After))
	if !q.Until.IsZero() {
		query = query.Where("happened_at <= ?", q.Until.UnixMilli())
	}
	var rows []eventRow
	if err := query.Order("id").Limit(q.Limit).Find(&rows).Error; err != nil {
		return nil, failed(err, "events of %s", q.Partner)
	}
	return mappedOrFail(rows, eventRow.event)
}

// eventColumns are the columns of the table, in the order of pointers and values.
func eventColumns() []string {
	return []string{
		"id", "partner_id", "kind", "happened_at", "subject", "body",
	}
}

func (r eventRow) values() []any {
	return []any{
		r.ID, r.PartnerID, r.Kind, r.HappenedAt, r.Subject, r.Body,
	}
}
