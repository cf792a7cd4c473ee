package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"kaituan/infrastructure/observe"
	"kaituan/infrastructure/sqldb"
)

// Handler delivers one message. It runs outside any transaction and must obey ctx, which ends before the lease does;
// nil means delivered. See the package documentation for what its errors mean.
type Handler func(ctx context.Context, m Message) error

// DefaultLease is how long a message waits for another relay after the process that had claimed it died. The slowest
// handler, a webhook, takes at most 15 s.
const DefaultLease = 30 * time.Second

// Options tune a relay; the zero value of each field takes the default beside it.
type Options struct {
	Policies map[Topic]Policy // DefaultPolicy for the topics left out
	Workers  int              // handlers at once: 16
	Lease    time.Duration    // how long a claimed message is hidden from others: DefaultLease
	Poll     time.Duration    // how often to look when nobody calls Wake: 1 s
	Now      func() time.Time // time.Now
	Log      *slog.Logger     // slog.Default()
	Tracing  *observe.Tracing // goes on with the traces that messages belong to; nil: none is followed

	// Ready says whether claiming makes sense. While it says no, messages keep their attempts and stay due; call Wake when
	// it says yes again. Nil is always.
	Ready func() bool

	// Jitter returns a part of a wait, at least 0 and less than the whole, so that messages which failed together do not
	// come back together: by chance.
	Jitter func(most time.Duration) time.Duration
}

// Relay hands due messages to handlers. Make it with New; all methods are safe for concurrent use.
type Relay struct {
	db       *sqldb.DB
	handlers map[Topic]Handler
	topics   []Topic
	opts     Options
	wake     chan struct{}

	mu      sync.Mutex
	stop    chan struct{}      // closed: claim no more
	done    chan struct{}      // closed: nothing runs; nil while never started
	abandon context.CancelFunc // cancels the handlers
}

// New makes a relay over db for the topics in handlers. Nothing runs before Start.
func New(db *sqldb.DB, handlers map[Topic]Handler, opts Options) *Relay {
	opts.Workers = orDefault(opts.Workers, 16)
	opts.Lease = orDefault(opts.Lease, DefaultLease)
	opts.Poll = orDefault(opts.Poll, time.Second)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Ready == nil {
		opts.Ready = func() bool { return true }
	}
	if opts.Jitter == nil {
		opts.Jitter = chance
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	return &Relay{
		db: db, handlers: maps.Clone(handlers), topics: slices.Sorted(maps.Keys(handlers)),
		opts: opts, wake: make(chan struct{}, 1),
	}
}

func orDefault[T int | time.Duration](v, fallback T) T {
	if v > 0 {
		return v
	}
	return fallback
}

// Start begins to relay in the background until Stop; the end of ctx does not stop it. On a running relay it does
// nothing.
func (r *Relay) Start(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running() {
		return nil
	}
	handling, abandon := context.WithCancel(context.WithoutCancel(ctx))
	stop, done := make(chan struct{}), make(chan struct{})
	r.stop, r.done, r.abandon = stop, done, abandon
	go func() {
		defer close(done)
		defer abandon()
		newShift(r).serve(handling, stop)
	}()
	return nil
}

func (r *Relay) running() bool {
	if r.done == nil {
		return false
	}
	select {
	case <-r.done:
		return false
	default:
		return true
	}
}

// Stop claims no more and waits for the handlers at work. When ctx ends first, it cancels them: their messages go
// back without counting the attempt. A second call only waits for the first. Error: ctx's, when handlers had to be cancelled.
func (r *Relay) Stop(ctx context.Context) error {
	r.mu.Lock()
	stop, done, abandon := r.stop, r.done, r.abandon
	r.stop = nil
	r.mu.Unlock()
	if done == nil {
		return nil
	}
	if stop == nil {
		<-done // an earlier call sees to it
		return nil
	}
	close(stop)
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	abandon()
	<-done
	return fmt.Errorf("outbox: handlers cancelled: %w", ctx.Err())
}

// Wake makes the relay look at once: call it after a commit in the same process. It never blocks.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default: // one wake-up is pending already and will see this commit too
	}
}

// ErrRunning is what Drain answers on a started relay.
var ErrRunning = errors.New("outbox: relay is running")

// Drain delivers in the foreground until nothing is due, for tests and for commands that end. Errors: ErrRunning,
// ctx's, those of the database.
func (r *Relay) Drain(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running() {
		return ErrRunning
	}
	return newShift(r).drain(ctx)
}
