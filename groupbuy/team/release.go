package team

import "time"

// Release gives up an unpaid seat (释放).
type Release struct {
	Key Key
	Why Reason // Cancelled, or SeatDeadline for a seat that was not paid in time
}

// Touches names the seat and the whole team, because the lead may have to be handed over.
func (c Release) Touches() Touch { return Touch{Seats: []Key{c.Key}, WholeOf: []Key{c.Key}} }

func (c Release) apply(s *State, now time.Time) Outcome {
	seat, known := s.seats[c.Key]
	switch {
	case !known:
		return refuse(SeatNotFound)
	case seat.Status == Released, c.Why == SeatDeadline && !seat.overdue(now):
		return s.outcome(seat, true)
	case seat.Status != Held:
		return refuse(SeatPaid)
	}
	s.release(seat, c.Why, now)
	s.afterLeaving(seat, now)
	return s.outcome(seat, false)
}

func (seat *Seat) overdue(now time.Time) bool {
	return seat.Status == Held && !now.Before(seat.ExpiresAt)
}

func (s *State) release(seat *Seat, why Reason, now time.Time) {
	s.transition(seat, Released)
	seat.Reason, seat.EndedAt = why, now
	s.emitSeat(EventSeatReleased, seat, now)
}

// afterLeaving keeps an open team alive without the one who left. One that gathers fails without anybody; a formed one
// stays formed and takes nobody more, or the next to join would get the group price alone.
func (s *State) afterLeaving(left *Seat, now time.Time) {
	t := s.teams[left.Team]
	switch {
	case !t.Open(): // its held seats went when it closed
	case t.Held+t.Paid == 0 && t.Status == Formed:
		s.close(t, now)
	case t.Held+t.Paid == 0:
		s.end(t, Failed, EventTeamFailed, now)
	case t.Leader == left.Buyer:
		s.handOver(t, now)
	}
}

// handOver passes the lead to the earliest paid member, else to the earliest held one.
func (s *State) handOver(t *Team, now time.Time) {
	t.Leader = s.heir(t.ID).Buyer
	s.changedTeams[t.ID] = true
	s.emitTeam(EventLeaderChanged, t, now)
}

func (s *State) heir(id ID) *Seat {
	var held *Seat
	for _, seat := range s.roster(id) {
		if seat.bought() {
			return seat
		}
		if seat.Status == Held && held == nil {
			held = seat
		}
	}
	return held
}
