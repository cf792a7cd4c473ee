package groupbuy

import (
	"sync"
	"time"
)

// A row that failed once is tried again at the next sweep; after that the wait doubles up to the longest.
const (
	firstWait   = time.Second
	longestWait = time.Minute
)

// patience remembers which rows of a sweep failed, so that those which keep failing are tried less and less often. It
// lives in memory: a node that takes over begins with none, which costs one try per row.
type patience[T comparable] struct {
	mu   sync.Mutex
	late map[T]lateness
}

type lateness struct {
	wait  time.Duration // after the next failure
	until time.Time
}

func newPatience[T comparable]() *patience[T] { return &patience[T]{late: map[T]lateness{}} }

// waits says whether a row is still put off.
func (p *patience[T]) waits(what T, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return now.Before(p.late[what].until)
}

// note records how it went with a row.
func (p *patience[T]) note(what T, now time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		delete(p.late, what)
		return
	}
	last, again := p.late[what]
	if !again {
		p.late[what] = lateness{wait: firstWait, until: now}
		return
	}
	p.late[what] = lateness{wait: min(2*last.wait, longestWait), until: now.Add(last.wait)}
}

// forget drops the rows that are not due any more: a sweep to the end has not seen them.
func (p *patience[T]) forget(seen map[T]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for what := range p.late {
		if !seen[what] {
			delete(p.late, what)
		}
	}
}
