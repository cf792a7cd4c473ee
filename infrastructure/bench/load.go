package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Load says how requests are made. Without a Rate each connection sends the next one when it has the answer (closed
// loop); with one, requests are due at that rate whatever the answers do (open loop), and the wait for a connection
// counts as part of the answer.
type Load struct {
	Connections int
	Rate        float64       // a second; 0: closed loop
	Duration    time.Duration // measured, after a short warm-up
}

// play is one thing that a worker does, and that is measured: a call, or several that belong together.
type play func(w *worker) error

// turns makes what each worker of a load does.
type turns func(worker int) play

// errDry says that a workload has used up what it was given.
var errDry = errors.New("bench: nothing left to do")

// worker is one connection of a load with what it counts.
type worker struct {
	*caller
	measuring *atomic.Bool
	times     histogram
	refused   map[string]int64
	failed    int64
	firstErr  error
}

// outcome is what a load led to.
type outcome struct {
	times   histogram
	refused map[string]int64 // by code
	failed  int64
	err     error // the first failure
	began   time.Time
	took    time.Duration
	before  usage
	after   usage
}

// warmUp is how long a load runs before it is measured.
func (l Load) warmUp() time.Duration { return min(l.Duration, 500*time.Millisecond) }

// drive runs plays until the duration is over or nothing is left to do. Refusals are counted; failures are too, and the
// first one is kept. Watch says what the processes at work have used.
func drive(ctx context.Context, load Load, newCaller func() *caller, watch func() usage, turn turns) outcome {
	ctx, cancel := context.WithTimeout(ctx, load.warmUp()+load.Duration)
	defer cancel()
	var measuring atomic.Bool
	workers := make([]*worker, load.Connections)
	var all sync.WaitGroup
	pace := newPace(load.Rate)
	for i := range workers {
		workers[i] = &worker{caller: newCaller(), measuring: &measuring, refused: map[string]int64{}}
		all.Go(func() { workers[i].work(ctx, pace, turn(i)) })
	}
	select {
	case <-time.After(load.warmUp()):
	case <-ctx.Done():
	}
	before := watch()
	began := time.Now()
	measuring.Store(true)
	all.Wait()
	out := sum(workers)
	out.before, out.after, out.began, out.took = before, watch(), began, time.Since(began)
	return out
}

func (w *worker) work(ctx context.Context, pace *pace, do play) {
	defer w.wire.close()
	for ctx.Err() == nil {
		began := pace.next(ctx)
		if ctx.Err() != nil {
			return
		}
		err := do(w)
		if errors.Is(err, errDry) {
			return
		}
		w.count(began, err)
	}
}

// count counts a play that began, or was due, at an instant.
func (w *worker) count(began time.Time, err error) {
	var refused *refusal
	isRefusal := errors.As(err, &refused)
	if err != nil && !isRefusal && w.firstErr == nil {
		w.firstErr = err
	}
	switch {
	case !w.measuring.Load():
	case isRefusal:
		w.refused[refused.code]++
	case err != nil:
		w.failed++
	default:
		w.times.add(time.Since(began))
	}
}

func sum(workers []*worker) outcome {
	out := outcome{refused: map[string]int64{}}
	for i, w := range workers {
		out.times.merge(&w.times)
		out.failed += w.failed
		for code, n := range w.refused {
			out.refused[code] += n
		}
		if out.err == nil && w.firstErr != nil {
			out.err = fmt.Errorf("connection %d: %w", i, w.firstErr)
		}
	}
	return out
}

// pace hands out the instants at which plays are due.
type pace struct {
	start time.Time
	gap   time.Duration // 0: at once
	count atomic.Int64
}

func newPace(rate float64) *pace {
	p := &pace{start: time.Now()}
	if rate > 0 {
		p.gap = time.Duration(float64(time.Second) / rate)
	}
	return p
}

// next waits until a play is due and returns that instant.
func (p *pace) next(ctx context.Context) time.Time {
	if p.gap == 0 {
		return time.Now()
	}
	due := p.start.Add(time.Duration(p.count.Add(1)) * p.gap)
	if wait := time.Until(due); wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	return due
}
