package team

import "time"

// Reason says why a command was refused, or why a seat ended.
type Reason string

// Why a command is refused.
const (
	NoRefusal           Reason = ""
	TeamNotFound        Reason = "team_not_found"
	TeamOtherActivity   Reason = "team_other_activity"
	TeamOtherGoods      Reason = "team_other_goods"
	TeamNotForming      Reason = "team_not_forming"
	TeamExpired         Reason = "team_expired"
	TeamFull            Reason = "team_full"
	AlreadyInTeam       Reason = "already_in_team"
	LimitOpen           Reason = "limit_open"
	LimitJoin           Reason = "limit_join"
	LimitTotal          Reason = "limit_total"
	StockOut            Reason = "stock_out"
	NewBuyersOnly       Reason = "new_buyers_only" // the one who joins has bought from the partner before, or is about to by another such seat
	SeatNotFound        Reason = "seat_not_found"
	SeatPaid            Reason = "seat_paid"            // cannot be released: the money must go back
	SeatNotPaid         Reason = "seat_not_paid"        // nothing to refund: what is held is released
	SeatRefunding       Reason = "seat_refunding"       // all its money goes back, or is back, for another reason
	SeatNotRefunding    Reason = "seat_not_refunding"   // no money is owed
	AmountMismatch      Reason = "amount_mismatch"      // not the seat's amount
	IdempotencyMismatch Reason = "idempotency_mismatch" // the same key came with other input
)

// Why a seat ended, or money goes back.
const (
	Cancelled      Reason = "cancelled"         // the buyer or partner gave it up
	SeatDeadline   Reason = "seat_deadline"     // not paid in time
	TeamDidNotFill Reason = "team_did_not_fill" // the team's window ended short of its target
	TierReached    Reason = "tier_reached"      // the team closed at a lower price: the difference goes back
	RefundAsked    Reason = "refund_asked"      // the buyer or partner wants the money back
)

// Outcome is what one command led to: either a Refusal, or the entities as they are after it.
type Outcome struct {
	Refusal  Reason
	Seat     Seat
	Team     Team
	Replayed bool // the command had been carried out before; nothing changed
}

// EventType names a fact that others may want to know.
type EventType string

// The events of teams and seats.
const (
	EventTeamOpened     EventType = "team.opened"
	EventTeamFormed     EventType = "team.formed"
	EventTeamFailed     EventType = "team.failed"
	EventTeamClosed     EventType = "team.closed" // with tiers only: a formed team takes nobody more, its price is final
	EventSeatHeld       EventType = "seat.held"
	EventSeatPaid       EventType = "seat.paid"
	EventSeatReleased   EventType = "seat.released"
	EventSeatRefunding  EventType = "seat.refunding"
	EventSeatRefunded   EventType = "seat.refunded"
	EventSeatDifference EventType = "seat.difference"          // Difference goes back, the seat stays the buyer's
	EventDifferenceBack EventType = "seat.difference_refunded" // the buyer has it
	EventRefundRequired EventType = "seat.refund_required"
	EventLeaderChanged  EventType = "team.leader_changed"
)

// Event is something that happened, with the entities as they were right after it.
type Event struct {
	Type EventType
	At   time.Time
	Team Team
	Seat *Seat // nil for events of a whole team
}
