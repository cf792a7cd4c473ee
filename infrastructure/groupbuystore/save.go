package groupbuystore

import (
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"kaituan/groupbuy/team"
)

const rowsPerInsert = 200

// save writes what the decision changed. Seats that give an ordinal up go before those that take one.
func (s *Store) save(db *gorm.DB, l loaded, now time.Time) error {
	events, err := s.newEvents(l.state.Events, now)
	if err != nil {
		return err
	}
	seats, err := mappedOrFail(l.state.ChangedSeats(), newSeatRow)
	if err != nil {
		return err
	}
	teams, err := mappedOrFail(l.state.ChangedTeams(), newTeamRow)
	if err != nil {
		return err
	}
	w := &writing{db: db}
	w.update("teams", teamChanges(), mapped(only(teams, teamRow.stored), teamRow.changes))
	w.update("seats", seatChanges(), mapped(only(seats, seatRow.leaving), seatRow.changes))
	w.update("seats", seatChanges(), mapped(only(seats, seatRow.staying), seatRow.changes))
	insert(w, "teams", mapped(only(teams, teamRow.isNew), teamRow.first))
	insert(w, "seats", mapped(only(seats, seatRow.isNew), seatRow.first))
	w.updateStock(l.state.ChangedStock())
	insert(w, "team_history", teamHistory(l, teams, now))
	insert(w, "seat_history", seatHistory(l, seats, now))
	w.announce(events, now)
	return w.err
}

func (r teamRow) stored() bool   { return r.Version > 0 }
func (r teamRow) isNew() bool    { return r.Version == 0 }
func (r teamRow) first() teamRow { r.Version = 1; return r }

func (r seatRow) leaving() bool  { return r.Version > 0 && r.Ordinal == nil }
func (r seatRow) staying() bool  { return r.Version > 0 && r.Ordinal != nil }
func (r seatRow) isNew() bool    { return r.Version == 0 }
func (r seatRow) first() seatRow { r.Version = 1; return r }

func only[T any](rows []T, keep func(T) bool) []T {
	var kept []T
	for _, row := range rows {
		if keep(row) {
			kept = append(kept, row)
		}
	}
	return kept
}

// writing does nothing more after the first error.
type writing struct {
	db  *gorm.DB
	err error
}

func insert[T any](w *writing, table string, rows []T) {
	if w.err != nil || len(rows) == 0 {
		return
	}
	if err := w.db.Table(table).CreateInBatches(rows, rowsPerInsert).Error; err != nil {
		w.err = fmt.Errorf("groupbuystore: insert %d rows into %s: %w", len(rows), table, err)
	}
}

// change is what becomes of one stored row: values in the order of the columns that may change.
type change struct {
	id      string
	version int64
	values  []any
}

// update changes rows in one statement per 200 and compares their versions.
func (w *writing) update(table string, columns []string, changes []change) {
	for len(changes) > 0 && w.err == nil {
		n := min(len(changes), rowsPerInsert)
		sql, args := updateSQL(table, columns, changes[:n])
		done := w.db.Exec(sql, args...)
		switch {
		case done.Error != nil:
			w.err = fmt.Errorf("groupbuystore: update %s: %w", table, done.Error)
		case done.RowsAffected != int64(n):
			w.err = fmt.Errorf("%w: %d of %d rows in %s are as they were read", errCollision, done.RowsAffected, n, table)
		}
		changes = changes[n:]
	}
}

// updateSQL writes UPDATE t SET c = CASE id WHEN ? THEN ? … END, …, which both dialects know.
func updateSQL(table string, columns []string, changes []change) (string, []any) {
	var sql strings.Builder
	var args []any
	choose := func(value func(change) any) {
		sql.WriteString("CASE id")
		for _, c := range changes {
			sql.WriteString(" WHEN ? THEN ?")
			args = append(args, c.id, value(c))
		}
		sql.WriteString(" END")
	}
	sql.WriteString("UPDATE " + table + " SET version = version + 1")
	for i, column := range columns {
		sql.WriteString(", " + column + " = ")
		choose(func(c change) any { return c.values[i] })
	}
	sql.WriteString(" WHERE id IN ? AND version = ")
	args = append(args, mapped(changes, func(c change) string { return c.id }))
	choose(func(c change) any { return c.version })
	return sql.String(), args
}

func (w *writing) updateStock(stock []team.Stock) {
	for _, row := range stock {
		if w.err != nil {
			return
		}
		done := stockOf(w.db, row.Key).Where("version = ?", row.Version).
			Updates(map[string]any{"taken": row.Taken, "version": row.Version + 1})
		switch {
		case done.Error != nil:
			w.err = fmt.Errorf("groupbuystore: update stock: %w", done.Error)
		case done.RowsAffected != 1:
			w.err = fmt.Errorf("%w: stock of %v", errCollision, row.Key)
		}
	}
}
