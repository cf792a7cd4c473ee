package groupbuy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
)

const (
	jobLease      = 30 * time.Second // a node that says nothing for so long is taken for dead
	jobBeat       = time.Second      // how often progress is shown and the lease extended
	jobRetry      = 5 * time.Minute  // a scheduled job that failed is tried again after that
	jobGiveUp     = 10 * time.Second // how long the end of a job may take when the process stops
	ordersAtATime = 20_000
	chunkBuyers   = 1000
	chunksAtATime = 16
	dueTags       = 100
)

// WorkTags queues the tags that are due, buries jobs whose node died, and works off the queue. A worker calls it
// each second; several nodes may.
func (e *Engine) WorkTags(ctx context.Context) error {
	if err := e.queueDueTags(ctx); err != nil {
		return err
	}
	queued, dead, err := e.Crowds.OpenJobs(ctx, e.Clock())
	if err != nil {
		return fmt.Errorf("groupbuy: open tag jobs: %w", err)
	}
	for _, job := range dead {
		job.Error = "the process that worked on it stopped"
		if err := e.fail(ctx, job); err != nil && !errors.Is(err, ErrConflict) {
			return err
		}
	}
	var failures []error
	for _, job := range queued {
		if _, err := e.work(ctx, job, func(ctx context.Context, w *tagWriter) error { return e.compute(ctx, w) }); err != nil && !errors.Is(err, ErrConflict) {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

func (e *Engine) queueDueTags(ctx context.Context) error {
	due, err := e.Store.DueTags(ctx, e.Clock(), dueTags)
	if err != nil {
		return fmt.Errorf("groupbuy: due tags: %w", err)
	}
	for _, tag := range due {
		_, err := e.queueTag(ctx, tag.ID, crowd.BySchedule, func(Tx, crowd.Tag, crowd.Job) error { return nil })
		var refused *Error
		if err != nil && !errors.As(err, &refused) { // another node was first
			return err
		}
	}
	return nil
}

// work starts a queued job, lets fill write its generation, and puts that to use; whatever goes wrong in between, the
// tag stays as it was and the job shows why. Errors: ErrConflict when another node has the job.
func (e *Engine) work(ctx context.Context, job crowd.Job, fill func(ctx context.Context, w *tagWriter) error) (crowd.Job, error) {
	now := e.Clock()
	started, err := e.Crowds.StartJob(ctx, job.ID, now, now.Add(jobLease))
	if err != nil {
		return job, fmt.Errorf("groupbuy: start tag job %s: %w", job.ID, err)
	}
	w := &tagWriter{crowds: e.Crowds, clock: e.Clock, job: started, beat: now}
	err = fill(ctx, w)
	if err == nil {
		err = w.flush(ctx)
	}
	if err == nil {
		w.job.Status, w.job.EndedAt = crowd.Done, e.Clock()
		err = e.Crowds.EndJob(ctx, w.job)
	}
	if err != nil {
		w.job.Error = reasonFor(err)
		return w.job, errors.Join(fmt.Errorf("groupbuy: tag job %s of %s: %w", job.ID, job.Tag, err), e.bury(ctx, w.job))
	}
	if err := e.Crowds.DropStale(ctx, job.Tag); err != nil { // the next job tries again
		e.Log.WarnContext(ctx, "stale members of a tag stay for now", "tag", job.Tag, "error", err)
	}
	return w.job, nil
}

// reasonFor is what operators read; the whole story is in the log.
func reasonFor(err error) string {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "the process that worked on it stopped"
	case errors.Is(err, ErrUnavailable), errors.Is(err, ErrUnknown):
		return "the database did not answer"
	case errors.Is(err, ErrConflict):
		return "it was given up because it showed no progress"
	}
	return "something broke on our side; see the log"
}

// bury ends a job as failed, also when the process is about to stop.
func (e *Engine) bury(ctx context.Context, job crowd.Job) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobGiveUp)
	defer cancel()
	if err := e.fail(ctx, job); err != nil && !errors.Is(err, ErrConflict) {
		return err
	}
	return nil
}

func (e *Engine) fail(ctx context.Context, job crowd.Job) error {
	job.Status, job.EndedAt = crowd.Failed, e.Clock()
	if job.Cause == crowd.BySchedule {
		job.RetryAt = job.EndedAt.Add(jobRetry)
	}
	if err := e.Crowds.EndJob(ctx, job); err != nil {
		return fmt.Errorf("groupbuy: bury tag job %s: %w", job.ID, err)
	}
	if err := e.Crowds.DropStale(ctx, job.Tag); err != nil {
		e.Log.WarnContext(ctx, "members of a failed tag job stay for now", "tag", job.Tag, "error", err)
	}
	return nil
}

// compute finds a ruled tag's members among all order facts, in one pass that needs one buyer in memory at a time.
// What is recorded meanwhile about buyers that were passed counts next time.
func (e *Engine) compute(ctx context.Context, w *tagWriter) error {
	tag, err := e.Store.TagByID(ctx, w.job.Tag)
	if err != nil {
		return err
	}
	found := &census{tally: crowd.NewTally(tag.Rule, w.job.StartedAt)}
	place := OrderPlace{}
	for {
		var n int
		place, n, err = e.Crowds.Orders(ctx, tag.Partner, place, ordersAtATime, found.count)
		if err != nil {
			return err
		}
		last := n < ordersAtATime
		if last {
			found.judge()
		}
		w.job.FactsRead += int64(n)
		if err := w.addAll(ctx, found.members); err != nil || last {
			return err
		}
		found.members = found.members[:0]
	}
}

// census finds the members among orders that come by partner and buyer.
type census struct {
	tally   *crowd.Tally
	partner partner.ID
	buyer   activity.Buyer // whose orders are being counted; empty: nobody's yet
	members []crowd.Chunk  // found so far, one chunk per run of a partner's members
}

func (c *census) count(o crowd.Order) {
	if o.Buyer != c.buyer || o.Partner != c.partner {
		c.judge()
		c.partner, c.buyer = o.Partner, o.Buyer
	}
	paidAt := int64(0)
	if !o.PaidAt.IsZero() {
		paidAt = o.PaidAt.UnixMilli()
	}
	c.tally.Add(o.Amount, o.Refunded, paidAt)
}

// judge decides on the buyer whose orders have all been counted.
func (c *census) judge() {
	if c.buyer == "" || !c.tally.Take() {
		return
	}
	last := len(c.members) - 1
	if last < 0 || c.members[last].Partner != c.partner {
		c.members = append(c.members, crowd.Chunk{Partner: c.partner})
		last++
	}
	c.members[last].Buyers = append(c.members[last].Buyers, c.buyer)
}

// tagWriter writes the generation of a running job and shows its progress.
type tagWriter struct {
	crowds Crowds
	clock  func() time.Time
	job    crowd.Job
	beat   time.Time
	chunks []crowd.Chunk // full but for the last, not yet written
	seq    int           // of the first of them
}

func (w *tagWriter) addAll(ctx context.Context, pages []crowd.Chunk) error {
	for _, page := range pages {
		for _, b := range page.Buyers {
			if err := w.add(ctx, page.Partner, b); err != nil {
				return err
			}
		}
	}
	return w.progress(ctx)
}

// add appends one member. Members come by partner, then buyer.
func (w *tagWriter) add(ctx context.Context, p partner.ID, b activity.Buyer) error {
	w.job.Members++
	last := len(w.chunks) - 1
	if last >= 0 && w.chunks[last].Partner == p && len(w.chunks[last].Buyers) < chunkBuyers {
		w.chunks[last].Buyers = append(w.chunks[last].Buyers, b)
		return nil
	}
	if len(w.chunks) == chunksAtATime {
		if err := w.flush(ctx); err != nil {
			return err
		}
	}
	w.chunks = append(w.chunks, crowd.Chunk{Partner: p, Buyers: append(make([]activity.Buyer, 0, chunkBuyers), b)})
	return nil
}

func (w *tagWriter) flush(ctx context.Context) error {
	if len(w.chunks) == 0 {
		return nil
	}
	if err := w.crowds.AddMembers(ctx, w.job, w.seq, w.chunks); err != nil {
		return err
	}
	w.seq += len(w.chunks)
	w.chunks = w.chunks[:0]
	return w.progress(ctx)
}

func (w *tagWriter) progress(ctx context.Context) error {
	now := w.clock()
	if now.Sub(w.beat) < jobBeat {
		return nil
	}
	w.beat = now
	return w.crowds.KeepJob(ctx, w.job, now.Add(jobLease))
}

// FollowCrowd loads the generations that other processes put to use into this one's memory. Every process that
// serves partners calls it each second. A generation that is replaced while it is read is left out; the next call
// finds its successor.
func (e *Engine) FollowCrowd(ctx context.Context) error {
	built, err := e.Crowds.Built(ctx)
	if err != nil {
		return fmt.Errorf("groupbuy: generations in use: %w", err)
	}
	var failures []error
	for _, b := range built {
		if e.Directory.Generation(b.Tag) < b.Generation {
			failures = append(failures, e.loadTag(ctx, b))
		}
	}
	return errors.Join(failures...)
}

func (e *Engine) loadTag(ctx context.Context, b crowd.Build) error {
	draft := e.Directory.Draft(b.Members)
	err := e.Crowds.Members(ctx, b.Tag, b.Generation, func(c crowd.Chunk) error {
		draft.Add(c)
		return nil
	})
	if err != nil {
		return fmt.Errorf("groupbuy: load tag %s: %w", b.Tag, err)
	}
	if draft.Members() == b.Members {
		draft.Publish(b.Tag, b.Generation)
	}
	return nil
}
