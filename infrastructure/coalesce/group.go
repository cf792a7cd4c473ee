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
type Options[C any] struct {
	MaxBatch   int           // commands in one batch: 256
	Queue      int           // commands that may wait: 4096; with several lanes, each has an equal share
	MaxWait    time.Duration // that a command has to expect before it is taken; beyond it, it is refused: 1 s
	Committers int           // batches at once: 1
	Timeout    time.Duration // of one batch: 10 s

	// Lane says whose turn a command waits for. Lanes take turns, one command each, so that whoever sends more than the
	// others waits, and is refused, without them. Nil has one lane.
	Lane func(C) string
	// Apart says whether the commands of a batch that failed so are tried one by one, so that a bad one fails alone. Nil
	// says yes of every error. It should say no when the next try would fail as well. One try has an eighth of Timeout and
	// all have Timeout, so that neither a command that hangs nor a store that does keeps the others waiting for long.
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
	opts  Options[C]
	lanes *lanes[*call[C, R]]
	pace  atomic.Int64 // what a batch takes lately, in nanoseconds

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
func New[C, R any](run Run[C, R], opts Options[C]) *Group[C, R] {
	opts.MaxBatch = orDefault(opts.MaxBatch, 256)
	opts.Queue = orDefault(opts.Queue, 4096)
	opts.Committers = orDefault(opts.Committers, 1)
	opts.MaxWait = orDefault(opts.MaxWait, time.Second)
	opts.Timeout = orDefault(opts.Timeout, 10*time.Second)
	if opts.Apart == nil {
		opts.Apart = func(error) bool { return true }
	}
	if opts.Lane == nil {
		opts.Lane = func(C) string { return "" }
	}
	if opts.Observe == nil {
		opts.Observe = func(Batch) {}
	}
	g := &Group[C, R]{run: run, opts: opts, lanes: newLanes[*call[C, R]]()}
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
	return g.DoWithin(ctx, command, g.opts.MaxWait)
}

// DoWithin is Do for a command that is to be refused when it has to expect to wait for longer than so long, or MaxWait.
func (g *Group[C, R]) DoWithin(ctx context.Context, command C, wait time.Duration) (R, error) {
	c := &call[C, R]{command: command, since: time.Now(), done: make(chan answer[R], 1)}
	if err := g.enqueue(ctx, c, wait); err != nil {
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

// Crowded says whether a command of a lane would be refused now, before anything is spent on it.
func (g *Group[C, R]) Crowded(lane string, wait time.Duration) bool {
	all, own, count := g.lanes.lengths(lane)
	return g.refuses(all, own, count, wait)
}

func (g *Group[C, R]) enqueue(ctx context.Context, c *call[C, R], wait time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return g.lanes.put(g.opts.Lane(c.command), c, func(all, own, count int) bool { return g.refuses(all, own, count, wait) })
}

// refuses is the rule: all commands wait in so many lanes, own of them in the lane of the next one. As lanes take turns,
// what is before it is no more than its own lane holds, once for each lane. Whole batches of that have to be carried out
// first; whoever finds less than one is never refused for that.
func (g *Group[C, R]) refuses(all, own, count int, wait time.Duration) bool {
	if own >= max(1, g.opts.Queue/max(1, count)) {
		return true
	}
	before := min(all, own*count)
	batches := before / (g.opts.MaxBatch * g.opts.Committers)
	return time.Duration(batches)*time.Duration(g.pace.Load()) > min(wait, g.opts.MaxWait)
}

// paced takes note of what a batch took: the mean, in which the newest counts a quarter.
func (g *Group[C, R]) paced(took time.Duration) {
	g.pace.Store((3*g.pace.Load() + int64(took)) / 4) // two committers at once may lose one of two notes
}

// Waiting is how many commands are queued.
func (g *Group[C, R]) Waiting() int {
	all, _, _ := g.lanes.lengths("")
	return all
}

// Stop takes no more commands, carries out those that wait, and returns when all is done. When ctx ends first, the
// batch at work is cancelled and those that wait hear ErrStopped. Error: ctx's, if it came to that.
func (g *Group[C, R]) Stop(ctx context.Context) error {
	g.lanes.close()
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

// work takes batches until no more come and none waits. Those whose caller went away are left out.
func (g *Group[C, R]) work() {
	batch := make([]*call[C, R], 0, g.opts.MaxBatch)
	wanted := func(c *call[C, R]) bool { return c.state.CompareAndSwap(waiting, taken) }
	for {
		var more bool
		if batch, more = g.lanes.take(batch[:0], wanted); !more {
			return
		}
		g.commit(batch)
		clear(batch) // answered calls are not kept alive
	}
}

// commit runs a batch and answers everybody in it.
func (g *Group[C, R]) commit(batch []*call[C, R]) {
	if len(batch) == 0 {
		return
	}
	err := g.attempt(batch, g.opts.Timeout, false)
	if err == nil {
		return
	}
	if len(batch) > 1 && g.ctx.Err() == nil && g.opts.Apart(err) {
		batch = g.tryApart(batch)
	}
	for _, c := range batch {
		c.done <- answer[R]{err: err}
	}
}

// triesOfTimeout is how many tries that hang it takes until the rest of a batch is not tried any more.
const triesOfTimeout = 8

// tryApart runs the commands of a batch one by one and answers each. It returns those for which no time was left.
func (g *Group[C, R]) tryApart(batch []*call[C, R]) []*call[C, R] {
	began := time.Now()
	for i := range batch {
		if time.Since(began) >= g.opts.Timeout {
			return batch[i:]
		}
		if err := g.attempt(batch[i:i+1], g.opts.Timeout/triesOfTimeout, true); err != nil {
			batch[i].done <- answer[R]{err: err}
		}
	}
	return nil
}

// attempt runs a batch once and answers it if that went well.
func (g *Group[C, R]) attempt(batch []*call[C, R], timeout time.Duration, apart bool) error {
	if g.ctx.Err() != nil {
		return ErrStopped
	}
	commands := make([]C, len(batch))
	for i, c := range batch {
		commands[i] = c.command
	}
	began := time.Now()
	results, err := g.guarded(commands, timeout)
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
func (g *Group[C, R]) guarded(commands []C, timeout time.Duration) (results []R, err error) {
	ctx, cancel := context.WithTimeout(g.ctx, timeout)
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
