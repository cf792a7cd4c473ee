package crowdstore_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// fewFacts is what TestScale works on unless it is told otherwise: enough to see that every step does its part.
const fewFacts = 20_000

// TestScale computes tags over as many facts as KAITUAN_TEST_SCALE says, two per buyer, and prints what docs/crowd.md
// reports: 10,000,000 facts take minutes to make.
func TestScale(t *testing.T) {
	facts := fewFacts
	if text := os.Getenv("KAITUAN_TEST_SCALE"); text != "" {
		var err error
		facts, err = strconv.Atoi(text)
		require.NoError(t, err, "KAITUAN_TEST_SCALE")
	}
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		begun := time.Now()
		seed(t, db, "mall", facts, 2)
		t.Logf("seeded %d facts in %.1f s", facts, time.Since(begun).Seconds())
		resetPeak(t)
		n := newNode(t, db)
		measure := func(name string, rule crowd.Rule) activity.TagID {
			tag := n.tag(name, rule, crowd.Schedule{})
			_, err := n.engine.RunTag(t.Context(), tag.ID)
			require.NoError(t, err)
			begun := time.Now()
			require.NoError(t, n.engine.WorkTags(t.Context()))
			took := time.Since(begun)
			job := n.lastJob(tag.ID)
			require.Equal(t, crowd.Done, job.Status, job.Error)
			t.Logf("%s: %d facts, %d members in %.1f s: %.0f facts/s, peak RSS %d MB", name, job.FactsRead, job.Members, took.Seconds(), float64(job.FactsRead)/took.Seconds(), peak(t))
			return tag.ID
		}
		_, err := n.engine.ListMembers(t.Context(), "none", groupbuy.ListAdd, nil)
		require.Error(t, err)
		require.NoError(t, n.engine.WorkTags(t.Context())) // paid_buyers
		measure("spend", ruled(crowd.Condition{Measure: crowd.Spend, AtLeast: 80_000}, crowd.Condition{Measure: crowd.OrderCount, AtLeast: 2}))
		every := measure("everybody", ruled(crowd.Condition{Measure: crowd.OrderCount, AtLeast: 1}))
		load(t, n, every)
	})
}

// load measures how a node takes in a tag.
func load(t *testing.T, n *node, id activity.TagID) {
	tag, err := n.engine.Tag(t.Context(), id)
	require.NoError(t, err)
	runtime.GC()
	resetPeak(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun := time.Now()
	fresh := newNode(t, n.db)
	draft := fresh.engine.Directory.Draft(tag.Members)
	require.NoError(t, n.store.Members(t.Context(), id, tag.Generation, func(c crowd.Chunk) error { draft.Add(c); return nil }))
	draft.Publish(id, tag.Generation)
	took := time.Since(begun)
	peaked := peak(t)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Equal(t, activity.In, fresh.engine.Directory.Tagged("mall", id, "s00000000"))
	t.Logf("loaded %d members in %.2f s: %d MB kept, peak RSS %d MB", tag.Members, took.Seconds(), (int64(after.HeapAlloc)-int64(before.HeapAlloc))>>20, peaked)
	runtime.KeepAlive(fresh)
}

// resetPeak makes the kernel count this process's peak from now on (Linux).
func resetPeak(t *testing.T) {
	require.NoError(t, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0))
}

func peak(t *testing.T) (megabytes int) {
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	_, err = fmt.Sscan(rest, &megabytes)
	require.NoError(t, err)
	return megabytes / 1024
}
