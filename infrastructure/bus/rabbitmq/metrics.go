package rabbitmq

import "github.com/prometheus/client_golang/prometheus"

// What became of a message that a consumer was handed, and of one that was published.
const (
	taken     = "taken"
	failed    = "failed" // comes again
	buried    = "buried"
	confirmed = "confirmed"
)

// counts is what the bus measures.
type counts struct {
	consumed  *prometheus.CounterVec
	published *prometheus.CounterVec
	up        *prometheus.GaugeVec
}

func newCounts() *counts {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kaituan_bus_" + name, Help: help}, labels)
	}
	return &counts{
		consumed:  counter("consumed_total", "Messages that consumers were handed: taken, failed (they come again) or buried.", "consumer", "outcome"),
		published: counter("published_total", "Messages handed to the broker: confirmed or failed (they are published again).", "outcome"),
		up: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kaituan_bus_up", Help: "1 while the connection to the broker works.",
		}, []string{"link"}),
	}
}

// Describe implements prometheus.Collector.
func (b *Bus) Describe(descs chan<- *prometheus.Desc) {
	b.counts.consumed.Describe(descs)
	b.counts.published.Describe(descs)
	b.counts.up.Describe(descs)
}

// Collect implements prometheus.Collector.
func (b *Bus) Collect(metrics chan<- prometheus.Metric) {
	for _, l := range []*link{b.links.publish, b.links.consume} {
		up := 0.0
		if l.trouble() == nil {
			up = 1
		}
		b.counts.up.WithLabelValues(l.name).Set(up)
	}
	b.counts.consumed.Collect(metrics)
	b.counts.published.Collect(metrics)
	b.counts.up.Collect(metrics)
}
