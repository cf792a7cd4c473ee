package rabbitmq

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"kaituan/infrastructure/bus"
	"kaituan/infrastructure/outbox"
)

// Options set up a bus; the zero value of each field but the first three takes the default beside it.
type Options struct {
	URL       string         // amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps://
	Consumers []bus.Consumer // may be none: then the bus only publishes
	Bury      bus.Bury       // keeps what consumers cannot take

	Prefix   string          // of all names at the broker: "kaituan"
	Delays   []time.Duration // waits after the first, second, ... failure; the last one ever after: 1 s, 5 s, 30 s
	Prefetch int             // messages that a consumer has at hand: 64
	Workers  int             // of each consumer, so many messages are taken at once: 16
	Window   int             // messages that may await their confirm: 512
	Timeout  time.Duration   // of taking one message: 24 s
	Patience time.Duration   // how long the broker may take to answer, and to confirm, before the connection is given up: 30 s
	Log      *slog.Logger    // slog.Default()
	// Up is called each time publishing has become possible: what waits in the outbox need not wait for its next turn.
	Up func()
}

// Bus publishes and consumes. Make it with New; all methods are safe for concurrent use.
type Bus struct {
	opts      Options
	names     names
	publisher atomic.Pointer[publisher] // nil while the broker is away
	links     struct{ publish, consume *link }
	counts    *counts

	declaring sync.Mutex
	declared  time.Time // when all was last declared again

	mu       sync.Mutex
	handling context.Context //nolint:containedctx // the life of the consumers' handlers, which Stop ends
	stop     func(ctx context.Context) error
}

// New returns a bus. Nothing is connected before Start. Errors: those of bus.Check, an address that is none.
func New(opts Options) (*Bus, error) {
	if err := bus.Check(opts.Consumers); err != nil {
		return nil, err
	}
	if _, err := amqp.ParseURI(opts.URL); err != nil {
		return nil, fmt.Errorf("address of the broker: %w", err)
	}
	opts.Prefix = cmp.Or(opts.Prefix, "kaituan")
	opts.Prefetch = cmp.Or(opts.Prefetch, 64)
	opts.Workers = cmp.Or(opts.Workers, 16)
	opts.Window = cmp.Or(opts.Window, 512)
	opts.Timeout = cmp.Or(opts.Timeout, 24*time.Second)
	opts.Patience = cmp.Or(opts.Patience, 30*time.Second)
	if len(opts.Delays) == 0 {
		opts.Delays = []time.Duration{time.Second, 5 * time.Second, 30 * time.Second}
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	b := &Bus{opts: opts, names: names{opts.Prefix}, counts: newCounts()}
	b.links.publish = &link{name: "publish", url: opts.URL, work: b.publishing, log: opts.Log}
	b.links.consume = &link{name: "consume", url: opts.URL, work: b.consuming, log: opts.Log}
	return b, nil
}

// Start begins to connect, in the background: a broker that is away delays nothing but messages. The end of ctx does
// not stop the bus. On a running bus it does nothing.
func (b *Bus) Start(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stop != nil {
		return nil
	}
	handling, abandon := context.WithCancel(context.WithoutCancel(ctx))
	b.handling = handling
	stopPublishing := b.links.publish.start(handling)
	stopConsuming := func() {}
	if len(b.opts.Consumers) > 0 {
		stopConsuming = b.links.consume.start(handling)
	}
	b.stop = func(ctx context.Context) error {
		defer abandon()
		unhook := context.AfterFunc(ctx, abandon)
		stopConsuming() // first: a consumer may have to publish what it could not take
		stopPublishing()
		if unhook() {
			return nil
		}
		return fmt.Errorf("rabbitmq: consumers cancelled: %w", ctx.Err())
	}
	return nil
}

// Stop takes no more messages, waits for the handlers at work and for outstanding confirms, and disconnects; whatever
// was at hand and not taken goes back to its queue. When ctx ends first the handlers are cancelled, and their messages
// come again. Error: ctx's, when that was needed.
func (b *Bus) Stop(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stop == nil {
		return nil
	}
	stop := b.stop
	b.stop = nil
	return stop(ctx)
}

// Ready says whether publishing makes sense at the moment. A relay that asks first leaves its rows in peace while the
// broker is away.
func (b *Bus) Ready() bool { return b.publisher.Load() != nil }

// State says what is wrong with the bus, nil when all is well.
func (b *Bus) State() error {
	errs := []error{b.links.publish.trouble()}
	if len(b.opts.Consumers) > 0 {
		errs = append(errs, b.links.consume.trouble())
	}
	return errors.Join(errs...)
}

// Publish hands a message to the broker and returns once that has confirmed it. It is an outbox.Handler. Errors:
// bus.ErrDown, bus.ErrUnroutable, ctx's.
func (b *Bus) Publish(ctx context.Context, m outbox.Message) error {
	if i := slices.IndexFunc(b.opts.Consumers, func(c bus.Consumer) bool { return c.Own() == m.Topic }); i >= 0 {
		m = b.opts.Consumers[i].Raised(m)
	}
	return b.route(ctx, b.names.events(), string(m.Topic), publishing(m))
}

// route sends to one of the bus's own exchanges. When nobody takes the message there, a queue may have been deleted: all
// are declared again, and the message is sent once more.
func (b *Bus) route(ctx context.Context, exchange, key string, p amqp.Publishing) error {
	err := b.send(ctx, exchange, key, p)
	if !errors.Is(err, bus.ErrUnroutable) {
		return err
	}
	if err := b.declareAgain(); err != nil {
		return err
	}
	return b.send(ctx, exchange, key, p)
}

// declareAgain declares all, at most once a second: many messages may find at once that there is no queue.
func (b *Bus) declareAgain() error {
	b.declaring.Lock()
	defer b.declaring.Unlock()
	if time.Since(b.declared) < time.Second {
		return nil
	}
	err := b.aside(func(ch *amqp.Channel) error { return b.names.declare(ch, b.opts.Consumers, b.opts.Delays) })
	b.declared = time.Now()
	return err
}

// send publishes anything and waits for the confirm.
func (b *Bus) send(ctx context.Context, exchange, key string, p amqp.Publishing) error {
	to := b.publisher.Load()
	if to == nil {
		return bus.ErrDown
	}
	err := to.send(ctx, exchange, key, p)
	outcome := confirmed
	if err != nil {
		outcome = failed
	}
	b.counts.published.WithLabelValues(outcome).Inc()
	return err
}
