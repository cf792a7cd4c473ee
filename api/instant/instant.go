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
func (t Time) MarshalJSON() ([]byte, error) { return t.AppendJSON(nil) }

// AppendJSON appends what MarshalJSON writes. Error: a year that has no four digits.
func (t Time) AppendJSON(to []byte) ([]byte, error) {
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return nil, fmt.Errorf("instant: year %d cannot be written as RFC 3339", year)
	}
	if t.Location() != time.UTC {
		return t.AppendFormat(append(to, '"'), layout+`"`), nil
	}
	hour, minute, second := t.Clock() // by hand, a third of AppendFormat's time
	to = append(digits(append(to, '"'), year, 4), '-')
	to = append(digits(to, int(month), 2), '-')
	to = append(digits(to, day, 2), 'T')
	to = append(digits(to, hour, 2), ':')
	to = append(digits(to, minute, 2), ':')
	to = append(digits(to, second, 2), '.')
	return append(digits(to, t.Nanosecond()/1e6, 3), 'Z', '"'), nil
}

// digits appends the last so many digits of a number.
func digits(to []byte, number, places int) []byte {
	for place := range places {
		power := 1
		for range places - place - 1 {
			power *= 10
		}
		to = append(to, byte('0'+number/power%10))
	}
	return to
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
