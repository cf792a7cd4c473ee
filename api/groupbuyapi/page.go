package groupbuyapi

import (
	"encoding/base64"

	"kaituan/api/problem"
	"kaituan/groupbuy/partner"
)

const (
	defaultLimit = 20
	maxLimit     = 100
)

func limitOf(limit *int) (int, error) {
	if limit == nil {
		return defaultLimit, nil
	}
	if *limit < 1 || *limit > maxLimit {
		return 0, invalid("limit", "want 1 to 100")
	}
	return *limit, nil
}

// A cursor is the id of the last entry of the page before. It is encoded so that nobody builds upon that.
func cursorAfter(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

// cursorOf returns the id that a cursor holds; the empty cursor begins at the start.
func cursorOf(cursor *string) (string, error) {
	if cursor == nil || *cursor == "" {
		return "", nil
	}
	id, err := base64.RawURLEncoding.Strict().DecodeString(*cursor)
	if err != nil || !partner.ValidID(string(id)) {
		return "", &problem.Problem{Code: problem.BadCursor, Param: "cursor"}
	}
	return string(id), nil
}

// pageOf reads both parameters of a list.
func pageOf(cursor *string, limit *int) (after string, size int, err error) {
	if size, err = limitOf(limit); err != nil {
		return "", 0, err
	}
	after, err = cursorOf(cursor)
	return after, size, err
}

// cut takes a list that was asked for with one entry too many and tells whether there is more.
func cut[T any](list []T, limit int) ([]T, bool) {
	if len(list) > limit {
		return list[:limit], true
	}
	return list, false
}

// each converts a list; an empty one stays a list on the wire.
func each[A, B any](list []A, convert func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = convert(a)
	}
	return out
}
