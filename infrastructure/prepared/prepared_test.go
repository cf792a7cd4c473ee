package prepared_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"

	"kaituan/infrastructure/prepared"
)

func open(t testing.TB, wrapped bool) *sql.DB {
	c, err := sqlite.NewConnector("file:" + filepath.Join(t.TempDir(), "a.db"))
	require.NoError(t, err)
	if wrapped {
		c = prepared.Connector(c)
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.ExecContext(t.Context(), "CREATE TABLE a (id INTEGER PRIMARY KEY, word TEXT); INSERT INTO a VALUES (1, 'one;'), (2, 'two')")
	require.NoError(t, err)
	return db
}

func word(t testing.TB, q interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}, id int) (found string) {
	require.NoError(t, q.QueryRowContext(context.Background(), "SELECT word FROM a WHERE id = ?", id).Scan(&found))
	return found
}

// The same text again and again, with other values, in transactions and beside its own rows that are still being read.
func TestConnector_SameTextAgain(t *testing.T) {
	db := open(t, true)
	for i := range 3 {
		require.Equal(t, "one;", word(t, db, 1))
		_, err := db.ExecContext(t.Context(), "UPDATE a SET word = ? WHERE id = ?", fmt.Sprint("two", i), 2)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint("two", i), word(t, db, 2))
	}
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	rows, err := tx.QueryContext(t.Context(), "SELECT id FROM a ORDER BY id")
	require.NoError(t, err)
	defer func() { _ = rows.Close() }() // reading to the end closes them
	var ids []int
	for rows.Next() {
		var id, inner int
		require.NoError(t, rows.Scan(&id))
		require.NoError(t, tx.QueryRowContext(t.Context(), "SELECT id FROM a ORDER BY id").Scan(&inner))
		require.Equal(t, 1, inner, "the same statement, while it is read")
		ids = append(ids, id)
	}
	require.NoError(t, rows.Err())
	require.Equal(t, []int{1, 2}, ids)
	_, err = tx.ExecContext(t.Context(), "DELETE FROM a WHERE id = ?", 1)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	require.Equal(t, "one;", word(t, db, 1))
}

// A schema that changes, a statement that fails, and more texts than are kept.
func TestConnector_TextsComeAndGo(t *testing.T) {
	db := open(t, true)
	require.Equal(t, "one;", word(t, db, 1))
	_, err := db.ExecContext(t.Context(), "ALTER TABLE a ADD COLUMN more TEXT NOT NULL DEFAULT 'x'")
	require.NoError(t, err)
	require.Equal(t, "one;", word(t, db, 1))
	for range 2 {
		_, err = db.ExecContext(t.Context(), "INSERT INTO a (id, word) VALUES (?, ?)", 1, "again")
		require.Error(t, err)
	}
	_, err = db.ExecContext(t.Context(), "SELECT nothing FROM nowhere")
	require.Error(t, err)
	for i := range 600 {
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT %d FROM a WHERE id = ?", i), 1).Scan(&n))
		require.Equal(t, i, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = db.ExecContext(ctx, "UPDATE a SET word = ? WHERE id = ?", "late", 1)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, "one;", word(t, db, 1))
}

func BenchmarkQuery(b *testing.B) {
	for name, wrapped := range map[string]bool{"plain": false, "prepared": true} {
		b.Run(name, func(b *testing.B) {
			db := open(b, wrapped)
			for b.Loop() {
				word(b, db, 1)
			}
		})
	}
}
