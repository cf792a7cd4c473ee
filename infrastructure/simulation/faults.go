package simulation

import (
	"math/rand/v2"
	"time"
)

// faults says how likely each thing goes wrong. Each seed draws a few of them, some strong and some weak: a world where
// everything fails at once hides what a single fault would show.
type faults struct {
	// The process and its database, per commit.
	crashBefore, crashAfter float64 // dies; after: what is committed stays
	refused, lost, deadlock float64 // no commit; a commit without an answer; told to try again
	crashCall               float64 // dies before or after a call to somebody else

	// Calls between the mall and the engine, both ways.
	requestLost, answerLost, doubled, late, garbage float64

	// The provider.
	gatewayLost, gatewayMute, gatewayDown float64 // the question; the answer; a while of neither
	refundSlow, refundRefused             float64
	noticeLost, noticeMute, noticeTwice   float64 // mute: taken, and the provider does not hear so
	noticeLate, noticeForged, noticeNever float64

	// The rest of the world.
	meanwhile float64 // somebody else acts in the middle of a call
	skew      float64 // a clock is wrong for a while
	pause     float64 // a worker does nothing for a while
	both      float64 // two workers do the same job
}

// drawFaults gives a seed its own mixture.
func drawFaults(rng *rand.Rand) faults {
	var f faults
	some := func(chance, most float64, rates ...*float64) {
		for _, rate := range rates {
			if rng.Float64() < chance {
				*rate = most * rng.Float64()
			}
		}
	}
	if rng.Float64() < 0.6 { // the others are calm inside, whatever happens around
		some(0.6, 0.02, &f.crashBefore, &f.crashAfter, &f.crashCall)
		some(0.5, 0.05, &f.refused, &f.lost)
		some(0.2, 0.2, &f.skew)
		some(0.3, 0.1, &f.pause)
	}
	some(0.2, 0.02, &f.deadlock)
	some(0.5, 0.25, &f.requestLost, &f.answerLost, &f.doubled, &f.late, &f.garbage)
	some(0.5, 0.3, &f.gatewayLost, &f.gatewayMute)
	some(0.2, 0.02, &f.gatewayDown)
	some(0.3, 0.5, &f.refundSlow, &f.refundRefused)
	some(0.6, 0.6, &f.noticeLost, &f.noticeMute, &f.noticeTwice, &f.noticeLate)
	some(0.3, 1, &f.noticeForged, &f.noticeNever)
	some(0.7, 0.3, &f.meanwhile)
	some(0.5, 0.5, &f.both)
	return f
}

// calm says whether the processes and their databases are well, and the gateway is not away for minutes: only then what
// is done by the clock comes in time. Single answers of the gateway may still be lost.
func (f faults) calm() bool {
	return f.crashBefore+f.crashAfter+f.crashCall+f.refused+f.lost+f.skew+f.pause+f.gatewayDown == 0
}

// hit says whether a fault strikes and remembers its name.
func (w *world) hit(rate float64, name string) bool {
	if rate <= 0 || w.rng.Float64() >= rate {
		return false
	}
	w.counts["fault "+name]++
	w.note("fault: %s", name)
	return true
}

// chance draws without naming a fault.
func (w *world) chance(p float64) bool { return w.rng.Float64() < p }

// between draws a duration in whole milliseconds.
func (w *world) between(low, high time.Duration) time.Duration {
	ms := int64(high-low)/int64(time.Millisecond) + 1
	return low + time.Duration(w.rng.Int64N(ms))*time.Millisecond
}

// pick draws one of a list.
func pick[T any](w *world, list []T) T { return list[w.rng.IntN(len(list))] }
