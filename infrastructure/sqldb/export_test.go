package sqldb

import (
	"context"
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
