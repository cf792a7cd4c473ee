package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"kaituan/infrastructure/bus"
	"kaituan/infrastructure/outbox"
)

// stubborn is the pause before something that must succeed is tried again in place.
const stubborn = time.Second

// subscription is a queue and what is done with its messages.
type subscription struct {
	queue   string
	workers int
	handle  func(ctx context.Context, d amqp.Delivery) // acknowledges, or does not and returns at the end of ctx
}

// consuming is the work of the consuming link.
func (b *Bus) consuming(ctx context.Context, on session) error {
	if err := on.within(b.opts.Patience, func() error { return b.declareOn(on) }); err != nil {
		return err
	}
	subscriptions := []subscription{{queue: b.names.dead(), workers: 1, handle: b.bury}}
	for _, c := range b.opts.Consumers {
		subscriptions = append(subscriptions, subscription{b.names.consumer(c), b.opts.Workers, func(ctx context.Context, d amqp.Delivery) { b.take(ctx, c, d) }})
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var workers sync.WaitGroup
	defer workers.Wait()
	for _, s := range subscriptions {
		var deliveries <-chan amqp.Delivery
		err := on.within(b.opts.Patience, func() (err error) {
			deliveries, err = subscribe(on, s, b.opts.Prefetch)
			return err
		})
		if err != nil {
			cancel(err)
			return err
		}
		for range s.workers {
			workers.Go(func() { cancel(s.work(ctx, deliveries)) })
		}
	}
	b.links.consume.tell(nil)
	b.opts.Log.Info("consuming from the broker", "queues", len(subscriptions))
	<-ctx.Done()
	return context.Cause(ctx)
}

// declareOn lets a consumer start on a broker that nobody has published to.
func (b *Bus) declareOn(on session) error {
	ch, err := on.Channel()
	if err != nil {
		return err
	}
	if err := b.names.declare(ch, b.opts.Consumers, b.opts.Delays); err != nil {
		return fmt.Errorf("declare exchanges and queues: %w", err)
	}
	return ch.Close()
}

func subscribe(on session, s subscription, prefetch int) (<-chan amqp.Delivery, error) {
	ch, err := on.Channel()
	if err != nil {
		return nil, err
	}
	if err := ch.Qos(prefetch, 0, false); err != nil {
		return nil, fmt.Errorf("prefetch from %s: %w", s.queue, err)
	}
	deliveries, err := ch.Consume(s.queue, "", false, false, false, false, nil)
	if err != nil {
		return nil, fmt.Errorf("consume from %s: %w", s.queue, err)
	}
	return deliveries, nil
}

// work takes messages until ctx ends or the broker hands out no more, as when the queue was deleted.
func (s subscription) work(ctx context.Context, deliveries <-chan amqp.Delivery) error {
	for ctx.Err() == nil {
		select {
		case d, open := <-deliveries:
			if !open {
				return fmt.Errorf("the broker ended the consumer of %s", s.queue)
			}
			s.handle(ctx, d)
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// take lets a consumer take one message and tells the broker what came of it. An acknowledgement that does not arrive
// makes the message come again.
func (b *Bus) take(ctx context.Context, c bus.Consumer, d amqp.Delivery) {
	m := message(d)
	err := b.call(c, m)
	if err != nil && b.handling.Err() != nil {
		return // cut short: it goes back to its queue when the connection closes
	}
	if err == nil {
		b.counts.consumed.WithLabelValues(c.Name, taken).Inc()
		_ = d.Ack(false)
		return
	}
	log := b.opts.Log.With("consumer", c.Name, "message", m.ID, "key", m.Key, "attempt", m.Attempt, "error", err)
	send := func() error {
		return b.route(b.handling, b.names.retry(b.pause(m.Attempt, err)), string(c.Own()), again(m))
	}
	if errors.Is(err, outbox.ErrPoison) || m.Attempt >= c.MaxAttempts {
		log.Error("message is dead")
		b.counts.consumed.WithLabelValues(c.Name, buried).Inc()
		send = func() error { return b.route(b.handling, b.names.dead(), string(c.Own()), dead(m, err)) }
	} else {
		log.Warn("message failed")
		b.counts.consumed.WithLabelValues(c.Name, failed).Inc()
	}
	if insist(ctx, send) {
		_ = d.Ack(false)
	}
}

// call turns a panic into an error: one bad message must not take the others' process down.
func (b *Bus) call(c bus.Consumer, m outbox.Message) (err error) {
	ctx, cancel := context.WithTimeout(b.handling, b.opts.Timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("consumer panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return c.Take(ctx, m)
}

// pause is how long a message waits after a failure.
func (b *Bus) pause(attempt int, err error) time.Duration {
	var asked time.Duration
	if later, named := errors.AsType[*outbox.RetryAt](err); named {
		asked = time.Until(later.At)
	}
	return wait(b.opts.Delays, attempt, asked)
}

// bury keeps a dead message where people look. The message stays in the broker's queue until that has worked.
func (b *Bus) bury(ctx context.Context, d amqp.Delivery) {
	// The key says whose it is, also that of a consumer that this version has no more.
	topic, name := d.RoutingKey, ""
	if dot := strings.LastIndexByte(d.RoutingKey, '.'); dot >= 0 {
		topic, name = d.RoutingKey[:dot], d.RoutingKey[dot+1:]
	}
	letter := bus.Consumer{Name: name, Topic: outbox.Topic(topic)}.Buried(message(d))
	kept := insist(ctx, func() error {
		err := b.opts.Bury(b.handling, letter, cause(d))
		if err != nil {
			b.opts.Log.Warn("dead message not kept yet", "message", letter.ID, "error", err)
		}
		return err
	})
	if kept {
		_ = d.Ack(false)
	}
}

// insist repeats what must not be given up until it works or ctx ends.
func insist(ctx context.Context, do func() error) bool {
	for {
		if do() == nil {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(stubborn):
		}
	}
}
