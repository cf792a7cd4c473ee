package activity

import (
	"slices"
	"strconv"
	"time"
)

// Change is what may change of a published or paused activity.
type Change struct {
	Name   string    // empty: stays
	EndsAt time.Time // later than before; zero: stays
	Stock  []Stock   // more pieces of SKUs that are limited already; others stay
}

// Nothing says whether the change leaves an activity as it is.
func (c Change) Nothing(a Activity) bool {
	return (c.Name == "" || c.Name == a.Name) && c.EndsAt.IsZero() && len(c.Stock) == 0
}

// With returns the activity changed. It leaves the receiver's lists alone.
func (a Activity) With(c Change) Activity {
	if c.Name != "" {
		a.Name = c.Name
	}
	if !c.EndsAt.IsZero() {
		a.EndsAt = c.EndsAt
	}
	a.Stock = slices.Clone(a.Stock)
	for _, more := range c.Stock {
		if i := a.stockOf(more); i >= 0 {
			a.Stock[i].Pieces = more.Pieces
		}
	}
	return a
}

func (a *Activity) stockOf(s Stock) int {
	return slices.IndexFunc(a.Stock, func(have Stock) bool { return have.Goods == s.Goods && have.SKU == s.SKU })
}

// ChangeFaults returns everything that speaks against a change, given the partner's other published and paused
// activities within the changed window.
func (a Activity) ChangeFaults(c Change, rivals []Activity) []Fault {
	var f faults
	f.require(c.Name == "" || ValidName(c.Name), "name", "want 1 to 200 characters")
	f.got(c.EndsAt.IsZero() || c.EndsAt.After(a.EndsAt), "ends_at", c.EndsAt, "want later than "+stamp(a.EndsAt)+"; end the activity to stop it")
	for i, more := range c.Stock {
		at := element("stock", i)
		have := a.stockOf(more)
		f.require(have >= 0, at, "names a SKU that the activity does not limit")
		if have >= 0 {
			f.got(more.Pieces > a.Stock[have].Pieces && more.Pieces <= MaxPieces, at+".pieces", more.Pieces,
				"want more than the "+strconv.Itoa(a.Stock[have].Pieces)+" of now, at most 1000000000")
		}
		twice := slices.ContainsFunc(c.Stock[:i], func(s Stock) bool { return s.Goods == more.Goods && s.SKU == more.SKU })
		f.require(!twice, at, "is listed twice")
	}
	a.With(c).overlapFaults(&f, rivals)
	return f
}
