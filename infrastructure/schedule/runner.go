package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"kaituan/infrastructure/sqldb"
)

// runner runs one job and remembers what came of it.
type runner struct {
	job  Job
	ctx  context.Context // of the table
	log  *slog.Logger
	look time.Duration // how often to see whether the job is due

	mu     sync.Mutex
	fence  int64              // of the lease; 0: this node does not lead
	until  time.Time          // leads no longer than this without word from the database
	end    context.CancelFunc // ends the run at work, if there is one
	record record
}

// record is what the runs of a job came to. It goes from one holder of the lease to the next.
type record struct {
	started, ended, success, next time.Time // zero: never, and now
	took                          time.Duration
	handled                       int
	handledAll                    int64
	backlog                       int // -1: not counted
	failures                      int // in a row
	failuresAll                   int64
	lastError                     string
}

// Next implements cron.Schedule: when to look whether the job is due. This node may come to lead it at any time.
func (r *runner) Next(now time.Time) time.Time { return now.Truncate(r.look).Add(r.look) }

// Run implements cron.Job.
func (r *runner) Run() {
	fence, ctx, due := r.begin(time.Now())
	if !due {
		return
	}
	n, err := r.guard(ctx)
	r.finish(fence, n, err)
}

// begin says whether to run now, under which fence and context.
func (r *runner) begin(now time.Time) (fence int64, ctx context.Context, due bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.job.Cluster != nil && (r.fence == 0 || !now.Before(r.until)) {
		return 0, nil, false
	}
	// Ticks do not fall on quite the same instant, so half a tick early is in time. More than a whole pace ahead was
	// written by a clock that is wrong.
	wait := r.record.next.Sub(now)
	if wait > r.look/2 && wait <= r.job.Every {
		return 0, nil, false
	}
	r.record.started = now
	if r.job.Cluster == nil {
		ctx, r.end = context.WithCancel(r.ctx)
	} else {
		ctx, r.end = r.job.Cluster.Fenced(r.ctx, r.job.Name, r.fence)
	}
	return r.fence, ctx, true
}

// guard makes an error of a panic.
func (r *runner) guard(ctx context.Context) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return r.job.Run(ctx)
}

// finish records a run. What fails because the process stops is no failure of the job; and of one that lost its lease
// the next holder keeps the record.
func (r *runner) finish(fence int64, n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end()
	r.end = nil
	if errors.Is(err, sqldb.ErrFenced) {
		r.drop(fence)
	}
	switch {
	case r.fence != fence:
		r.log.Warn("job lost its lease; it wrote nothing since", "job", r.job.Name, "fence", fence)
	case err != nil && r.ctx.Err() != nil:
	case err != nil:
		r.log.Error("job failed", "job", r.job.Name, "error", clip(err.Error(), maxLogged))
		fallthrough
	default:
		r.record.add(time.Now(), n, err, r.job.Every)
	}
}

func (rec *record) add(now time.Time, n int, err error, every time.Duration) {
	rec.ended, rec.took, rec.next = now, now.Sub(rec.started), rec.started.Add(every)
	rec.handled = n
	rec.handledAll += int64(n)
	if err != nil {
		rec.failures++
		rec.failuresAll++
		rec.lastError = clip(err.Error(), maxKept)
		return
	}
	rec.success, rec.failures, rec.lastError = now, 0, ""
}

// lead makes this node the job's holder, who goes on with the record of the one before.
func (r *runner) lead(fence int64, until time.Time, rec record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rec.failuresAll = r.record.failuresAll // what this process counted
	r.fence, r.until, r.record = fence, until, rec
}

// kept says that the database knew this node as the holder at a moment before until.
func (r *runner) kept(fence int64, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fence == fence {
		r.until = until
	}
}

// lost says that the lease of this number is another's. A run at work ends, so that it asks nobody any more.
func (r *runner) lost(fence int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(fence)
}

func (r *runner) drop(fence int64) {
	if r.fence != fence || fence == 0 {
		return
	}
	r.fence = 0
	if r.end != nil {
		r.end()
	}
}

// state returns the fence, 0 when this node does not lead, and a copy of the record.
func (r *runner) state() (int64, record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fence, r.record
}

func (r *runner) setBacklog(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.record.backlog = n
}

// Errors of sweeps are many joined into one.
const (
	maxLogged = 4000 // characters
	maxKept   = 1000
)

func clip(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
