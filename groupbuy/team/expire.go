package team

import "time"

// Expire ends a team whose window is over: it fails, or virtual seats complete it, or, formed already, it closes.
type Expire struct{ Team ID }

// Touches names the whole team.
func (c Expire) Touches() Touch { return Touch{Teams: []ID{c.Team}, Whole: []ID{c.Team}} }

func (c Expire) apply(s *State, now time.Time) Outcome {
	t, known := s.teams[c.Team]
	if !known {
		return refuse(TeamNotFound)
	}
	if !t.Open() || now.Before(t.ExpiresAt) {
		return Outcome{Team: *t, Replayed: true}
	}
	switch {
	case t.Status == Formed:
		s.close(t, now)
	case t.MinReal > 0 && t.Paid >= t.MinReal:
		s.complete(t, now)
	default:
		s.fail(t, now)
	}
	return Outcome{Team: *t}
}

func (s *State) fail(t *Team, now time.Time) {
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
}

// complete fills the seats that are missing with virtual ones (自动成团).
func (s *State) complete(t *Team, now time.Time) {
	s.releaseUnpaid(t, now)
	t.Virtual = t.Target() - t.Paid
	for _, seat := range s.roster(t.ID) {
		if seat.Status == Paid {
			original, _ := seat.Original.Times(seat.Quantity) // cannot overflow: activity.MaxPrice times the largest quantity
			t.CostFen += original - seat.Amount
		}
	}
	s.end(t, Formed, EventTeamFormed, now)
}

// form ends the gathering of a team whose target is paid. With tiers others may still join.
func (s *State) form(t *Team, now time.Time) {
	if len(t.Sizes) == 1 {
		s.end(t, Formed, EventTeamFormed, now)
		return
	}
	t.Status, t.EndedAt = Formed, now
	s.changedTeams[t.ID] = true
	s.emitTeam(EventTeamFormed, t, now)
}

// close gives everybody in a formed team with tiers the price of the highest that was reached: what they paid more
// goes back.
func (s *State) close(t *Team, now time.Time) {
	s.releaseUnpaid(t, now)
	t.ClosedAt, t.Tier = now, t.reached()
	s.changedTeams[t.ID] = true
	for _, seat := range s.roster(t.ID) {
		if difference := seat.differenceAt(t.Tier); seat.Status == Paid && difference > 0 {
			seat.Difference, seat.Reason = difference, TierReached
			s.transition(seat, Refunding)
			s.emitSeat(EventSeatDifference, seat, now)
		}
	}
	s.emitTeam(EventTeamClosed, t, now)
}

// releaseUnpaid gives up what is not paid when the window is over, which is every held seat's last deadline.
func (s *State) releaseUnpaid(t *Team, now time.Time) {
	leaderless := false
	for _, seat := range s.roster(t.ID) {
		if seat.Status == Held {
			s.release(seat, SeatDeadline, now)
			leaderless = leaderless || seat.Buyer == t.Leader
		}
	}
	if leaderless {
		s.handOver(t, now)
	}
}
