package groupbuystore

import (
	"time"
)

// historyRow is one change of status of a team or seat.
type historyRow struct {
	ID         string `gorm:"primaryKey"`
	Version    int64  `gorm:"primaryKey"`
	Step       int    `gorm:"primaryKey"`
	HappenedAt int64
	FromStatus string
	ToStatus   string
}

// history collects the transitions of one batch. They are read off the events, because a seat may pass several
// states within one batch of which its row shows only the last.
type history struct {
	before  func(id string) string // the status as it was read; empty: new
	status  map[string]string      // as last seen
	version map[string]int64       // that the batch leads to
	at      int64
	rows    []historyRow
}

func newHistory(now time.Time, before func(id string) string) *history {
	return &history{before: before, status: map[string]string{}, version: map[string]int64{}, at: millis(now)}
}

func (h *history) see(id, status string) {
	from, seen := h.status[id]
	if !seen {
		from = h.before(id)
	}
	if from == status {
		return
	}
	h.status[id] = status
	h.rows = append(h.rows, historyRow{
		ID: id, Version: h.version[id], Step: len(h.rows), HappenedAt: h.at, FromStatus: from, ToStatus: status,
	})
}

func teamHistory(l loaded, changed []teamRow, now time.Time) []historyRow {
	h := newHistory(now, func(id string) string { return l.teams[id].Status })
	for _, row := range changed {
		h.version[row.ID] = row.Version + 1
	}
	for _, e := range l.state.Events {
		h.see(string(e.Team.ID), string(e.Team.Status))
	}
	for _, row := range changed {
		h.see(row.ID, row.Status)
	}
	return h.rows
}

func seatHistory(l loaded, changed []seatRow, now time.Time) []historyRow {
	h := newHistory(now, func(id string) string { return l.seats[id].Status })
	for _, row := range changed {
		h.version[row.ID] = row.Version + 1
	}
	for _, e := range l.state.Events {
		if e.Seat != nil {
			h.see(string(e.Seat.ID), string(e.Seat.Status))
		}
	}
	for _, row := range changed {
		h.see(row.ID, row.Status)
	}
	return h.rows
}

// historyColumns are the columns of the table, in the order of pointers and values.
func historyColumns() []string {
	return []string{
		"id", "version", "step", "happened_at", "from_status", "to_status",
	}
}

func (r historyRow) values() []any {
	return []any{
		r.ID, r.Version, r.Step, r.HappenedAt, r.FromStatus, r.ToStatus,
	}
}
