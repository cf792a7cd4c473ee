package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/coalesce"
	"kaituan/infrastructure/observe"
)

// How commands were tried: those that arrived at once in one transaction, or each in its own after that had failed.
const (
	together = "together"
	apart    = "apart"
)

// shared measures how callers share commits.
type shared struct {
	size, wait, took prometheus.Histogram
	failed           *prometheus.CounterVec
	waiting          prometheus.GaugeFunc
}

// newShared names the metrics by a prefix and what is counted, and says in words what that is. Queued counts what waits.
func newShared(prefix, counted, what string, queued func() int) *shared {
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: prefix + name, Help: help, Buckets: buckets})
	}
	s := &shared{
		size: histogram(counted, "How many "+what+" shared one transaction.", prometheus.ExponentialBuckets(1, 2, 9)),
		wait: histogram("wait_seconds", "How long the oldest of a transaction's "+what+" had waited for its turn.", prometheus.ExponentialBuckets(0.0001, 2, 15)),
		took: histogram("seconds", "How long a transaction of "+what+" took.", prometheus.ExponentialBuckets(0.0001, 2, 15)),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "failures_total", Help: "Transactions of " + what + " that failed: shared ones, and those tried apart after one.",
		}, []string{"tried"}),
	}
	s.waiting = prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: prefix + "waiting", Help: "How many " + what + " wait for their turn.",
	}, func() float64 { return float64(queued()) })
	for _, tried := range []string{together, apart} {
		s.failed.WithLabelValues(tried) // told from the start: a rate needs its zero
	}
	return s
}

func (s *shared) collectors() []prometheus.Collector {
	return []prometheus.Collector{s.size, s.wait, s.took, s.failed, s.waiting}
}

func (s *shared) observe(b coalesce.Batch) {
	s.size.Observe(float64(b.Size))
	s.wait.Observe(b.Wait.Seconds())
	s.took.Observe(b.Took.Seconds())
	if b.Err == nil {
		return
	}
	tried := together
	if b.Apart {
		tried = apart
	}
	s.failed.WithLabelValues(tried).Inc()
}

// commits lets the engine's callers share commits, and measures it.
type commits struct {
	*shared
	group *coalesce.Group[tracedCommand, team.Outcome]
}

func newCommits() *commits {
	c := &commits{}
	c.shared = newShared("kaituan_commit_", "commands", "team commands", func() int {
		if c.group == nil {
			return 0
		}
		return c.group.Waiting()
	})
	return c
}

// tracedCommand is a command with the trace of the request that it came with; empty: it is not followed.
type tracedCommand struct {
	team.Command
	parent string
}

// inTrace has a shared transaction, and the messages in it, belong to the trace of the first command that has one: all
// have the same fate, and what is written down once can name one only.
func inTrace(ctx context.Context, batch []tracedCommand) context.Context {
	for _, c := range batch {
		if c.parent != "" {
			return observe.Follow(ctx, c.parent)
		}
	}
	return ctx
}

func commandsOf(batch []tracedCommand) []team.Command {
	commands := make([]team.Command, len(batch))
	for i, c := range batch {
		commands[i] = c.Command
	}
	return commands
}

// share puts the coalescer between the engine's callers and its store.
func (c *commits) share(run groupbuy.CarryOut) groupbuy.Do {
	c.group = coalesce.New(func(ctx context.Context, batch []tracedCommand) ([]team.Outcome, error) {
		return run(inTrace(ctx, batch), commandsOf(batch))
	}, coalesce.Options[tracedCommand]{
		MaxWait: commandPatience,
		Lane:    func(c tracedCommand) string { return string(partnerOf(c.Command)) },
		// A store that is away is away for every command of a batch.
		Apart:   func(err error) bool { return !errors.Is(err, groupbuy.ErrUnavailable) },
		Observe: c.observe,
	})
	return func(ctx context.Context, cmd team.Command) (team.Outcome, error) {
		out, err := c.group.DoWithin(ctx, tracedCommand{cmd, observe.Parent(ctx)}, patienceOf(cmd))
		return out, inWordsOfEngine(err)
	}
}

// How long a command may have to wait for its turn. Locks are refused first when there is more than can be carried out:
// payments and all else follow from a lock that was taken.
const (
	lockPatience    = 250 * time.Millisecond
	commandPatience = time.Second
)

func patienceOf(cmd team.Command) time.Duration {
	if _, lock := cmd.(team.Lock); lock {
		return lockPatience
	}
	return commandPatience
}

// partnerOf is whose turn a command waits for; the clock's, empty, for those that nobody called for.
func partnerOf(cmd team.Command) partner.ID {
	switch c := cmd.(type) {
	case team.Lock:
		return c.Key.Partner
	case team.Settle:
		return c.Key.Partner
	case team.Release:
		return c.Key.Partner
	case team.Refund:
		return c.Key.Partner
	case team.ConfirmRefund:
		return c.Key.Partner
	default:
		return ""
	}
}

// crowded says whether a lock of a partner would be refused now.
func (c *commits) crowded(p partner.ID) bool {
	return c.group != nil && c.group.Crowded(string(p), lockPatience)
}

// inWordsOfEngine says what a group refused in the words of the engine's port.
func inWordsOfEngine(err error) error {
	switch {
	case errors.Is(err, coalesce.ErrOverloaded):
		return fmt.Errorf("%w: %w", groupbuy.ErrOverloaded, err)
	case errors.Is(err, coalesce.ErrStopped):
		return fmt.Errorf("%w: %w", groupbuy.ErrUnavailable, err)
	default:
		return err
	}
}

// Start does nothing: the group works from the first command on.
func (c *commits) Start(context.Context) error { return nil }

// Stop carries out what waits.
func (c *commits) Stop(ctx context.Context) error {
	if c.group == nil {
		return nil
	}
	return c.group.Stop(ctx)
}
