package simulation_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaituan/infrastructure/simulation"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "play this seed only and print its story")
	opsFlag   = flag.Int("ops", defaultOps, "operations per seed")
	seedsFlag = flag.Int("seeds", defaultSeeds, "how many seeds to play")
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
		if shm, err := os.MkdirTemp("/dev/shm", "kaituan-simulation-"); err == nil { //nolint:usetesting // in memory, where t.TempDir is not
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
	for seed := range min(defaultSeeds/2, 6) {
		p := simulation.Plan{Seed: uint64(seed), Ops: defaultOps, Dir: dir}
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
		t.Logf("%s of virtual time, hash %s\n%s%s", report.Virtual, report.Hash, table(report.Counts), report.Timings)
		require.Empty(t, report.Failures)
		return
	}
	playMany(t, dir, *fromFlag, *seedsFlag)
}

// playMany plays seeds on every core, tells how far it is, and sums up.
func playMany(t *testing.T, dir string, from uint64, seeds int) {
	t.Helper()
	var next atomic.Uint64
	var mu sync.Mutex
	var all, calm simulation.Timings
	counts := map[string]int{}
	began := time.Now()
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < uint64(seeds) && !t.Failed(); i = next.Add(1) - 1 {
				report := play(t, simulation.Plan{Seed: from + i, Ops: *opsFlag, Dir: dir})
				mu.Lock()
				all.Add(report.Timings)
				if report.Calm {
					calm.Add(report.Timings)
				}
				for name, n := range report.Counts {
					counts[name] += n
				}
				counts["seeds"]++
				if n := counts["seeds"]; n%1000 == 0 {
					fmt.Printf("%d of %d seeds in %s\n", n, seeds, time.Since(began).Round(time.Second))
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	t.Logf("%s\nall seeds:\n%s\nseeds without crashes, pauses, lost databases and an absent gateway:\n%s", table(counts), all, calm)
}

// table is a line per name.
func table(counts map[string]int) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "%8d %s\n", counts[name], name)
	}
	return b.String()
}

// play tells a failure in as few steps as possible.
func play(t *testing.T, p simulation.Plan) simulation.Report {
	report, err := simulation.Run(t.Context(), p)
	if err == nil && report.Failed() {
		var short simulation.Report
		short, err = simulation.Shrink(t.Context(), report)
		t.Error(short.Text())
	}
	if err != nil {
		t.Error(err)
	}
	return report
}
