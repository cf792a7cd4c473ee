package webhook

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"kaituan/infrastructure/breaker"
)

// PerEndpoint is how many attempts one endpoint has under way at most. Whoever has more workers than that holds nobody
// up because of one slow endpoint.
const PerEndpoint = 16

// A lane is closed for a while when several attempts in a row came to nothing.
const (
	laneFailures = 5                      // in a row close the lane
	lanePause    = 10 * time.Second       // until one attempt tries again
	laneWait     = 250 * time.Millisecond // for room in the lane: a swift endpoint makes some by then
	busyPause    = time.Second            // until an attempt that found none comes back, and up to four times more
	maxIdleLanes = 1000                   // are kept for endpoints that nothing is sent to
)

// lanes are the ways to all endpoints. It is safe for concurrent use.
type lanes struct {
	mu sync.Mutex
	by map[string]*lane // by the endpoint's URL
}

type lane struct {
	room    chan struct{}
	circuit *breaker.Breaker
	users   int // guarded by lanes.mu: attempts that are in the lane or wait for room
}

// errFailed tells the circuit that an attempt came to nothing.
var errFailed = errors.New("webhook: the attempt failed")

// enter takes a place in an endpoint's lane, to be given back by leave; or says why there is none.
func (l *lanes) enter(ctx context.Context, url string) (leave func(Result), refused *Result) {
	way := l.use(url)
	select {
	case way.room <- struct{}{}:
	case <-ctx.Done():
		l.release(way)
		result := failed(ctx, ctx.Err())
		return nil, &result
	case <-time.After(laneWait):
		l.release(way)
		return nil, &Result{Outcome: Later, Reason: ReasonBusy, After: busyPause + rand.N(4*busyPause)} //nolint:gosec // G404: jitter
	}
	done, err := way.circuit.Allow()
	if err != nil {
		<-way.room
		l.release(way)
		return nil, &Result{Outcome: Later, Reason: ReasonClosed, After: lanePause + rand.N(lanePause/2)} //nolint:gosec // G404: jitter
	}
	return func(r Result) {
		done(r.failure())
		<-way.room
		l.release(way)
	}, nil
}

func (l *lanes) use(url string) *lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	way := l.by[url]
	if way == nil {
		if len(l.by) >= maxIdleLanes {
			l.forget()
		}
		way = &lane{
			room:    make(chan struct{}, PerEndpoint),
			circuit: breaker.New("endpoint", breaker.Options{Failures: laneFailures, Pause: lanePause}, nil),
		}
		l.by[url] = way
	}
	way.users++
	return way
}

// forget drops the lanes that nobody uses; of one that was closed the next attempts find out anew.
func (l *lanes) forget() {
	for url, way := range l.by {
		if way.users == 0 {
			delete(l.by, url)
		}
	}
}

func (l *lanes) release(way *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	way.users--
}

// failure is what an attempt says of its endpoint: whether it is down. One that refuses is not.
func (r Result) failure() error {
	switch r.Reason {
	case ReasonCancelled:
		return context.Canceled
	case ReasonTimeout, ReasonName, ReasonTLS, ReasonConnect, ReasonNetwork:
		return errFailed
	}
	if r.Status >= 500 {
		return errFailed
	}
	return nil
}
