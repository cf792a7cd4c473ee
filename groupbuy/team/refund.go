package team

import "time"

// Refund gives up a paid seat: the buyer wants the money back (退单). Before the team forms the place is free again at
// once; afterwards the team stays formed and counts the refund.
type Refund struct {
	Key       Key
	RequestNo string // the partner's number of the refund; never empty
	Why       string // in the buyer's or partner's words; may be empty
}

// Touches names the seat and the whole team, because the lead may have to be handed over.
func (c Refund) Touches() Touch { return Touch{Seats: []Key{c.Key}, WholeOf: []Key{c.Key}} }

func (c Refund) apply(s *State, now time.Time) Outcome {
	seat, known := s.seats[c.Key]
	switch {
	case !known:
		return refuse(SeatNotFound)
	case seat.AskedNo == c.RequestNo:
		return s.outcome(seat, true)
	case seat.AskedNo != "", c.RequestNo == seat.DifferenceNo:
		return refuse(IdempotencyMismatch)
	case seat.Settlement == SettlementNone:
		return refuse(SeatNotPaid)
	case !seat.bought():
		return refuse(SeatRefunding)
	}
	s.giveUp(seat, c, now)
	return s.outcome(seat, false)
}

// giveUp takes a paid seat away from its buyer. What of a difference was not reported as back is part of the whole that
// is owed from now on, so the seat passes through paid.
func (s *State) giveUp(seat *Seat, c Refund, now time.Time) {
	t := s.teams[seat.Team]
	s.transition(seat, Paid)
	seat.AskedNo, seat.AskedWhy, seat.AskedAt, seat.Reason = c.RequestNo, c.Why, now, RefundAsked
	s.transition(seat, Refunding)
	if t.Status == Formed {
		seat.LeftFormed = true
		t.Refunded++
	}
	s.emitSeat(EventSeatRefunding, seat, now)
	s.afterLeaving(seat, now)
}

// ConfirmRefund reports that the buyer has the money back, or the difference to a lower price.
type ConfirmRefund struct {
	Key      Key
	RefundNo string // the partner's number of the refund, of one that was asked for the same as then; never empty
}

// Touches names the seat.
func (c ConfirmRefund) Touches() Touch { return Touch{Seats: []Key{c.Key}} }

func (c ConfirmRefund) apply(s *State, now time.Time) Outcome {
	seat, known := s.seats[c.Key]
	switch {
	case !known:
		return refuse(SeatNotFound)
	case c.RefundNo == seat.RefundNo || c.RefundNo == seat.DifferenceNo:
		return s.outcome(seat, true)
	case seat.OwesDifference():
		return s.differenceIsBack(seat, c.RefundNo, now)
	case seat.AskedNo != "" && c.RefundNo != seat.AskedNo:
		return s.partIsBack(seat, c.RefundNo, now)
	case seat.RefundNo != "", seat.Status == Paid && seat.DifferenceNo != "":
		return refuse(IdempotencyMismatch)
	case seat.Status != Refunding && seat.Settlement != RefundRequired:
		return refuse(SeatNotRefunding)
	}
	seat.RefundNo, seat.EndedAt = c.RefundNo, now
	s.changedSeats[seat.Key] = true
	if seat.Status == Refunding {
		s.transition(seat, Refunded)
	}
	s.emitSeat(EventSeatRefunded, seat, now)
	return s.outcome(seat, false)
}

// differenceIsBack makes the seat an ordinary paid one again, at its lower price.
func (s *State) differenceIsBack(seat *Seat, refundNo string, now time.Time) Outcome {
	s.transition(seat, Paid)
	seat.DifferenceNo, seat.Reason = refundNo, NoRefusal
	s.emitSeat(EventDifferenceBack, seat, now)
	return s.outcome(seat, false)
}

// partIsBack records the difference that was on its way when the whole was asked for. Both numbers may come in any
// order; once the whole is reported as back, the difference is no news.
func (s *State) partIsBack(seat *Seat, refundNo string, now time.Time) Outcome {
	if !seat.differencePending() {
		return refuse(IdempotencyMismatch)
	}
	seat.DifferenceNo = refundNo
	s.changedSeats[seat.Key] = true
	if seat.Status == Refunding {
		s.emitSeat(EventDifferenceBack, seat, now)
	}
	return s.outcome(seat, false)
}
