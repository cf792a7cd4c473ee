// Package simulation plays the whole system over days of virtual time in a second: the real engine and shop over their
// real stores on SQLite, their real HTTP between them, and a payment provider, a network, buyers and operators that
// one seed decides. First everything goes wrong that the seed draws, then nothing does any more, and everything that
// was begun must come to its end. docs/simulation.md tells how to use it.
//
// Nothing runs beside anything else: one step at a time, so that a seed gives the same story each time. What happens
// at the same moment in the world happens here in the middle of a call to somebody else, where it can.
package simulation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Plan says what to play.
type Plan struct {
	Seed uint64
	Ops  int    // what buyers, operators and fate do before the faults end
	Dir  string // where the databases are for as long as it takes; memory is quickest
}

// Report is what came of a Plan.
type Report struct {
	Plan     Plan
	Hash     string   // of the trace
	Trace    []string // what happened, in order
	Failures []string // what must not be; none is the normal end
	Calm     bool     // no process died or slept, and neither a database nor the gateway was away for long
	Timings  Timings
	Counts   map[string]int // what happened how often: orders, crashes, faults by name
	Virtual  time.Duration  // how long it was in the world
}

// Failed says whether something was that must not be.
func (r Report) Failed() bool { return len(r.Failures) > 0 }

// Run plays a plan. Its error says that the machine could not, which says nothing about the system.
func Run(ctx context.Context, p Plan) (Report, error) {
	w, err := newWorld(ctx, p)
	if err != nil {
		return Report{Plan: p}, fmt.Errorf("simulation: seed %d: %w", p.Seed, err)
	}
	w.play()
	report := w.report()
	if err := w.close(); err != nil {
		return report, fmt.Errorf("simulation: seed %d: %w", p.Seed, err)
	}
	return report, nil
}

// checkEvery is how many operations pass between two looks at the invariants.
const checkEvery = 8

func (w *world) play() {
	if !w.open() {
		return
	}
	for i := 0; i < w.plan.Ops && !w.failed(); i++ {
		w.operate()
		if i%checkEvery == checkEvery-1 {
			w.checkSafety()
		}
	}
	if w.failed() {
		return
	}
	w.checkSafety()
	w.settle()
}

// settle ends the faults and waits until nothing is left to do.
func (w *world) settle() {
	w.note("faults end")
	w.faults = faults{}
	w.buyersStay = true
	for _, n := range w.nodes {
		n.skew, n.pausedUntil = 0, time.Time{}
	}
	w.gateway.heal()
	deadline := w.now.Add(settleWithin)
	for !w.failed() {
		w.redoRefunds()
		w.pass(time.Hour)
		if w.quiet() {
			break
		}
		if w.now.After(deadline) {
			w.fail("not quiet %s after the faults ended: %s", settleWithin, w.dueText())
		}
	}
	if !w.failed() {
		w.checkSettled()
	}
}

// settleWithin is longer than the longest team, the last notice and the longest wait of a delivery together.
const settleWithin = 120 * time.Hour

func (w *world) report() Report {
	sum := sha256.New()
	for _, line := range w.trace {
		sum.Write([]byte(line))
		sum.Write([]byte{'\n'})
	}
	return Report{
		Plan: w.plan, Hash: hex.EncodeToString(sum.Sum(nil)[:8]), Trace: w.trace, Failures: w.failures,
		Calm: w.calm, Timings: w.timings(), Counts: w.counts, Virtual: w.now.Sub(dawn()),
	}
}
