package bench_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/bench"
)

func TestWithServers(t *testing.T) {
	program := filepath.Join(t.TempDir(), "kaituan")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "kaituan").CombinedOutput()
	require.NoError(t, err, string(out))
	t.Run("proof", func(t *testing.T) { seesEveryKindOfBrokenPromise(t, program) })
	t.Run("running server", func(t *testing.T) { measuresARunningServer(t, program) })
}

// Whatever is done to what the answers told of, verifying sees it.
func seesEveryKindOfBrokenPromise(t *testing.T, program string) {
	site := bench.OpenSite(t, program)
	for _, c := range []struct {
		name, statement, want string
	}{
		{"as it was answered", "", ""},
		{"lost", "DELETE FROM seats WHERE id = (SELECT MAX(id) FROM seats)", "does not exist"},
		{"paid less", "UPDATE seats SET amount_fen = amount_fen - 1", "for 7999"},
		{"given up", "UPDATE seats SET status = 'released'", "is released"},
		{"never promised", "UPDATE seats SET out_trade_no = CONCAT(out_trade_no, '0')", "its lock was refused"},
		{"miscounted", "UPDATE teams SET held = held + 1", "counts"},
		{"oversold", "UPDATE teams SET capacity = 0", "takes 0"},
		{"no team", "DELETE FROM teams", "teams 0 exist"},
		{"told twice", "INSERT INTO events SELECT CONCAT(id, 'x'), partner_id, kind, happened_at, body, subject FROM events", "events seat.held"},
		{"never told", "DELETE FROM events", "0 events"},
	} {
		t.Run(c.name, func(t *testing.T) {
			book, proof := site.Lock(t, 4)
			if c.statement != "" {
				require.NoError(t, site.Engine().InTx(t.Context(), func(tx *gorm.DB) error { return tx.Exec(c.statement).Error }))
			}
			verdict, err := proof.Verify(t.Context(), book)
			require.NoError(t, err)
			require.Equal(t, 4, verdict.Promised)
			if c.want == "" {
				require.Empty(t, verdict.Wrong)
				return
			}
			require.Positive(t, verdict.Faults)
			require.Contains(t, verdict.Wrong[len(verdict.Wrong)-1]+verdict.Wrong[0], c.want)
		})
	}
}

// Over HTTP, as at somebody else's server, a broken promise shows as well.
func measuresARunningServer(t *testing.T, program string) {
	site := bench.OpenSite(t, program)
	run := func(workloads ...bench.Workload) bench.Report {
		report, err := bench.Run(t.Context(), bench.Options{
			Program: []string{program}, Workloads: workloads, Connections: 2, Duration: 100 * time.Millisecond, Rounds: 1,
			Expiring: 1, Activities: 1, Server: site.URL(), Token: site.Token(), Log: t.Logf,
		})
		require.NoError(t, err)
		return report
	}
	report := run(bench.Workloads()...)
	require.True(t, report.Sound)
	require.Empty(t, report.Expiries, "needs the database")
	require.Contains(t, report.Checks[0].Summary, "not looked at")
	spoil := "CREATE TRIGGER spoil AFTER INSERT ON seats BEGIN UPDATE seats SET amount_fen = 1 WHERE id = NEW.id; END"
	require.NoError(t, site.Engine().InTx(t.Context(), func(tx *gorm.DB) error { return tx.Exec(spoil).Error }))
	require.False(t, run(bench.Lock).Sound)
}

func TestRun_SaysWhatItCannotStart(t *testing.T) {
	_, err := bench.Run(t.Context(), bench.Options{Program: []string{"/bin/false"}, Log: t.Logf})
	require.ErrorContains(t, err, "ended at once")
	_, err = bench.Run(t.Context(), bench.Options{Program: []string{filepath.Join(t.TempDir(), "none")}, Log: t.Logf})
	require.ErrorContains(t, err, "no such file")
	_, err = bench.Run(t.Context(), bench.Options{MySQL: "root@tcp(127.0.0.1:1)/", Log: t.Logf})
	require.ErrorContains(t, err, "127.0.0.1:1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = bench.Run(ctx, bench.Options{Program: []string{"/bin/sleep", "60"}, Log: t.Logf})
	require.Error(t, err)
}
