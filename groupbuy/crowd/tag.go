package crowd

import (
	"strconv"
	"time"
	"unicode/utf8"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
)

// Kind says where a tag's members come from.
type Kind string

// The kinds of tags.
const (
	Ruled  Kind = "rule"   // jobs compute them from order facts
	Manual Kind = "manual" // operators list them
)

// Generation numbers the states of a tag's membership, rising; 0 is "never built".
type Generation int64

// Tag is a set of buyers and how it is made.
type Tag struct {
	ID       activity.TagID
	Partner  partner.ID // whose buyers; empty: those of every partner, for rules only
	Name     string
	Kind     Kind
	Rule     Rule // of ruled tags
	Schedule Schedule

	NextRunAt  time.Time  // zero: not scheduled
	Generation Generation // in use
	Members    int64      // of that generation
	BuiltAt    time.Time
	Job        JobID // the live job; empty: none

	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// MaxName is the longest name of a tag in characters.
const MaxName = 100

// Faults returns everything that is wrong with the tag, params as on the wire.
func (t Tag) Faults() []activity.Fault {
	var faults []activity.Fault
	require := func(ok bool, param, detail string) {
		if !ok {
			faults = append(faults, activity.Fault{Param: param, Detail: detail})
		}
	}
	require(activity.ValidName(t.Name) && utf8.RuneCountInString(t.Name) <= MaxName, "name", "want 1 to 100 characters")
	switch t.Kind {
	case Ruled:
		faults = append(faults, t.Rule.Faults()...)
		faults = append(faults, t.Schedule.faults()...)
	case Manual:
		require(t.Partner != "", "partner_id", "a manual tag lists the buyers of one partner")
		require(t.Rule.Match == "" && t.Rule.Conditions == nil, "rule", "a manual tag has no rule")
		require(t.Schedule == Schedule{}, "schedule", "a manual tag has no schedule")
	default:
		require(false, "kind", "want rule or manual")
	}
	return faults
}

// Schedule says when a tag is computed without being asked. The zero Schedule is never.
type Schedule struct {
	Daily  bool
	Minute int           // of the day in UTC+8, of daily ones
	Every  time.Duration // instead of daily
}

// The bounds of Schedule.Every.
const (
	MinEvery = 10 * time.Minute
	MaxEvery = 30 * 24 * time.Hour
)

const minutesPerDay = 24 * 60

// beijing is the clock that operators mean: UTC+8 without summer time.
func beijing() *time.Location { return time.FixedZone("UTC+8", 8*3600) }

// Next returns when a tag is due that was last due at the given instant; zero: never.
func (s Schedule) Next(after time.Time) time.Time {
	switch {
	case s.Every > 0:
		return after.Add(s.Every).UTC()
	case s.Daily:
		local := after.In(beijing())
		next := time.Date(local.Year(), local.Month(), local.Day(), 0, s.Minute, 0, 0, beijing())
		if !next.After(after) {
			next = next.AddDate(0, 0, 1)
		}
		return next.UTC()
	}
	return time.Time{}
}

func (s Schedule) faults() []activity.Fault {
	var faults []activity.Fault
	if s.Daily && s.Every != 0 {
		faults = append(faults, activity.Fault{Param: "schedule", Detail: "want either daily_at or every_minutes"})
	}
	if s.Daily && (s.Minute < 0 || s.Minute >= minutesPerDay) {
		faults = append(faults, activity.Fault{Param: "schedule.daily_at", Detail: "want hh:mm from 00:00 to 23:59, in UTC+8"})
	}
	if s.Every != 0 && (s.Every < MinEvery || s.Every > MaxEvery) {
		minutes := strconv.FormatInt(int64(s.Every/time.Minute), 10)
		faults = append(faults, activity.Fault{Param: "schedule.every_minutes", Detail: "want 10 to 43200 minutes, not " + minutes})
	}
	return faults
}

// JobID names one job.
type JobID string

// JobStatus is where a job stands.
type JobStatus string

// The states of a job: queued -> running -> done | failed, or queued -> failed.
const (
	Queued  JobStatus = "queued"
	Running JobStatus = "running"
	Done    JobStatus = "done"   // its generation is in use, or was
	Failed  JobStatus = "failed" // the tag stayed as it was
)

// Cause says why a job runs.
type Cause string

// The causes.
const (
	ByOperator Cause = "operator" // somebody asked for it
	BySchedule Cause = "schedule"
	ByList     Cause = "list" // members of a manual tag were listed
)

// Job computes one generation of a tag. Of one tag at most one job is queued or running, over all nodes.
type Job struct {
	ID         JobID
	Tag        activity.TagID
	Cause      Cause
	Status     JobStatus
	Generation Generation // that it computes; 0 while queued
	FactsRead  int64
	Members    int64 // found so far
	QueuedAt   time.Time
	StartedAt  time.Time
	EndedAt    time.Time
	Error      string    // why it failed
	RetryAt    time.Time // of a failed one: when its tag is due at the latest; zero: as scheduled
}

// Build is one entry of a tag's sizes over time.
type Build struct {
	Tag        activity.TagID
	Generation Generation
	Members    int64
	BuiltAt    time.Time
	Job        JobID
}

// Chunk is a run of a generation's members: buyers of one partner, sorted, each once. Chunks follow each other by
// partner, then buyer.
type Chunk struct {
	Partner partner.ID
	Buyers  []activity.Buyer
}
