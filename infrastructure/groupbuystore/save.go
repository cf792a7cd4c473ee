package groupbuystore

import (
	"slices"
	"strings"
	"time"

	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
)

// rowsPerWrite bounds one statement: SQLite takes 32,766 parameters.
const rowsPerWrite = 400

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
	seats, err := mappedOrFail(l.state.ChangedSeats(), newSeatRow)
	if err != nil {
		return saved{}, err
	}
	events, err := s.newEvents(l.state.Events, now)
	if err != nil {
		return saved{}, err
	}
	messages, err := outbox.Insert(now, inTrace(trace, announcements(events))...)
	if err != nil {
		return saved{}, err
	}
	w := writing{dialect: s.db.Dialect()}
	put(&w, table{name: "teams", key: []string{"id"}, columns: teamColumns(), changing: teamChanges()}, teams)
	put(&w, table{name: "seats", key: []string{"id"}, columns: seatColumns(), changing: seatChanges()},
		append(append(only(seats, seatRow.leaving), only(seats, seatRow.staying)...), only(seats, seatRow.isNew)...))
	put(&w, table{name: "activity_stock", key: stockKey(), columns: stockColumns(), changing: []string{"taken"}}, mapped(l.state.ChangedStock(), newStockRow))
	done := saved{teams: teamHistory(l, teams, now), seats: seatHistory(l, seats, now)}
	insert(&w, "team_history", historyColumns(), done.teams)
	insert(&w, "seat_history", historyColumns(), done.seats)
	insert(&w, "events", eventColumns(), events)
	done.writes = slices.Concat(w.writes, messages)
	return done, nil
}

func (r seatRow) leaving() bool { return r.Version > 0 && r.Ordinal == nil }
func (r seatRow) staying() bool { return r.Version > 0 && r.Ordinal != nil }
func (r seatRow) isNew() bool   { return r.Version == 0 }

func only[T any](rows []T, keep func(T) bool) []T {
	var kept []T
	for _, row := range rows {
		if keep(row) {
			kept = append(kept, row)
		}
	}
	return kept
}

// writing collects statements.
type writing struct {
	dialect sqldb.Dialect
	writes  []sqldb.Write
}

// table says how rows with a version are put: those of version 0 are new, the others are as they were read.
type table struct {
	name     string
	key      []string
	columns  []string // all, the version last
	changing []string // those that change after the first time, without the version
}

// versioned is a row with its values in the order of its table's columns. The version is that before the write.
type versioned interface {
	values() []any
	version() int64
}

// valued is a row that is only ever inserted.
type valued interface{ values() []any }

// put inserts and updates rows, whichever they need, in one statement per portion. A row that is not there as it was
// read stays as it is, and the count tells.
func put[R versioned](w *writing, of table, rows []R) {
	for len(rows) > 0 {
		n := min(len(rows), rowsPerWrite)
		args := make([]any, 0, n*len(of.columns))
		changed := 0
		for _, row := range rows[:n] {
			values := row.values()
			values[len(values)-1] = row.version() + 1
			args = append(args, values...)
			changed += w.counted(row.version())
		}
		w.writes = append(w.writes, sqldb.Write{SQL: w.putSQL(of, n), Args: args, Rows: changed})
		rows = rows[n:]
	}
}

// counted is how many changed rows the server counts for one that is inserted or, from some version on, updated.
func (w *writing) counted(version int64) int {
	if w.dialect == sqldb.MySQL && version > 0 {
		return 2
	}
	return 1
}

func (w *writing) putSQL(of table, n int) string {
	var sql strings.Builder
	sql.WriteString(insertSQL(of.name, of.columns, n))
	if w.dialect == sqldb.MySQL {
		// Another row may be met by another unique key; then nothing changes, and the count tells. The version comes last,
		// because each assignment sees those before it.
		same := "version = VALUES(version) - 1"
		for _, column := range of.key {
			same += " AND " + column + " = VALUES(" + column + ")"
		}
		sql.WriteString(" ON DUPLICATE KEY UPDATE ")
		for _, column := range append(of.changing[:len(of.changing):len(of.changing)], "version") {
			if column != of.changing[0] {
				sql.WriteString(", ")
			}
			sql.WriteString(column + " = IF(" + same + ", VALUES(" + column + "), " + column + ")")
		}
		return sql.String()
	}
	sql.WriteString(" ON CONFLICT (" + strings.Join(of.key, ", ") + ") DO UPDATE SET version = excluded.version")
	for _, column := range of.changing {
		sql.WriteString(", " + column + " = excluded." + column)
	}
	sql.WriteString(" WHERE version = excluded.version - 1")
	return sql.String()
}

// insert adds rows that are new for sure.
func insert[R valued](w *writing, name string, columns []string, rows []R) {
	for len(rows) > 0 {
		n := min(len(rows), rowsPerWrite)
		args := make([]any, 0, n*len(columns))
		for _, row := range rows[:n] {
			args = append(args, row.values()...)
		}
		w.writes = append(w.writes, sqldb.Write{SQL: insertSQL(name, columns, n), Args: args, Rows: n})
		rows = rows[n:]
	}
}

func insertSQL(name string, columns []string, n int) string {
	return "INSERT INTO " + name + " (" + strings.Join(columns, ", ") + ") VALUES " +
		strings.TrimSuffix(strings.Repeat(places(len(columns))+",", n), ",")
}

// inTrace has messages belong to a trace; empty: to none.
func inTrace(trace string, messages []outbox.Message) []outbox.Message {
	for i := range messages {
		messages[i].Trace = trace
	}
	return messages
}
