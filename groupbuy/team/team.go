// Package team decides what happens to teams and seats. Apply is the only place where a seat or a team changes
// its state; it touches nothing outside the State it is given.
package team

import (
	"slices"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/money"
)

// ID names a team.
type ID string

// SeatID names a seat.
type SeatID string

// Key is a partner's order number: the idempotency key of a seat.
type Key struct {
	Partner    partner.ID
	OutTradeNo string
}

// Status is where a team stands.
type Status string

// The states of a team.
const (
	Forming Status = "forming" // gathering people until ExpiresAt
	Formed  Status = "formed"  // the target is paid
	Failed  Status = "failed"  // the clock ran out, or nobody was left
)

// Transitions is the whole life of a team.
func Transitions() map[Status][]Status {
	return map[Status][]Status{Forming: {Formed, Failed}, Formed: {}, Failed: {}}
}

// Team gathers buyers for one activity and goods. Held and Paid always equal the seats in these states.
type Team struct {
	ID        ID
	Partner   partner.ID
	Activity  activity.ID
	Goods     activity.GoodsID
	Status    Status
	Target    int // people who must have paid
	Held      int
	Paid      int
	Leader    activity.Buyer
	OpenedAt  time.Time
	ExpiresAt time.Time
	EndedAt   time.Time // when it formed or failed; zero while forming
	Version   int64     // of the stored row; 0 before the first save
}

// Free is how many seats may still be taken.
func (t Team) Free() int { return t.Target - t.Held - t.Paid }

// SeatStatus is where a seat stands.
type SeatStatus string

// The states of a seat.
const (
	Held      SeatStatus = "held"      // taken, not paid; falls back at its payment deadline
	Paid      SeatStatus = "paid"      // paid
	Released  SeatStatus = "released"  // given up before payment
	Refunding SeatStatus = "refunding" // the partner owes the buyer the money
	Refunded  SeatStatus = "refunded"  // the partner says that the money is back
)

var seatTransitions = map[SeatStatus][]SeatStatus{
	Held:      {Paid, Released},
	Paid:      {Refunding},
	Released:  {Paid},
	Refunding: {Refunded},
	Refunded:  {},
}

// SeatTransitions is the whole life of a seat; docs/state-machines.md is compared with it.
func SeatTransitions() map[SeatStatus][]SeatStatus {
	copied := make(map[SeatStatus][]SeatStatus, len(seatTransitions))
	for from, to := range seatTransitions {
		copied[from] = slices.Clone(to)
	}
	return copied
}

// Live says whether the seat counts against the team, the stock and the buyer's limits.
func (s SeatStatus) Live() bool { return s == Held || s == Paid }

// Settlement is the answer to a partner that reports a payment.
type Settlement string

// The answers to a reported payment.
const (
	SettlementNone Settlement = ""                // no payment was reported
	Joined         Settlement = "joined"          // the seat is paid, the team still gathers
	FormedTeam     Settlement = "formed"          // the seat is paid and the team is formed
	RefundRequired Settlement = "refund_required" // the payment came too late; the partner sends it back
)

// Seat is one buyer's place in a team, and the partner's order at the engine.
type Seat struct {
	ID       SeatID
	Key      Key
	Team     ID
	Activity activity.ID
	Goods    activity.GoodsID
	SKU      activity.SKUID
	Channel  activity.Channel
	Buyer    activity.Buyer
	Quantity int
	Opened   bool // this seat opened the team; stays true when the lead is handed over
	Status   SeatStatus

	Original money.Fen       // per piece
	PayPrice money.Fen       // per piece
	Amount   money.Fen       // PayPrice x Quantity: what must be paid
	Plan     activity.Plan   // the plan that made the price
	Limits   activity.Limits // the limits the seat was taken under

	// Ordinal numbers the buyer's live seats in the activity from 1 and is 0 when the seat is not live. Unique per
	// activity and buyer in the store, it makes two nodes that count a limit at once collide instead of both passing.
	Ordinal int

	HeldAt    time.Time
	ExpiresAt time.Time // payment deadline

	PaidAt     time.Time // as the partner reported; zero until then
	PaidAmount money.Fen
	ProviderNo string
	Settlement Settlement

	EndedAt  time.Time // when it was released, or its refund confirmed
	RefundNo string    // the partner's number of the confirmed refund
	Reason   Reason    // why it is released, refunding, or its payment must go back

	Version int64 // of the stored row; 0 before the first save
}

// StockKey names the pieces of one SKU that an activity sells.
type StockKey struct {
	Activity activity.ID
	Goods    activity.GoodsID
	SKU      activity.SKUID
}

// Stock is how many pieces of a SKU an activity sells and how many live seats took.
type Stock struct {
	Key     StockKey
	Pieces  int
	Taken   int
	Version int64
}
