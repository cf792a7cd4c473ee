// Package limit says how often a caller may call: rates, and the decision whether one more call fits (GCRA, the
// generic cell rate algorithm: a token bucket that is one number). Who keeps that number is behind Meter.
package limit

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Rate is what a bucket lets through. The zero Rate lets everything through and is never metered.
type Rate struct {
	PerSecond float64 // what flows back into the bucket
	Burst     int     // what it holds: calls that may come at once
}

// The bounds of a Rate keep the arithmetic of every Meter exact.
const (
	minPerSecond = 1.0 / 3600
	maxPerSecond = 1_000_000
	maxBurst     = 10_000_000
)

// off is the text of the zero Rate.
const off = "off"

// Parse reads PER_SECOND:BURST, such as 50:500 or 0.5:20, or "off".
func Parse(text string) (Rate, error) {
	if text == off {
		return Rate{}, nil
	}
	perSecond, burst, _ := strings.Cut(text, ":")
	var r Rate
	var err error
	if r.PerSecond, err = strconv.ParseFloat(perSecond, 64); err == nil {
		r.Burst, err = strconv.Atoi(burst)
	}
	if err != nil || !(r.PerSecond >= minPerSecond && r.PerSecond <= maxPerSecond) || r.Burst < 1 || r.Burst > maxBurst {
		return Rate{}, fmt.Errorf("limit: %q is no rate; want PER_SECOND:BURST such as 50:500, or off", text)
	}
	return r, nil
}

// UnmarshalText is Parse, for configurations.
func (r *Rate) UnmarshalText(text []byte) (err error) {
	*r, err = Parse(string(text))
	return err
}

// String is what Parse reads.
func (r Rate) String() string {
	if r.Unlimited() {
		return off
	}
	return strconv.FormatFloat(r.PerSecond, 'g', -1, 64) + ":" + strconv.Itoa(r.Burst)
}

// Unlimited says whether the rate lets everything through.
func (r Rate) Unlimited() bool { return r.PerSecond == 0 }

// Interval is the time that one call costs, in whole microseconds.
func (r Rate) Interval() time.Duration {
	return time.Duration(math.Ceil(1e6/r.PerSecond)) * time.Microsecond
}

// Window is the time in which an empty bucket fills.
func (r Rate) Window() time.Duration { return time.Duration(r.Burst) * r.Interval() }

// Take takes one call out of a bucket that needs debt to be full again, and returns what it needs then. A call that is
// refused costs nothing.
func (r Rate) Take(debt time.Duration) (time.Duration, Verdict) {
	next := debt + r.Interval()
	if next > r.Window() {
		return debt, r.Verdict(debt, false)
	}
	return next, r.Verdict(next, true)
}

// Verdict says of a bucket that needs debt to be full again whether a call was let through, and what is left.
func (r Rate) Verdict(debt time.Duration, allowed bool) Verdict {
	v := Verdict{Allowed: allowed, Full: debt, Remaining: int(max(0, r.Window()-debt) / r.Interval())}
	if !allowed {
		v.RetryAfter = debt + r.Interval() - r.Window()
	}
	return v
}

// Verdict is what became of one call.
type Verdict struct {
	Allowed    bool
	Remaining  int           // calls that may follow at once
	Full       time.Duration // until the bucket is full again
	RetryAfter time.Duration // until one more call fits; 0 when this one was let through
}

// Meter keeps buckets.
type Meter interface {
	// Take takes one call out of a bucket. A bucket that was never seen is full. It always answers, and soon: a meter
	// that cannot reach what it shares with others goes by what it knows itself.
	Take(ctx context.Context, bucket string, rate Rate) Verdict
}
