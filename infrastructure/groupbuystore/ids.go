package groupbuystore

import (
	"io"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// ids makes identifiers that only rise, also within a millisecond and when the clock steps back: events are listed
// in the order of their ids.
type ids struct {
	mu      sync.Mutex
	last    uint64 // milliseconds
	entropy *ulid.MonotonicEntropy
}

func newIDs(from io.Reader) *ids { return &ids{entropy: ulid.Monotonic(from, 0)} }

func (g *ids) next(prefix string, now time.Time) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = max(g.last, ulid.Timestamp(now))
	for {
		id, err := ulid.New(g.last, g.entropy)
		if err == nil {
			return prefix + id.String()
		}
		g.last++ // this millisecond's random part ran over; random sources themselves never fail
	}
}
