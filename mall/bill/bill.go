// Package bill compares the provider's bill of a day with the mall's books. It decides what differs and what could be
// done about it; it touches nothing.
package bill

import (
	"time"

	"kaituan/mall/payment"
	"kaituan/money"
)

// Status is where the matching of a day's bill stands.
type Status string

// The states of a day.
const (
	Waiting Status = "waiting" // the provider has no bill yet, or nobody asked
	Running Status = "running" // it is downloaded and matched at this moment
	Failed  Status = "failed"  // the last run ended in an error; there will be another
	Matched Status = "matched" // every line was compared
)

// Statuses returns every state of a day.
func Statuses() []Status { return []Status{Waiting, Running, Failed, Matched} }

// Bill is a day's bill and what came of matching it.
type Bill struct {
	Day    payment.Day
	Status Status
	Run    int64 // raised when a run begins; a run that another one overtook writes no more

	Theirs Sums // as the bill says
	Ours   Sums // what the mall booked on the day: payments by the provider's time, refunds when they were confirmed

	StartedAt time.Time // of the last run; zero: never
	EndedAt   time.Time // of the last run that matched the day; zero: never
	NextAt    time.Time // when the day is due; zero: it is done
	Failures  int       // runs in a row that ended without a match
	LastError string    // of the last run; empty: it ended well
}

// Sums add up one side of a day.
type Sums struct {
	Payments int
	Refunds  int
	Received money.Fen
	Refunded money.Fen
	Fees     money.Fen // the provider's, of the bill only
}

// Expect starts the account of a day whose bill is due at an instant.
func Expect(day payment.Day, due time.Time) Bill {
	return Bill{Day: day, Status: Waiting, NextAt: due}
}

const (
	takenFor     = 10 * time.Minute // how long others leave a day alone that a run works on
	notReady     = 10 * time.Minute // between asking for a bill that is not there yet, doubled every hour or so
	notReadyMost = 6 * time.Hour
	failedFirst  = time.Minute // after the first failure, doubled at each
	failedAtMost = time.Hour
	maxError     = 500 // runes kept of an error
)

// Begin starts a run. The caller fences everything that the run writes with the number in Run.
func (b *Bill) Begin(now time.Time) {
	b.Run++
	b.Status, b.StartedAt, b.NextAt = Running, now, now.Add(takenFor)
}

// Alive puts off the moment from which others may take the day.
func (b *Bill) Alive(now time.Time) { b.NextAt = now.Add(takenFor) }

// Match ends a run that compared everything. A run that came before the bill was due is repeated then.
func (b *Bill) Match(theirs, ours Sums, due, now time.Time) {
	b.Status, b.Theirs, b.Ours = Matched, theirs, ours
	b.EndedAt, b.NextAt, b.Failures, b.LastError = now, time.Time{}, 0, ""
	if b.StartedAt.Before(due) {
		b.NextAt = due
	}
}

// Fail ends a run without a match. A bill that is only not there yet is asked for again soon.
func (b *Bill) Fail(why error, absent bool, now time.Time) {
	b.Status, b.NextAt = Waiting, now.Add(min(notReady<<min(b.Failures/6, 10), notReadyMost))
	if !absent {
		b.Status, b.NextAt = Failed, now.Add(min(failedFirst<<min(b.Failures, 10), failedAtMost))
	}
	b.Failures++
	b.LastError = clip(why.Error())
}

// Ask makes the day due at once.
func (b *Bill) Ask(now time.Time) {
	b.NextAt, b.Failures = now, 0
	if b.Status != Running {
		b.Status = Waiting
	}
}

func clip(text string) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), maxError)])
}
