package observe

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

// Requests measures what a router answers: rate, errors and duration by route, and what partners ask for.
type Requests struct {
	caller   func(c *gin.Context) (kind, id string)
	answered *prometheus.CounterVec
	took     *prometheus.HistogramVec
	underWay prometheus.Gauge
	partners *prometheus.CounterVec
}

// NewRequests returns the measures of a router. caller says who a request was from, once it was answered.
func NewRequests(caller func(c *gin.Context) (kind, id string)) *Requests {
	return &Requests{
		caller: caller,
		answered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kaituan_http_requests_total", Help: "Requests that were answered.",
		}, []string{"method", "route", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kaituan_http_request_duration_seconds", Help: "From the request's headers to the end of its answer.", Buckets: durations(),
		}, []string{"method", "route"}),
		underWay: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "kaituan_http_requests_in_flight", Help: "Requests that are being answered, streams of events among them.",
		}),
		partners: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kaituan_partner_requests_total", Help: "Requests that were signed by a partner, by class of their status.",
		}, []string{"partner", "class"}),
	}
}

// durations are the bounds of histograms of requests and calls, in seconds: a page's reads take milliseconds, the slowest
// answer of a provider ten seconds.
func durations() []float64 { return []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10} }

// Collectors are what a registry needs to tell them.
func (r *Requests) Collectors() []prometheus.Collector {
	return []prometheus.Collector{r.answered, r.took, r.underWay, r.partners}
}

// Handler measures. Put it around everything else that answers.
func (r *Requests) Handler(c *gin.Context) {
	began := time.Now()
	r.underWay.Inc()
	defer r.underWay.Dec()
	c.Next()
	method, route, status := method(c.Request.Method), c.FullPath(), c.Writer.Status()
	if route == "" {
		route = "none"
	}
	r.answered.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	r.took.WithLabelValues(method, route).Observe(time.Since(began).Seconds())
	if kind, id := r.caller(c); kind == "partner" {
		r.partners.WithLabelValues(id, strconv.Itoa(status/100)+"xx").Inc()
	}
}

// method bounds what callers can make us count.
func method(name string) string {
	if slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}, name) {
		return name
	}
	return "other"
}
