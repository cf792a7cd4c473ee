// Package instant holds the one form of an instant on the wire: RFC 3339 in UTC with exactly three decimals.
package instant

import (
	"errors"
	"fmt"
	"time"
)

// layout always prints three decimals; time.RFC3339Nano would drop zeros, so that texts differ in length.
const layout = "2006-01-02T15:04:05.000Z07:00"

// Time is an instant in UTC in whole milliseconds. Its zero value stands for "not yet" and is left out of JSON.
type Time struct{ time.Time }

// Of cuts t to the millisecond in UTC.
func Of(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Millisecond)}
}

// String prints the wire form.
func (t Time) String() string { return t.Format(layout) }

// MarshalJSON writes the wire form, also of the zero time: leaving that out is up to the field's omitzero.
func (t Time) MarshalJSON() ([]byte, error) {
	if year := t.Year(); year < 0 || year > 9999 {
		return nil, fmt.Errorf("instant: year %d cannot be written as RFC 3339", year)
	}
	return t.AppendFormat([]byte(`"`), layout+`"`), nil
}

// UnmarshalJSON reads RFC 3339 with any offset and any number of decimals and cuts it to the millisecond. Its error is
// for the sender, and says nothing of how it was read.
func (t *Time) UnmarshalJSON(text []byte) error {
	var read time.Time
	if err := read.UnmarshalJSON(text); err != nil {
		return errors.New("want an instant in RFC 3339 such as 2026-11-20T08:00:00.000Z")
	}
	*t = Of(read)
	return nil
}
