package crowd

import (
	"strconv"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/money"
)

// Measure is what a condition looks at.
type Measure string

// The measures.
const (
	OrderCount Measure = "order_count" // orders that were not refunded whole
	Spend      Measure = "spend"       // fen paid less fen refunded
)

// Match says how many conditions of a rule must hold.
type Match string

// The ways to match.
const (
	All Match = "all"
	Any Match = "any"
)

// Window is the time in which an order must have been paid to count. The zero Window is all time.
type Window struct {
	From time.Time // the first instant inside; zero: from the beginning
	To   time.Time // the first instant after it; zero: without end
	Days int       // instead of both: the last so many days of 24 hours, up to the moment the job begins
}

// bounds returns the window in milliseconds, the second bound outside of it.
func (w Window) bounds(now time.Time) (from, to int64) {
	const never = 1<<63 - 1
	if w.Days > 0 {
		return now.Add(-time.Duration(w.Days) * 24 * time.Hour).UnixMilli(), now.UnixMilli() + 1
	}
	from, to = 1, never
	if !w.From.IsZero() {
		from = w.From.UnixMilli()
	}
	if !w.To.IsZero() {
		to = w.To.UnixMilli()
	}
	return from, to
}

// Condition holds for a buyer whose measure in the window is at least AtLeast: orders, or fen.
type Condition struct {
	Measure Measure
	AtLeast int64
	Window  Window
}

// Rule makes members of the buyers for whom all, or any, of its conditions hold.
type Rule struct {
	Match      Match
	Conditions []Condition
}

// The bounds of a rule.
const (
	MaxConditions = 10
	MaxOrders     = 1_000_000
	MaxDays       = 3650
)

// Faults returns everything that is wrong with the rule; params begin with "rule.".
func (r Rule) Faults() []activity.Fault {
	var faults []activity.Fault
	if r.Match != All && r.Match != Any {
		faults = append(faults, activity.Fault{Param: "rule.match", Detail: "want all or any"})
	}
	if n := len(r.Conditions); n < 1 || n > MaxConditions {
		faults = append(faults, activity.Fault{Param: "rule.conditions", Detail: "want 1 to 10 conditions, not " + strconv.Itoa(n)})
	}
	for i, c := range r.Conditions {
		at := "rule.conditions[" + strconv.Itoa(i) + "]."
		for _, fault := range c.faults() {
			faults = append(faults, activity.Fault{Param: at + fault.Param, Detail: fault.Detail})
		}
	}
	return faults
}

func (c Condition) faults() []activity.Fault {
	var faults []activity.Fault
	require := func(ok bool, param, detail string) {
		if !ok {
			faults = append(faults, activity.Fault{Param: param, Detail: detail})
		}
	}
	value := strconv.FormatInt(c.AtLeast, 10)
	switch c.Measure {
	case OrderCount:
		require(c.AtLeast >= 1 && c.AtLeast <= MaxOrders, "at_least", "want 1 to 1000000 orders, not "+value)
	case Spend:
		require(c.AtLeast >= 1 && c.AtLeast <= int64(MaxAmount), "at_least", "want 1 to "+fen(MaxAmount)+" fen, not "+value)
	default:
		require(false, "measure", "want order_count or spend")
	}
	w := c.Window
	fixed := !w.From.IsZero() || !w.To.IsZero()
	require(w.Days == 0 || !fixed, "days", "want either days or from and to")
	require(w.Days >= 0 && w.Days <= MaxDays, "days", "want 1 to 3650 days, not "+strconv.Itoa(w.Days))
	require(w.From.IsZero() || w.To.IsZero() || w.From.Before(w.To), "to", "must be after from")
	return faults
}

// Tally counts one buyer's orders after the other against a rule. Make it with NewTally.
type Tally struct {
	match      Match
	conditions []counter
}

type counter struct {
	measure  Measure
	atLeast  int64
	from, to int64 // milliseconds
	sum      int64
}

// NewTally returns a tally whose sliding windows end now.
func NewTally(r Rule, now time.Time) *Tally {
	t := &Tally{match: r.Match}
	for _, c := range r.Conditions {
		from, to := c.Window.bounds(now)
		t.conditions = append(t.conditions, counter{measure: c.Measure, atLeast: c.AtLeast, from: from, to: to})
	}
	return t
}

// Add counts one order of the buyer: what was paid, what went back, and when it was paid in milliseconds, 0 for an
// order of which only the refund is known. Orders refunded whole count for nothing, whenever that was.
func (t *Tally) Add(amount, refunded money.Fen, paidAt int64) {
	if refunded >= amount {
		return
	}
	for i := range t.conditions {
		c := &t.conditions[i]
		if paidAt < c.from || paidAt >= c.to || paidAt == 0 {
			continue
		}
		if c.measure == Spend {
			c.sum += int64(amount - refunded)
		} else {
			c.sum++
		}
	}
}

// Take says whether the buyer so far is a member, and begins with the next buyer.
func (t *Tally) Take() bool {
	met := 0
	for i := range t.conditions {
		c := &t.conditions[i]
		if c.sum >= c.atLeast {
			met++
		}
		c.sum = 0
	}
	if t.match == Any {
		return met > 0
	}
	return met == len(t.conditions)
}
