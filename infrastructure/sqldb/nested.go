package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"

	"modernc.org/sqlite"
)

// outerTx is a SQLite connection inside BEGIN IMMEDIATE, offered to database/sql as if it were idle: transactions
// begun on it become savepoints. Goose thus commits step by step as it is used to, and nothing is visible to others
// until commit.
type outerTx struct {
	driver.Connector
	conn sqliteConn
}

// sqliteConn is what the driver's connections implement and database/sql uses.
type sqliteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

func beginOuter(ctx context.Context, path string) (*outerTx, error) {
	params := writerPragmas()
	params.Set(busyTimeout, strconv.FormatInt(migrateLockWait.Milliseconds(), 10))
	uri, err := sqliteURI(path, params)
	if err != nil {
		return nil, err
	}
	connector, err := sqlite.NewConnector(uri)
	if err != nil {
		return nil, err
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	outer := &outerTx{Connector: connector, conn: conn.(sqliteConn)}
	if err := outer.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return outer, nil
}

// Connect implements driver.Connector: every connection is the same one.
func (o *outerTx) Connect(context.Context) (driver.Conn, error) { return nestedConn{o.conn, o}, nil }

func (o *outerTx) exec(ctx context.Context, statement string) error {
	if _, err := o.conn.ExecContext(ctx, statement, nil); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

func (o *outerTx) commit(ctx context.Context) error {
	if err := o.exec(ctx, "COMMIT"); err != nil {
		return errors.Join(err, o.rollback())
	}
	return o.conn.Close()
}

func (o *outerTx) rollback() error {
	return errors.Join(o.exec(context.Background(), "ROLLBACK"), o.conn.Close())
}

type nestedConn struct {
	sqliteConn
	outer *outerTx
}

// Close leaves the connection to its outer transaction.
func (nestedConn) Close() error { return nil }

func (c nestedConn) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	return savepoint{c.outer}, c.outer.exec(ctx, "SAVEPOINT migration")
}

type savepoint struct{ outer *outerTx }

func (s savepoint) Commit() error { return s.outer.exec(context.Background(), "RELEASE migration") }

func (s savepoint) Rollback() error {
	ctx := context.Background()
	return errors.Join(s.outer.exec(ctx, "ROLLBACK TO migration"), s.outer.exec(ctx, "RELEASE migration"))
}
