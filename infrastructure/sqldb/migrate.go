package sqldb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

// Service names whose tables a database holds; each service has a database of its own.
type Service string

// The services that have migrations.
const (
	GroupBuy Service = "groupbuy"
	Mall     Service = "mall"
)

//go:embed migrations
var migrations embed.FS

// Migrations is the folder of numbered SQL files for one service and dialect.
func Migrations(service Service, dialect Dialect) (fs.FS, error) {
	dir := path.Join("migrations", string(service), string(dialect))
	if _, err := fs.Stat(migrations, dir); err != nil {
		return nil, fmt.Errorf("sqldb: no migrations for service %q on %q", service, dialect)
	}
	return fs.Sub(migrations, dir)
}

// Latest is the newest schema version of service that this program knows, the same for every dialect.
func Latest(service Service) (int64, error) {
	files, err := Migrations(service, SQLite)
	if err != nil {
		return 0, err
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, fmt.Errorf("sqldb: migrations of %s: %w", service, err)
	}
	var latest int64
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("sqldb: migration %s has no number: %w", name, err)
		}
		latest = max(latest, version)
	}
	return latest, nil
}

// Migrate brings the database to the newest schema of service. It only goes forward; a database newer than this
// program is left alone. Processes may call it at the same moment: one works, the others wait. On SQLite either all
// pending migrations are applied or none.
func (db *DB) Migrate(ctx context.Context, service Service) error {
	files, err := Migrations(service, db.Dialect())
	if err != nil {
		return err
	}
	if db.Dialect() == SQLite {
		err = db.migrateSQLite(ctx, files)
	} else {
		err = db.migrateMySQL(ctx, files)
	}
	if err != nil {
		return fmt.Errorf("sqldb: migrate %s in %s: %w", service, db.dsn, because(ctx, translate(err)))
	}
	return nil
}

func up(ctx context.Context, dialect goose.Dialect, pool *sql.DB, files fs.FS) error {
	provider, err := goose.NewProvider(dialect, pool, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// migrateSQLite runs goose inside one transaction that holds the file's write lock from before the first look at the
// version until the last migration is committed.
func (db *DB) migrateSQLite(ctx context.Context, files fs.FS) (err error) {
	path, err := db.dsn.target()
	if err != nil {
		return err
	}
	outer, err := beginOuter(ctx, path)
	if err != nil {
		return err
	}
	pool := sql.OpenDB(outer)
	pool.SetMaxOpenConns(1)
	if err := up(ctx, goose.DialectSQLite3, pool, files); err != nil {
		return errors.Join(err, pool.Close(), outer.rollback())
	}
	return errors.Join(pool.Close(), outer.commit(ctx))
}

// Version is the number of the newest migration applied to the database, 0 when there is none. Errors: ErrUnavailable.
func (db *DB) Version(ctx context.Context) (int64, error) {
	exists := "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'"
	if db.Dialect() == MySQL {
		exists = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'goose_db_version'"
	}
	var tables, version int64
	if err := db.Read(ctx).Raw(exists).Scan(&tables).Error; err != nil || tables == 0 {
		return 0, err
	}
	err := db.Read(ctx).Raw("SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version").Scan(&version).Error
	return version, err
}

// migrateLockWait is how long a process waits for another one that migrates the same database.
const migrateLockWait = 30 * time.Second

// migrateMySQL runs goose while a connection of its own holds a named lock. Goose's own locking is not used: it looks
// at the version table, and even makes it, before it locks.
func (db *DB) migrateMySQL(ctx context.Context, files fs.FS) error {
	conn, err := db.lockSchema(ctx)
	if err != nil {
		return err
	}
	return errors.Join(up(ctx, goose.DialectMySQL, db.writer, files), unlock(conn))
}

// lockSchema returns a connection that holds the lock; the server frees it when that connection dies.
func (db *DB) lockSchema(ctx context.Context) (*sql.Conn, error) {
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return nil, err
	}
	name, err := lockName(ctx, conn)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	var got sql.NullInt64
	err = conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, ?)", name, migrateLockWait.Seconds()).Scan(&got)
	if err == nil && got.Int64 != 1 {
		err = fmt.Errorf("%w: another process has been migrating for %s", ErrUnavailable, migrateLockWait)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("take the migration lock: %w", err), conn.Close())
	}
	return conn, nil
}

// unlock hangs up instead of releasing by name: that works whatever state the connection is in.
func unlock(conn *sql.Conn) error {
	err := conn.Raw(func(any) error { return driver.ErrBadConn })
	if errors.Is(err, driver.ErrBadConn) {
		return nil
	}
	return err
}

// lockName differs per schema, because these locks belong to the whole server, and fits their 64 characters.
func lockName(ctx context.Context, conn *sql.Conn) (string, error) {
	var schema string
	if err := conn.QueryRowContext(ctx, "SELECT DATABASE()").Scan(&schema); err != nil {
		return "", fmt.Errorf("name the migration lock: %w", err)
	}
	sum := sha256.Sum256([]byte(schema))
	return "kaituan_migrate_" + hex.EncodeToString(sum[:16]), nil
}
