package observe

import "github.com/prometheus/client_golang/prometheus"

// Moves counts the changes of status that this process committed.
type Moves struct{ total *prometheus.CounterVec }

// NewMoves returns the counters. states are all there are, by kind, so that each is told from the start.
func NewMoves(states map[string][]string) *Moves {
	m := &Moves{total: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kaituan_moves_total", Help: "Changes of status that this process committed, by the status that they led to.",
	}, []string{"of", "to"})}
	for of, names := range states {
		for _, to := range names {
			m.total.WithLabelValues(of, to)
		}
	}
	return m
}

// Collectors are what a registry needs to tell them.
func (m *Moves) Collectors() []prometheus.Collector { return []prometheus.Collector{m.total} }

// Moved counts one change of status.
func (m *Moves) Moved(of, to string) { m.total.WithLabelValues(of, to).Inc() }
