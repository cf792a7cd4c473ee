package bench

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"kaituan/infrastructure/sqldb"
)

// Home is where one server of the benchmark keeps its data. It is made for it and goes with it.
type Home struct {
	Data           string // directory
	GroupBuy, Mall sqldb.DSN
}

// flags tell a server of its home.
func (h Home) flags() []string {
	return []string{"--data", h.Data, "--groupbuy-db", string(h.GroupBuy), "--mall-db", string(h.Mall)}
}

// homes makes homes and takes them away.
type homes struct {
	dir   string
	mysql *mysql.Config // without a schema; nil: SQLite
	made  []string      // schemas
}

func newHomes(dsn string) (*homes, error) {
	h := &homes{}
	var err error
	if dsn != "" {
		if h.mysql, err = parseServer(dsn); err != nil {
			return nil, err
		}
	}
	h.dir, err = os.MkdirTemp("", "kaituan-bench-")
	return h, err
}

func parseServer(dsn string) (*mysql.Config, error) {
	server, err := mysql.ParseDSN(dsn)
	if err != nil || server.DBName != "" {
		return nil, fmt.Errorf("mysql: %s names no server: want USER:PASSWORD@tcp(HOST:PORT)/, without a schema", sqldb.DSN("mysql:"+dsn))
	}
	return server, nil
}

// mysqlAddress is where a server is.
func mysqlAddress(dsn string) (string, error) {
	server, err := parseServer(dsn)
	if err != nil {
		return "", err
	}
	return server.Addr, nil
}

// make makes an empty home. Embedded ones are in SQLite whatever the others are in.
func (h *homes) make(ctx context.Context, name string, embedded bool) (Home, error) {
	home := Home{Data: filepath.Join(h.dir, name)}
	if err := os.Mkdir(home.Data, 0o700); err != nil {
		return home, err
	}
	if embedded || h.mysql == nil {
		home.GroupBuy = sqldb.DSN("sqlite:" + filepath.Join(home.Data, "groupbuy.db"))
		home.Mall = sqldb.DSN("sqlite:" + filepath.Join(home.Data, "mall.db"))
		return home, nil
	}
	var err error
	if home.GroupBuy, err = h.schema(ctx); err != nil {
		return home, err
	}
	home.Mall, err = h.schema(ctx)
	return home, err
}

// schema makes an empty MySQL schema.
func (h *homes) schema(ctx context.Context) (sqldb.DSN, error) {
	random := make([]byte, 6)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	own := h.mysql.Clone()
	own.DBName = "kt_bench_" + hex.EncodeToString(random)
	if err := h.admin(ctx, "CREATE DATABASE "+own.DBName+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		return "", err
	}
	h.made = append(h.made, own.DBName)
	return sqldb.DSN("mysql:" + own.FormatDSN()), nil
}

func (h *homes) admin(ctx context.Context, statement string) error {
	pool, err := sql.Open("mysql", h.mysql.FormatDSN())
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("bench: MySQL server at %s: %w", h.mysql.Addr, err)
	}
	return nil
}

// drop takes every home away.
func (h *homes) drop(ctx context.Context) error {
	var errs []error
	for _, name := range h.made {
		errs = append(errs, h.admin(ctx, "DROP DATABASE "+name))
	}
	return errors.Join(append(errs, os.RemoveAll(h.dir))...)
}

// pid is the MySQL server's process, 0 when it is not on this machine or does not say.
func (h *homes) pid(ctx context.Context) int {
	if h.mysql == nil || !loopback(h.mysql.Addr) {
		return 0
	}
	pool, err := sql.Open("mysql", h.mysql.FormatDSN())
	if err != nil {
		return 0
	}
	defer pool.Close()
	var file, dir string
	if err := pool.QueryRowContext(ctx, "SELECT @@pid_file, @@datadir").Scan(&file, &dir); err != nil {
		return 0
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text))) // no number is no process
	return pid
}

// loopback says whether host:port is on this machine.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasPrefix(host, "/") || ip != nil && ip.IsLoopback()
}

// silent keeps slow statements of the benchmark's own out of its report.
func silent() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
