// Package live tells open pages that something which they show has changed. It asks the database for all of them at
// once, twice a second, so that it makes no difference which process changed it; while nobody watches it asks nothing.
// A watcher learns that there is something new, never what: the page asks for it as it would have anyway.
package live

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"kaituan/mall"
)

// ErrFull says that too many pages watch already, or that the process is about to end.
var ErrFull = errors.New("live: nobody more can watch")

// Defaults of Options.
const (
	defaultEvery = 500 * time.Millisecond
	defaultMost  = 10_000
	chunk        = 500 // keys per query
)

// Look returns the mark of each thing: a text that is another one once the thing has changed.
type Look func(ctx context.Context, of []mall.Watched) (map[mall.Watched]string, error)

// Options set a Hub. What is zero has a default.
type Options struct {
	Every time.Duration // between two looks; default 500 ms
	Most  int           // watchers at once; default 10,000
	Log   *slog.Logger  // required
}

// Hub watches on behalf of pages. It is safe for concurrent use.
type Hub struct {
	look Look
	set  Options

	mu       sync.Mutex
	watchers map[*watcher]struct{}
	ended    bool

	start  sync.Once
	ctx    context.Context // of the looks; ends with Stop
	cancel context.CancelFunc
	done   chan struct{}
}

type watcher struct {
	of    mall.Watched
	last  string      // guarded by Hub.mu
	marks chan string // holds the newest mark that was not taken yet
}

// New returns a hub; it looks from Start on.
func New(look Look, set Options) *Hub {
	if set.Every <= 0 {
		set.Every = defaultEvery
	}
	if set.Most <= 0 {
		set.Most = defaultMost
	}
	h := &Hub{look: look, set: set, watchers: map[*watcher]struct{}{}, done: make(chan struct{})}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return h
}

// Watch returns the marks of a thing, the present one at once. A slow reader misses marks, never the last one. The
// channel is closed when the hub stops; end must be called in any case. Errors: ErrFull, those of Look.
func (h *Hub) Watch(ctx context.Context, of mall.Watched) (<-chan string, func(), error) {
	marks, err := h.look(ctx, []mall.Watched{of})
	if err != nil {
		return nil, nil, err
	}
	w := &watcher{of: of, marks: make(chan string, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended || len(h.watchers) >= h.set.Most {
		return nil, nil, ErrFull
	}
	h.watchers[w] = struct{}{}
	w.tell(marks[of])
	return w.marks, func() { h.leave(w) }, nil
}

func (h *Hub) leave(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watchers, w)
}

// tell replaces a mark that was not taken.
func (w *watcher) tell(mark string) {
	select {
	case <-w.marks:
	default:
	}
	w.last = mark
	w.marks <- mark
}

// Watchers is how many pages watch now.
func (h *Hub) Watchers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.watchers)
}

// Start begins to look.
func (h *Hub) Start(context.Context) error {
	h.start.Do(func() { go h.run() })
	return nil
}

// Stop ends every watch, so that their connections can end before the server does.
func (h *Hub) Stop(context.Context) error {
	h.cancel()
	h.start.Do(func() { h.end(); close(h.done) }) // never started
	<-h.done
	return nil
}

func (h *Hub) run() {
	defer close(h.done)
	defer h.end()
	ticker := time.NewTicker(h.set.Every)
	defer ticker.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-ticker.C:
			if err := h.round(h.ctx); err != nil && h.ctx.Err() == nil {
				h.set.Log.Warn("pages are not told of changes", "error", err)
			}
		}
	}
}

func (h *Hub) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	for w := range h.watchers {
		close(w.marks)
	}
	clear(h.watchers)
}

// round looks at everything that is watched and tells whose mark is another one.
func (h *Hub) round(ctx context.Context) error {
	for keys := range slices.Chunk(h.keys(), chunk) {
		marks, err := h.look(ctx, keys)
		if err != nil {
			return err
		}
		h.spread(marks)
	}
	return nil
}

func (h *Hub) keys() []mall.Watched {
	h.mu.Lock()
	defer h.mu.Unlock()
	keys := make(map[mall.Watched]struct{}, len(h.watchers))
	for w := range h.watchers {
		keys[w.of] = struct{}{}
	}
	return slices.Collect(maps.Keys(keys))
}

func (h *Hub) spread(marks map[mall.Watched]string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		if mark, looked := marks[w.of]; looked && mark != w.last {
			w.tell(mark)
		}
	}
}
