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

var rounds = flag.Int("rounds", 0, "hits of each point to kill at; 0: the first alone")

// point is one hit of one failpoint.
type point struct {
	name string
	hit  int
}

// pace is how often a story looks.
const pace = 50 * time.Millisecond

// atOnce is how many stories are played at a time: they wait more than they work.
const atOnce = 24

// onMySQL is which share of the stories is played on a MySQL server, if there is one: one of so many.
const onMySQL = 4

// TestKill records every point that the story passes, and then plays it once for each, killing the process there.
func TestKill(t *testing.T) {
	s := newTheatre(t)
	seen := s.record(t)
	points := chosen(seen)
	t.Logf("numbers: %d points, %d kills", len(seen), len(points))
	require.GreaterOrEqual(t, len(seen), 60)
	var mu sync.Mutex
	var away []time.Duration
	var players sync.WaitGroup
	next := make(chan int, len(points))
	for i := range points {
		next <- i
	}
	close(next)
	for range atOnce {
		players.Go(func() {
			for i := range next {
				t.Run(strings.ReplaceAll(points[i].name, "/", "|"), func(t *testing.T) {
					back := s.killed(t, points[i], i%onMySQL == 0)
					mu.Lock()
					away = append(away, back)
					mu.Unlock()
				})
			}
		})
	}
	players.Wait()
	slices.Sort(away)
	if len(away) > 0 {
		t.Logf("numbers: %d kills, ready again after p50 %s, max %s", len(away), away[len(away)/2], away[len(away)-1])
	}
}

// theatre is what all stories share: the binary, a partner's endpoint, and the data of a stage that is set.
type theatre struct {
	binary   string
	receiver *receiver
	set      stage
	data     string // a directory to copy
}

func newTheatre(t *testing.T) *theatre {
	t.Helper()
	s := &theatre{binary: binary(t), receiver: newReceiver(t), data: t.TempDir()}
	w := s.world(t, "--data", s.data)
	w.prepare()
	w.end(t)
	s.set = w.stage
	return s
}

// world starts a server.
func (s *theatre) world(t *testing.T, flags ...string) *world {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	t.Cleanup(transport.CloseIdleConnections)
	allow := "KAITUAN_GROUPBUY_ALLOW_HOSTS=" + strings.TrimPrefix(s.receiver.URL, "http://")
	return &world{
		server: start(t, s.binary, flags, allow), stage: s.set, t: t, ctx: context.WithoutCancel(t.Context()),
		http: &http.Client{Transport: transport, Timeout: 10 * time.Second}, receiver: s.receiver, teams: map[string]string{},
	}
}

// copied is a directory with the stage set.
func (s *theatre) copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(s.data)))
	return dir
}

// record plays the story undisturbed and counts how often each point is hit.
func (s *theatre) record(t *testing.T) map[string]int {
	t.Helper()
	log := filepath.Join(t.TempDir(), "points")
	w := s.world(t, "--data", s.copied(t))
	w.jobsDue()
	w.again(t, failpoint.EnvLog+"="+log)
	w.play()
	seen := map[string]int{}
	file, err := os.Open(log) // before the end, whose points no story passes while it is played
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		seen[lines.Text()]++
	}
	w.end(t)
	w.check(t)
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
func (s *theatre) killed(t *testing.T, at point, elsewhere bool) time.Duration {
	t.Helper()
	var w *world
	if elsewhere && os.Getenv(sqldbtest.ServerEnv) != "" {
		w = s.world(t, "--data", t.TempDir(), "--groupbuy-db", string(sqldbtest.Schema(t)), "--mall-db", string(sqldbtest.Schema(t)))
		w.prepare()
	} else {
		w = s.world(t, "--data", s.copied(t))
	}
	w.jobsDue()
	w.again(t, arm(at))
	w.play()
	require.Eventually(t, func() bool { dead, _ := w.died(); return dead }, patience, pace, "it never died at %v", at)
	require.NoError(t, w.waitReady(t.Context()))
	w.end(t)
	w.check(t)
	_, back := w.died()
	return back
}
