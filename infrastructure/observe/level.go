package observe

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Level is how many rows of a kind stand in a state that is not their end.
type Level struct {
	Of      string // order, payment, refund, team, seat or delivery
	State   string
	Partner string // whose they are; empty where that is not told apart
	Count   int64
	Since   time.Time // when the oldest of them was made; zero when there is none
}

const (
	// levelsEvery is how long a count is told before it is done again, and levelsShare the most of the time that counting
	// takes: of large books less often.
	levelsEvery = 10 * time.Second
	levelsShare = 20
	levelsTime  = 10 * time.Second
)

// Levels tells Prometheus how many rows are under way. It counts when somebody asks, at most every 10 seconds.
type Levels struct {
	count func(ctx context.Context) ([]Level, error)
	now   func() time.Time
	rows  *prometheus.Desc
	age   *prometheus.Desc

	mu   sync.Mutex
	last []Level
	next time.Time
}

// NewLevels returns a collector of what count finds. Register it in processes of one role only: each counts for itself.
func NewLevels(count func(ctx context.Context) ([]Level, error), now func() time.Time) *Levels {
	labels := []string{"of", "state", "partner"}
	return &Levels{
		count: count, now: now,
		rows: prometheus.NewDesc("kaituan_live", "Rows that are under way, by state.", labels, nil),
		age:  prometheus.NewDesc("kaituan_live_oldest_seconds", "Age of the oldest of them; of unknown payments since they are. 0: there is none.", labels, nil),
	}
}

// Describe implements prometheus.Collector.
func (l *Levels) Describe(descs chan<- *prometheus.Desc) {
	descs <- l.rows
	descs <- l.age
}

// Collect implements prometheus.Collector. What cannot be counted is not told.
func (l *Levels) Collect(metrics chan<- prometheus.Metric) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.refresh(); err != nil {
		metrics <- prometheus.NewInvalidMetric(l.rows, err)
		return
	}
	for _, level := range l.last {
		age := 0.0
		if !level.Since.IsZero() && level.Count > 0 {
			age = max(0, l.now().Sub(level.Since).Seconds())
		}
		metrics <- prometheus.MustNewConstMetric(l.rows, prometheus.GaugeValue, float64(level.Count), level.Of, level.State, level.Partner)
		metrics <- prometheus.MustNewConstMetric(l.age, prometheus.GaugeValue, age, level.Of, level.State, level.Partner)
	}
}

// refresh counts again when it is time.
func (l *Levels) refresh() error {
	began := l.now()
	if began.Before(l.next) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), levelsTime)
	defer cancel()
	found, err := l.count(ctx)
	if err != nil {
		return err
	}
	took := l.now().Sub(began)
	l.last, l.next = found, began.Add(max(levelsEvery, levelsShare*took))
	return nil
}
