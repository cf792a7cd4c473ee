// Package schedule runs use cases by the clock. Each job is one use case that may run on several nodes at once:
// the use cases guard themselves, and a job that is still running is skipped.
package schedule

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// Job is one use case and how often it runs.
type Job struct {
	Name  string
	Every time.Duration // whole seconds, at least one
	Run   func(ctx context.Context) error
}

// Table runs jobs until it is stopped.
type Table struct {
	cron   *cron.Cron
	ctx    context.Context
	cancel context.CancelFunc
	log    *slog.Logger
	start  sync.Once
	stop   sync.Once
}

// New returns a table of the given jobs; nothing runs before Start.
func New(jobs []Job, log *slog.Logger) *Table {
	t := &Table{log: log}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	logger := cronLogger{log}
	t.cron = cron.New(cron.WithLogger(logger))
	for _, job := range jobs {
		t.cron.Schedule(cron.Every(job.Every), cron.NewChain(cron.SkipIfStillRunning(cron.DiscardLogger), cron.Recover(logger)).Then(t.once(job)))
	}
	return t
}

func (t *Table) once(job Job) cron.Job {
	return cron.FuncJob(func() {
		if err := job.Run(t.ctx); err != nil && t.ctx.Err() == nil {
			t.log.Error("job failed", "job", job.Name, "error", err)
		}
	})
}

// Start begins to run the jobs. A second call does nothing.
func (t *Table) Start(context.Context) error {
	t.start.Do(t.cron.Start)
	return nil
}

// grace is how long jobs at work may go on before they are told to end. What they have claimed is then not left for
// the next start to wait for.
const grace = 2 * time.Second

// Stop starts no job any more, lets the running ones finish or, after a moment, tells them to end, and waits for
// them as long as ctx lives.
func (t *Table) Stop(ctx context.Context) error {
	ended := t.cron.Stop().Done()
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

// cronLogger passes what goes wrong inside the library on to our log; its chatter is dropped.
type cronLogger struct{ log *slog.Logger }

func (cronLogger) Info(string, ...any) {}

func (l cronLogger) Error(err error, msg string, kv ...any) {
	l.log.Error("job panicked", append([]any{"error", err, "what", msg}, kv...)...)
}
