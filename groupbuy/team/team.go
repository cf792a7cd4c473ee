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
	Formed  Status = "formed"  // the target is paid, or virtual seats filled it; with tiers more may still join
	Failed  Status = "failed"  // the clock ran out, or nobody was left
)

// Transitions is the whole life of a team.
func Transitions() map[Status][]Status {
	return map[Status][]Status{Forming: {Formed, Failed}, Formed: {}, Failed: {}}
}

// Team gathers buyers for one activity and goods. Held and Paid always equal the seats in these states; a seat whose
// difference is on its way back counts as paid. Refunded always equals the seats that LeftFormed.
type Team struct {
	ID        ID
	Partner   partner.ID
	Activity  activity.ID
	Goods     activity.GoodsID
	Status    Status
	Sizes     []int // people who must have paid: to form, then for each lower price; rising, never changed
	MinReal   int   // how many must have paid for virtual seats to fill the team at its end; 0: they never do
	Held      int
	Paid      int
	Refunded  int       // of those who paid, how many gave their seat back after the team had formed
	Virtual   int       // seats without a buyer that auto-completion filled
	CostFen   money.Fen // what an auto-completed team gave away: original price less amount, over its paid seats
	Leader    activity.Buyer
	OpenedAt  time.Time
	ExpiresAt time.Time
	EndedAt   time.Time // when it formed or failed; zero while forming
	ClosedAt  time.Time // since when it takes nobody: EndedAt, or later with tiers; zero before
	Tier      int       // which of Sizes was reached when it closed: the price of everybody in it
	Version   int64     // of the stored row; 0 before the first save
}

// Target is how many people must have paid for the team to form.
func (t Team) Target() int { return t.Sizes[0] }

// Capacity is how many seats the team has.
func (t Team) Capacity() int { return t.Sizes[len(t.Sizes)-1] }

// Free is how many seats may still be taken.
func (t Team) Free() int { return t.Capacity() - t.Held - t.Paid - t.Virtual }

// Open says whether the team is neither full nor over.
func (t Team) Open() bool { return t.ClosedAt.IsZero() }

// MayClose says whether so many payments could fill a team with tiers. What is decided then is about all its seats.
func (t Team) MayClose(payments int) bool {
	return len(t.Sizes) > 1 && t.Open() && t.Paid+payments >= t.Capacity()
}

// reached is the highest of Sizes that is paid, by its index.
func (t Team) reached() int {
	tier := 0
	for tier+1 < len(t.Sizes) && t.Paid >= t.Sizes[tier+1] {
		tier++
	}
	return tier
}

// SeatStatus is where a seat stands.
type SeatStatus string

// The states of a seat.
const (
	Held      SeatStatus = "held"      // taken, not paid; falls back at its payment deadline
	Paid      SeatStatus = "paid"      // paid
	Released  SeatStatus = "released"  // given up before payment
	Refunding SeatStatus = "refunding" // the partner owes the buyer the money, or the difference to a lower price
	Refunded  SeatStatus = "refunded"  // the partner says that the money is back
)

var seatTransitions = map[SeatStatus][]SeatStatus{
	Held:      {Paid, Released},
	Paid:      {Refunding},
	Released:  {Paid},
	Refunding: {Refunded, Paid},
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

// Settlement is the answer to a partner that reports a payment.
type Settlement string

// The answers to a reported payment.
const (
	SettlementNone Settlement = ""                // no payment was reported
	Joined         Settlement = "joined"          // the seat is paid, the team still gathers
	FormedTeam     Settlement = "formed"          // the seat is paid and the team is formed, by it or before it
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
	Tag      activity.TagID  // whose members the plan is for; empty: everybody
	Limits   activity.Limits // the limits the seat was taken under

	LeaderDiscount money.Fen // per piece; what PayPrice lost for opening the team
	ForNewBuyers   bool      // it joined a team that only new buyers join: asked again when it is paid

	// TierPrices are what a piece costs at each of the team's Sizes; the first is PayPrice. Empty without tiers.
	TierPrices   []money.Fen
	Difference   money.Fen // what of Amount goes back because the team closed at a lower price
	DifferenceNo string    // the partner's number of the confirmed refund of Difference

	// Ordinal numbers the buyer's live seats in the activity from 1 and is 0 when the seat is not live. Unique per
	// activity and buyer in the store, it makes two nodes that count a limit at once collide instead of both passing.
	Ordinal int

	HeldAt    time.Time
	ExpiresAt time.Time // payment deadline

	PaidAt     time.Time // as the partner reported; zero until then
	PaidAmount money.Fen
	ProviderNo string
	Settlement Settlement

	// AskedNo is the partner's number of a refund that was asked for; empty while none was. It never changes again.
	AskedNo    string
	AskedAt    time.Time
	AskedWhy   string // in the buyer's or partner's words; may be empty
	LeftFormed bool   // the team had formed when the refund was asked for, and stays formed

	EndedAt  time.Time // when it was released, or its refund confirmed
	RefundNo string    // the partner's number of the confirmed refund
	Reason   Reason    // why it is released, refunding, or its payment must go back

	Version int64 // of the stored row; 0 before the first save
}

// Live says whether the seat counts against the team, the stock and the buyer's limits.
func (s Seat) Live() bool { return s.Status == Held || s.bought() }

// newcomer says whether the seat is held by somebody who has to be new until it is paid.
func (s Seat) newcomer() bool { return s.Status == Held && s.ForNewBuyers }

// bought says whether the seat is the buyer's for good, also while a difference goes back.
func (s Seat) bought() bool { return s.Status == Paid || s.OwesDifference() }

// OwesDifference says whether the seat's refund is the difference to a lower price, not the whole amount. A refund that
// is asked for takes what is left of the difference with it.
func (s Seat) OwesDifference() bool {
	return s.Status == Refunding && s.AskedNo == "" && s.differencePending()
}

// differencePending says whether a difference was promised and not reported as back.
func (s Seat) differencePending() bool { return s.Difference > 0 && s.DifferenceNo == "" }

// Owed is what the partner must still send back to the buyer, as far as it has reported.
func (s Seat) Owed() money.Fen {
	switch {
	case s.OwesDifference():
		return s.Difference
	case s.Status == Refunding && s.DifferenceNo != "":
		return s.Amount - s.Difference
	case s.Status == Refunding:
		return s.Amount
	case s.Settlement == RefundRequired && s.RefundNo == "":
		return s.PaidAmount
	default:
		return 0
	}
}

// differenceAt is what goes back when the team closes at a tier.
func (s Seat) differenceAt(tier int) money.Fen {
	if tier >= len(s.TierPrices) || s.TierPrices[tier] >= s.PayPrice {
		return 0
	}
	difference, _ := (s.PayPrice - s.TierPrices[tier]).Times(s.Quantity) // less than Amount, which did not overflow
	return difference
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
