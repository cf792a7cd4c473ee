package mallapi

// limitOf reads a list's limit: 0, the mall's default, when none was given. A given 0 becomes one that it refuses.
func limitOf(limit *int) int {
	switch {
	case limit == nil:
		return 0
	case *limit == 0:
		return -1
	default:
		return *limit
	}
}

// given reads an optional parameter.
func given[T any](value *T) T {
	if value == nil {
		var none T
		return none
	}
	return *value
}

// each converts a list; an empty one stays a list on the wire.
func each[A, B any](list []A, convert func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = convert(a)
	}
	return out
}
