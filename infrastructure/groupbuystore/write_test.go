package groupbuystore

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// written puts team rows, each of which was read as it is in before.
func written(t *testing.T, db *sqldb.DB, before map[string]teamRow, rows ...teamRow) ([]sqldb.Write, error) {
	t.Helper()
	w := writing{dialect: db.Dialect()}
	put(&w, teamTable(), rows, func(r teamRow) (teamRow, bool) { return known(before, r.ID) })
	return w.writes, db.InPipe(t.Context(), func(*sqldb.Pipe) ([]sqldb.Write, error) { return w.writes, nil })
}

func teamsIn(t *testing.T, db *sqldb.DB) map[string]teamRow {
	t.Helper()
	var rows []teamRow
	require.NoError(t, db.Read(t.Context()).Find(&rows).Error)
	found := map[string]teamRow{}
	for _, row := range rows {
		found[row.ID] = row
	}
	return found
}

// TestPut_OnlyWhatDiffers changes rows in one, in two and in no column, and adds one: an update for each kind of change.
func TestPut_OnlyWhatDiffers(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		_, err := written(t, db, nil, teamRow{ID: "a", Status: "forming", Leader: "ann"}, teamRow{ID: "b", Leader: "bob"}, teamRow{ID: "c"}, teamRow{ID: "d"})
		require.NoError(t, err)
		before := teamsIn(t, db)
		a, b, c, d := before["a"], before["b"], before["c"], before["d"]
		a.Held, b.Held, c.Held, c.Status = 3, 4, 5, "formed"
		writes, err := written(t, db, before, a, b, c, d, teamRow{ID: "e", Held: 6})
		require.NoError(t, err)
		require.Len(t, writes, 4)
		for _, row := range []*teamRow{&a, &b, &c, &d} {
			row.Version++
		}
		require.Equal(t, map[string]teamRow{"a": a, "b": b, "c": c, "d": d, "e": {ID: "e", Held: 6, Version: 1}}, teamsIn(t, db))
	})
}

// TestPut_Stale writes rows that are not there any more as they were read, beside one that is.
func TestPut_Stale(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		_, err := written(t, db, nil, teamRow{ID: "a"}, teamRow{ID: "b"})
		require.NoError(t, err)
		before := teamsIn(t, db)
		fine := before["a"]
		fine.Held = 1
		for name, stale := range map[string]teamRow{
			"changed meanwhile": {ID: "b", Held: 1, Version: 7},
			"not there":         {ID: "c", Held: 1, Version: 1},
		} {
			_, err := written(t, db, before, fine, stale)
			require.ErrorIs(t, err, sqldb.ErrStale, name)
			require.Equal(t, before, teamsIn(t, db), name)
		}
		_, err = written(t, db, before, fine, teamRow{ID: "b", Held: 1})
		require.True(t, sqldb.IsDuplicate(err), "a new row whose key is taken")
		require.Equal(t, before, teamsIn(t, db))
	})
}

// TestPut_Defaults adds rows that nothing is known of but the id: what is left out comes back as nothing.
func TestPut_Defaults(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		_, err := written(t, db, nil, teamRow{ID: "a"})
		require.NoError(t, err)
		require.Equal(t, map[string]teamRow{"a": {ID: "a", Version: 1}}, teamsIn(t, db))
		w := writing{dialect: db.Dialect()}
		put(&w, seatTable(), []seatRow{{ID: "a"}}, func(r seatRow) (seatRow, bool) { return r, false })
		require.NoError(t, db.InPipe(t.Context(), func(*sqldb.Pipe) ([]sqldb.Write, error) { return w.writes, nil }))
		var row seatRow
		require.NoError(t, db.Read(t.Context()).Take(&row).Error)
		require.Equal(t, seatRow{ID: "a", Version: 1}, row)
	})
}
