package coalesce

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// ErrOverloaded says that the queue is full, or so slow that the command would wait for too long; the command was not taken and may be sent again in a moment.
var ErrOverloaded = errors.New("coalesce: the queue is full")

// ErrStopped says that the group takes no more commands; this one was not carried out.
var ErrStopped = errors.New("coalesce: stopped")

// Run carries out a batch and returns one result per command, in their order. An error says that none of the batch was
// carried out, or that it is not known; every command must be safe to repeat. It gets a context of its own, because the
// callers of a batch come and go.
type Run[C, R any] func(ctx context.Context, batch []C) ([]R, error)

// Options tune a Group; the zero value of each field takes the default beside it.
type Options struct {
	MaxBatch   int           // commands in one batch: 256
	Queue      int           // commands that may wait: 4096
	MaxWait    time.Duration // that a command has to expect before it is taken; beyond it, it is refused: 1 s
	Committers int           // batches at once: 1
	Timeout    time.Duration // of one batch: 10 s

	// Apart says whether the commands of a batch that failed so are tried one by one, so that a bad one fails alone. Nil
	// says yes of every error. It should say no when the next try would fail as well: each may take as long as Timeout.
	Apart func(error) bool
	// Observe is called after each run with what it took. Nil observes nothing.
	Observe func(Batch)
}

// Batch is what one run took.
type Batch struct {
	Size  int
	Wait  time.Duration // how long its oldest command had queued
	Took  time.Duration
	Err   error
	Apart bool // it is a single command of a batch that failed
}

// Group coalesces commands of one kind. Make it with New; it is safe for concurrent use.
type Group[C, R any] struct {
	run   Run[C, R]
	opts  Options
	queue chan *call[C, R]
	pace  atomic.Int64 // what a batch takes lately, in nanoseconds

	mu      sync.RWMutex // held for reading while a command is queued
	stopped bool

	ctx     context.Context // of every run
	cancel  context.CancelFunc
	workers sync.WaitGroup
}

// call is one command that waits. Whoever moves state from waiting decides: a worker that takes it, or its caller who leaves.
type call[C, R any] struct {
	command C
	since   time.Time
	state   atomic.Int32
	done    chan answer[R] // takes one answer without waiting
}

const (
	waiting = iota
	taken
	left
)

type answer[R any] struct {
	result R
	err    error
}

// New starts a group over run. The caller must Stop it.
func New[C, R any](run Run[C, R], opts Options) *Group[C, R] {
	opts.MaxBatch = orDefault(opts.MaxBatch, 256)
	opts.Queue = orDefault(opts.Queue, 4096)
	opts.Committers = orDefault(opts.Committers, 1)
	opts.MaxWait = orDefault(opts.MaxWait, time.Second)
	opts.Timeout = orDefault(opts.Timeout, 10*time.Second)
	if opts.Apart == nil {
		opts.Apart = func(error) bool { return true }
	}
	if opts.Observe == nil {
		opts.Observe = func(Batch) {}
	}
	g := &Group[C, R]{run: run, opts: opts, queue: make(chan *call[C, R], opts.Queue)}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	for range opts.Committers {
		g.workers.Go(g.work)
	}
	return g
}

func orDefault[T int | time.Duration](value, fallback T) T {
	if value > 0 {
		return value
	}
	return fallback
}

// Do carries out one command with whatever others are waiting. Errors: ErrOverloaded, ErrStopped, that of the run, and
// ctx's, after which the command is not carried out unless its batch had begun.
func (g *Group[C, R]) Do(ctx context.Context, command C) (R, error) {
	c := &call[C, R]{command: command, since: time.Now(), done: make(chan answer[R], 1)}
	if err := g.enqueue(ctx, c); err != nil {
		var none R
		return none, err
	}
	select {
	case a := <-c.done:
		return a.result, a.err
	case <-ctx.Done():
	}
	c.state.CompareAndSwap(waiting, left)
	var none R
	return none, fmt.Errorf("coalesce: left while waiting: %w", ctx.Err())
}

func (g *Group[C, R]) enqueue(ctx context.Context, c *call[C, R]) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.stopped {
		return ErrStopped
	}
	if g.expected() > g.opts.MaxWait {
		return ErrOverloaded
	}
	select {
	case g.queue <- c:
		return nil
	default:
		return ErrOverloaded
	}
}

// expected is how long the whole batches that are queued will take. Whoever finds less than one is never refused.
func (g *Group[C, R]) expected() time.Duration {
	return time.Duration(len(g.queue)/(g.opts.MaxBatch*g.opts.Committers)) * time.Duration(g.pace.Load())
}

// paced takes note of what a batch took: the mean, in which the newest counts a quarter.
func (g *Group[C, R]) paced(took time.Duration) {
	g.pace.Store((3*g.pace.Load() + int64(took)) / 4) // two committers at once may lose one of two notes
}

// Waiting is how many commands are queued.
func (g *Group[C, R]) Waiting() int { return len(g.queue) }

// Stop takes no more commands, carries out those that wait, and returns when all is done. When ctx ends first, the
// batch at work is cancelled and those that wait hear ErrStopped. Error: ctx's, if it came to that.
func (g *Group[C, R]) Stop(ctx context.Context) error {
	g.mu.Lock()
	if !g.stopped {
		g.stopped = true
		close(g.queue)
	}
	g.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		g.workers.Wait()
		close(ended)
	}()
	defer g.cancel()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	g.cancel()
	<-ended
	return fmt.Errorf("coalesce: cut off: %w", ctx.Err())
}

// work takes batches until the queue is closed and empty.
func (g *Group[C, R]) work() {
	batch := make([]*call[C, R], 0, g.opts.MaxBatch)
	for first := range g.queue {
		batch = g.fill(append(batch[:0], first))
		g.commit(batch)
		clear(batch) // answered calls are not kept alive
	}
}

// fill adds what is queued already, at most a whole batch, and leaves out those whose caller went away.
func (g *Group[C, R]) fill(batch []*call[C, R]) []*call[C, R] {
	if !batch[0].state.CompareAndSwap(waiting, taken) {
		batch = batch[:0]
	}
	for len(batch) < g.opts.MaxBatch {
		select {
		case c, open := <-g.queue:
			if !open {
				return batch
			}
			if c.state.CompareAndSwap(waiting, taken) {
				batch = append(batch, c)
			}
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch and answers everybody in it.
func (g *Group[C, R]) commit(batch []*call[C, R]) {
	if len(batch) == 0 {
		return
	}
	err := g.attempt(batch, false)
	switch {
	case err == nil:
	case len(batch) > 1 && g.ctx.Err() == nil && g.opts.Apart(err):
		for i := range batch {
			if err := g.attempt(batch[i:i+1], true); err != nil {
				batch[i].done <- answer[R]{err: err}
			}
		}
	default:
		for _, c := range batch {
			c.done <- answer[R]{err: err}
		}
	}
}

// attempt runs a batch once and answers it if that went well.
func (g *Group[C, R]) attempt(batch []*call[C, R], apart bool) error {
	if g.ctx.Err() != nil {
		return ErrStopped
	}
	commands := make([]C, len(batch))
	for i, c := range batch {
		commands[i] = c.command
	}
	began := time.Now()
	results, err := g.guarded(commands)
	took := time.Since(began)
	if !apart {
		g.paced(took)
	}
	g.opts.Observe(Batch{Size: len(batch), Wait: began.Sub(batch[0].since), Took: took, Err: err, Apart: apart})
	if err != nil {
		return err
	}
	for i, c := range batch {
		c.done <- answer[R]{result: results[i]}
	}
	return nil
}

// guarded turns a panic into the error of this batch alone; the group goes on.
func (g *Group[C, R]) guarded(commands []C) (results []R, err error) {
	ctx, cancel := context.WithTimeout(g.ctx, g.opts.Timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("coalesce: panic: %v\n%s", p, debug.Stack())
		}
	}()
	results, err = g.run(ctx, commands)
	if err == nil && len(results) != len(commands) {
		err = fmt.Errorf("coalesce: %d results for %d commands", len(results), len(commands))
	}
	return results, err
}
