package edge

import (
	"context"
	"time"
)

// Job is a job of the cluster as its holder last told. Instants are zero for never.
type Job struct {
	Name      string
	About     string        // what it does
	Every     time.Duration // 0: it has no runs
	Holder    string        // the node that leads it; empty: none does now
	Fence     int64
	BeatAt    time.Time // when the holder last said that it lives
	StartedAt time.Time // of the last run
	EndedAt   time.Time // before StartedAt: it runs
	SuccessAt time.Time // the end of the last run without an error
	NextAt    time.Time
	Took      time.Duration
	Handled   int   // rows that the last run looked at
	Total     int64 // rows that all runs looked at
	Backlog   int   // rows that are due; -1: not counted
	Failures  int   // runs in a row that ended in an error
	LastError string
}

// Jobs lists the jobs that work on one side's database, by name. Nil: the instance has none.
type Jobs func(ctx context.Context) ([]Job, error)

// List returns the jobs. Errors: those of the database.
func (j Jobs) List(ctx context.Context) ([]Job, error) {
	if j == nil {
		return nil, nil
	}
	return j(ctx)
}
