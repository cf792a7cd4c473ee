package groupbuystore

import (
	"slices"
	"strconv"
	"strings"

	"kaituan/infrastructure/sqldb"
)

// rowsPerWrite bounds one statement: SQLite takes 32,766 parameters.
const rowsPerWrite = 400

// writing collects statements.
type writing struct {
	dialect sqldb.Dialect
	writes  []sqldb.Write
}

// table says how rows with a version are put: those of version 0 are new, the others are as they were read.
type table struct {
	name     string
	key      []string // the first columns
	columns  []string // all, the version last
	changing []string // those that change after the first time, without the version
	unset    []string // those that have a default: nothing, 0 or NULL
}

func teamTable() table {
	return table{
		name: "teams", key: []string{"id"}, columns: teamColumns(), changing: teamChanges(),
		unset: []string{"tiers", "capacity", "min_real", "refunded", "virtual_seats", "cost_fen", "closed_at", "tier"},
	}
}

func seatTable() table {
	return table{
		name: "seats", key: []string{"id"}, columns: seatColumns(), changing: seatChanges(),
		unset: []string{"ordinal", "difference_fen", "difference_no", "asked_no", "asked_at", "asked_why", "left_formed"},
	}
}

func stockTable() table {
	return table{name: "activity_stock", key: stockKey(), columns: stockColumns(), changing: []string{"taken"}}
}

// versioned is a row with its values in the order of its table's columns. The version is that before the write.
type versioned interface {
	values() []any
	version() int64
}

// valued is a row that is only ever inserted.
type valued interface{ values() []any }

// change is an update of rows in the same columns: most rows of a batch go through the same step.
type change struct {
	columns []int // of the table's, those that change
	rows    [][]any
}

// put inserts rows that are new, in their order behind updates of the others. An index costs only when a column of its
// own is written, so only what differs from before is; of a row that before does not know, all that may change. A row that
// is not there as it was read fails the transaction.
func put[R versioned](w *writing, of table, rows []R, before func(R) (R, bool)) {
	var fresh [][]any
	var changes []*change
	by := map[uint64]*change{}
	changing := slices.Sorted(slices.Values(of.places(of.changing)))
	for _, row := range rows {
		values := row.values()
		values[len(values)-1] = row.version() + 1
		if row.version() == 0 {
			fresh = append(fresh, values)
			continue
		}
		columns, set := changing, ^uint64(0)
		if old, read := before(row); read {
			columns, set = differing(changing, old.values(), values)
		}
		if by[set] == nil {
			by[set] = &change{columns: columns}
			changes = append(changes, by[set])
		}
		by[set].rows = append(by[set].rows, values)
	}
	for _, c := range changes {
		w.update(of, c)
	}
	columns, fresh := of.without(fresh)
	w.insert(of.name, columns, fresh)
}

// without leaves columns out of new rows in which all have what the column has by default: a statement costs by its values.
func (of table) without(rows [][]any) (columns []string, shorter [][]any) {
	var kept []int
	for i, name := range of.columns {
		if !slices.Contains(of.unset, name) || slices.ContainsFunc(rows, func(values []any) bool { return !zero(values[i]) }) {
			kept, columns = append(kept, i), append(columns, name)
		}
	}
	return columns, mapped(rows, func(values []any) []any { return mapped(kept, func(i int) any { return values[i] }) })
}

// zero is what columns have by default.
func zero(value any) bool {
	switch v := value.(type) {
	case *int:
		return v == nil
	case string:
		return v == ""
	case int:
		return v == 0
	case int64:
		return v == 0
	default:
		return false
	}
}

// places are where columns stand in the table.
func (of table) places(columns []string) []int {
	at := make(map[string]int, len(of.columns))
	for i, name := range of.columns {
		at[name] = i
	}
	return mapped(columns, func(name string) int { return at[name] })
}

// differing are those of some columns in which two rows differ, also as a set of bits.
func differing(columns []int, before, after []any) (list []int, set uint64) {
	for _, i := range columns {
		if !same(before[i], after[i]) {
			list = append(list, i)
			set |= 1 << i
		}
	}
	return list, set
}

// same compares values of columns, of which one type may be NULL.
func same(a, b any) bool {
	x, nullable := a.(*int)
	if !nullable {
		return a == b
	}
	y := b.(*int) //nolint:forcetypeassert // both are of one column
	return x == y || x != nil && y != nil && *x == *y
}

func (w *writing) update(of table, c *change) {
	for rows := c.rows; len(rows) > 0; {
		n := min(len(rows), rowsPerWrite)
		columns := append(of.places(of.key), append(c.columns[:len(c.columns):len(c.columns)], len(of.columns)-1)...)
		args := make([]any, 0, n*len(columns))
		for _, values := range rows[:n] {
			for _, i := range columns {
				args = append(args, values[i])
			}
		}
		if w.dialect == sqldb.MySQL {
			// The server counts two for a row that it updates in place of inserting it.
			w.writes = append(w.writes, sqldb.Write{SQL: of.overwrite(c.columns, n), Args: args, Rows: 2 * n})
		} else {
			w.writes = append(w.writes, sqldb.Write{SQL: of.update(c.columns, len(columns), n), Args: args, Rows: n})
		}
		rows = rows[n:]
	}
}

// overwrite is how MySQL updates many rows to different values: it tries to insert them. What does not change is 0 and
// never used, because each row is there by its key; if not, the count tells. Another row may be met by another unique
// key, or one that was changed meanwhile: then the select, which has two rows where one is allowed, fails.
func (of table) overwrite(columns []int, n int) string {
	var names, row []string
	last := len(of.columns) - 1
	set, match := "", "version = VALUES(version) - 1"
	for i, name := range of.columns {
		isKey, changes := slices.Contains(of.key, name), slices.Contains(columns, i)
		switch {
		case isKey || changes || i == last:
			names, row = append(names, name), append(row, "?")
		case !slices.Contains(of.unset, name):
			names, row = append(names, name), append(row, "0")
		}
		if isKey {
			match += " AND " + name + " = VALUES(" + name + ")"
		}
	}
	for _, i := range columns {
		set += of.columns[i] + " = VALUES(" + of.columns[i] + "), "
	}
	return "INSERT INTO " + of.name + " (" + strings.Join(names, ",") + ") VALUES " +
		repeated("("+strings.Join(row, ",")+")", n) + " ON DUPLICATE KEY UPDATE " + set +
		"version = IF(" + match + ", VALUES(version), (SELECT 1 UNION ALL SELECT 2))"
}

// update is how SQLite does it. A list of values names its columns column1 and so on: the key's, those that change, the
// version.
func (of table) update(columns []int, width, n int) string {
	var sql strings.Builder
	value := func(i int) string { return "v.column" + strconv.Itoa(i+1) }
	sql.WriteString("UPDATE " + of.name + " SET ")
	for i, column := range columns {
		sql.WriteString(of.columns[column] + " = " + value(len(of.key)+i) + ", ")
	}
	sql.WriteString("version = " + value(width-1) + " FROM (VALUES " + repeated(places(width), n) + ") v WHERE ")
	for i, column := range of.key {
		sql.WriteString(of.name + "." + column + " = " + value(i) + " AND ")
	}
	sql.WriteString(of.name + ".version = " + value(width-1) + " - 1")
	return sql.String()
}

// insert adds rows that are new for sure.
func insert[R valued](w *writing, name string, columns []string, rows []R) {
	w.insert(name, columns, mapped(rows, R.values))
}

func (w *writing) insert(name string, columns []string, rows [][]any) {
	for len(rows) > 0 {
		n := min(len(rows), rowsPerWrite)
		w.writes = append(w.writes, sqldb.Write{SQL: insertSQL(name, columns, n), Args: slices.Concat(rows[:n]...), Rows: n})
		rows = rows[n:]
	}
}

func insertSQL(name string, columns []string, n int) string {
	return "INSERT INTO " + name + " (" + strings.Join(columns, ", ") + ") VALUES " + repeated(places(len(columns)), n)
}

// repeated is a list of n times the same.
func repeated(one string, n int) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
