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

// The audited changes of tags.
const (
	actionTagCreated = "tag.created"
	actionTagChanged = "tag.changed"
	actionTagRun     = "tag.job_queued"
	actionTagListed  = "tag.members_listed"
)

// CreateTag makes a tag. A ruled one with a schedule is computed at once, then by its schedule. Errors: CodeInvalid
// with every fault, CodePartnerNotFound, CodeTagNameTaken.
func (e *Engine) CreateTag(ctx context.Context, tag crowd.Tag) (crowd.Tag, error) {
	if faults := tag.Faults(); len(faults) > 0 {
		return crowd.Tag{}, invalidAll(CodeInvalid, faults)
	}
	tag.ID = activity.TagID(e.IDs.New("tag_"))
	err := e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		if tag.Partner != "" {
			if err := tx.LockPartner(tag.Partner); err != nil {
				return notFound(err, CodePartnerNotFound)
			}
		}
		tag.CreatedAt, tag.UpdatedAt = tx.Now(), tx.Now()
		if tag.Schedule != (crowd.Schedule{}) {
			tag.NextRunAt = tx.Now()
		}
		if err := putTag(tx, tag); err != nil {
			return err
		}
		return e.audit(tx, actionTagCreated, string(tag.ID), nil, tag)
	})
	tag.Version = 1
	return tag, err
}

// TagChange is what an operator wants different; nil changes nothing.
type TagChange struct {
	Name     *string
	Rule     *crowd.Rule
	Schedule *crowd.Schedule
}

// ChangeTag renames a tag or gives it another rule or schedule. Members stay until the next job. Errors:
// CodeTagNotFound, CodeTagBuiltIn, CodeTagChanged, CodeTagNameTaken, CodeInvalid with every fault.
func (e *Engine) ChangeTag(ctx context.Context, id activity.TagID, change TagChange) (crowd.Tag, error) {
	if faults := change.faults(); len(faults) > 0 {
		return crowd.Tag{}, invalidAll(CodeInvalid, faults)
	}
	var changed crowd.Tag
	err := e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		before, err := tx.Tag(id)
		if err != nil {
			return notFound(err, CodeTagNotFound)
		}
		if before.ID == activity.PaidBuyers {
			return &Error{Code: CodeTagBuiltIn}
		}
		changed = change.of(before, tx.Now())
		if faults := changed.Faults(); len(faults) > 0 {
			return invalidAll(CodeInvalid, faults)
		}
		if err := putTag(tx, changed); err != nil {
			return err
		}
		return e.audit(tx, actionTagChanged, string(id), before, changed)
	})
	changed.Version++
	return changed, err
}

// faults tells what is wrong whatever tag it is for.
func (c TagChange) faults() []activity.Fault {
	tag := crowd.Tag{Name: "any", Kind: crowd.Ruled, Rule: crowd.Rule{Match: crowd.All, Conditions: []crowd.Condition{{Measure: crowd.OrderCount, AtLeast: 1}}}}
	return c.of(tag, time.Time{}).Faults()
}

func (c TagChange) of(tag crowd.Tag, now time.Time) crowd.Tag {
	tag.UpdatedAt = now
	if c.Name != nil {
		tag.Name = *c.Name
	}
	if c.Rule != nil {
		tag.Rule = *c.Rule
	}
	if c.Schedule != nil && *c.Schedule != tag.Schedule {
		tag.Schedule = *c.Schedule
		tag.NextRunAt = tag.Schedule.Next(now)
	}
	return tag
}

func putTag(tx Tx, tag crowd.Tag) error {
	err := tx.PutTag(tag)
	switch {
	case errors.Is(err, ErrDuplicate):
		return &Error{Code: CodeTagNameTaken, Param: "name"}
	case errors.Is(err, ErrConflict):
		return &Error{Code: CodeTagChanged}
	}
	return err
}

// Tag returns one tag. Errors: CodeTagNotFound.
func (e *Engine) Tag(ctx context.Context, id activity.TagID) (crowd.Tag, error) {
	tag, err := e.Store.TagByID(ctx, id)
	return tag, notFound(err, CodeTagNotFound)
}

// Tags lists tags, newest first.
func (e *Engine) Tags(ctx context.Context, q TagQuery) ([]crowd.Tag, error) {
	return e.Store.Tags(ctx, q)
}

// TagJobs lists a tag's jobs, newest first. Errors: CodeTagNotFound.
func (e *Engine) TagJobs(ctx context.Context, q TagJobQuery) ([]crowd.Job, error) {
	if _, err := e.Tag(ctx, q.Tag); err != nil {
		return nil, err
	}
	return e.Store.TagJobs(ctx, q)
}

// TagBuilds lists a tag's sizes over time, newest first. Errors: CodeTagNotFound.
func (e *Engine) TagBuilds(ctx context.Context, id activity.TagID, limit int) ([]crowd.Build, error) {
	if _, err := e.Tag(ctx, id); err != nil {
		return nil, err
	}
	return e.Store.TagBuilds(ctx, id, limit)
}

// RunTag asks for a ruled tag to be computed now; a worker begins within a second. Errors: CodeTagNotFound,
// CodeTagManual, CodeTagBusy.
func (e *Engine) RunTag(ctx context.Context, id activity.TagID) (crowd.Job, error) {
	return e.queueTag(ctx, id, crowd.ByOperator, func(tx Tx, tag crowd.Tag, job crowd.Job) error {
		if tag.Kind != crowd.Ruled {
			return &Error{Code: CodeTagManual}
		}
		return e.audit(tx, actionTagRun, string(id), nil, job)
	})
}

// queueTag makes a job the tag's live one, if check agrees.
func (e *Engine) queueTag(ctx context.Context, id activity.TagID, cause crowd.Cause, check func(tx Tx, tag crowd.Tag, job crowd.Job) error) (crowd.Job, error) {
	job := crowd.Job{ID: crowd.JobID(e.IDs.New("job_")), Tag: id, Cause: cause, Status: crowd.Queued}
	err := e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		tag, err := tx.Tag(id)
		if err != nil {
			return notFound(err, CodeTagNotFound)
		}
		job.QueuedAt = tx.Now()
		next := tag.NextRunAt
		if cause == crowd.BySchedule {
			if tag.NextRunAt.After(tx.Now()) { // another node was first
				return &Error{Code: CodeTagBusy}
			}
			next = tag.Schedule.Next(tx.Now())
		}
		if err := tx.QueueTagJob(job, tag.NextRunAt, next); err != nil {
			if errors.Is(err, ErrConflict) {
				return &Error{Code: CodeTagBusy}
			}
			return err
		}
		return check(tx, tag, job)
	})
	return job, err
}

// EachTagMember hands out the members of a tag's generation in use, by partner and buyer. A tag never built has none.
// Errors: CodeTagNotFound, what use returns.
func (e *Engine) EachTagMember(ctx context.Context, id activity.TagID, use func(p partner.ID, b activity.Buyer) error) error {
	tag, err := e.Tag(ctx, id)
	if err != nil || tag.Generation == 0 {
		return err
	}
	var given int64
	err = e.Crowds.Members(ctx, id, tag.Generation, func(c crowd.Chunk) error {
		for _, b := range c.Buyers {
			if err := use(c.Partner, b); err != nil {
				return err
			}
		}
		given += int64(len(c.Buyers))
		return nil
	})
	if err == nil && given != tag.Members {
		err = fmt.Errorf("groupbuy: generation %d of tag %s was replaced twice while it was read: %w", tag.Generation, id, ErrUnavailable)
	}
	return err
}
