package simulation

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"time"

	"kaituan/infrastructure/sqldb"
)

// world is everything there is. One goroutine at a time works in it; others wait for that one.
type world struct {
	ctx    context.Context
	plan   Plan
	rng    *rand.Rand
	ids    *rand.ChaCha8 // chance in identifiers, apart so that they do not shift the story
	now    time.Time
	faults faults
	log    *slog.Logger

	dir              string // of the databases
	engineDB, mallDB *sqldb.DB
	questions        []question
	nodes            []*node
	working          []*node // whose code runs now, the innermost last
	shipDelay        time.Duration
	calm             bool // see Report
	depth            int  // of things that happen in the middle of others
	ticks            int  // how often time stopped for something to happen
	bustle           int  // how much happened in the middle of the present operation
	gateway          *gateway
	shop             shopfloor
	buyersStay       bool // nobody does anything any more
	agenda           agenda
	jobs             []*job
	numbers          map[string]int // last of each prefix

	trace    []string
	failures []string
	counts   map[string]int
}

// dawn is when every story begins.
func dawn() time.Time { return time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC) }

func newWorld(ctx context.Context, p Plan) (*world, error) {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(p.Seed >> (8 * i))
	}
	w := &world{
		ctx: ctx, plan: p, ids: rand.NewChaCha8(key), now: dawn(), numbers: map[string]int{}, counts: map[string]int{},
		rng: rand.New(rand.NewPCG(p.Seed, 0x6b74)), //nolint:gosec // G404: the seed must decide
		log: slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError + 1})),
	}
	w.gateway = newGateway(w)
	if err := w.openDatabases(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *world) close() error {
	var errs []error
	for _, q := range w.questions {
		errs = append(errs, q.statement.Close())
	}
	for _, db := range []*sqldb.DB{w.engineDB, w.mallDB} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}

// number makes the next identifier of a kind: they sort by age.
func (w *world) number(prefix string) string {
	w.numbers[prefix]++
	return fmt.Sprintf("%s%06d", prefix, w.numbers[prefix])
}

// note writes a line of the story.
func (w *world) note(format string, args ...any) {
	at := w.now.Sub(dawn())
	w.trace = append(w.trace, fmt.Sprintf("%02d:%02d:%06.3f %s%s", int(at.Hours()), int(at.Minutes())%60,
		(at%time.Minute).Seconds(), indent(w.depth), fmt.Sprintf(format, args...)))
}

func indent(depth int) string { return "                "[:min(2*depth, 16)] }

// maxFailures is how many failures are told; what follows the first is often its consequence.
const maxFailures = 12

func (w *world) fail(format string, args ...any) {
	if len(w.failures) < maxFailures {
		w.failures = append(w.failures, fmt.Sprintf(format, args...))
		w.note("FAILURE: "+format, args...)
	}
}

func (w *world) failed() bool { return len(w.failures) > 0 }

// later has something happen after a while.
func (w *world) later(after time.Duration, do func()) {
	w.numbers["event"]++
	heap.Push(&w.agenda, event{w.now.Add(after), w.numbers["event"], do})
}

// event is something that will happen.
type event struct {
	at     time.Time
	number int // of two at once the earlier planned comes first
	do     func()
}

type agenda []event

// Len implements heap.Interface.
func (a agenda) Len() int { return len(a) }

// Less implements heap.Interface.
func (a agenda) Less(i, j int) bool {
	if a[i].at.Equal(a[j].at) {
		return a[i].number < a[j].number
	}
	return a[i].at.Before(a[j].at)
}

// Swap implements heap.Interface.
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }

// Push implements heap.Interface.
func (a *agenda) Push(e any) { *a = append(*a, e.(event)) }

// Pop implements heap.Interface.
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}
