package bill

import (
	"time"

	"kaituan/mall/account"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// DifferenceID names a difference.
type DifferenceID string

// DifferenceStatus is where a difference stands.
type DifferenceStatus string

// The states of a difference.
const (
	Open     DifferenceStatus = "open"     // found, and waits for a person
	Repaired DifferenceStatus = "repaired" // the provider was asked and its answer was booked
	Gone     DifferenceStatus = "gone"     // a later run did not find it any more
	Resolved DifferenceStatus = "resolved" // a person has dealt with it
)

// DifferenceStatuses returns every state of a difference.
func DifferenceStatuses() []DifferenceStatus {
	return []DifferenceStatus{Open, Repaired, Gone, Resolved}
}

// Action is what a person has done about a difference.
type Action string

// The actions.
const (
	ActAsk    Action = "ask"    // ask the provider again and book its answer
	ActRefund Action = "refund" // send the money of a payment that nobody has back
	ActAccept Action = "accept" // it was dealt with elsewhere: the note says how
)

// Actions returns every action.
func Actions() []Action { return []Action{ActAsk, ActRefund, ActAccept} }

// Difference is a finding that is looked after until it is settled.
type Difference struct {
	ID  DifferenceID
	Day payment.Day
	Finding
	Order  order.ID // whose payment it is; empty: the mall does not know
	Status DifferenceStatus

	Action   Action            // by a person; empty: none yet
	Note     string            // of that person
	By       account.ID        // that person
	RefundNo payment.RequestNo // under which the money of an unknown payment is sent back; empty: it is not

	FirstSeenAt time.Time
	LastSeenAt  time.Time
	EndedAt     time.Time // when it was not open any more; zero: it is
	Run         int64     // the last run of the day that found it
	Version     int64     // of the stored row; 0 before the first save
}

// Find starts a difference.
func Find(id DifferenceID, day payment.Day, f Finding, run int64, now time.Time) Difference {
	return Difference{
		ID: id, Day: day, Finding: f, Status: Open, FirstSeenAt: now, LastSeenAt: now, Run: run,
	}
}

// See records that a run found the difference again. One that seemed settled is open again, unless a person has dealt
// with it and the amounts are still the same.
func (d *Difference) See(f Finding, run int64, now time.Time) {
	same := d.Theirs == f.Theirs && d.Ours == f.Ours
	d.Finding, d.Run, d.LastSeenAt = f, run, now
	if d.Status == Repaired || d.Status == Gone || d.Status == Resolved && !same {
		d.Status, d.EndedAt = Open, time.Time{}
	}
}

// Repair records that the provider's answer was booked and ended the difference.
func (d *Difference) Repair(now time.Time) { d.end(Repaired, now) }

// Vanish records that a run did not find the difference any more. It says whether it was open.
func (d *Difference) Vanish(now time.Time) bool {
	if d.Status != Open {
		return false
	}
	d.end(Gone, now)
	return true
}

// Resolve records what a person did about an open difference. It says whether it was open.
func (d *Difference) Resolve(what Action, by account.ID, note string, now time.Time) bool {
	if d.Status != Open {
		return false
	}
	d.Action, d.By, d.Note = what, by, note
	d.end(Resolved, now)
	return true
}

func (d *Difference) end(how DifferenceStatus, now time.Time) { d.Status, d.EndedAt = how, now }

// Allows says whether the action can end the difference. The provider is asked only about what it may know better, and
// money is sent back only of a payment that nobody here has: other money has refunds of its own.
func (d *Difference) Allows(what Action) bool {
	switch what {
	case ActAsk:
		return d.Kind.Repairable()
	case ActRefund:
		return d.Kind == PaymentUnknown
	default:
		return true
	}
}

// Asked records that a person had the provider asked, and whether that ended the difference. It says whether it was open.
func (d *Difference) Asked(ended bool, by account.ID, note string, now time.Time) bool {
	if d.Status != Open {
		return false
	}
	d.Action, d.By, d.Note = ActAsk, by, note
	if ended {
		d.Repair(now)
	}
	return true
}

// Return records that a person sends the money of an unknown payment back, and gives its refund a number unless it has
// one: there is one for ever. It says whether the difference is open.
func (d *Difference) Return(no payment.RequestNo, by account.ID, note string) bool {
	if d.Status != Open {
		return false
	}
	d.Action, d.By, d.Note = ActRefund, by, note
	if d.RefundNo == "" {
		d.RefundNo = no
	}
	return true
}
