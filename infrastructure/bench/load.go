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
	Rate        float64 // requests a second; 0: closed loop
	Duration    time.Duration
}

// play is one thing that a worker does: one call or several that belong together.
type play func(w *worker) error

// worker is one connection of a load with what it counts.
type worker struct {
	*caller
	number int

	measuring *atomic.Bool
	due       time.Time // when the call at hand should have been made; zero: now
	times     histogram
	refused   map[string]int64
	failed    int64
	firstErr  error
}

// done counts a call that began at a time.
func (w *worker) done(began time.Time, status int, code string, err error) {
	if !w.measuring.Load() {
		return
	}
	if !w.due.IsZero() {
		began, w.due = w.due, time.Time{}
	}
	switch {
	case err != nil:
		w.failed++
		if w.firstErr == nil {
			w.firstErr = err
		}
	case status >= 400:
		w.refused[code]++
	default:
		w.times.add(time.Since(began))
	}
}

// outcome is what a load led to.
type outcome struct {
	times   histogram
	refused map[string]int64
	failed  int64
	err     error // the first failure
	took    time.Duration
}

// warmUp is how long a load runs before it is measured.
const warmUp = 500 * time.Millisecond

// drive runs plays until the duration is over. Refusals are counted; failures are too, and the first one is kept.
func drive(ctx context.Context, load Load, newCaller func() *caller, turn func(worker int) play) outcome {
	ctx, cancel := context.WithTimeout(ctx, warmUp+load.Duration)
	defer cancel()
	var measuring atomic.Bool
	workers := make([]*worker, load.Connections)
	var all sync.WaitGroup
	pace := newPace(load.Rate)
	for i := range workers {
		w := &worker{caller: newCaller(), number: i, measuring: &measuring, refused: map[string]int64{}}
		w.caller.done = w.done
		workers[i] = w
		do := turn(i)
		all.Go(func() { w.work(ctx, pace, do) })
	}
	began := measureAfter(ctx, &measuring)
	all.Wait()
	return sum(workers, time.Since(began))
}

func measureAfter(ctx context.Context, measuring *atomic.Bool) time.Time {
	select {
	case <-time.After(warmUp):
	case <-ctx.Done():
	}
	measuring.Store(true)
	return time.Now()
}

func (w *worker) work(ctx context.Context, pace *pace, do play) {
	defer w.wire.close()
	for ctx.Err() == nil {
		if w.due = pace.next(ctx); ctx.Err() != nil {
			return
		}
		if err := do(w); err != nil && w.firstErr == nil && !errors.Is(err, errRefused) {
			w.firstErr = err
		}
	}
}

func sum(workers []*worker, took time.Duration) outcome {
	out := outcome{refused: map[string]int64{}, took: took}
	for _, w := range workers {
		out.times.merge(&w.times)
		out.failed += w.failed
		for code, n := range w.refused {
			out.refused[code] += n
		}
		if out.err == nil && w.firstErr != nil {
			out.err = fmt.Errorf("connection %d: %w", w.number, w.firstErr)
		}
	}
	return out
}

// pace hands out the instants at which calls are due.
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

// next waits until a call is due and returns the instant, or zero without a rate.
func (p *pace) next(ctx context.Context) time.Time {
	if p.gap == 0 {
		return time.Time{}
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
