package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"gorm.io/gorm"
)

// DB is one open database. It is safe for concurrent use; make it with Open.
type DB struct {
	dsn    DSN
	log    *slog.Logger
	writer *sql.DB
	reader *sql.DB // the same pool as writer on MySQL
	// scripts is the pool for several statements at once; only MySQL has one.
	scripts *sql.DB
	write   *gorm.DB
	read    *gorm.DB

	poolWait time.Duration // how long InTx waits for a free connection
	around   func(commit func() error) error
}

// Option changes how a database is opened.
type Option func(*DB)

// WithLog sends what there is to say of statements to log instead of slog.Default(). It never holds values.
func WithLog(log *slog.Logger) Option { return func(db *DB) { db.log = log } }

// WithCommits puts a step around every commit of InTx: a simulation refuses commits there, loses their answers, or dies
// before or after them. A commit that is not called is rolled back; what the step returns, InTx returns, or tries again.
func WithCommits(around func(commit func() error) error) Option {
	return func(db *DB) { db.around = around }
}

// Open connects to the database dsn names. A SQLite file and its folder are created when absent; a MySQL schema must
// exist. It fails when dsn is malformed, and with ErrUnavailable when the server cannot be reached before ctx ends.
func Open(ctx context.Context, dsn DSN, options ...Option) (*DB, error) {
	target, err := dsn.target()
	if err != nil {
		return nil, err
	}
	db := &DB{dsn: dsn, log: slog.Default(), poolWait: poolWait, around: func(commit func() error) error { return commit() }}
	for _, set := range options {
		set(db)
	}
	if dsn.Dialect() == SQLite {
		db.writer, db.reader, err = openSQLite(ctx, target)
	} else {
		db.writer, db.scripts, err = openMySQL(ctx, target, db.log)
		db.reader = db.writer
	}
	if err != nil {
		return nil, err
	}
	if err := db.attach(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// attach puts GORM over the pools.
func (db *DB) attach() (err error) {
	if db.write, err = db.open(db.writer); err != nil {
		return err
	}
	if db.reader == db.writer {
		db.read = db.write
		return nil
	}
	db.read, err = db.open(db.reader)
	return err
}

func (db *DB) open(pool *sql.DB) (*gorm.DB, error) {
	var dialector gorm.Dialector = sqliteDialector{pool}
	if db.Dialect() == MySQL {
		dialector = newMySQLDialector(pool)
	}
	g, err := gorm.Open(dialector, &gorm.Config{
		SkipDefaultTransaction: true,
		TranslateError:         true,
		DisableAutomaticPing:   true, // Open has just done so, with a context
		Logger:                 statementLog{db.log},
		NowFunc:                func() time.Time { return time.Now().UTC() },
	})
	if err != nil {
		return nil, fmt.Errorf("sqldb: gorm over %s: %w", db.dsn, err)
	}
	return g, nil
}

// Dialect is what db speaks.
func (db *DB) Dialect() Dialect { return db.dsn.Dialect() }

// DSN is what db was opened with; it prints masked.
func (db *DB) DSN() DSN { return db.dsn }

// Read gives a handle for queries outside any transaction, on connections that refuse writes where the database can
// (SQLite). What InTx has committed is visible.
func (db *DB) Read(ctx context.Context) *gorm.DB { return db.read.WithContext(ctx) }

// Ping checks that the database answers. Errors: ErrUnavailable, or ctx's.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.writer.PingContext(ctx); err != nil {
		return fmt.Errorf("sqldb: ping %s: %w", db.dsn, translate(err))
	}
	return nil
}

// Close waits for running statements and closes all connections. A second call does nothing.
func (db *DB) Close() error {
	var scripts error
	if db.scripts != nil {
		scripts = db.scripts.Close()
	}
	// Readers first: the last connection of a SQLite file folds the log into it, which a reader may not do.
	return errors.Join(scripts, db.reader.Close(), db.writer.Close())
}

// closeAfter gives up a pool that failed to open and reports both errors.
func closeAfter(err error, pool *sql.DB) error { return errors.Join(err, pool.Close()) }

// Collectors tell Prometheus about the pools of connections: those that a process has open, uses and waits for.
func (db *DB) Collectors(name string) []prometheus.Collector {
	list := []prometheus.Collector{collectors.NewDBStatsCollector(db.writer, name)}
	if db.reader != db.writer {
		list = append(list, collectors.NewDBStatsCollector(db.reader, name+"_read"))
	}
	if db.scripts != nil {
		list = append(list, collectors.NewDBStatsCollector(db.scripts, name+"_batch"))
	}
	return list
}
