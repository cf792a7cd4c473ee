package app

import (
	"context"
	"log/slog"
	"math"
	"time"

	"kaituan/groupbuy"
	"kaituan/infrastructure/failpoint"
	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/observe"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/webhook"
	"kaituan/mall"
)

// Receipts of what was sent and taken are kept for a while: people look at what was sent, and partners send webhooks
// again for 30 days.
const (
	keepSent  = 7 * 24 * time.Hour
	keepTaken = 30 * 24 * time.Hour
)

// persistent is for messages that must not be lost: the relay goes on for two days and more, however long the other
// side is away. What still fails then is dead, which the check reports, and `kaituan outbox redo` sends it again.
func persistent() outbox.Policy {
	return outbox.Policy{MaxAttempts: 10_000, First: 200 * time.Millisecond, Max: 30 * time.Second}
}

// engineRelays hand the engine's events to the bus, and send deliveries. Each has workers of its own, so that an endpoint
// that answers slowly delays no event.
func engineRelays(db *sqldb.DB, engine *groupbuy.Engine, stream *eventBus, tracing *observe.Tracing, log *slog.Logger, now func() time.Time) (events, deliveries *outbox.Relay) {
	handlers, policies := map[outbox.Topic]outbox.Handler{}, map[outbox.Topic]outbox.Policy{}
	for _, topic := range stream.topics {
		handlers[topic], policies[topic] = passing(stream.publish), persistent()
	}
	events = outbox.New(db, handlers, outbox.Options{
		Policies: policies, Workers: stream.workers, Ready: stream.ready, Now: now, Tracing: tracing, Log: log.With("relay", "groupbuy.events"),
	})
	deliveries = outbox.New(db, map[outbox.Topic]outbox.Handler{groupbuy.TopicDelivery: passing(deliver(engine))}, outbox.Options{
		// The engine's own schedule says when a delivery is over; the relay must not give up before it, however often one
		// found its endpoint busy or down.
		Policies: map[outbox.Topic]outbox.Policy{groupbuy.TopicDelivery: {MaxAttempts: math.MaxInt32, First: time.Second, Max: time.Minute}},
		Workers:  4 * webhook.PerEndpoint,
		Now:      now, Tracing: tracing, Log: log.With("relay", "groupbuy.deliveries"),
	})
	return events, deliveries
}

// mallRelay carries out the mall's tasks. What cannot be done in a day is done when the engine is back; the check
// reports it until then.
func mallRelay(db *sqldb.DB, shop *mall.Shop, tracing *observe.Tracing, log *slog.Logger, now func() time.Time) *outbox.Relay {
	handlers := map[outbox.Topic]outbox.Handler{}
	policies := map[outbox.Topic]outbox.Policy{}
	for _, topic := range mall.Topics() {
		handlers[outbox.Topic(topic)] = passing(func(ctx context.Context, m outbox.Message) error {
			return shop.Perform(ctx, mallstore.Task(m))
		})
		policies[outbox.Topic(topic)] = persistent()
	}
	return outbox.New(db, handlers, outbox.Options{Policies: policies, Now: now, Tracing: tracing, Log: log.With("relay", "mall")})
}

// passing has a failpoint on each side of a handler, so before its message is marked as sent.
func passing(handle outbox.Handler) outbox.Handler {
	return func(ctx context.Context, m outbox.Message) error {
		failpoint.Hit("outbox." + string(m.Topic) + ".before")
		err := handle(ctx, m)
		failpoint.Hit("outbox." + string(m.Topic) + ".after")
		return err
	}
}
