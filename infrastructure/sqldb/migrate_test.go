package sqldb_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

func services() []sqldb.Service { return []sqldb.Service{sqldb.GroupBuy, sqldb.Mall} }

// eachEmpty runs a test on an empty database of each dialect.
func eachEmpty(t *testing.T, run func(t *testing.T, dsn sqldb.DSN)) {
	t.Run("sqlite", func(t *testing.T) { run(t, sqldb.DSN("sqlite:"+filepath.Join(t.TempDir(), "t.db"))) })
	t.Run("mysql", func(t *testing.T) { run(t, sqldbtest.Schema(t)) })
}

func TestMigrate_ProcessesThatStartAtOnce(t *testing.T) {
	for _, service := range services() {
		t.Run(string(service), func(t *testing.T) {
			eachEmpty(t, func(t *testing.T, dsn sqldb.DSN) {
				var all sync.WaitGroup
				for range 4 {
					all.Go(func() {
						if err := start(dsn, service); err != nil {
							t.Error(err)
						}
					})
				}
				all.Wait()
				var twice int64
				db := sqldbtest.Connect(t, dsn)
				require.NoError(t, db.Read(t.Context()).Raw(
					"SELECT COUNT(*) - COUNT(DISTINCT version_id) FROM goose_db_version").Scan(&twice).Error)
				require.Zero(t, twice, "each migration ran once")
			})
		})
	}
}

// start does what a process does first.
func start(dsn sqldb.DSN, service sqldb.Service) error {
	ctx := context.Background()
	db, err := sqldb.Open(ctx, dsn)
	if err != nil {
		return err
	}
	return errors.Join(db.Migrate(ctx, service), db.Close())
}

// While another process migrates, this one waits, and stops waiting with its context.
func TestMigrate_WaitsForTheOther(t *testing.T) {
	eachEmpty(t, func(t *testing.T, dsn sqldb.DSN) {
		db := sqldbtest.Connect(t, dsn)
		require.NoError(t, sqldb.WhileMigrating(t.Context(), db, func() {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			require.ErrorIs(t, sqldbtest.Connect(t, dsn).Migrate(ctx, sqldb.Mall), context.DeadlineExceeded)
		}))
		require.NoError(t, db.Migrate(t.Context(), sqldb.Mall))
	})
}

func TestVersion(t *testing.T) {
	eachEmpty(t, func(t *testing.T, dsn sqldb.DSN) {
		db := sqldbtest.Connect(t, dsn)
		before, err := db.Version(t.Context())
		require.NoError(t, err)
		require.Zero(t, before)
		require.NoError(t, db.Migrate(t.Context(), sqldb.Mall))
		after, err := db.Version(t.Context())
		require.NoError(t, err)
		require.GreaterOrEqual(t, after, int64(1))
		require.NoError(t, db.Migrate(t.Context(), sqldb.Mall), "nothing to do")
	})
}

func TestMigrate_UnknownService(t *testing.T) {
	require.Error(t, sqldbtest.Open(t, sqldb.Mall).Migrate(t.Context(), "warehouse"))
}

// MySQL commits every DDL statement by itself. A process that dies halfway leaves tables without a version, and the
// next start must get past them.
func TestMigrate_MySQLAgainAfterACrash(t *testing.T) {
	for _, service := range services() {
		t.Run(string(service), func(t *testing.T) {
			db := sqldbtest.OpenMySQL(t, service)
			version, err := db.Version(t.Context())
			require.NoError(t, err)
			require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
				return tx.Exec("DELETE FROM goose_db_version WHERE version_id > 0").Error
			}))
			require.NoError(t, db.Migrate(t.Context(), service))
			again, err := db.Version(t.Context())
			require.NoError(t, err)
			require.Equal(t, version, again)
		})
	}
}
