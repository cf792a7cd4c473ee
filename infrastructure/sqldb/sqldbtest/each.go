// Package sqldbtest gives tests real databases: a SQLite file in the test's folder, and a fresh MySQL schema on the
// server that KAITUAN_TEST_MYSQL names ("root:@tcp(127.0.0.1:3307)/", a go-sql-driver DSN without a schema).
package sqldbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/sqldb"
)

// ServerEnv names the environment variable that holds the MySQL server's DSN.
const ServerEnv = "KAITUAN_TEST_MYSQL"

// Each runs a test over a fresh, migrated database of service on every dialect: subtests "sqlite" and "mysql". The
// latter is skipped when no server is named, which fails the test under CI=true.
func Each(t *testing.T, service sqldb.Service, run func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { run(t, Open(t, service)) })
	t.Run("mysql", func(t *testing.T) { run(t, OpenMySQL(t, service)) })
}

// Open gives a fresh, migrated SQLite database that is closed with the test.
func Open(t testing.TB, service sqldb.Service) *sqldb.DB {
	t.Helper()
	return migrated(t, sqldb.DSN("sqlite:"+filepath.Join(t.TempDir(), string(service)+".db")), service)
}

// OpenMySQL gives a fresh, migrated MySQL schema that is dropped with the test. See Each for when it skips.
func OpenMySQL(t testing.TB, service sqldb.Service) *sqldb.DB {
	t.Helper()
	return migrated(t, Schema(t), service)
}

func migrated(t testing.TB, dsn sqldb.DSN, service sqldb.Service) *sqldb.DB {
	t.Helper()
	db := Connect(t, dsn)
	require.NoError(t, db.Migrate(context.Background(), service))
	return db
}

// Connect opens dsn once more, as a second process would, and closes it with the test.
func Connect(t testing.TB, dsn sqldb.DSN) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(context.Background(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// Schema creates an empty MySQL schema kt_<random> and drops it with the test. See Each for when it skips.
func Schema(t testing.TB) sqldb.DSN {
	t.Helper()
	cfg, err := mysql.ParseDSN(server(t))
	require.NoError(t, err, ServerEnv)
	random := make([]byte, 8)
	_, err = rand.Read(random)
	require.NoError(t, err)
	name := "kt_" + hex.EncodeToString(random)
	admin(t, cfg, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	t.Cleanup(func() { admin(t, cfg, "DROP DATABASE "+name) })
	own := cfg.Clone()
	own.DBName = name
	return sqldb.DSN("mysql:" + own.FormatDSN())
}

func server(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv(ServerEnv)
	switch {
	case dsn != "":
	case os.Getenv("CI") == "true":
		t.Fatalf("%s is not set, and CI may not skip the MySQL half", ServerEnv)
	default:
		t.Skipf("%s is not set", ServerEnv)
	}
	return dsn
}

func admin(t testing.TB, cfg *mysql.Config, statement string) {
	t.Helper()
	pool, err := sql.Open("mysql", cfg.FormatDSN())
	require.NoError(t, err)
	defer pool.Close()
	_, err = pool.Exec(statement)
	require.NoError(t, err, statement)
}
