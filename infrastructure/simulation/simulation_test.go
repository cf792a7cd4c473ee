package simulation_test

import (
	"flag"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaituan/infrastructure/simulation"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "play this seed only and print its story")
	opsFlag   = flag.Int("ops", defaultOps, "operations per seed")
	seedsFlag = flag.Int("seeds", 200, "how many seeds to play")
	fromFlag  = flag.Uint64("from", 1, "the first of them")
)

// defaultOps is enough for a few teams to form, fail and be paid too late. Many short stories find more than few long ones.
const defaultOps = 60

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scratch is a folder in memory where there is one.
func scratch(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if runtime.GOOS == "linux" {
		if shm, err := os.MkdirTemp("/dev/shm", "kaituan-simulation-"); err == nil {
			t.Cleanup(func() { require.NoError(t, os.RemoveAll(shm)) })
			dir = shm
		}
	}
	require.NoError(t, simulation.Prepare(t.Context(), dir))
	return dir
}

func run(t *testing.T, p simulation.Plan) simulation.Report {
	t.Helper()
	report, err := simulation.Run(t.Context(), p)
	require.NoError(t, err)
	return report
}

func TestSimulation_SameSeedSameStory(t *testing.T) {
	dir := scratch(t)
	for seed := range uint64(6) {
		p := simulation.Plan{Seed: seed, Ops: defaultOps, Dir: dir}
		first, second := run(t, p), run(t, p)
		require.Equal(t, first.Trace, second.Trace)
		require.Equal(t, first.Hash, second.Hash)
	}
}

// TestSimulation plays the seeds of the flags: one with its story, or many.
func TestSimulation(t *testing.T) {
	dir := scratch(t)
	if *seedFlag != 0 {
		report := run(t, simulation.Plan{Seed: *seedFlag, Ops: *opsFlag, Dir: dir})
		for _, line := range report.Trace {
			t.Log(line)
		}
		t.Logf("%s of virtual time, hash %s, %v\n%s", report.Virtual, report.Hash, report.Counts, report.Timings)
		require.Empty(t, report.Failures)
		return
	}
	for i := range uint64(*seedsFlag) {
		report := run(t, simulation.Plan{Seed: *fromFlag + i, Ops: *opsFlag, Dir: dir})
		for _, f := range report.Failures {
			t.Errorf("seed %d: %s", report.Plan.Seed, f)
		}
	}
}
