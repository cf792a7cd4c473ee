package outbox_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gorm.io/gorm"

	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a time that only tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.UnixMilli(1_800_000_000_000).UTC()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// record notes what a handler saw and answers with fail, when there is one.
type record struct {
	mu   sync.Mutex
	seen []outbox.Message
	fail func(outbox.Message) error
}

func (r *record) handle(_ context.Context, m outbox.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, m)
	if r.fail == nil {
		return nil
	}
	return r.fail(m)
}

func (r *record) ids() (ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.seen {
		ids = append(ids, m.ID)
	}
	return ids
}

const topic outbox.Topic = "team.formed"

// bench is what most tests need: a database, a clock, a relay that is not started, and its handler.
type bench struct {
	*testing.T
	db      *sqldb.DB
	clock   *clock
	handler *record
	relay   *outbox.Relay
}

// eachDatabase runs a test on fresh benches over both databases.
func eachDatabase(t *testing.T, policy outbox.Policy, run func(b *bench)) {
	t.Helper()
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		b := &bench{T: t, db: db, clock: newClock(), handler: &record{}}
		b.relay = b.newRelay(db, b.handler.handle, outbox.Options{Policies: map[outbox.Topic]outbox.Policy{topic: policy}})
		run(b)
	})
}

func (b *bench) newRelay(db *sqldb.DB, handler outbox.Handler, opts outbox.Options) *outbox.Relay {
	opts.Now = b.clock.Now
	opts.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	return outbox.New(db, map[outbox.Topic]outbox.Handler{topic: handler}, opts)
}

func (b *bench) add(messages ...outbox.Message) {
	b.Helper()
	for i := range messages {
		messages[i].Topic = topic
	}
	require.NoError(b, b.db.InTx(b.Context(), func(tx *gorm.DB) error {
		return outbox.Add(tx, b.clock.Now(), messages...)
	}))
}

func (b *bench) addNumbered(n int) {
	messages := make([]outbox.Message, n)
	for i := range messages {
		messages[i] = outbox.Message{ID: fmt.Sprintf("m%04d", i), Payload: []byte(`{}`)}
	}
	b.add(messages...)
}

func (b *bench) drain() {
	b.Helper()
	require.NoError(b, b.relay.Drain(b.Context()))
}

func (b *bench) status() outbox.Status {
	b.Helper()
	status, err := outbox.Backlog(b.Context(), b.db, b.clock.Now())
	require.NoError(b, err)
	return status
}

// eventually waits for what another goroutine is about to do.
func eventually(t testing.TB, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 30*time.Second, 2*time.Millisecond)
}
