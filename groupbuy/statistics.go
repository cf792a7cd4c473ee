package groupbuy

import (
	"context"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/money"
)

// Day is a calendar day of China, UTC+08:00, as the number of days since 1970-01-01.
type Day int

const (
	day         = 24 * time.Hour
	chinaOffset = 8 * time.Hour // China has had one zone and no summer time since 1991
)

// DayLayout is how a day is written: 2026-11-20.
const DayLayout = "2006-01-02"

// ParseDay reads a day.
func ParseDay(text string) (Day, error) {
	midnight, err := time.Parse(DayLayout, text)
	return Day(midnight.Unix() / int64(day/time.Second)), err
}

// DayOf is the day that an instant falls on.
func DayOf(at time.Time) Day { return Day(at.Add(chinaOffset).UnixMilli() / day.Milliseconds()) }

// Start is the instant at which the day begins.
func (d Day) Start() time.Time {
	return time.UnixMilli(int64(d) * day.Milliseconds()).Add(-chinaOffset).UTC()
}

// String is the day as it is written.
func (d Day) String() string { return d.Start().Add(chinaOffset).Format(DayLayout) }

// MaxDays is how many days one question may span.
const MaxDays = 92

// maxFigures is how many rows one answer may have.
const maxFigures = 10_000

// FiguresQuery selects what statistics cover.
type FiguresQuery struct {
	Partner  partner.ID  // empty: all
	Activity activity.ID // empty: all
	First    Day
	Last     Day  // included
	ByDay    bool // a row per activity and day; otherwise one per activity
}

// Figures are what came of one activity, on one day or over all days asked for. docs/statistics.md defines each.
type Figures struct {
	Activity      activity.ID
	Name          string // of the activity
	Day           Day    // when asked for by day
	TeamsOpened   int
	TeamsFormed   int
	TeamsFailed   int
	MedianFill    time.Duration // meaningful when Filled is not 0
	Filled        int           // how many teams MedianFill is of
	SeatsPaid     int
	GMV           money.Fen
	SeatsRefunded int
	NewBuyers     int
}

// RefundRate is the share of paid seats that were refunded, half up.
func (f Figures) RefundRate() money.BasisPoints {
	if f.SeatsPaid == 0 {
		return 0
	}
	return (money.BasisPoints(f.SeatsRefunded)*money.Whole*2/money.BasisPoints(f.SeatsPaid) + 1) / 2
}

// Counter adds up figures.
type Counter interface {
	// Figures returns a row for each activity, and day if asked so, that has a figure other than zero, ordered by
	// activity and day; at most limit.
	Figures(ctx context.Context, q FiguresQuery, limit int) ([]Figures, error)
}

// Figures returns what came of activities, ordered by activity and day. Errors: CodeInvalid.
func (e *Engine) Figures(ctx context.Context, q FiguresQuery) ([]Figures, error) {
	if q.Last < q.First {
		return nil, invalid("to", "must not be before from")
	}
	if q.Last-q.First >= MaxDays {
		return nil, invalid("to", "at most 92 days at once")
	}
	rows, err := e.Store.Figures(ctx, q, maxFigures+1)
	if err != nil {
		return nil, err
	}
	if len(rows) > maxFigures {
		return nil, invalid("to", "more than 10,000 rows; ask for fewer days or for one activity")
	}
	return rows, nil
}
