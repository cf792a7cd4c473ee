package observe

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Calls measures what this process asks others for over HTTP.
type Calls struct {
	done *prometheus.CounterVec
	took *prometheus.HistogramVec
}

// NewCalls returns the measures of outgoing calls.
func NewCalls() *Calls {
	return &Calls{
		done: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kaituan_calls_total", Help: "Calls that ended: with an answer below 500 (ok), one above (refused), or none (lost).",
		}, []string{"to", "outcome"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kaituan_call_duration_seconds", Help: "From a call to the head of its answer.", Buckets: durations(),
		}, []string{"to"}),
	}
}

// Collectors are what a registry needs to tell them.
func (c *Calls) Collectors() []prometheus.Collector { return []prometheus.Collector{c.done, c.took} }

// Transport measures the calls that go to somebody through base.
func (c *Calls) Transport(to string, base http.RoundTripper) http.RoundTripper {
	for _, outcome := range []string{"ok", "refused", "lost"} {
		c.done.WithLabelValues(to, outcome) // told from the start: an error rate needs its zero
	}
	return measured{c, to, base}
}

type measured struct {
	calls *Calls
	to    string
	base  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (m measured) RoundTrip(req *http.Request) (*http.Response, error) {
	began := time.Now()
	resp, err := m.base.RoundTrip(req)
	m.calls.took.WithLabelValues(m.to).Observe(time.Since(began).Seconds())
	outcome := "ok"
	switch {
	case err != nil:
		outcome = "lost"
	case resp.StatusCode >= http.StatusInternalServerError:
		outcome = "refused"
	}
	m.calls.done.WithLabelValues(m.to, outcome).Inc()
	return resp, err
}
