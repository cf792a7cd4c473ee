package app

import (
	"cmp"
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"kaituan/groupbuy"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/coalesce"
	"kaituan/infrastructure/observe"
)

// maxLook is how many visitors share one question at most. A database looks each of them up; more would gain nothing.
const maxLook = 64

// looks lets visitors of product pages share the question in which teams they sit, and measures it. What a visitor
// hears is as new as if each had asked alone: a question is put after all who share it came.
type looks struct {
	visitors prometheus.Histogram
	took     prometheus.Histogram
	group    *coalesce.Group[tracedVisitor, []team.ID]
}

func newLooks() *looks {
	return &looks{
		visitors: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "kaituan_look_visitors", Help: "Visitors of product pages that shared one question to the database.", Buckets: prometheus.ExponentialBuckets(1, 2, 7),
		}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "kaituan_look_seconds", Help: "How long a question of visitors took.", Buckets: prometheus.ExponentialBuckets(0.0001, 2, 15),
		}),
	}
}

func (l *looks) collectors() []prometheus.Collector {
	return []prometheus.Collector{l.visitors, l.took}
}

// tracedVisitor is a visitor with the trace of the request; empty: it is not followed.
type tracedVisitor struct {
	groupbuy.Visitor
	parent string
}

// share puts a coalescer between the engine's visitors and its store.
func (l *looks) share(look groupbuy.Look) groupbuy.LookOnce {
	l.group = coalesce.New(func(ctx context.Context, batch []tracedVisitor) ([][]team.ID, error) {
		visitors := make([]groupbuy.Visitor, len(batch))
		parent := ""
		for i, v := range batch {
			visitors[i], parent = v.Visitor, cmp.Or(parent, v.parent)
		}
		if parent != "" { // of all that share it the first one that is followed
			ctx = observe.Follow(ctx, parent)
		}
		return look(ctx, visitors)
	}, coalesce.Options[tracedVisitor]{
		Lane:     func(v tracedVisitor) string { return string(v.Partner) },
		MaxBatch: maxLook,
		Apart:    func(err error) bool { return !errors.Is(err, groupbuy.ErrUnavailable) },
		Observe: func(b coalesce.Batch) {
			l.visitors.Observe(float64(b.Size))
			l.took.Observe(b.Took.Seconds())
		},
	})
	return func(ctx context.Context, v groupbuy.Visitor) ([]team.ID, error) {
		sits, err := l.group.Do(ctx, tracedVisitor{v, observe.Parent(ctx)})
		return sits, inWordsOfEngine(err)
	}
}

// Start does nothing: the group works from the first visitor on.
func (l *looks) Start(context.Context) error { return nil }

// Stop answers those who wait.
func (l *looks) Stop(ctx context.Context) error {
	if l.group == nil {
		return nil
	}
	return l.group.Stop(ctx)
}
