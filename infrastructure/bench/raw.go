package bench

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"

	_ "github.com/go-sql-driver/mysql" // the driver "mysql"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"kaituan/infrastructure/sqldb"
)

// rawConnections are tried one after the other; the best counts.
func rawConnections(of sqldb.Dialect) []int {
	if of == sqldb.SQLite {
		return []int{1} // it has one writer
	}
	return []int{16, 64, 128}
}

// rawText is about what a row of a seat's history holds.
const rawText = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// rawCommits is a table into which rows are inserted one by one, each in a transaction of its own: as many commits as the
// database does without us.
type rawCommits struct {
	pool *sql.DB
	next atomic.Int64
}

func openRaw(ctx context.Context, home Home, connections int) (*rawCommits, error) {
	driver, target, _ := strings.Cut(string(home.GroupBuy), ":")
	if home.GroupBuy.Dialect() == sqldb.SQLite {
		// As safe as the server's own: a commit is on the disk.
		target = (&url.URL{Scheme: "file", Path: filepath.Join(home.Data, "raw.db"), RawQuery: url.Values{
			"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)"}, "_txlock": {"immediate"},
		}.Encode()}).String()
	} else {
		target += map[bool]string{true: "&", false: "?"}[strings.Contains(target, "?")] + "interpolateParams=true"
	}
	pool, err := sql.Open(driver, target)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	r := &rawCommits{pool: pool}
	if _, err := pool.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS bench_commits (id BIGINT NOT NULL PRIMARY KEY, body VARCHAR(100) NOT NULL)"); err != nil {
		return nil, fmt.Errorf("bench: table for single commits: %w", err)
	}
	return r, nil
}

// close drops the table.
func (r *rawCommits) close(ctx context.Context) error {
	defer r.pool.Close()
	_, err := r.pool.ExecContext(ctx, "DROP TABLE bench_commits")
	return err
}

func (r *rawCommits) turns(ctx context.Context) turns {
	return func(int) play {
		return func(*worker) error {
			_, err := r.pool.ExecContext(ctx, "INSERT INTO bench_commits (id, body) VALUES (?, ?)", r.next.Add(1), rawText)
			return err
		}
	}
}
