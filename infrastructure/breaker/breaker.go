// Package breaker stops calling somebody who does not answer: each call would hold a worker until its time-out, and
// whoever is down comes up the later for being called.
package breaker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sony/gobreaker/v2"
)

// ErrOpen says that the call was not made, because those before it were not answered.
var ErrOpen = errors.New("breaker: not called while nothing comes back")

// Options say when to stop calling, and for how long.
type Options struct {
	Failures uint32        // in a row; at least 1
	Pause    time.Duration // then one call tries
}

// Breaker is the circuit to one service. It is safe for concurrent use.
type Breaker struct {
	name    string
	circuit *gobreaker.TwoStepCircuitBreaker[any]
}

// New returns a closed circuit. turned is told when it opens, and when it closes again; nil tells nobody.
func New(name string, o Options, turned func(name string, open bool)) *Breaker {
	if turned == nil {
		turned = func(string, bool) {}
	}
	return &Breaker{name, gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		Name: name, Timeout: o.Pause,
		ReadyToTrip: func(counts gobreaker.Counts) bool { return counts.ConsecutiveFailures >= o.Failures },
		IsExcluded:  func(err error) bool { return errors.Is(err, context.Canceled) },
		OnStateChange: func(name string, from, to gobreaker.State) {
			if from == gobreaker.StateClosed || to == gobreaker.StateClosed {
				turned(name, to != gobreaker.StateClosed)
			}
		},
	})}
}

// Allow asks whether to call. Whoever is allowed must say in done how it went: an error is a failure, but
// context.Canceled, which says nothing about the other side. Errors: ErrOpen.
func (b *Breaker) Allow() (done func(err error), err error) {
	done, err = b.circuit.Allow()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.name, ErrOpen)
	}
	return done, nil
}

// errStatus is a failure for the circuit; the caller gets the answer as it is.
var errStatus = errors.New("breaker: the service failed")

// Transport carries HTTP calls through the circuit. No answer at all is a failure, and so is a status of 500 and more.
func (b *Breaker) Transport(next http.RoundTripper) http.RoundTripper { return transport{b, next} }

type transport struct {
	*Breaker
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper. Errors: ErrOpen, those of the transport.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	done, err := t.Allow()
	if err != nil {
		return nil, err
	}
	answer, err := t.next.RoundTrip(req)
	switch {
	case err != nil:
		done(err)
	case answer.StatusCode >= http.StatusInternalServerError:
		done(errStatus)
	default:
		done(nil)
	}
	return answer, err
}
