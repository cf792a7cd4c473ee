// Package crowd decides which buyers belong to a crowd tag (人群标签): what an order fact says, which rule makes a
// buyer a member, when a tag is computed again, and who is in it right now.
package crowd

import (
	"strconv"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/money"
)

// OrderID is a partner's own order number.
type OrderID string

// FactKind says what happened to an order.
type FactKind string

// The kinds of facts.
const (
	Paid     FactKind = "paid"
	Refunded FactKind = "refunded"
)

// Fact is one thing that happened to an order. An order is paid once. What went back of it may come in parts: each
// refund tells the total so far.
type Fact struct {
	Partner partner.ID
	Order   OrderID
	Buyer   activity.Buyer
	Amount  money.Fen // what was paid, or what has gone back in all
	At      time.Time // when
	Kind    FactKind
}

// MaxAmount is the largest amount of one fact: a billion yuan.
const MaxAmount money.Fen = 1_000_000_000_00

const wantID = "want 1 to 64 of A-Z a-z 0-9 _ . -"

// earliestYear is before any order that a mall on the internet can have had; what lies before is a mistake of units.
const earliestYear = 1990

// Fault returns the first thing that is wrong with the fact, or the zero Fault. Its Param is the wire's name.
func (f Fact) Fault(now time.Time) activity.Fault {
	switch {
	case !partner.ValidID(string(f.Order)):
		return activity.Fault{Param: "order_id", Detail: wantID}
	case !partner.ValidID(string(f.Buyer)):
		return activity.Fault{Param: "buyer_id", Detail: wantID}
	case f.Kind != Paid && f.Kind != Refunded:
		return activity.Fault{Param: "kind", Detail: "want paid or refunded"}
	case f.Amount < 1 || f.Amount > MaxAmount:
		return activity.Fault{Param: "amount_fen", Detail: "want 1 to " + fen(MaxAmount) + " fen, not " + fen(f.Amount)}
	case f.At.Year() < earliestYear || f.At.After(now.AddDate(0, 0, 1)):
		return activity.Fault{Param: "at", Detail: "want an instant from 1990 until tomorrow, not " + f.At.UTC().Format(time.RFC3339)}
	}
	return activity.Fault{}
}

func fen(f money.Fen) string { return strconv.FormatInt(int64(f), 10) }

// Order is all that is known of one order. PaidAt is zero while only its refund is known, RefundedAt until then.
type Order struct {
	Partner    partner.ID
	Buyer      activity.Buyer
	ID         OrderID
	Amount     money.Fen
	PaidAt     time.Time
	Refunded   money.Fen
	RefundedAt time.Time
}

// Outcome says what became of a fact.
type Outcome string

// The outcomes.
const (
	Accepted Outcome = "accepted" // new
	Repeated Outcome = "repeated" // known already, with the same content
	Refused  Outcome = "refused"  // not possible, or known with other content
)

// Verdict is the answer to one fact.
type Verdict struct {
	Outcome Outcome
	Fault   activity.Fault // of Refused: the field and what would be right
}

// Take adds a fact to what is known of its order. The zero Order knows nothing. A fact that says something else than
// what is known changes nothing.
func (o Order) Take(f Fact) (Order, Verdict) {
	f.At = f.At.UTC().Truncate(time.Millisecond)
	switch {
	case o.ID == "":
		o = Order{Partner: f.Partner, Buyer: f.Buyer, ID: f.Order}
	case o.Buyer != f.Buyer:
		return o, refuse("buyer_id", "the order is known with buyer "+string(o.Buyer))
	}
	if f.Kind == Paid {
		return o.takePaid(f)
	}
	return o.takeRefunded(f)
}

func (o Order) takePaid(f Fact) (Order, Verdict) {
	switch {
	case !o.PaidAt.IsZero():
		return o, repeat(f, o.Amount, o.PaidAt)
	case o.Refunded > f.Amount:
		return o, refuse("amount_fen", "want at least the "+fen(o.Refunded)+" fen that were refunded")
	}
	o.Amount, o.PaidAt = f.Amount, f.At
	return o, Verdict{Outcome: Accepted}
}

func (o Order) takeRefunded(f Fact) (Order, Verdict) {
	more := f.Amount > o.Refunded && !f.At.Before(o.RefundedAt)
	switch {
	case !o.RefundedAt.IsZero() && !more:
		return o, repeat(f, o.Refunded, o.RefundedAt)
	case !o.PaidAt.IsZero() && f.Amount > o.Amount:
		return o, refuse("amount_fen", "want at most the "+fen(o.Amount)+" fen that were paid")
	}
	o.Refunded, o.RefundedAt = f.Amount, f.At
	return o, Verdict{Outcome: Accepted}
}

func repeat(f Fact, amount money.Fen, at time.Time) Verdict {
	switch {
	case f.Amount != amount:
		return refuse("amount_fen", "the order is known as "+string(f.Kind)+" with "+fen(amount)+" fen")
	case !f.At.Equal(at):
		return refuse("at", "the order is known as "+string(f.Kind)+" at "+at.UTC().Format(time.RFC3339Nano))
	}
	return Verdict{Outcome: Repeated}
}

func refuse(param, detail string) Verdict {
	return Verdict{Outcome: Refused, Fault: activity.Fault{Param: param, Detail: detail}}
}
