package app

import (
	"context"
	"log/slog"
	"time"

	"kaituan/groupbuy"
	"kaituan/infrastructure/bus"
	"kaituan/infrastructure/bus/memory"
	"kaituan/infrastructure/bus/rabbitmq"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/failpoint"
	"kaituan/infrastructure/observe"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
)

// publishAtOnce is how many messages the relay hands to a broker at once: each waits for its confirm, and a broker
// confirms many together.
const publishAtOnce = 256

// eventBus takes messages about the engine's events from its outbox to their consumers.
type eventBus struct {
	publish outbox.Handler
	topics  []outbox.Topic
	workers int           // messages that the relay may hand over at once; 0: its default
	ready   func() bool   // nil: always
	broker  *rabbitmq.Bus // nil without one
}

// newEventBus makes the bus that the configuration asks for. wake is called when a broker is back.
func newEventBus(c config.RabbitMQ, db *sqldb.DB, consumers []bus.Consumer, wake func(), log *slog.Logger) (*eventBus, error) {
	topics := []outbox.Topic{groupbuy.TopicEvent}
	for _, consumer := range consumers {
		topics = append(topics, consumer.Own())
	}
	bury := func(ctx context.Context, m outbox.Message, cause string) error {
		return outbox.Bury(ctx, db, time.Now(), m, cause)
	}
	if c.URL == "" {
		direct, err := memory.New(consumers, bury)
		if err != nil {
			return nil, err
		}
		return &eventBus{publish: direct.Publish, topics: topics}, nil
	}
	broker, err := rabbitmq.New(rabbitmq.Options{URL: c.URL, Prefix: c.Prefix, Consumers: consumers, Bury: bury, Up: wake, Log: log.With("bus", "rabbitmq")})
	if err != nil {
		return nil, err
	}
	return &eventBus{publish: broker.Publish, topics: topics, workers: publishAtOnce, ready: broker.Ready, broker: broker}, nil
}

// eventConsumers are those who want to know what happened in the engine.
func eventConsumers(engine *groupbuy.Engine, tracing *observe.Tracing) []bus.Consumer {
	consumer := func(name string, take outbox.Handler) bus.Consumer {
		return bus.Consumer{
			Name: name, Topic: groupbuy.TopicEvent, MaxAttempts: persistent().MaxAttempts,
			Take: func(ctx context.Context, m outbox.Message) error {
				ctx, end := tracing.Resume(ctx, m.Trace, "take "+name)
				failpoint.Hit("bus." + name + ".before")
				err := take(ctx, m)
				end(err)
				failpoint.Hit("bus." + name + ".after")
				return err
			},
		}
	}
	return []bus.Consumer{
		consumer(groupbuy.ConsumerDeliveries, func(ctx context.Context, m outbox.Message) error {
			return engine.Dispatch(ctx, m.ID, groupbuy.EventsIn(m.Payload)...)
		}),
		consumer(groupbuy.ConsumerFacts, func(ctx context.Context, m outbox.Message) error {
			return engine.LearnFacts(ctx, groupbuy.EventsIn(m.Payload)...)
		}),
	}
}
