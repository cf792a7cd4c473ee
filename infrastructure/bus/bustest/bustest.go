// Package bustest states what a bus promises, as tests that run over every kind: from a row of an outbox, through a
// relay and the bus, to the effect of consumers in a database.
package bustest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/bus"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// Bus is what is tested.
type Bus interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Ready() bool
	Publish(ctx context.Context, m outbox.Message) error
}

// Open makes a bus that is not started. Buses that one test opens share whatever is between them.
type Open func(consumers []bus.Consumer, bury bus.Bury) Bus

// Topic is what the world's messages are about.
const Topic outbox.Topic = "thing"

// MaxAttempts is what the world's consumers have.
const MaxAttempts = 4

// World is an outbox, a bus, and consumers that note in a database what they took.
type World struct {
	testing.TB
	DB  *sqldb.DB
	Log *slog.Logger

	open  Open
	bus   Bus
	relay *outbox.Relay

	mu   sync.Mutex
	fail map[string]func(m outbox.Message) error // by consumer, before the effect
	seen map[string][]outbox.Message             // by consumer
	done map[string]int                          // effects that were committed, by consumer
}

// NewWorld gives a world with consumers alpha and beta whose bus and relay run until the test ends.
func NewWorld(t testing.TB, open Open) *World {
	t.Helper()
	w := &World{
		TB: t, DB: sqldbtest.Open(t, sqldb.GroupBuy), open: open, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		fail: map[string]func(outbox.Message) error{}, seen: map[string][]outbox.Message{}, done: map[string]int{},
	}
	require.NoError(t, w.DB.InTx(w.Context(), func(tx *gorm.DB) error {
		return tx.Exec("CREATE TABLE effects (consumer TEXT NOT NULL, message_id TEXT NOT NULL)").Error
	}))
	w.Up()
	t.Cleanup(w.Down)
	return w
}

// Up starts a bus and a relay, as a process does.
func (w *World) Up() {
	w.Helper()
	consumers := []bus.Consumer{w.consumer("alpha"), w.consumer("beta")}
	w.bus = w.open(consumers, func(ctx context.Context, m outbox.Message, cause string) error {
		return outbox.Bury(ctx, w.DB, time.Now(), m, cause)
	})
	require.NoError(w, w.bus.Start(context.Background()))
	handlers, policies := map[outbox.Topic]outbox.Handler{}, map[outbox.Topic]outbox.Policy{}
	for _, topic := range []outbox.Topic{Topic, consumers[0].Own(), consumers[1].Own()} {
		handlers[topic] = w.bus.Publish
		policies[topic] = outbox.Policy{MaxAttempts: 1000, First: 20 * time.Millisecond, Max: 200 * time.Millisecond}
	}
	w.relay = outbox.New(w.DB, handlers, outbox.Options{
		Policies: policies, Workers: 256, Poll: 20 * time.Millisecond, Lease: 5 * time.Second, Ready: w.bus.Ready, Log: w.Log,
	})
	require.NoError(w, w.relay.Start(context.Background()))
}

// Down stops both, as a process does at its end.
func (w *World) Down() {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	require.NoError(w, w.relay.Stop(ctx))
	require.NoError(w, w.bus.Stop(ctx))
	require.NoError(w, w.bus.Stop(ctx), "twice")
}

func (w *World) consumer(name string) bus.Consumer {
	return bus.Consumer{Name: name, Topic: Topic, MaxAttempts: MaxAttempts, Take: func(ctx context.Context, m outbox.Message) error {
		w.mu.Lock()
		w.seen[name] = append(w.seen[name], m)
		fail := w.fail[name]
		w.mu.Unlock()
		if fail != nil {
			if err := fail(m); err != nil {
				return err
			}
		}
		return w.effect(ctx, name, m.ID)
	}}
}

func (w *World) effect(ctx context.Context, consumer, message string) error {
	var first bool
	err := w.DB.InTx(ctx, func(tx *gorm.DB) (err error) {
		first, err = outbox.Once(tx, consumer, message, time.Now())
		if err != nil || !first {
			return err
		}
		return tx.Exec("INSERT INTO effects (consumer, message_id) VALUES (?, ?)", consumer, message).Error
	})
	if err == nil && first {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.done[consumer]++
	}
	return err
}

// Fail makes a consumer answer with what do returns, before it has an effect; nil ends that.
func (w *World) Fail(consumer string, do func(m outbox.Message) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail[consumer] = do
}

// Seen is how often a consumer was handed messages.
func (w *World) Seen(consumer string) []outbox.Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]outbox.Message(nil), w.seen[consumer]...)
}

// Add puts n messages into the outbox, named from first on.
func (w *World) Add(first, n int) {
	w.Helper()
	messages := make([]outbox.Message, n)
	for i := range messages {
		messages[i] = outbox.Message{ID: ID(first + i), Topic: Topic, Key: "k", Payload: []byte("body of " + ID(first+i))}
	}
	require.NoError(w, w.DB.InTx(w.Context(), func(tx *gorm.DB) error { return outbox.Add(tx, time.Now(), messages...) }))
	w.relay.Wake()
}

// ID is the id of message number n.
func ID(n int) string { return fmt.Sprintf("m%06d", n) }

// Effects counts how many messages had an effect on a consumer, and how many of those more than one.
func (w *World) Effects(consumer string) (once, more int) {
	w.Helper()
	var sums struct{ Ids, Effects int }
	err := w.DB.Read(w.Context()).Raw("SELECT COUNT(DISTINCT message_id) AS ids, COUNT(*) AS effects FROM effects WHERE consumer = ?", consumer).Scan(&sums).Error
	require.NoError(w, err)
	return sums.Ids, sums.Effects - sums.Ids
}

// Await waits until both consumers have n effects, and asserts that there is none twice.
func (w *World) Await(n int) {
	w.Helper()
	w.Eventually(func() bool { return w.Done("alpha") >= n && w.Done("beta") >= n })
	for _, consumer := range []string{"alpha", "beta"} {
		once, more := w.Effects(consumer)
		require.Equal(w, n, once, consumer)
		require.Zero(w, more, consumer)
	}
}

// Done counts a consumer's effects without a look into the database, which has enough to do.
func (w *World) Done(consumer string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.done[consumer]
}

// Eventually waits for what others are about to do.
func (w *World) Eventually(condition func() bool) {
	w.Helper()
	require.Eventually(w, condition, 5*time.Minute, 10*time.Millisecond)
}

// AwaitSent waits until the outbox has nothing to send.
func (w *World) AwaitSent() {
	w.Helper()
	w.Eventually(func() bool { return w.Status().Waiting == 0 })
}

// Status is that of the outbox.
func (w *World) Status() outbox.Status {
	w.Helper()
	status, err := outbox.Backlog(context.Background(), w.DB, time.Now())
	require.NoError(w, err)
	return status
}

// Dead lists the dead messages as ID and cause.
func (w *World) Dead() []string {
	w.Helper()
	dead, err := outbox.ListDead(w.Context(), w.DB, "", 100)
	require.NoError(w, err)
	var list []string
	for _, m := range dead {
		cause, _, _ := strings.Cut(m.LastError, "\n")
		list = append(list, m.ID+": "+cause)
	}
	return list
}

// Redo sends dead messages again.
func (w *World) Redo(ids ...string) {
	w.Helper()
	n, err := outbox.Redo(w.Context(), w.DB, time.Now(), ids...)
	require.NoError(w, err)
	require.EqualValues(w, len(ids), n)
	w.relay.Wake()
}
