package schedule

import (
	"context"
	"time"

	"kaituan/infrastructure/sqldb"
)

// Status is a job of the cluster as its holder last told, a few seconds ago at most while it lives. Instants are by the
// holder's clock; zero is never.
type Status struct {
	Name      string
	About     string
	Every     time.Duration // 0: it has no runs
	Holder    string        // empty: nobody leads it now
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

// List returns the jobs of a database by name, those of every node. Errors: those of the database.
func List(ctx context.Context, db *sqldb.DB) ([]Status, error) {
	rows, err := leases{db: db}.all(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Status, len(rows))
	for i, w := range rows {
		list[i] = Status{
			Name: w.Name, About: w.About, Every: time.Duration(w.EveryMs) * time.Millisecond, Holder: w.Holder, Fence: w.Fence,
			BeatAt: instant(w.BeatAt), StartedAt: instant(w.StartedAt), EndedAt: instant(w.EndedAt), SuccessAt: instant(w.SuccessAt),
			Took: time.Duration(w.DurationMs) * time.Millisecond, Handled: w.Handled, Total: w.HandledAll, Backlog: w.Backlog,
			Failures: w.Failures, LastError: w.LastError, NextAt: instant(w.NextAt),
		}
	}
	return list, nil
}
