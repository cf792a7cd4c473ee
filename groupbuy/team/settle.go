package team

import (
	"time"

	"kaituan/money"
)

// Settle reports that the buyer paid (结算).
type Settle struct {
	Key        Key
	Amount     money.Fen
	PaidAt     time.Time
	ProviderNo string // the payment provider's trade number
}

// Touches names the seat; its team, buyer and stock come with it, and the whole team if the payment may close it,
// or may come from somebody who is not new any more.
func (c Settle) Touches() Touch { return Touch{Seats: []Key{c.Key}, Payments: 1} }

func (c Settle) apply(s *State, now time.Time) Outcome {
	seat, known := s.seats[c.Key]
	switch {
	case !known:
		return refuse(SeatNotFound)
	case seat.Settlement != SettlementNone && (seat.PaidAmount != c.Amount || seat.ProviderNo != c.ProviderNo):
		return refuse(IdempotencyMismatch)
	case seat.Settlement != SettlementNone:
		return s.outcome(seat, true)
	case seat.Amount != c.Amount:
		return refuse(AmountMismatch)
	}
	seat.PaidAt, seat.PaidAmount, seat.ProviderNo = c.PaidAt, c.Amount, c.ProviderNo
	if seat.ForNewBuyers && s.past[seat.customer()].Orders > 0 {
		return s.notNew(seat, now)
	}
	if seat.Status == Released {
		if reason := s.retake(seat, now); reason != NoRefusal {
			return s.tooLate(seat, reason, now)
		}
	}
	return s.pay(seat, now)
}

// notNew sends back what somebody paid who bought elsewhere after taking a seat for new buyers. Seats in two activities
// may be taken on two nodes at once; only one of them is paid for.
func (s *State) notNew(seat *Seat, now time.Time) Outcome {
	if seat.Status == Held {
		s.release(seat, NewBuyersOnly, now)
		s.afterLeaving(seat, now)
	}
	return s.tooLate(seat, NewBuyersOnly, now)
}

// pay decides "formed" and "closed" on the count after this very payment, never on one read before it.
func (s *State) pay(seat *Seat, now time.Time) Outcome {
	t := s.teams[seat.Team]
	s.transition(seat, Paid)
	forms := t.Status == Forming && t.Paid == t.Target()
	seat.Settlement = Joined
	if forms || t.Status == Formed {
		seat.Settlement = FormedTeam
	}
	s.emitSeat(EventSeatPaid, seat, now)
	switch {
	case forms:
		s.form(t, now)
	case t.Paid == t.Capacity():
		s.close(t, now)
	}
	return s.outcome(seat, false)
}

// retake gives a released seat back to its late payer, if it is still to be had.
func (s *State) retake(seat *Seat, now time.Time) Reason {
	p := Participation{seat.Activity, seat.Buyer}
	if reason := s.teams[seat.Team].takes(now); reason != NoRefusal {
		return reason
	}
	if s.inTeam(p, seat.Team) {
		return AlreadyInTeam
	}
	if reason := s.admits(p, seat.Limits, seat.Opened); reason != NoRefusal {
		return reason
	}
	if !s.take(seat.stockKey(), seat.Quantity) {
		return StockOut
	}
	seat.Ordinal, seat.Reason, seat.EndedAt = s.freeOrdinal(p), NoRefusal, time.Time{}
	return NoRefusal
}

// tooLate records a payment that can buy nothing any more, so that the partner sends it back.
func (s *State) tooLate(seat *Seat, why Reason, now time.Time) Outcome {
	seat.Settlement, seat.Reason = RefundRequired, why
	s.changedSeats[seat.Key] = true
	s.emitSeat(EventRefundRequired, seat, now)
	return s.outcome(seat, false)
}
