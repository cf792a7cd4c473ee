package killtest

import (
	"bufio"
	"context"
	"flag"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/failpoint"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

var rounds = flag.Int("rounds", 0, "hits of each point to kill at; 0: the first alone") //nolint:gochecknoglobals // a flag

// point is one hit of one failpoint.
type point struct {
	name string
	hit  int
}

// TestKill records every point that the story passes, and then plays it once for each, killing the process there.
func TestKill(t *testing.T) {
	built := binary(t)
	seen := record(t, built)
	points := chosen(seen)
	t.Logf("numbers: %d points, %d kills", len(seen), len(points))
	require.GreaterOrEqual(t, len(seen), 60)
	var mu sync.Mutex
	var away []time.Duration
	t.Run("at", func(t *testing.T) {
		for i, at := range points {
			t.Run(strings.ReplaceAll(at.name, "/", "|"), func(t *testing.T) {
				t.Parallel()
				back := killed(t, built, at, i%2 == 1)
				mu.Lock()
				away = append(away, back)
				mu.Unlock()
			})
		}
	})
	slices.Sort(away)
	if len(away) > 0 {
		t.Logf("numbers: %d kills, ready again after p50 %s, max %s", len(away), away[len(away)/2], away[len(away)-1])
	}
}

// record plays the story undisturbed and counts how often each point is hit.
func record(t *testing.T, built string) map[string]int {
	t.Helper()
	log := filepath.Join(t.TempDir(), "points")
	w := newWorld(t, built, false)
	w.prepare()
	w.again(t, failpoint.EnvLog+"="+log)
	w.play()
	w.end(t)
	w.check(t)
	file, err := os.Open(log)
	require.NoError(t, err)
	defer file.Close()
	seen := map[string]int{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		seen[lines.Text()]++
	}
	return seen
}

// chosen are the hits to die at: the first of each point, and as many more as asked for, as long as the story is sure
// to get there.
func chosen(seen map[string]int) []point {
	var points []point
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		for hit := 1; hit == 1 || hit <= *rounds && 2*hit <= seen[name]; hit++ {
			points = append(points, point{name, hit})
		}
	}
	return points
}

// killed plays the story with a death in it, and says how long the process was away.
func killed(t *testing.T, built string, at point, onMySQL bool) time.Duration {
	t.Helper()
	if onMySQL && os.Getenv(sqldbtest.ServerEnv) == "" {
		onMySQL = false
	}
	w := newWorld(t, built, onMySQL)
	w.prepare()
	w.again(t, arm(at))
	w.play()
	require.Eventually(t, func() bool { dead, _ := w.died(); return dead }, patience, 20*time.Millisecond, "it never died at %v", at)
	require.NoError(t, w.waitReady(t.Context()))
	w.end(t)
	w.check(t)
	_, back := w.died()
	return back
}

func newWorld(t *testing.T, built string, onMySQL bool) *world {
	t.Helper()
	dir := t.TempDir()
	flags := []string{"--data", dir}
	if onMySQL {
		flags = append(flags, "--groupbuy-db", string(sqldbtest.Schema(t)), "--mall-db", string(sqldbtest.Schema(t)))
	}
	transport := &http.Transport{DisableKeepAlives: true} // a connection to a dead process is no use
	r := newReceiver(t)
	allow := "KAITUAN_GROUPBUY_ALLOW_HOSTS=" + strings.TrimPrefix(r.URL, "http://")
	return &world{
		server: start(t, built, flags, allow), t: t, ctx: context.WithoutCancel(t.Context()),
		http: &http.Client{Transport: transport, Timeout: 10 * time.Second}, buyers: map[string]string{}, receiver: r,
	}
}
