package groupbuy

import (
	"context"
	"time"
)

// Violation is one row that breaks an invariant of the engine.
type Violation struct {
	Invariant string // "I1", "I2", "I8", "I9", "I10", "I11", "I14", or "amount"
	Subject   string // the row: a team's or seat's id, a stock key, a message's id
	Detail    string // what is wrong with it
}

// Checker looks for rows that break an invariant.
type Checker interface {
	// Violations returns them as of now, at most 100 per rule, by invariant. None is the normal answer.
	Violations(ctx context.Context, now time.Time) ([]Violation, error)
}
