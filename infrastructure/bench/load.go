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
// loop); with one, requests are due at that rate whatever the answers do (open loop): one that finds every connection
// busy opens another, as callers who know nothing of each other do, and beyond the most its wait for one counts as part of
// the answer.
type Load struct {
	Connections int           // of an open loop: the most
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
	turned    histogram // how long refusals took
	failed    int64
	firstErr  error
}

// outcome is what a load led to.
type outcome struct {
	times   histogram
	turned  histogram        // of refusals
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
	c := &crew{newCaller: newCaller, turn: turn, enough: cancel}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if load.Rate > 0 {
			c.open(ctx, load)
		} else {
			c.closed(ctx, load.Connections)
		}
		c.all.Wait()
	}()
	select {
	case <-time.After(load.warmUp()):
	case <-ctx.Done():
	}
	before := watch()
	began := time.Now()
	c.measuring.Store(true)
	<-ended
	out := sum(c.workers)
	out.before, out.after, out.began, out.took = before, watch(), began, time.Since(began)
	return out
}

// crew is the workers of one load.
type crew struct {
	newCaller func() *caller
	turn      turns
	enough    func() // ends the load
	measuring atomic.Bool
	workers   []*worker
	all       sync.WaitGroup
}

// hire has one more worker do something with a play of its own.
func (c *crew) hire(do func(w *worker, p play)) {
	number := len(c.workers)
	w := &worker{caller: c.newCaller(), measuring: &c.measuring, refused: map[string]int64{}}
	c.workers = append(c.workers, w)
	c.all.Go(func() {
		defer w.wire.close()
		do(w, c.turn(number))
	})
}

// closed has each of so many workers play again when it has the answer.
func (c *crew) closed(ctx context.Context, connections int) {
	for range connections {
		c.hire(func(w *worker, p play) {
			for ctx.Err() == nil && w.play(time.Now(), p) {
			}
		})
	}
}

// open has plays begin when they are due, by a worker that is idle or a new one.
func (c *crew) open(ctx context.Context, load Load) {
	due := make(chan time.Time)
	serve := func(first time.Time) func(w *worker, p play) {
		return func(w *worker, p play) {
			for at := first; w.play(at, p); {
				select {
				case at = <-due:
				case <-ctx.Done():
					return
				}
			}
			c.enough()
		}
	}
	for pace := newPace(load.Rate); ; {
		at := pace.next(ctx)
		if ctx.Err() != nil {
			return
		}
		select {
		case due <- at:
			continue
		default:
		}
		if len(c.workers) < load.Connections {
			c.hire(serve(at))
			continue
		}
		select {
		case due <- at:
		case <-ctx.Done():
		}
	}
}

// play plays once and counts it from when it was due. It says false when nothing is left to do.
func (w *worker) play(due time.Time, p play) bool {
	err := p(w)
	if errors.Is(err, errDry) {
		return false
	}
	w.count(due, err)
	return true
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
		w.turned.add(time.Since(began))
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
		out.turned.merge(&w.turned)
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
	gap   time.Duration
	count int
}

func newPace(rate float64) *pace {
	return &pace{start: time.Now(), gap: time.Duration(float64(time.Second) / rate)}
}

// next waits until a play is due and returns that instant.
func (p *pace) next(ctx context.Context) time.Time {
	p.count++
	due := p.start.Add(time.Duration(p.count) * p.gap)
	if wait := time.Until(due); wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	return due
}
