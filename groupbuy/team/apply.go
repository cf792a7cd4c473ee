package team

import (
	"time"

	"kaituan/groupbuy/activity"
)

// A Command is one wish about one seat or one team.
type Command interface {
	// Touches names what must be loaded before the command can be decided.
	Touches() Touch
	apply(s *State, now time.Time) Outcome
}

// Apply decides cmds in order against s as of now, changes s in place and returns one Outcome per command. It
// reads no clock, no random source and no database: the same input gives the same output, so a batch of n equals
// n batches of one. A refusal is an Outcome; Apply itself cannot fail.
func Apply(s *State, cmds []Command, now time.Time) []Outcome {
	outcomes := make([]Outcome, len(cmds))
	for i, cmd := range cmds {
		outcomes[i] = cmd.apply(s, now)
	}
	return outcomes
}

// TouchOf is all that a batch of commands needs.
func TouchOf(cmds []Command) Touch {
	var t Touch
	for _, cmd := range cmds {
		t.Add(cmd.Touches())
	}
	return t
}

func refuse(r Reason) Outcome { return Outcome{Refusal: r} }

// transition moves a seat to its next status and keeps every count that depends on it: the team's, the stock's, the
// customer's and the buyer's ordinal. It is the only place that assigns a seat's status.
func (s *State) transition(seat *Seat, next SeatStatus) {
	t := s.teams[seat.Team]
	wasLive := seat.Live()
	s.count(t, seat, -1)
	seat.Status = next
	s.count(t, seat, +1)
	if wasLive && !seat.Live() {
		seat.Ordinal = 0
		s.giveBack(seat.stockKey(), seat.Quantity)
	}
	s.changedSeats[seat.Key] = true
	s.changedTeams[t.ID] = true
}

func (s *State) count(t *Team, seat *Seat, by int) {
	past := s.past[seat.customer()]
	switch {
	case seat.newcomer():
		t.Held += by
		past.Newcomers += by
	case seat.Status == Held:
		t.Held += by
	case seat.bought():
		t.Paid += by
		past.Orders += by
	}
	s.past[seat.customer()] = past
}

func (seat *Seat) stockKey() StockKey { return StockKey{seat.Activity, seat.Goods, seat.SKU} }

func (seat *Seat) customer() Customer { return Customer{seat.Key.Partner, seat.Buyer} }

func (s *State) outcome(seat *Seat, replayed bool) Outcome {
	return Outcome{Seat: *seat, Team: *s.teams[seat.Team], Replayed: replayed}
}

func (s *State) emitSeat(kind EventType, seat *Seat, now time.Time) {
	copied := *seat
	s.emit(Event{Type: kind, At: now, Team: *s.teams[seat.Team], Seat: &copied})
}

func (s *State) emitTeam(kind EventType, t *Team, now time.Time) {
	s.emit(Event{Type: kind, At: now, Team: *t})
}

// end closes a team that gathered. What becomes of its seats is the caller's business.
func (s *State) end(t *Team, status Status, kind EventType, now time.Time) {
	t.Status, t.EndedAt, t.ClosedAt = status, now, now
	s.changedTeams[t.ID] = true
	s.emitTeam(kind, t, now)
}

// admits says why a buyer may not take one more live seat, in the order that domain rules give.
func (s *State) admits(p Participation, limits activity.Limits, opening bool) Reason {
	opened, joined := 0, 0
	for _, seat := range s.live(p) {
		if seat.Opened {
			opened++
		} else {
			joined++
		}
	}
	switch {
	case opening && limits.Open > 0 && opened >= limits.Open:
		return LimitOpen
	case !opening && limits.Join > 0 && joined >= limits.Join:
		return LimitJoin
	case limits.Total > 0 && opened+joined >= limits.Total:
		return LimitTotal
	default:
		return NoRefusal
	}
}

// freeOrdinal is the smallest number that none of the buyer's live seats carries.
func (s *State) freeOrdinal(p Participation) int {
	used := map[int]bool{}
	for _, seat := range s.live(p) {
		used[seat.Ordinal] = true
	}
	for n := 1; ; n++ {
		if !used[n] {
			return n
		}
	}
}

// inTeam says whether the buyer has a live seat in the team.
func (s *State) inTeam(p Participation, id ID) bool {
	for _, seat := range s.live(p) {
		if seat.Team == id {
			return true
		}
	}
	return false
}
