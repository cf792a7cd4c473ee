// Package schedule runs use cases by the clock. A job of the cluster runs on one node at a time: the node that holds
// its lease, a row of table jobs in the database that the job works on.
//
// The lease has a number that is raised each time it changes hands, its fence. Each transaction of a run reads it again
// (sqldb.DB.Fenced), so a node that was paused and comes back cannot write any more, whatever it believes.
//
// No clock decides who holds a lease. The holder raises a counter, its beat; others take over once they have seen the
// counter stand still for the term, each by its own monotonic clock. Clocks that are wrong by minutes, or jump, change
// nothing. Only when a job is next due is compared across nodes, and a wrong clock there makes it early or late.
package schedule

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"kaituan/infrastructure/sqldb"
)

// Job is one use case and how often it runs.
type Job struct {
	Name  string        // at most 64 characters, for ever the same
	About string        // what it does, for people; at most 255 characters
	Every time.Duration // not less than Options.Look; 0 without Run
	// Cluster is the database whose lease the job runs under, on one node at a time. Nil: it runs on every node.
	Cluster *sqldb.DB
	// Run does the work and returns how many rows it looked at. Nil: the job has no runs, because all nodes claim its
	// rows one by one; it is in the table so that its backlog is seen.
	Run func(ctx context.Context) (int, error)
	// Backlog counts the rows that are due, up to a number worth counting. Nil: there is nothing to count.
	Backlog func(ctx context.Context) (int, error)
}

// Options are what a table can be tuned by. The zero value of a field stands for its default.
type Options struct {
	Node string        // names this process among all that share the databases; at most 128 characters
	Look time.Duration // how often the leases are looked at; default 1 s
	Beat time.Duration // how often the holder says that it lives and what its jobs did; default 3 s
	Term time.Duration // a holder that has not done so for this long is taken for dead; default 10 s
	Log  *slog.Logger
}

// Table runs jobs until it is stopped.
type Table struct {
	cron    *cron.Cron
	ctx     context.Context
	cancel  context.CancelFunc
	log     *slog.Logger
	runners []*runner
	keepers []*keeper
	start   sync.Once
	stop    sync.Once
}

// New returns a table of the given jobs; nothing runs before Start.
func New(jobs []Job, options Options) *Table {
	options = options.withDefaults()
	t := &Table{log: options.Log, cron: cron.New(cron.WithLogger(cron.DiscardLogger))}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	kept := map[*sqldb.DB]*keeper{}
	for _, job := range jobs {
		r := &runner{job: job, ctx: t.ctx, log: options.Log, look: options.Look}
		t.runners = append(t.runners, r)
		if job.Run != nil {
			t.cron.Schedule(r, cron.SkipIfStillRunning(cron.DiscardLogger)(r))
		}
		if job.Cluster == nil {
			continue
		}
		if kept[job.Cluster] == nil {
			kept[job.Cluster] = newKeeper(job.Cluster, options)
			t.keepers = append(t.keepers, kept[job.Cluster])
		}
		kept[job.Cluster].add(r)
	}
	return t
}

func (o Options) withDefaults() Options {
	o.Look = orElse(o.Look, time.Second)
	o.Beat = orElse(o.Beat, 3*time.Second)
	o.Term = orElse(o.Term, 10*time.Second)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

func orElse(d, fallback time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return fallback
}

// Start begins to run the jobs: those of the cluster as soon as this node leads them. A second call does nothing.
func (t *Table) Start(context.Context) error {
	t.start.Do(func() {
		for _, k := range t.keepers {
			k.start()
		}
		t.cron.Start()
	})
	return nil
}

// grace is how long jobs at work may go on before they are told to end. What they have claimed is then not left for
// the next start to wait for.
const grace = 2 * time.Second

// Stop starts no job any more, lets the running ones finish or, after a moment, tells them to end, and waits for
// them as long as ctx lives. Then it gives up the leases, so that another node goes on at once; a run that has not
// ended by then can write nothing from the moment that node begins.
func (t *Table) Stop(ctx context.Context) error {
	t.start.Do(func() {
		for _, k := range t.keepers {
			close(k.done) // never started
		}
	})
	err := t.end(ctx, t.cron.Stop().Done())
	for _, k := range t.keepers {
		err = errors.Join(err, k.stop(ctx))
	}
	return err
}

func (t *Table) end(ctx context.Context, ended <-chan struct{}) error {
	defer t.stop.Do(t.cancel)
	select {
	case <-ended:
		return nil
	case <-time.After(grace):
	case <-ctx.Done():
	}
	t.stop.Do(t.cancel)
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
