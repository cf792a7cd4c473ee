package groupbuy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kaituan/groupbuy/operator"
	"kaituan/groupbuy/partner"
)

// The topics of the engine's outbox messages.
const (
	TopicEvent    = "event"    // the payload is an EventList of what has happened
	TopicDelivery = "delivery" // the payload is the id of a delivery to be sent
)

// EventWebhookTest is the event that a partner sends itself to try its endpoint.
const EventWebhookTest = "webhook.test"

// Outbound is what the engine asks of a database for webhooks. There are several for each seat, so each of these costs
// few round trips.
type Outbound interface {
	// Deliver creates the pending deliveries of events to their partners' enabled endpoints, each once however often
	// it is called, with an outbox message for each, and records that ConsumerDeliveries has taken the message that
	// brought them. For a message that it took before it does nothing. Errors: ErrNotFound when an event does not exist,
	// ErrUnknown.
	Deliver(ctx context.Context, message string, events []partner.EventID) error
	// Outgoing returns a delivery with its endpoint and event. Errors: ErrNotFound.
	Outgoing(ctx context.Context, id partner.DeliveryID) (Outgoing, error)
	// Attempted updates a delivery and appends the attempt to its log. Errors: ErrDuplicate when the log has one of that
	// number, ErrUnknown.
	Attempted(ctx context.Context, d partner.Delivery, attempt partner.Attempt) error
}

// Outgoing is a delivery with all that sending it takes.
type Outgoing struct {
	Delivery partner.Delivery
	Endpoint partner.Endpoint
	Event    Event
}

// The consumers of messages about events.
const (
	ConsumerDeliveries = "deliveries" // Dispatch
	ConsumerFacts      = "facts"      // LearnFacts
)

// News is what a message tells of one event.
type News struct {
	Event partner.EventID
	Type  string
}

// EventList is the payload of a message about events.
func EventList(news []News) []byte {
	var list []byte
	for i, n := range news {
		if i > 0 {
			list = append(list, ' ')
		}
		list = append(append(append(list, n.Event...), ':'), n.Type...)
	}
	return list
}

// EventsIn reads an EventList.
func EventsIn(list []byte) []News {
	fields := strings.Fields(string(list))
	news := make([]News, len(fields))
	for i, field := range fields {
		id, kind, _ := strings.Cut(field, ":")
		news[i] = News{Event: partner.EventID(id), Type: kind}
	}
	return news
}

func idsOf(news []News) []partner.EventID {
	ids := make([]partner.EventID, len(news))
	for i, n := range news {
		ids[i] = n.Event
	}
	return ids
}

// Dispatch turns each event of a message into one delivery per endpoint of its partner. Safe to repeat: a message that
// comes again changes nothing, not even for endpoints that are new.
func (e *Engine) Dispatch(ctx context.Context, message string, news ...News) error {
	if err := e.Store.Deliver(ctx, message, idsOf(news)); err != nil {
		return fmt.Errorf("groupbuy: dispatch %v: %w", news, err)
	}
	e.Wake()
	return nil
}

// RetryAt says that a delivery is to be attempted again, not before At.
type RetryAt struct {
	At    time.Time
	Cause string
}

// Error says why the attempt failed.
func (r *RetryAt) Error() string { return "groupbuy: delivery failed, retry later: " + r.Cause }

// SendDelivery makes one attempt of a delivery and logs it. Errors: *RetryAt when it is to be tried again.
func (e *Engine) SendDelivery(ctx context.Context, id partner.DeliveryID) error {
	out, err := e.Store.Outgoing(ctx, id)
	if err != nil || out.Delivery.Status != partner.DeliveryPending {
		return err
	}
	body, err := e.Encoder.Encode(out.Event)
	if err != nil {
		return fmt.Errorf("groupbuy: encode event %s: %w", out.Event.ID, err)
	}
	at := e.Clock()
	receipt := Receipt{Error: "endpoint disabled", Gone: true}
	if out.Endpoint.Status == partner.EndpointEnabled {
		receipt = e.Sender.Send(ctx, Post{
			DeliveryID: string(id), MessageID: string(out.Event.ID), URL: out.Endpoint.URL, Secrets: out.Endpoint.Secrets, Body: body, At: at,
		})
	}
	switch {
	case receipt.Cancelled:
		return ctx.Err()
	case receipt.Later > 0:
		return &RetryAt{At: at.Add(receipt.Later), Cause: receipt.Error}
	}
	d, attempt := e.judge(out.Delivery, receipt, at)
	if receipt.Gone {
		err = e.giveUp(ctx, out.Endpoint, d, attempt)
	} else {
		err = e.Store.Attempted(ctx, d, attempt)
	}
	if err == nil && d.Status == partner.DeliveryPending {
		err = &RetryAt{At: d.NextAt, Cause: receipt.Error}
	}
	return err
}

// giveUp logs the last attempt at an endpoint that wants no more.
func (e *Engine) giveUp(ctx context.Context, posted partner.Endpoint, d partner.Delivery, attempt partner.Attempt) error {
	return e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		if err := disable(tx, posted); err != nil {
			return err
		}
		return tx.PutDelivery(d, &attempt)
	})
}

// disable switches off an endpoint that wants no more. It is read again, because an operator may have changed it
// while the post was under way; one that has moved since was not the one that answered.
func disable(tx Tx, posted partner.Endpoint) error {
	if err := tx.LockPartner(posted.Partner); err != nil {
		return err
	}
	endpoint, err := tx.Endpoint(posted.Partner, posted.ID)
	if err != nil || endpoint.URL != posted.URL || endpoint.Status == partner.EndpointDisabled {
		return err
	}
	endpoint.Status = partner.EndpointDisabled
	return tx.PutEndpoint(endpoint)
}

// judge decides what becomes of a delivery after an attempt.
func (e *Engine) judge(d partner.Delivery, r Receipt, at time.Time) (partner.Delivery, partner.Attempt) {
	d.Attempts++
	d.LastError = r.Error
	attempt := partner.Attempt{Number: d.Attempts, At: at, Took: r.Took, StatusCode: r.StatusCode, Error: r.Error, Snippet: r.Snippet}
	wait, more := e.Schedule(d.Attempts - d.Earlier)
	switch {
	case r.Delivered:
		d.Status, d.NextAt, d.EndedAt, d.LastError = partner.DeliveryDelivered, time.Time{}, at, ""
	case r.Gone || !more:
		d.Status, d.NextAt, d.EndedAt = partner.DeliveryDead, time.Time{}, at
	default:
		d.NextAt = at.Add(max(wait, r.RetryAfter))
	}
	return d, attempt
}

// TestWebhooks sends a test event to a partner's endpoints.
func (e *Engine) TestWebhooks(ctx context.Context, p partner.ID) (Event, error) {
	var event Event
	err := e.Store.InTx(ctx, func(_ context.Context, tx Tx) (err error) {
		event, err = tx.Record(Event{Partner: p, Type: EventWebhookTest})
		return err
	})
	e.Wake()
	return event, err
}

// Replay sends a delivered or dead delivery again. Errors: CodeDeliveryNotFound, CodeDeliveryPending.
func (e *Engine) Replay(ctx context.Context, p partner.ID, id partner.DeliveryID) (partner.Delivery, error) {
	var d partner.Delivery
	err := e.Store.InTx(ctx, func(_ context.Context, tx Tx) (err error) {
		d, err = tx.Delivery(id)
		if errors.Is(err, ErrNotFound) || err == nil && d.Partner != p {
			return &Error{Code: CodeDeliveryNotFound}
		}
		if err != nil {
			return err
		}
		if d.Status == partner.DeliveryPending {
			return &Error{Code: CodeDeliveryPending, Detail: "it is on its way already"}
		}
		before := d
		d.Status, d.Earlier, d.NextAt, d.EndedAt = partner.DeliveryPending, d.Attempts, tx.Now(), time.Time{}
		if err := tx.PutDelivery(d, nil); err != nil {
			return err
		}
		if err := tx.Redeliver(id); err != nil || e.by.ID == operator.System {
			return err // the audit is of operators; partners replay their own
		}
		return e.audit(tx, "delivery.replayed", string(id), before, d)
	})
	e.Wake()
	return d, err
}

// Events lists a partner's events after the given one, oldest first, once they are EventLag old.
func (e *Engine) Events(ctx context.Context, p partner.ID, after partner.EventID, limit int) ([]Event, error) {
	return e.Store.Events(ctx, EventQuery{Partner: p, After: after, Until: e.Clock().Add(-e.EventLag), Limit: limit})
}

// Deliveries lists a partner's deliveries, newest first.
func (e *Engine) Deliveries(ctx context.Context, q DeliveryQuery) ([]partner.Delivery, error) {
	return e.Store.Deliveries(ctx, q)
}

// Delivery returns one delivery of a partner with its attempts. Errors: CodeDeliveryNotFound.
func (e *Engine) Delivery(ctx context.Context, p partner.ID, id partner.DeliveryID) (partner.Delivery, []partner.Attempt, error) {
	d, err := e.Store.Delivery(ctx, p, id)
	if err != nil {
		return d, nil, notFound(err, CodeDeliveryNotFound)
	}
	attempts, err := e.Store.Attempts(ctx, p, id)
	return d, attempts, notFound(err, CodeDeliveryNotFound)
}
