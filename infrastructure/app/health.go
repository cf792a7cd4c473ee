package app

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/pprof"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kaituan/infrastructure/observe"
)

// dependency is something outside the process that it is not well without.
type dependency struct {
	name     string
	required bool // without it requests should go elsewhere; otherwise the instance is slower, or does less
	ping     func(ctx context.Context) error
}

// condition is how an instance is.
type condition string

// The conditions. Requests are sent to ready and degraded instances.
const (
	ready    condition = "ready"
	degraded condition = "degraded" // something that it can do without does not answer
	unready  condition = "unready"  // a database does not answer
	draining condition = "draining" // it stops
)

// health is what the private listener tells about the instance.
type health struct {
	dependencies []dependency
	metrics      http.Handler
	version      version
	draining     atomic.Bool
}

// version is the answer of /version.
type version struct {
	observe.Build
	Role      string    `json:"role"`
	Node      string    `json:"node"`
	StartedAt time.Time `json:"started_at"`
}

// needs adds what /readyz looks at.
func (h *health) needs(d ...dependency) { h.dependencies = append(h.dependencies, d...) }

// databaseNeeds are the databases of this process.
func (d databases) needs() []dependency {
	var list []dependency
	opened := d.opened()
	for _, name := range slices.Sorted(maps.Keys(opened)) {
		list = append(list, dependency{name: name, required: true, ping: opened[name].Ping})
	}
	return list
}

// answers asks an address for anything: whatever the answer below 500, somebody is there.
func answers(transport http.RoundTripper, url string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodHead, url, http.NoBody)
		if err != nil {
			return err
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return err
		}
		_ = resp.Body.Close() // HEAD has none
		if resp.StatusCode >= http.StatusInternalServerError {
			return fmt.Errorf("answered %d", resp.StatusCode)
		}
		return nil
	}
}

// hangUp ends each connection with its next answer while the instance drains, so that none is in use when it closes.
func (h *health) hangUp(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// handler serves health, metrics and profiles. It must not be reachable from outside.
func (h *health) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", h.ready)
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, h.version) })
	mux.Handle("GET /metrics", h.metrics)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// readiness is the answer of /readyz.
type readiness struct {
	Status condition         `json:"status"`
	Checks map[string]string `json:"checks"` // ok, or what is wrong
}

// pingTime bounds how long a dependency may take to answer.
const pingTime = 2 * time.Second

// ready says whether requests should be sent here: 200 when ready or degraded, 503 otherwise.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), pingTime)
	defer cancel()
	answer := readiness{Status: ready, Checks: map[string]string{}}
	for i, err := range h.ping(ctx) {
		d := h.dependencies[i]
		answer.Checks[d.name] = "ok"
		if err == nil {
			continue
		}
		answer.Checks[d.name] = err.Error()
		if d.required {
			answer.Status = unready
		} else if answer.Status == ready {
			answer.Status = degraded
		}
	}
	if h.draining.Load() {
		answer.Status = draining
	}
	status := http.StatusOK
	if answer.Status == unready || answer.Status == draining {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, answer)
}

// ping asks all dependencies at once.
func (h *health) ping(ctx context.Context) []error {
	errs := make([]error, len(h.dependencies))
	var asked sync.WaitGroup
	for i, d := range h.dependencies {
		asked.Go(func() { errs[i] = d.ping(ctx) })
	}
	asked.Wait()
	return errs
}

// Describe implements prometheus.Collector. It names nothing: what there is to tell is known later.
func (h *health) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector: which dependencies answer.
func (h *health) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), pingTime)
	defer cancel()
	desc := prometheus.NewDesc("kaituan_dependency_up", "1 when it answers within two seconds.", []string{"dependency"}, nil)
	for i, err := range h.ping(ctx) {
		up := 1.0
		if err != nil {
			up = 0
		}
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, up, h.dependencies[i].name)
	}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that has gone wants no answer
}
