package observe

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The log takes so many reports of pages at once, and one more each interval: a page that fails for everybody must not
// drown what else is logged.
const (
	reportsAtOnce  = 30
	reportInterval = 2 * time.Second
)

// Pages counts what the shop's pages tell of themselves, and logs where they failed. It is safe for concurrent use.
type Pages struct {
	views, errors *prometheus.CounterVec
	log           *slog.Logger
	now           func() time.Time

	mu   sync.Mutex
	full time.Time // when the log takes reportsAtOnce again
}

// NewPages returns the counters. kinds are all there are, so that each is told from the start.
func NewPages(kinds []string, log *slog.Logger, now func() time.Time) *Pages {
	p := &Pages{
		views: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kaituan_page_views_total", Help: "Pages of the shop that were opened in a browser, by kind.",
		}, []string{"page"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kaituan_page_errors_total", Help: "Failures of scripts that pages of the shop reported, by kind.",
		}, []string{"page"}),
		log: log, now: now,
	}
	for _, kind := range kinds {
		p.views.WithLabelValues(kind)
		p.errors.WithLabelValues(kind)
	}
	return p
}

// Collectors are what a registry needs to tell them.
func (p *Pages) Collectors() []prometheus.Collector { return []prometheus.Collector{p.views, p.errors} }

// Viewed counts that somebody opened a page.
func (p *Pages) Viewed(page string) { p.views.WithLabelValues(page).Inc() }

// Broke counts that a page's script failed, and writes what it said as one line while the log takes it.
func (p *Pages) Broke(ctx context.Context, page, message, stack, browser string) {
	p.errors.WithLabelValues(page).Inc()
	if !p.fits() {
		return
	}
	p.log.LogAttrs(ctx, slog.LevelWarn, "page broke", slog.String("page", page), slog.String("said", message),
		slog.String("stack", stack), slog.String("browser", browser))
}

// fits says whether the log takes one more report now.
func (p *Pages) fits() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.full.Before(now) {
		p.full = now
	}
	if p.full.Add(reportInterval).Sub(now) > reportsAtOnce*reportInterval {
		return false
	}
	p.full = p.full.Add(reportInterval)
	return true
}
