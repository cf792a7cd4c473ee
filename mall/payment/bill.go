package payment

import (
	"errors"
	"fmt"
	"time"

	"kaituan/money"
)

// Day is a calendar day at the provider, such as 2026-05-01, by the clock of its bills: China's, eight hours ahead of UTC
// all year. Days compare as text.
type Day string

// DayOf returns the day that an instant falls on.
func DayOf(at time.Time) Day { return Day(at.In(china()).Format(time.DateOnly)) }

// ParseDay reads a day as bills write it. Errors: text that is no day of the calendar.
func ParseDay(text string) (Day, error) {
	at, err := time.ParseInLocation(time.DateOnly, text, china())
	if err != nil {
		return "", fmt.Errorf("payment: %q is no day: %w", text, err)
	}
	return DayOf(at), nil
}

// Start is the first instant of the day. The zero Day starts at the zero time.
func (d Day) Start() time.Time {
	at, err := time.ParseInLocation(time.DateOnly, string(d), china())
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// End is the first instant of the next day.
func (d Day) End() time.Time { return d.Start().Add(24 * time.Hour) }

// Add returns the day so many days later.
func (d Day) Add(days int) Day { return DayOf(d.Start().Add(time.Duration(days) * 24 * time.Hour)) }

func china() *time.Location { return time.FixedZone("CST", 8*60*60) }

// BillKind says which way the money of a bill's line went.
type BillKind string

// The kinds of lines.
const (
	BillPayment BillKind = "payment" // a buyer paid
	BillRefund  BillKind = "refund"  // money went back
)

// BillLine is one line of the provider's bill of a day.
type BillLine struct {
	Number     int // of the line in the bill's file, from 1
	Kind       BillKind
	ID         ID        // the out_trade_no; the provider's own number of a trade that has none
	RequestNo  RequestNo // of a refund, the out_request_no; may be empty when it was not asked for by a program
	ProviderNo string
	Amount     money.Fen // above zero, whichever way it went
	Fee        money.Fen // what the provider kept for it; below zero when it gave a fee back
	At         time.Time // when the provider carried it out, in whole seconds
}

// ErrBillNotReady says that the provider has no bill of a day: it is not written yet, or nothing happened that day.
var ErrBillNotReady = errors.New("payment: the provider has no bill of that day yet")

// BillFault says what is wrong with a bill that cannot be read, and what to do about it. Nothing of such a bill counts.
type BillFault struct {
	File   string // the file inside the bill; empty: the bill as a whole
	Line   int    // from 1; 0: the file as a whole
	Detail string // what is wrong
	Advice string // what a person does about it
}

// Error prints where, what and what to do.
func (f *BillFault) Error() string {
	where := f.File
	if f.Line > 0 {
		where = fmt.Sprintf("%s line %d", f.File, f.Line)
	}
	if where != "" {
		where += ": "
	}
	return "payment: bill malformed: " + where + f.Detail + "; " + f.Advice
}
