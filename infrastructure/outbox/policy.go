package outbox

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Policy says when a message that failed is tried again.
type Policy struct {
	MaxAttempts int           // the message is dead after that many
	First       time.Duration // wait after the first failure; doubles with each further one
	Max         time.Duration // the wait grows no longer
}

// DefaultPolicy tries 16 times over about 15 hours.
func DefaultPolicy() Policy {
	return Policy{MaxAttempts: 16, First: 2 * time.Second, Max: 2 * time.Hour}
}

// delay is the wait after failed attempt number n, between half of it and the whole: messages that failed together
// do not come back together.
func (p Policy) delay(n int, jitter func(most time.Duration) time.Duration) time.Duration {
	wait := p.First
	for i := 1; i < n && wait < p.Max; i++ {
		wait *= 2
	}
	wait = min(wait, p.Max)
	if wait < 2 {
		return wait
	}
	return wait/2 + jitter(wait-wait/2)
}

// chance is some part of a wait.
func chance(most time.Duration) time.Duration {
	return rand.N(most) //nolint:gosec // G404: jitter, nobody gains by guessing it
}

// ErrPoison marks a message that no further attempt can deliver; a handler's error wraps it.
var ErrPoison = errors.New("message cannot be delivered")

// RetryAt is the error of a handler that knows when to try again, from a schedule of its own or a Retry-After header.
// The attempt counts against Policy.MaxAttempts all the same.
type RetryAt struct {
	At  time.Time
	Err error // why the attempt failed
}

func (e *RetryAt) Error() string {
	return fmt.Sprintf("try again at %s: %v", e.At.UTC().Format(time.RFC3339), e.Err)
}

func (e *RetryAt) Unwrap() error { return e.Err }
