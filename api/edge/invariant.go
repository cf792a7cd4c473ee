package edge

import (
	"context"
	"time"
)

// InvariantReport is what a look at the invariants found.
type InvariantReport struct {
	StartedAt  time.Time
	Took       time.Duration
	Rows       []InvariantRows
	Violations []InvariantViolation
	LeftOut    []string // what could not be looked at, and why
}

// InvariantRows is how many rows of a kind were looked at for an invariant.
type InvariantRows struct {
	Invariant string
	What      string
	Rows      int64
}

// InvariantViolation is a row that breaks an invariant.
type InvariantViolation struct{ Invariant, Subject, Detail, Remedy string }

// InvariantReports returns the last report on one side's books that began before a moment, the last of all for a zero
// one, and whether there is any. Nil: the instance has none.
type InvariantReports func(ctx context.Context, before time.Time) (InvariantReport, bool, error)

// Last returns the report. Errors: those of the database.
func (r InvariantReports) Last(ctx context.Context, before time.Time) (InvariantReport, bool, error) {
	if r == nil {
		return InvariantReport{}, false, nil
	}
	return r(ctx, before)
}
