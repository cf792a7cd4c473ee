package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
	"modernc.org/sqlite"

	"kaituan/infrastructure/prepared"
)

const (
	sqliteReaders     = 4
	busyTimeout       = "_busy_timeout" // parameter of the driver
	sqliteBusyTimeout = 1000            // milliseconds; waits for another process's commit, then InTx tries again
)

// openSQLite makes two pools over one file: one connection that writes, so that writers queue in Go where a context
// can end the wait, and a few that only read and never wait for the writer (WAL).
func openSQLite(ctx context.Context, path string) (writer, reader *sql.DB, err error) {
	if err := touch(path); err != nil {
		return nil, nil, fmt.Errorf("sqldb: create %s: %w", path, err)
	}
	writer, err = sqlitePool(path, writerPragmas())
	if err != nil {
		return nil, nil, err
	}
	writer.SetMaxOpenConns(1)
	// Two processes that make the file at once meet in the switch to WAL, which does not wait for the busy time-out.
	if err := retry(ctx, func() error { return writer.PingContext(ctx) }); err != nil {
		return nil, nil, fmt.Errorf("sqldb: open %s: %w", path, closeAfter(translate(err), writer))
	}
	reader, err = sqlitePool(path, url.Values{"_pragma": {"query_only(1)"}})
	if err != nil {
		return nil, nil, closeAfter(err, writer)
	}
	reader.SetMaxOpenConns(sqliteReaders)
	reader.SetMaxIdleConns(sqliteReaders)
	return writer, reader, nil
}

// touch creates the file and its folder for their owner alone; SQLite gives -wal and -shm the file's permissions.
func touch(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// writerPragmas asks for durable commits, and takes the write lock at BEGIN: a transaction that reads first and
// writes later would otherwise fail with SQLITE_BUSY, no matter the timeout, once another process wrote in between.
func writerPragmas() url.Values {
	return url.Values{
		"_pragma": {
			"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
			// A batch of 256 touches a thousand pages. With the defaults, 500 pages kept in memory and 1,000 in the log, it would
			// read most of them again and fold the log into the file after every other batch: 32 MB and 16 MB instead.
			"cache_size(-32768)", "wal_autocheckpoint(4000)",
		},
		"_txlock": {"immediate"},
	}
}

func sqlitePool(path string, params url.Values) (*sql.DB, error) {
	uri, err := sqliteURI(path, params)
	if err != nil {
		return nil, err
	}
	connector, err := sqlite.NewConnector(uri)
	if err != nil {
		return nil, fmt.Errorf("sqldb: open %s: %w", path, err)
	}
	return sql.OpenDB(prepared.Connector(connector)), nil
}

func sqliteURI(path string, params url.Values) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("sqldb: path %s: %w", path, err)
	}
	if !params.Has(busyTimeout) {
		params.Set(busyTimeout, strconv.Itoa(sqliteBusyTimeout))
	}
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: params.Encode()}
	return file.String(), nil
}

// sqliteDialector teaches GORM the SQL of SQLite over a pool that is already open.
// See docs/adr/0003-sqlite-dialect.md for why it is our own.
type sqliteDialector struct{ pool *sql.DB }

func (d sqliteDialector) Name() string { return string(SQLite) }

func (d sqliteDialector) Initialize(db *gorm.DB) error {
	db.ConnPool = d.pool
	// SQLite reports the id of the last row of a batch insert, MySQL that of the first.
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{LastInsertIDReversed: true})
	db.ClauseBuilders["FOR"] = dropLocking
	return nil
}

// dropLocking leaves FOR UPDATE out: SQLite has no row locks. Harmless, because every InTx begins IMMEDIATE and so
// already holds the one write lock of the file; never lock rows through Read.
func dropLocking(clause.Clause, clause.Builder) {}

// Migrator is nil on purpose: schemas come from migrations/, and AutoMigrate is banned.
func (d sqliteDialector) Migrator(*gorm.DB) gorm.Migrator { return nil }

func (d sqliteDialector) DataTypeOf(field *schema.Field) string { return string(field.DataType) }

func (d sqliteDialector) DefaultValueOf(*schema.Field) clause.Expression {
	return clause.Expr{SQL: "NULL"}
}

func (d sqliteDialector) BindVarTo(writer clause.Writer, _ *gorm.Statement, _ any) {
	_ = writer.WriteByte('?') // GORM's writer is a strings.Builder, which cannot fail
}

// QuoteTo quotes a name, and each part of a dotted one, doubling the quotes inside.
func (d sqliteDialector) QuoteTo(writer clause.Writer, name string) {
	_ = writer.WriteByte('`')
	for _, c := range []byte(name) {
		switch c {
		case '.':
			_, _ = writer.WriteString("`.`")
		case '`':
			_, _ = writer.WriteString("``")
		default:
			_ = writer.WriteByte(c)
		}
	}
	_ = writer.WriteByte('`')
}

// Explain writes a statement down for the log. Scan, Raw and Pluck would put the values in, so there are none here.
func (d sqliteDialector) Explain(sql string, _ ...any) string { return sql }

// Translate is called by GORM for every statement's error.
func (d sqliteDialector) Translate(err error) error { return translate(err) }
