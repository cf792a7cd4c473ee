package sqldb

import (
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// On SQLite a failing migration takes the ones before it back too, goose's own table included.
func TestMigrateSQLite_AllOrNothing(t *testing.T) {
	db, err := Open(t.Context(), DSN("sqlite:"+filepath.Join(t.TempDir(), "t.db")))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	files := fstest.MapFS{
		"00001_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (id INTEGER);\n")},
		"00002_b.sql": {Data: []byte("-- +goose Up\nCREATE TABLE b (id INTEGER);\nINSERT INTO nowhere VALUES (1);\n")},
	}
	require.ErrorContains(t, db.migrateSQLite(t.Context(), files), "nowhere")
	var tables int64
	require.NoError(t, db.Read(t.Context()).Raw("SELECT COUNT(*) FROM sqlite_master").Scan(&tables).Error)
	require.Zero(t, tables)

	files["00002_b.sql"].Data = []byte("-- +goose Up\nCREATE TABLE b (id INTEGER);\n")
	require.NoError(t, db.migrateSQLite(t.Context(), files))
	version, err := db.Version(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, version)
}
