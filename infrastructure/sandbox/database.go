package sandbox

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"

	"kaituan/infrastructure/prepared"
)

//go:embed schema.sql
var schema string

// pragmas of every connection: readers and the writer do not wait for each other, a commit is on the disk.
const pragmas = "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"

// database is one SQLite file: a single writing connection, so that every change of a trade follows the one
// before, and a few that can only read.
type database struct {
	write *sql.DB
	read  *sql.DB
}

func openDatabase(path string) (*database, error) {
	if err := private(path); err != nil {
		return nil, err
	}
	write, err := connect(dsn(path, pragmas+"&_txlock=immediate"))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if _, err := write.ExecContext(context.Background(), schema); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read, err := openReader(path, pragmas)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	return &database{write: write, read: read}, nil
}

// private makes the file before SQLite does, which would let others read it; its journals follow the file.
func private(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

func openReader(path, options string) (*sql.DB, error) {
	read, err := connect(dsn(path, options+"&_pragma=query_only(1)"))
	if err != nil {
		return nil, err
	}
	read.SetMaxOpenConns(4)
	return read, nil
}

func connect(name string) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(name)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(prepared.Connector(connector)), nil
}

// dsn names the file so that no character of its path is taken for an option.
func dsn(path, options string) string {
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + options
}

func (d *database) close() error {
	return errors.Join(d.read.Close(), d.write.Close())
}

// inTx runs work in the one writing transaction; nothing is kept when it fails.
func (d *database) inTx(ctx context.Context, work func(tx *sql.Tx) error) error {
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("sandbox: begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := work(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("sandbox: commit: %w", err)
	}
	return nil
}
