package command_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/app/command"
	"kaituan/infrastructure/bench"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// childEnv makes the test binary a kaituan: bench starts servers of the program that it is part of.
const childEnv = "KAITUAN_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(command.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// runBench runs a short benchmark and returns what it wrote down.
func runBench(t *testing.T, args ...string) (code int, report bench.Report, stdout, stderr string) {
	t.Helper()
	t.Setenv(childEnv, "1")
	file := filepath.Join(t.TempDir(), "bench.json")
	code, stdout, stderr = run("", append([]string{
		"bench", "--duration", "100ms", "--connections", "3", "--expiring", "50", "--activities", "20", "--json", file,
	}, args...)...)
	text, err := os.ReadFile(file)
	require.NoError(t, err, stderr)
	require.NoError(t, json.Unmarshal(text, &report))
	return code, report, stdout, stderr
}

func requireMeasured(t *testing.T, report bench.Report, workloads ...bench.Workload) {
	t.Helper()
	for _, of := range workloads {
		found := false
		for _, row := range report.Rows {
			if row.Workload != of {
				continue
			}
			found = true
			require.Positive(t, row.PerSecond, of)
			if of != bench.Rush { // where four want three seats
				require.Empty(t, row.Refused, of)
			}
			require.LessOrEqual(t, row.P50, row.P99, of)
			if of != bench.Trial && of != bench.Query {
				require.NotNil(t, row.Verdict, of)
				require.Positive(t, row.Verdict.Promised, of)
			}
		}
		require.True(t, found, of)
	}
}

// requireRows wants rows in which calls may have been refused.
func requireRows(t *testing.T, report bench.Report, workloads ...bench.Workload) {
	t.Helper()
	for _, of := range workloads {
		at := slices.IndexFunc(report.Rows, func(row bench.Row) bool { return row.Workload == of })
		require.GreaterOrEqual(t, at, 0, of)
		require.Positive(t, report.Rows[at].OfferedRate, of)
		require.Positive(t, report.Rows[at].PerSecond, of)
	}
}

func targetIDs(report bench.Report) []string {
	var ids []string
	for _, target := range report.Targets {
		ids = append(ids, target.ID)
	}
	return ids
}

func TestBench_MeasuresAndVerifiesEverything(t *testing.T) {
	code, report, stdout, stderr := runBench(t, "--scale", "1000")
	require.Zero(t, code, stdout+stderr)
	require.True(t, report.Sound)
	requireMeasured(t, report, bench.Trial, bench.Query, bench.Lock, bench.Hot, bench.Big, bench.Settle, bench.Mixed, bench.Rush, bench.Purchase)
	requireRows(t, report, bench.Flood, "alike", "loud", "noise")
	require.Subset(t, targetIDs(report), []string{"flood", "tenants", "T1", "T2", "T3", "T4", "T6", "T7", "T9", "T10", "T11"})
	require.Len(t, report.Expiries, 1)
	require.Equal(t, 50, report.Expiries[0].Teams)
	require.Equal(t, 20, report.Starts[0].Activities)
	require.Contains(t, stdout, "every answer was kept")
	require.Contains(t, stdout, "all invariants hold (both databases, and the gateway's books)")
	require.Regexp(t, `T1 +trial / empty handler +\d+/s of \d+/s +>= 0.75 +[\d.]+ +[\d.]+ +(met|missed)`, stdout)
	require.Regexp(t, `round +workload +server +conns +rate/s +p50 ms +p95 +p99 +errors +CPU us/request: server +database +client +server MB +verified`, stdout)
}

func TestBench_MeasuresOnMySQL(t *testing.T) {
	server := os.Getenv(sqldbtest.ServerEnv)
	if server == "" {
		sqldbtest.Schema(t) // skips, or fails where that is forbidden
	}
	code, report, stdout, stderr := runBench(t, "--mysql", server, "--workloads", "lock,mixed", "--rate", "100")
	require.Zero(t, code, stdout+stderr)
	require.True(t, report.Sound)
	requireMeasured(t, report, bench.Lock, bench.Mixed)
	require.Contains(t, report.Database, "MySQL")
	require.Len(t, report.Checks, 3, "the servers with shared commits, without, and on SQLite")
}

// Two processes over one database take, settle, give up and refund the same teams' seats at once: every answer is kept,
// and no invariant is broken.
func TestBench_TwoProcesses(t *testing.T) {
	for name, place := range map[string]func(t *testing.T) []string{
		"sqlite": func(*testing.T) []string { return nil },
		"mysql": func(t *testing.T) []string {
			if os.Getenv(sqldbtest.ServerEnv) == "" {
				sqldbtest.Schema(t) // as above
			}
			return []string{"--mysql", os.Getenv(sqldbtest.ServerEnv)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			code, report, stdout, stderr := runBench(t, append([]string{
				"--nodes", "2", "--workloads", "rush,big", "--connections", "24", "--duration", "1500ms",
			}, place(t)...)...)
			require.Zero(t, code, stdout+stderr)
			require.True(t, report.Sound)
			requireMeasured(t, report, bench.Rush, bench.Big)
			for _, row := range report.Rows {
				require.Zero(t, row.Failed, row.Workload)
			}
			require.Positive(t, report.Rows[1].Refused["team_full"], stdout)
			require.Contains(t, stdout, "all invariants hold")
		})
	}
}

// A row that is changed behind the server's back makes the benchmark fail, whatever it measured.
func TestBench_FailsWhenAnAnswerIsNotKept(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	ctx, cancel := context.WithCancel(t.Context())
	tampered := make(chan error, 1)
	go func() { tampered <- tamper(ctx, dir) }()
	code, report, stdout, stderr := runBench(t, "--workloads", "hot")
	cancel()
	require.NoError(t, <-tampered)
	require.Equal(t, 1, code, stderr)
	require.False(t, report.Sound)
	require.Contains(t, stdout, "WRONG hot: seat")
	require.Contains(t, stdout, "NOT SOUND")
	left, err := filepath.Glob(filepath.Join(dir, "kaituan-bench-*"))
	require.NoError(t, err)
	require.Empty(t, left, "what it made is gone")
}

// tamper waits for the server's database and has it spoil one seat of ten.
func tamper(ctx context.Context, dir string) error {
	for ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
		found, err := filepath.Glob(filepath.Join(dir, "kaituan-bench-*", "shared", "groupbuy.db"))
		if err != nil || len(found) == 0 {
			continue
		}
		db, err := sql.Open("sqlite", "file:"+found[0]+"?"+url.Values{"_pragma": {"busy_timeout(5000)"}}.Encode())
		if err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, `CREATE TRIGGER spoil AFTER INSERT ON seats WHEN NEW.out_trade_no LIKE '%7'
			BEGIN UPDATE seats SET original_fen = original_fen + 1, pay_price_fen = pay_price_fen + 1, amount_fen = amount_fen + 1 WHERE id = NEW.id; END`)
		_ = db.Close() // the trigger is committed, or tried again
		if err == nil {
			return nil
		}
	}
	return ctx.Err()
}

func TestBench_RefusesWhatItWillNotDo(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--workloads", "lock,dance"}, `no "dance"`},
		{[]string{"--workloads", ""}, "workloads"},
		{[]string{"--duration", "1h"}, "duration"},
		{[]string{"--connections", "100000"}, "connections"},
		{[]string{"--rounds", "0"}, "rounds"},
		{[]string{"--nodes", "0"}, "nodes"},
		{[]string{"--scale", "-1"}, "scale"},
		{[]string{"--rate", "-5"}, "rate"},
		{[]string{"--server", "http://192.0.2.1:8080"}, "not on this machine"},
		{[]string{"--server", "localhost"}, "no address such as"},
		{[]string{"--mysql", "root:secret@tcp(db.example.com:3306)/"}, "not on this machine"},
		{[]string{"--mysql", "root:secret@tcp(127.0.0.1:3306)/shop"}, "without a schema"},
		{[]string{"--mysql", "root@tcp(127.0.0.1:3306)/", "--server", "http://127.0.0.1:1"}, "its own database"},
	} {
		code, _, stderr := run("", append([]string{"bench"}, c.args...)...)
		require.Equal(t, 2, code, c.args)
		require.Contains(t, stderr, c.want, c.args)
		require.NotContains(t, stderr, "secret")
	}
}
