package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-sql-driver/mysql"
	gormmysql "gorm.io/driver/mysql"
	"gorm.io/gorm"
)

const (
	mysqlConns       = 32
	mysqlScriptConns = 8
	mysqlIdleTime    = 5 * time.Minute
	mysqlDialTimeout = 5 * time.Second
	// A statement that needs longer is a fault; without it a cut network would hold a pooled connection for ever.
	mysqlReadTimeout  = 60 * time.Second
	mysqlWriteTimeout = 30 * time.Second
)

// openMySQL makes two pools: one for ordinary statements, and a small one whose connections take several at once, which
// only InPipe uses. Nothing else could be told a second statement by a value that slipped into its text.
func openMySQL(ctx context.Context, target string, log *slog.Logger) (ordinary, scripts *sql.DB, err error) {
	cfg, err := mysqlConfig(target)
	if err != nil {
		return nil, nil, err
	}
	cfg.Logger = driverLog{log}
	if ordinary, err = mysqlPool(cfg, mysqlConns); err != nil {
		return nil, nil, err
	}
	several := cfg.Clone()
	several.MultiStatements = true
	if scripts, err = mysqlPool(several, mysqlScriptConns); err != nil {
		return nil, nil, closeAfter(err, ordinary)
	}
	if err := ordinary.PingContext(ctx); err != nil {
		err = errors.Join(translate(err), scripts.Close(), ordinary.Close())
		return nil, nil, fmt.Errorf("sqldb: mysql %s/%s: %w", cfg.Addr, cfg.DBName, err)
	}
	return ordinary, scripts, nil
}

func mysqlPool(cfg *mysql.Config, conns int) (*sql.DB, error) {
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("sqldb: mysql: %w", err)
	}
	pool := sql.OpenDB(readCommitted{connector})
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxIdleTime(mysqlIdleTime)
	return pool, nil
}

// mysqlConfig overrides what correctness rests on, whatever the DSN says, and fills in what it leaves open.
func mysqlConfig(target string) (*mysql.Config, error) {
	cfg, err := mysql.ParseDSN(target)
	if err != nil {
		return nil, fmt.Errorf("sqldb: mysql: %w", err)
	}
	cfg.ParseTime = false       // instants are int64 milliseconds
	cfg.ClientFoundRows = false // guarded updates count rows changed
	cfg.MultiStatements = false
	cfg.InterpolateParams = true // one round trip per statement instead of three, see docs/adr/0003
	cfg.Loc = time.UTC
	cfg.Collation = "utf8mb4_bin"
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["time_zone"] = "'+00:00'"
	// Strict, so that an overlong value is an error and never cut.
	cfg.Params["sql_mode"] = "'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
	cfg.Params["innodb_lock_wait_timeout"] = "5" // seconds; the default of 50 outlives any request
	cfg.Timeout = orElse(cfg.Timeout, mysqlDialTimeout)
	cfg.ReadTimeout = orElse(cfg.ReadTimeout, mysqlReadTimeout)
	cfg.WriteTimeout = orElse(cfg.WriteTimeout, mysqlWriteTimeout)
	return cfg, nil
}

// driverLog takes what the driver prints about broken connections; the statement's own error says it again.
type driverLog struct{ log *slog.Logger }

// Print is called by the driver.
func (l driverLog) Print(v ...any) { l.log.Debug("mysql driver", "says", fmt.Sprint(v...)) }

func orElse(d, fallback time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return fallback
}

// readCommitted sets the isolation level once per connection: the variable has different names in MySQL and MariaDB,
// and naming the level at every BEGIN would cost a round trip each.
type readCommitted struct{ driver.Connector }

func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil)
	if err != nil {
		_ = conn.Close() // the first error is the one to report
		return nil, err
	}
	return conn, nil
}

// mysqlDialector is GORM's own dialect with our error translation and without its migrator.
type mysqlDialector struct{ *gormmysql.Dialector }

func newMySQLDialector(pool *sql.DB) mysqlDialector {
	return mysqlDialector{&gormmysql.Dialector{Config: &gormmysql.Config{
		Conn: pool,
		// MariaDB has RETURNING, MySQL has not; with it GORM misreports the rows an insert touched.
		DisableWithReturning: true,
	}}}
}

// Migrator is nil on purpose: schemas come from migrations/, and AutoMigrate is banned.
func (d mysqlDialector) Migrator(*gorm.DB) gorm.Migrator { return nil }

// Explain writes a statement down for the log. Scan, Raw and Pluck would put the values in, so there are none here.
func (d mysqlDialector) Explain(sql string, _ ...any) string { return sql }

// Translate is called by GORM for every statement's error.
func (d mysqlDialector) Translate(err error) error { return translate(err) }
