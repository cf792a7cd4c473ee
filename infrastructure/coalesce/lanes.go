package coalesce

import (
	"slices"
	"sync"
)

// lanes are queues that take turns. It is safe for concurrent use.
type lanes[T any] struct {
	mu     sync.Mutex
	more   sync.Cond // something was put, or nothing will be any more
	byName map[string]*lane[T]
	turns  []*lane[T] // those with something in them
	next   int        // whose turn it is
	all    int        // how many wait
	closed bool
}

type lane[T any] struct {
	name  string
	queue []T
}

func newLanes[T any]() *lanes[T] {
	l := &lanes[T]{byName: map[string]*lane[T]{}}
	l.more.L = &l.mu
	return l
}

// put queues one behind those of its lane, unless refuses says so of how many wait in all, in its lane, and in how many
// lanes with its own. Errors: ErrOverloaded, ErrStopped.
func (l *lanes[T]) put(name string, one T, refuses func(all, own, count int) bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrStopped
	}
	if all, own, count := l.count(name); refuses(all, own, count) {
		return ErrOverloaded
	}
	at := l.byName[name]
	if at == nil {
		at = &lane[T]{name: name}
		l.byName[name] = at
		l.turns = append(l.turns, at)
	}
	at.queue = append(at.queue, one)
	l.all++
	l.more.Signal()
	return nil
}

// lengths is how many wait in all, in one lane, and in how many lanes, with that one.
func (l *lanes[T]) lengths(name string) (all, own, count int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count(name)
}

func (l *lanes[T]) count(name string) (all, own, count int) {
	if at := l.byName[name]; at != nil {
		return l.all, len(at.queue), len(l.turns)
	}
	return l.all, 0, len(l.turns) + 1
}

// take waits until something is queued and adds it to into, up to its capacity, one of each lane in turn. What is not
// wanted any more is dropped. It says false when nothing will come any more.
func (l *lanes[T]) take(into []T, wanted func(T) bool) ([]T, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.all == 0 {
		if l.closed {
			return into, false
		}
		l.more.Wait()
	}
	for l.all > 0 && len(into) < cap(into) {
		if one := l.pop(); wanted(one) {
			into = append(into, one)
		}
	}
	return into, true
}

// pop takes the first of the lane whose turn it is.
func (l *lanes[T]) pop() T {
	var none T
	if l.next >= len(l.turns) {
		l.next = 0
	}
	at := l.turns[l.next]
	one := at.queue[0]
	at.queue[0] = none // is not kept alive by what is behind it
	at.queue = at.queue[1:]
	l.all--
	if len(at.queue) > 0 {
		l.next++
		return one
	}
	delete(l.byName, at.name)
	l.turns = slices.Delete(l.turns, l.next, l.next+1)
	return one
}

// close lets nothing more in; what waits is still taken.
func (l *lanes[T]) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.more.Broadcast()
}
