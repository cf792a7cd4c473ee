package sqldb_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/sqldb"
)

// openWith gives an empty SQLite database with a step around its commits.
func openWith(t *testing.T, around func(commit func() error) error) *sqldb.DB {
	t.Helper()
	dsn := sqldb.DSN("sqlite:" + filepath.Join(t.TempDir(), "commits.db"))
	db, err := sqldb.Open(t.Context(), dsn, sqldb.WithCommits(around))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestWithCommits(t *testing.T) {
	lost := errors.New("lost")
	tests := map[string]struct {
		around func(try int, commit func() error) error
		want   error
		rows   int64 // of which the last try's alone stay
	}{
		"refused":           {func(int, func() error) error { return lost }, lost, 0},
		"done and not told": {func(_ int, commit func() error) error { return errors.Join(commit(), lost) }, lost, 1},
		"done":              {func(_ int, commit func() error) error { return commit() }, nil, 1},
		"deadlock first": {func(try int, commit func() error) error {
			if try == 1 {
				return &mysql.MySQLError{Number: 1213}
			}
			return commit()
		}, nil, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tries, around := 0, func(commit func() error) error { return commit() }
			db := openWith(t, func(commit func() error) error { return around(commit) })
			exec := func(statement string) error {
				return db.InTx(t.Context(), func(tx *gorm.DB) error { return tx.Exec(statement).Error })
			}
			require.NoError(t, exec("CREATE TABLE told (n INTEGER)"))
			around = func(commit func() error) error {
				tries++
				return tc.around(tries, commit)
			}
			require.ErrorIs(t, exec("INSERT INTO told VALUES (1)"), tc.want)
			var rows int64
			require.NoError(t, db.Read(t.Context()).Raw("SELECT COUNT(*) FROM told").Scan(&rows).Error)
			require.Equal(t, tc.rows, rows)
		})
	}
}
