package groupbuystore

import (
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// TestColumns wants the lists that the batch's statements are made of to be the tables' columns, in both dialects.
func TestColumns(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		for name, listed := range map[string][]string{
			"teams": teamColumns(), "seats": seatColumns(), "activity_stock": stockColumns(),
			"team_history": historyColumns(), "seat_history": historyColumns(), "events": eventColumns(),
			"deliveries": deliveryColumns(),
		} {
			require.ElementsMatch(t, columnsOf(t, db, name), listed, name)
		}
	})
}

func columnsOf(t *testing.T, db *sqldb.DB, name string) []string {
	t.Helper()
	rows, err := db.Read(t.Context()).Raw("SELECT * FROM " + name + " WHERE 1 = 0").Rows()
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	require.NoError(t, rows.Err())
	return columns
}

// TestColumns_Order writes rows with another value in each column, changes what may change, and reads them by name:
// what is listed, read and written in three places is in one order.
func TestColumns_Order(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		keepsOrder(t, db, table{name: "teams", key: []string{"id"}, columns: teamColumns(), changing: teamChanges()}, (*teamRow).pointers)
		keepsOrder(t, db, table{name: "seats", key: []string{"id"}, columns: seatColumns(), changing: seatChanges()}, (*seatRow).pointers)
		keepsOrder(t, db, table{name: "activity_stock", key: stockKey(), columns: stockColumns(), changing: []string{"taken"}}, (*stockRow).pointers)
	})
}

func keepsOrder[R versioned](t *testing.T, db *sqldb.DB, of table, pointers func(*R) []any) {
	t.Helper()
	var row R
	last := len(of.columns) - 1
	require.Equal(t, "version", of.columns[last])
	require.Len(t, pointers(&row), len(of.columns))
	require.Subset(t, of.columns, of.changing)
	for version := range 2 { // new, then changed
		for i, into := range pointers(&row) {
			if version == 0 || slices.Contains(of.changing, of.columns[i]) {
				number(into, 100*version+i)
			}
		}
		number(pointers(&row)[last], version)
		w := writing{dialect: db.Dialect()}
		put(&w, of, []R{row}, func(R) (R, bool) { return row, false })
		require.NoError(t, db.InPipe(t.Context(), func(*sqldb.Pipe) ([]sqldb.Write, error) { return w.writes, nil }))
		number(pointers(&row)[last], version+1)

		var named R // which GORM reads by the names of columns
		require.NoError(t, db.Read(t.Context()).Take(&named).Error)
		require.Equal(t, row, named)
		var listed R
		require.NoError(t, db.InPipe(t.Context(), func(p *sqldb.Pipe) ([]sqldb.Write, error) {
			return nil, p.Read(sqldb.Query{
				SQL:  "SELECT " + columns("x", of.columns) + " FROM " + of.name + " x",
				Each: func(scan func(...any) error) error { return scan(pointers(&listed)...) },
			})
		}))
		require.Equal(t, row, listed)
	}
}

// number puts a number, or its digits, where a pointer leads.
func number(into any, n int) {
	switch v := reflect.ValueOf(into).Elem(); v.Kind() {
	case reflect.String:
		v.SetString(strconv.Itoa(n))
	case reflect.Pointer:
		v.Set(reflect.ValueOf(&n))
	default:
		v.SetInt(int64(n))
	}
}
