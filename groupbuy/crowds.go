package groupbuy

import (
	"context"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
)

// TagBook is the part of a transaction that configures tags.
type TagBook interface {
	// Tag returns one tag. Errors: ErrNotFound.
	Tag(id activity.TagID) (crowd.Tag, error)
	// PutTag inserts a tag of Version 0, or updates name, rule, schedule and next run of the stored one of the same
	// Version. Errors: ErrDuplicate when the id or the name is taken, ErrConflict when the version is stale.
	PutTag(t crowd.Tag) error
	// QueueTagJob makes a job the live one of its tag, and moves on when the tag is due. Errors: ErrConflict when the
	// tag has a live job, or is not due at that time any more.
	QueueTagJob(job crowd.Job, due, next time.Time) error
}

// TagReader answers questions about tags.
type TagReader interface {
	// TagByID returns one tag. Errors: ErrNotFound.
	TagByID(ctx context.Context, id activity.TagID) (crowd.Tag, error)
	// Tags lists tags, newest first.
	Tags(ctx context.Context, q TagQuery) ([]crowd.Tag, error)
	// DueTags returns tags without a live job whose next run is not after now, the longest overdue first.
	DueTags(ctx context.Context, now time.Time, limit int) ([]crowd.Tag, error)
	// TagJobs lists a tag's jobs, newest first.
	TagJobs(ctx context.Context, q TagJobQuery) ([]crowd.Job, error)
	// TagBuilds lists a tag's sizes over time, newest first.
	TagBuilds(ctx context.Context, id activity.TagID, limit int) ([]crowd.Build, error)
}

// TagQuery selects tags for a list.
type TagQuery struct {
	Partner partner.ID     // empty: all; else this partner's own and those of every partner
	Kind    crowd.Kind     // empty: all
	Name    string         // part of the name or the whole id; empty: all
	Before  activity.TagID // the last one of the page before; empty: from the newest
	Limit   int
}

// TagJobQuery selects jobs for a list.
type TagJobQuery struct {
	Tag    activity.TagID
	Before crowd.JobID // the last one of the page before; empty: from the newest
	Limit  int
}

// Crowds keeps order facts and the members of tags. It may be large and is written in bulk, hence apart from Store.
// Besides the errors named at each method, any may return ErrUnavailable.
type Crowds interface {
	// PutFacts adds facts, in their order, in one transaction and says what became of each; at most MaxFactBatch.
	// Errors: ErrUnknown.
	PutFacts(ctx context.Context, facts []crowd.Fact) ([]crowd.Verdict, error)
	// Orders hands out up to limit orders by partner, buyer and order, beginning behind a place, and returns the place
	// to go on from and how many there were; fewer than limit are the last. A partner restricts it to that one. ID and
	// RefundedAt are left out.
	Orders(ctx context.Context, of partner.ID, after OrderPlace, limit int, use func(crowd.Order)) (OrderPlace, int, error)

	// Members hands out a generation, chunk by chunk in order.
	Members(ctx context.Context, tag activity.TagID, generation crowd.Generation, use func(crowd.Chunk) error) error
	// Built returns the generation in use of every tag that has one.
	Built(ctx context.Context) ([]crowd.Build, error)

	// OpenJobs returns the queued jobs that a worker is to start, the oldest first, and the jobs that nobody keeps
	// alive any more.
	OpenJobs(ctx context.Context, now time.Time) (queued, dead []crowd.Job, err error)
	// StartJob makes a queued job running, with a generation of its own, until the lease ends. Errors: ErrConflict
	// when another node was first.
	StartJob(ctx context.Context, id crowd.JobID, now, lease time.Time) (crowd.Job, error)
	// KeepJob shows a running job's progress and extends its lease. Errors: ErrConflict when it was given up.
	KeepJob(ctx context.Context, job crowd.Job, lease time.Time) error
	// AddMembers writes the next chunks of a running job's generation; seq numbers the first of them from 0. Errors:
	// ErrConflict when it was given up, and then nothing changed.
	AddMembers(ctx context.Context, job crowd.Job, seq int, chunks []crowd.Chunk) error
	// EndJob ends a job: crowd.Done puts its generation to use, crowd.Failed leaves the tag as it was. Errors:
	// ErrConflict when it was given up, and then nothing changed.
	EndJob(ctx context.Context, job crowd.Job) error
	// DropStale deletes what no job and no reader needs of a tag: generations that failed, and those before the last.
	DropStale(ctx context.Context, tag activity.TagID) error
}

// OrderPlace is where reading orders stopped. The zero place is before the first.
type OrderPlace struct {
	Partner partner.ID
	Buyer   activity.Buyer
	Order   crowd.OrderID
}

// MaxFactBatch bounds one PutFacts.
const MaxFactBatch = 1000
