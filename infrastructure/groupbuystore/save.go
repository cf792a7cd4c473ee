package groupbuystore

import (
	"slices"
	"time"

	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
)

// saved is what a decision leads to: the statements, and the changes of status among them.
type saved struct {
	writes       []sqldb.Write
	teams, seats []historyRow
}

func (d saved) tell(moved func(of, to string)) {
	for _, row := range d.teams {
		moved("team", row.ToStatus)
	}
	for _, row := range d.seats {
		moved("seat", row.ToStatus)
	}
}

// save is what writes down what the decision changed. Seats that give an ordinal up go before those that take one.
func (s *Store) save(l loaded, now time.Time, trace string) (saved, error) {
	teams, err := mappedOrFail(l.state.ChangedTeams(), newTeamRow)
	if err != nil {
		return saved{}, err
	}
	seats, err := mappedOrFail(l.state.ChangedSeats(), l.terms.row)
	if err != nil {
		return saved{}, err
	}
	events, err := s.newEvents(l.state.Events, now, l.terms)
	if err != nil {
		return saved{}, err
	}
	messages, err := outbox.Insert(now, inTrace(trace, announcements(events))...)
	if err != nil {
		return saved{}, err
	}
	w := writing{dialect: s.db.Dialect()}
	put(&w, teamTable(), teams, func(r teamRow) (teamRow, bool) { return known(l.teams, r.ID) })
	before := func(r seatRow) (seatRow, bool) { return known(l.seats, r.ID) }
	put(&w, seatTable(), only(seats, seatRow.leaving), before)
	put(&w, seatTable(), only(seats, seatRow.staying), before)
	put(&w, stockTable(), mapped(l.state.ChangedStock(), newStockRow), func(stockRow) (none stockRow, known bool) { return none, false })
	done := saved{teams: teamHistory(l, teams, now), seats: seatHistory(l, seats, now)}
	insert(&w, "team_history", historyColumns(), done.teams)
	insert(&w, "seat_history", historyColumns(), done.seats)
	insert(&w, "events", eventColumns(), events)
	done.writes = slices.Concat(w.writes, messages)
	return done, nil
}

func (r seatRow) leaving() bool { return r.Version > 0 && r.Ordinal == nil }
func (r seatRow) staying() bool { return !r.leaving() }

// known is a row as it was read.
func known[R any](rows map[string]R, id string) (R, bool) {
	row, found := rows[id]
	return row, found
}

func only[T any](rows []T, keep func(T) bool) []T {
	var kept []T
	for _, row := range rows {
		if keep(row) {
			kept = append(kept, row)
		}
	}
	return kept
}

// inTrace has messages belong to a trace; empty: to none.
func inTrace(trace string, messages []outbox.Message) []outbox.Message {
	for i := range messages {
		messages[i].Trace = trace
	}
	return messages
}
