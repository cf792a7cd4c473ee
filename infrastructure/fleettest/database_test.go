package fleettest

import (
	"context"
	"database/sql"
	"net"
	"os/exec"
	"os/user"
	"path/filepath"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
)

// database is a MariaDB server of the test's own: it is killed.
type database struct {
	*process
	address string
}

func newDatabase(t *testing.T) *database {
	t.Helper()
	server, install := program(t, "mariadbd"), program(t, "mariadb-install-db")
	dir := t.TempDir()
	me, err := user.Current()
	require.NoError(t, err)
	data := filepath.Join(dir, "data")
	out, err := exec.Command(install, "--no-defaults", "--user="+me.Username, "--datadir="+data, "--skip-test-db",
		"--auth-root-authentication-method=normal", "--skip-name-resolve").CombinedOutput()
	require.NoError(t, err, string(out))
	d := &database{address: freePort(t)}
	_, port, err := net.SplitHostPort(d.address)
	require.NoError(t, err)
	d.process = &process{
		name: "mariadb", path: server, log: filepath.Join(dir, "log"), answers: d.ping,
		args: []string{
			"--no-defaults", "--user=" + me.Username, "--datadir=" + data, "--socket=" + filepath.Join(dir, "socket"), "--pid-file=" + filepath.Join(dir, "pid"),
			"--port=" + port, "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin", "--max-connections=400",
			"--innodb-flush-log-at-trx-commit=1", "--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci",
		},
	}
	d.start(t)
	t.Cleanup(func() { d.stop(t, killed) })
	d.ready(t)
	for _, schema := range []string{"groupbuy", "mall"} {
		d.do(t, "CREATE DATABASE "+schema+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	}
	return d
}

// dsn is how the processes reach a schema.
func (d *database) dsn(schema string) string { return "mysql:root:@tcp(" + d.address + ")/" + schema }

func (d *database) open(schema string) (*sql.DB, error) {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Net, cfg.Addr, cfg.DBName = "root", "tcp", d.address, schema
	cfg.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func (d *database) ping(ctx context.Context) error {
	pool, err := d.open("")
	if err != nil {
		return err
	}
	defer pool.Close()
	return pool.PingContext(ctx)
}

func (d *database) do(t *testing.T, statement string) {
	t.Helper()
	pool, err := d.open("")
	require.NoError(t, err)
	defer pool.Close()
	_, err = pool.Exec(statement)
	require.NoError(t, err, statement)
}

// count asks for one number.
func (d *database) count(t *testing.T, query string) int {
	t.Helper()
	pool, err := d.open("")
	require.NoError(t, err)
	defer pool.Close()
	var n int
	require.NoError(t, pool.QueryRow(query).Scan(&n), query)
	return n
}

// lease is the row of a job.
type lease struct {
	holder string
	fence  int64
}

// leases reads who leads which job of a schema.
func (d *database) leases(t *testing.T, schema string) map[string]lease {
	t.Helper()
	pool, err := d.open(schema)
	require.NoError(t, err)
	defer pool.Close()
	rows, err := pool.Query("SELECT name, holder, fence FROM jobs")
	require.NoError(t, err)
	defer rows.Close()
	found := map[string]lease{}
	for rows.Next() {
		var name string
		var l lease
		require.NoError(t, rows.Scan(&name, &l.holder, &l.fence))
		found[name] = l
	}
	require.NoError(t, rows.Err())
	return found
}
