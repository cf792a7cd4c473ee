package webhook

import "time"

// Schedule returns how long to wait before the next attempt when `made` attempts of a delivery were made, and
// whether there is a next one. The first is made at once, the last more than 72 hours later, so that an endpoint
// which is down for a long weekend misses nothing. jitter returns a number in [0, 1), such as math/rand/v2.Float64;
// it adds up to a tenth, never takes away, so that endpoints that failed together do not come back together.
func Schedule(made int, jitter func() float64) (delay time.Duration, more bool) {
	delays := [...]time.Duration{
		0, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
		2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour,
		24 * time.Hour, // the gaps above add up to 68.7 hours only
	}
	if made < 0 || made >= len(delays) {
		return 0, false
	}
	delay = delays[made]
	return delay + time.Duration(jitter()*float64(delay)/10), true
}
