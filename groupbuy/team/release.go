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

// afterLeaving keeps a gathering team alive without the one who left: the lead passes to the earliest paid
// member, else to the earliest held one; a team without anybody has failed.
func (s *State) afterLeaving(left *Seat, now time.Time) {
	t := s.teams[left.Team]
	if t.Status != Forming {
		return
	}
	if t.Held+t.Paid == 0 {
		s.end(t, Failed, EventTeamFailed, now)
		return
	}
	if t.Leader != left.Buyer {
		return
	}
	t.Leader = s.heir(t.ID).Buyer
	s.changedTeams[t.ID] = true
	s.emitTeam(EventLeaderChanged, t, now)
}

func (s *State) heir(id ID) *Seat {
	var held *Seat
	for _, seat := range s.roster(id) {
		if seat.Status == Paid {
			return seat
		}
		if seat.Status == Held && held == nil {
			held = seat
		}
	}
	return held
}

// Expire ends a team whose window is over and that is still short of its target.
type Expire struct{ Team ID }

// Touches names the whole team.
func (c Expire) Touches() Touch { return Touch{Teams: []ID{c.Team}, Whole: []ID{c.Team}} }

func (c Expire) apply(s *State, now time.Time) Outcome {
	t, known := s.teams[c.Team]
	if !known {
		return refuse(TeamNotFound)
	}
	if t.Status != Forming || now.Before(t.ExpiresAt) {
		return Outcome{Team: *t, Replayed: true}
	}
	for _, seat := range s.roster(t.ID) {
		switch seat.Status {
		case Held:
			s.release(seat, TeamDidNotFill, now)
		case Paid:
			s.transition(seat, Refunding)
			seat.Reason = TeamDidNotFill
			s.emitSeat(EventSeatRefunding, seat, now)
		}
	}
	s.end(t, Failed, EventTeamFailed, now)
	return Outcome{Team: *t}
}
