package app

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kaituan/api/edge"
	"kaituan/infrastructure/cache/redis"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
)

// newRegistry holds what is measured in every process; its parts add what is theirs.
func newRegistry(dbs databases) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newBacklogs(dbs),
	)
	for name, db := range dbs.opened() {
		registry.MustRegister(db.Collectors(name)...)
	}
	return registry
}

// newRefusals counts calls that were too many.
func newRefusals(policies []edge.Policy) *prometheus.CounterVec {
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kaituan_limited_total", Help: "Requests that were refused because the caller sends too many, by the policy that refused them.",
	}, []string{"policy"})
	for _, policy := range policies {
		refused.WithLabelValues(string(policy))
	}
	return refused
}

// redisMetrics tell how often Redis was asked, and in vain.
func redisMetrics(client *redis.Client) []prometheus.Collector {
	counter := func(name, help string, of func(redis.Stats) uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "kaituan_redis_" + name + "_total", Help: help},
			func() float64 { return float64(of(client.Stats())) })
	}
	return []prometheus.Collector{
		counter("calls", "What Redis was asked, or would have been.", func(s redis.Stats) uint64 { return s.Calls }),
		counter("failures", "Calls that Redis did not answer in time, or with an error.", func(s redis.Stats) uint64 { return s.Failures }),
		counter("skipped", "Calls that were not made because Redis did not answer lately.", func(s redis.Stats) uint64 { return s.Skipped }),
	}
}

// serveMetrics serves what Prometheus scrapes. What cannot be measured is left out, and logged.
func serveMetrics(registry *prometheus.Registry, log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	})
}

// backlogs measures the outboxes when somebody asks.
type backlogs struct {
	dbs                            map[string]*sqldb.DB
	waiting, oldest, overdue, dead *prometheus.Desc
}

func newBacklogs(dbs databases) backlogs {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("kaituan_outbox_"+name, help, []string{"database"}, nil)
	}
	return backlogs{
		dbs:     dbs.opened(),
		waiting: desc("waiting", "Messages neither sent nor dead, those scheduled for later among them."),
		oldest:  desc("oldest_seconds", "Age of the oldest of them."),
		overdue: desc("overdue_seconds", "How long the most late of them has been due."),
		dead:    desc("dead", "Messages that were given up and wait for a person."),
	}
}

// Describe implements prometheus.Collector.
func (b backlogs) Describe(descs chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{b.waiting, b.oldest, b.overdue, b.dead} {
		descs <- desc
	}
}

// Collect implements prometheus.Collector.
func (b backlogs) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for name, db := range b.dbs {
		status, err := outbox.Backlog(ctx, db, time.Now())
		if err != nil {
			metrics <- prometheus.NewInvalidMetric(b.waiting, err)
			continue
		}
		for desc, value := range map[*prometheus.Desc]float64{
			b.waiting: float64(status.Waiting), b.oldest: status.Oldest.Seconds(),
			b.overdue: status.Overdue.Seconds(), b.dead: float64(status.Dead),
		} {
			metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, name)
		}
	}
}
