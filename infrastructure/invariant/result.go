package invariant

import (
	"cmp"
	"slices"
)

// Add puts another result into r.
func (r *Result) Add(other Result) {
	r.Violations = append(r.Violations, other.Violations...)
	r.Counts = append(r.Counts, other.Counts...)
	r.sort()
}

func (r *Result) sort() {
	slices.SortFunc(r.Violations, func(a, b Violation) int {
		return cmp.Or(order(a.Invariant, b.Invariant), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Detail, b.Detail))
	})
	slices.SortFunc(r.Counts, func(a, b Count) int {
		return cmp.Or(order(a.Invariant, b.Invariant), cmp.Compare(a.What, b.What))
	})
}

// order puts I9 before I10, and names without a number last.
func order(a, b string) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

func rank(invariant string) int {
	if invariant != "" && invariant[0] == 'I' {
		return 0
	}
	return 1
}
