package order

import (
	"time"

	"kaituan/money"
)

// Place starts an order's life. The caller has filled in everything but its state.
func Place(o Order, now time.Time) Order {
	o.Status, o.PlacedAt = Created, now
	o.Moves = []Move{{To: Created, At: now}}
	o.NextAt = o.attention(now)
	return o
}

// Terms are what the buyer must pay, and until when.
type Terms struct {
	Team      TeamID    // of group orders
	Original  money.Fen // per piece
	PayPrice  money.Fen // per piece
	Amount    money.Fen // for the whole quantity
	ExpiresAt time.Time
}

// Offer lets the buyer pay. It says whether the order was still waiting for its terms.
func (o *Order) Offer(t Terms, now time.Time) bool {
	if o.Status != Created {
		return false
	}
	o.Team, o.Original, o.PayPrice, o.Amount, o.ExpiresAt = t.Team, t.Original, t.PayPrice, t.Amount, t.ExpiresAt
	return o.move(AwaitingPayment, NoReason, now)
}

// Close ends an order that nobody paid. It says whether it did.
func (o *Order) Close(why Reason, detail string, now time.Time) bool {
	if !o.move(Closed, why, now) {
		return false
	}
	o.Reason, o.Detail, o.EndedAt = why, clip(detail), now
	return true
}

// Refuse closes an order that the engine gave no seat. current is the price per piece that counts instead of the one
// that the buyer expected, or 0. It says whether the order was still open.
func (o *Order) Refuse(why Reason, detail string, current money.Fen, now time.Time) bool {
	if !o.Close(why, detail, now) {
		return false
	}
	o.PayPrice = current
	return true
}

// maxDetail is how many characters are kept of what others say about a reason.
const maxDetail = 500

func clip(detail string) string {
	runes := []rune(detail)
	return string(runes[:min(len(runes), maxDetail)])
}

// Verdict is what news does to an order.
type Verdict struct {
	Moved      bool      // the order changed and must be saved
	Refund     Reason    // unless empty: the payment must go back to the buyer, for this reason
	Difference money.Fen // unless 0: so much of the payment must go back, and the order stays
	AskedNo    string    // the number of the refund, if it was asked for at the engine
}

// Owes says whether money must go back to the buyer.
func (v Verdict) Owes() bool { return v.Refund != NoReason || v.Difference > 0 }

// Receipt is the payment that the provider says succeeded.
type Receipt struct {
	Payment PaymentID
	TradeNo string // the provider's number
	PaidAt  time.Time
}

// Pay tells the order that one of its payments succeeded. Money that buys nothing goes back.
func (o *Order) Pay(r Receipt, now time.Time) Verdict {
	switch {
	case o.Status == Closed:
		return Verdict{Refund: LatePayment}
	case !o.move(Paid, NoReason, now):
		return Verdict{Refund: PaidTwice}
	}
	o.PaidBy, o.TradeNo, o.PaidAt = r.Payment, r.TradeNo, r.PaidAt
	if o.Mode == Solo {
		o.move(ToShip, NoReason, now)
	}
	return Verdict{Moved: true}
}

// What the engine calls the states and outcomes that the mall's decisions depend on.
const (
	seatRefunding         = "refunding"
	seatRefunded          = "refunded"
	teamFormed            = "formed"
	outcomeRefundRequired = "refund_required"
)

// News is what the engine says about a paid order's seat.
type News struct {
	Outcome    string // of the settlement; empty when it was not settled
	SeatStatus string
	TeamStatus string
	Reason     Reason    // why the money must go back
	Difference money.Fen // what of the amount goes back because the team closed at a lower price
	AskedNo    string    // the number under which a refund was asked for at the engine, if one was
	Detail     string    // what whoever asked for it says
}

// Hear tells a paid order what the engine says. The first answer to a settlement is replayed for ever, so what
// the seat and the team have become since counts as well. Orders that are not paid do not move.
func (o *Order) Hear(n News, now time.Time) Verdict {
	if o.Mode != Group || !o.Status.Kept() {
		return Verdict{}
	}
	if n.GivesBack() {
		return o.asked(n, now)
	}
	verdict := Verdict{Moved: o.advance(n, now), Difference: o.lower(n.Difference)}
	verdict.Moved = verdict.Moved || verdict.Difference > 0
	return verdict
}

// Kept says whether the buyer's money is ours in this state, and the goods are the buyer's.
func (s Status) Kept() bool { return s == Paid || s == Teaming || s == ToShip || s == Shipped }

// advance says whether the order moved. That a difference goes back means that the engine has counted the payment.
func (o *Order) advance(n News, now time.Time) bool {
	switch {
	case n.Outcome == "" && n.Difference == 0, o.Status == ToShip, o.Status == Shipped:
		return false
	case n.TeamStatus == teamFormed:
		return o.Formed(now).Moved
	default:
		return o.move(Teaming, NoReason, now)
	}
}

// lower records the difference to a lower price, the first time that it is heard of, and returns what is owed.
func (o *Order) lower(difference money.Fen) money.Fen {
	if o.Difference > 0 {
		return 0
	}
	o.Difference = difference
	return difference
}

// GivesBack tells the seat that is given back from the one of which only a difference is.
func (n News) GivesBack() bool {
	return n.Outcome == outcomeRefundRequired || n.SeatStatus == seatRefunded ||
		n.SeatStatus == seatRefunding && n.Reason != TierReached
}

func (n News) reason() Reason {
	if n.Reason == NoReason {
		return TeamFailed
	}
	return n.Reason
}

// Formed tells an order whose payment the engine has counted that its team is complete.
func (o *Order) Formed(now time.Time) Verdict {
	if o.Mode != Group {
		return Verdict{}
	}
	if o.Status == Paid {
		o.move(Teaming, NoReason, now)
	}
	return Verdict{Moved: o.move(ToShip, NoReason, now)}
}

func (o *Order) refund(why Reason, now time.Time) Verdict {
	if !o.move(Refunding, why, now) {
		return Verdict{}
	}
	o.Reason = why
	return Verdict{Moved: true, Refund: why}
}

// asked gives the money back because the engine says so.
func (o *Order) asked(n News, now time.Time) Verdict {
	verdict := o.refund(n.reason(), now)
	if !verdict.Moved || !n.reason().Asked() {
		return verdict
	}
	o.Detail, verdict.AskedNo = clip(n.Detail), n.AskedNo
	return verdict
}

// GiveBack tells an order that its buyer or an operator wants the money back, and what they say. Only orders that are
// paid and not sent move.
func (o *Order) GiveBack(why Reason, words string, now time.Time) Verdict {
	verdict := o.refund(why, now)
	if verdict.Moved {
		o.Detail = clip(words)
	}
	return verdict
}

// Refunded tells an order that all of its money is back with the buyer. It says whether the order moved.
func (o *Order) Refunded(now time.Time) bool {
	if !o.move(Refunded, o.Reason, now) {
		return false
	}
	o.EndedAt = now
	return true
}

// Ship hands the goods to a carrier. It says whether the order was ready for it.
func (o *Order) Ship(tracking string, now time.Time) bool {
	if !o.move(Shipped, NoReason, now) {
		return false
	}
	o.Tracking, o.ShippedAt = tracking, now
	return true
}
