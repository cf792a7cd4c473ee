// Package order decides what happens to a buyer's order. Nothing here touches a database, a clock or a network:
// an Order is changed in place, keeps the moves it made, and the store saves both.
package order

import (
	"slices"
	"time"

	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/money"
)

// ID names an order. It is the out_trade_no at the engine.
type ID string

// TeamID names a team at the engine.
type TeamID string

// PaymentID names a payment, as package payment does.
type PaymentID string

// ActivityID names an activity at the engine.
type ActivityID string

// Mode says how the buyer buys.
type Mode string

// The modes.
const (
	Solo  Mode = "solo"  // alone, at the full price
	Group Mode = "group" // in a team, at the group price
)

// Status is where an order stands.
type Status string

// The states of an order.
const (
	Created         Status = "created"          // written; for a group order the engine has not answered yet
	AwaitingPayment Status = "awaiting_payment" // the buyer may pay until ExpiresAt
	Paid            Status = "paid"             // paid; the engine has not been told yet
	Teaming         Status = "teaming"          // paid, the team still gathers
	ToShip          Status = "to_ship"          // paid, and the team formed if there is one
	Shipped         Status = "shipped"
	Closed          Status = "closed"    // ended without being paid
	Refunding       Status = "refunding" // the buyer's money is on its way back
	Refunded        Status = "refunded"  // the buyer has all the money back
)

var transitions = map[Status][]Status{
	Created:         {AwaitingPayment, Closed},
	AwaitingPayment: {Paid, Closed},
	Paid:            {Teaming, ToShip, Refunding},
	Teaming:         {ToShip, Refunding},
	ToShip:          {Shipped, Refunding},
	Shipped:         {},
	Closed:          {},
	Refunding:       {Refunded},
	Refunded:        {},
}

// Transitions is the whole life of an order; docs/state-machines.md is compared with it.
func Transitions() map[Status][]Status {
	copied := make(map[Status][]Status, len(transitions))
	for from, to := range transitions {
		copied[from] = slices.Clone(to)
	}
	return copied
}

// HoldsStock says whether orders in this state keep their pieces from others. Only goods that were not shipped
// are refunded, so leaving these states gives the pieces back.
func (s Status) HoldsStock() bool { return s != Closed && s != Refunding && s != Refunded }

// Asked says whether a refund for this reason was asked for, by whomever: the engine knows it by its number.
func (r Reason) Asked() bool { return r == RefundAsked || r == OperatorRefund }

// Unpaid says whether an order in this state still waits for its payment.
func (s Status) Unpaid() bool { return s == Created || s == AwaitingPayment }

// Reason is a stable code that tells why an order was closed or refunded. Reasons of the engine are passed on.
type Reason string

// The mall's own reasons.
const (
	NoReason       Reason = ""
	BuyerCancelled Reason = "buyer_cancelled"
	NotPaidInTime  Reason = "not_paid_in_time"
	SeatLost       Reason = "seat_lost"    // the engine has no seat for the order, or gave it to somebody else
	LatePayment    Reason = "late_payment" // paid after the order was closed
	PaidTwice      Reason = "paid_twice"   // a second payment of the same order
	TeamFailed     Reason = "team_failed"
	TierReached    Reason = "tier_reached" // the team closed at a lower price: the difference goes back
	RefundAsked    Reason = "refund_asked" // the buyer wants the money back, or somebody said so at the engine
	OperatorRefund Reason = "operator_refund"
)

// MaxQuantity is the most pieces of one order.
const MaxQuantity = 100_000

// Item is what is bought, as it was called when the order was placed.
type Item struct {
	Product     catalog.ProductID
	ProductName string
	SKU         catalog.SKUID
	SKUName     string
	Quantity    int
}

// Order is one purchase of one buyer.
type Order struct {
	ID       ID
	Buyer    account.ID
	Mode     Mode
	Item     Item
	Activity ActivityID // of group orders
	Team     TeamID     // the team asked for; once the engine answered, the team the order is in

	Original money.Fen // per piece
	PayPrice money.Fen // per piece; 0 until it is known. Of a refused order, the price that counts now if the engine told it
	Expected money.Fen // the price per piece that the buyer saw; 0 when not said
	Amount   money.Fen // PayPrice x Quantity: what must be paid; 0 until it is known

	// Difference is what of Amount goes back, or went, because the team closed at a lower price.
	Difference money.Fen

	Status    Status
	Reason    Reason // why it was closed or refunded
	Detail    string // more about the reason, for people; of a refund that was asked for, what the asker says
	Tracking  string // the carrier's number, once shipped
	PlacedAt  time.Time
	ExpiresAt time.Time // payment deadline; zero until it is known
	PaidAt    time.Time // as the provider says; zero until paid
	PaidBy    PaymentID // the payment that paid it
	TradeNo   string    // the provider's number of that payment
	ShippedAt time.Time
	EndedAt   time.Time // when it was closed or refunded

	NextAt  time.Time // when a sweep looks after the order next; zero: never
	Version int64     // of the stored row; 0 before the first save
	Moves   []Move    // made since the order was loaded; the store appends them to its history
}

// Move is one step of an order's history.
type Move struct {
	From   Status // empty for the first
	To     Status
	Reason Reason
	At     time.Time
}

// Deduction is what the group price saves on the whole order.
func (o *Order) Deduction() money.Fen {
	return o.Original*money.Fen(o.Item.Quantity) - o.Amount + o.Difference
}

// Refused says whether the order was closed because the engine gave it no seat.
func (o *Order) Refused() bool {
	return o.Status == Closed && o.Mode == Group && o.ExpiresAt.IsZero() && o.Reason != BuyerCancelled && o.Reason != SeatLost
}

// move changes the state if the table allows it and says whether it did.
func (o *Order) move(to Status, why Reason, now time.Time) bool {
	if !slices.Contains(transitions[o.Status], to) {
		return false
	}
	o.Moves = append(o.Moves, Move{From: o.Status, To: to, Reason: why, At: now})
	o.Status = to
	o.NextAt = o.attention(now)
	return true
}

// How long after a move a sweep looks at what became of the order.
const (
	repairAfter = time.Minute // a created order whose lock was not answered
	settleAfter = time.Minute // a paid order whose settlement was not answered
)

// TeamAfter is how long a sweep waits for an event of a gathering team before it asks the engine.
const TeamAfter = 10 * time.Minute

// RetryAfter is how long a sweep leaves an order alone that it could not help.
const RetryAfter = 30 * time.Second

func (o *Order) attention(now time.Time) time.Time {
	switch o.Status {
	case Created:
		return now.Add(repairAfter)
	case AwaitingPayment:
		return o.ExpiresAt
	case Paid:
		return now.Add(settleAfter)
	case Teaming:
		return now.Add(TeamAfter)
	case ToShip:
		return now
	default:
		return time.Time{}
	}
}
