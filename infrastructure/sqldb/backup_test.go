package sqldb_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

func TestBackup_AndRestore(t *testing.T) {
	for name, empty := range map[string]func(t *testing.T) sqldb.DSN{
		"sqlite": func(t *testing.T) sqldb.DSN { return sqldb.DSN("sqlite:" + filepath.Join(t.TempDir(), "mall.db")) },
		"mysql":  func(t *testing.T) sqldb.DSN { return sqldbtest.Schema(t) },
	} {
		t.Run(name, func(t *testing.T) {
			db := sqldbtest.Connect(t, empty(t))
			require.NoError(t, db.Migrate(t.Context(), sqldb.Mall))
			put := func(key string) {
				require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
					return tx.Exec("INSERT INTO inbox (consumer, message_id, received_at) VALUES (?, ?, 1)", "团长 'one'", key).Error
				}))
			}
			put("before")
			path := filepath.Join(t.TempDir(), "backup")
			require.NoError(t, db.Backup(t.Context(), path))
			put("after")
			info, err := os.Stat(path)
			require.NoError(t, err)
			require.Zero(t, info.Mode().Perm()&0o077, "readable by others")
			require.ErrorIs(t, db.Backup(t.Context(), path), os.ErrExist, "a backup is never written over")

			dsn := empty(t)
			require.NoError(t, sqldb.Restore(t.Context(), dsn, path))
			require.ErrorIs(t, sqldb.Restore(t.Context(), dsn, path), sqldb.ErrNotEmpty)
			restored := sqldbtest.Connect(t, dsn)
			var keys []string
			require.NoError(t, restored.Read(t.Context()).Raw("SELECT message_id FROM inbox WHERE consumer = ?", "团长 'one'").Scan(&keys).Error)
			require.Equal(t, []string{"before"}, keys)
			version, err := restored.Version(t.Context())
			require.NoError(t, err)
			latest, err := sqldb.Latest(sqldb.Mall)
			require.NoError(t, err)
			require.Equal(t, latest, version)
		})
	}
}

func TestBackup_SaysWhatIsMissing(t *testing.T) {
	db := sqldbtest.Connect(t, sqldbtest.Schema(t))
	t.Setenv("PATH", t.TempDir())
	path := filepath.Join(t.TempDir(), "backup")
	require.ErrorContains(t, db.Backup(t.Context(), path), "none of mysqldump, mariadb-dump is installed")
	_, err := os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist, "half a backup is none")
	require.ErrorIs(t, sqldb.Restore(t.Context(), db.DSN(), filepath.Join(t.TempDir(), "none")), os.ErrNotExist)
}
