package sqldb

import (
	"context"

	"github.com/pressly/goose/v3"
)

// WhileMigrating runs fn while db holds the lock that Migrate holds.
func WhileMigrating(ctx context.Context, db *DB, fn func()) error {
	if db.Dialect() == SQLite {
		path, err := db.dsn.target()
		if err != nil {
			return err
		}
		outer, err := beginOuter(ctx, path)
		if err != nil {
			return err
		}
		fn()
		return outer.rollback()
	}
	conn, err := db.lockSchema(ctx)
	if err != nil {
		return err
	}
	fn()
	return unlock(conn)
}

// MigrateTo stops at a version, to try what a later migration makes of the rows of then.
func MigrateTo(ctx context.Context, db *DB, service Service, version int64) error {
	files, err := Migrations(service, db.Dialect())
	if err != nil {
		return err
	}
	dialect := goose.DialectMySQL
	if db.Dialect() == SQLite {
		dialect = goose.DialectSQLite3
	}
	provider, err := goose.NewProvider(dialect, db.writer, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.UpTo(ctx, version)
	return err
}
