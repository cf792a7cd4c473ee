package fleettest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFleet plays everything on one fleet, because making one takes longer than most of what is done to it.
func TestFleet(t *testing.T) {
	program(t, "nginx")
	f := newFleet(t, binary(t))
	people := openShop(t, f)
	people.start()
	defer people.end()

	warm := func() { // everybody buys, through every node
		people.cut()
		people.await(t, 2*couples)
	}
	warm()
	t.Run("BothNodesServe", func(t *testing.T) { bothServe(t, f) })
	t.Run("OneScheduleTwoWorkers", func(t *testing.T) { oneSchedule(t, f) })
	warm()
	// First, because what hangs in the middle of it is put right after a minute, which the rest takes.
	t.Run("DatabaseKilled", func(t *testing.T) { databaseKilled(t, f, people) })
	warm()
	t.Run("RollingRestart", func(t *testing.T) { rollingRestart(t, f, people) })
	warm()
	t.Run("PausedNodes", func(t *testing.T) { pausedNodes(t, f, people) })
	warm()
	t.Run("RedisKilled", func(t *testing.T) { redisKilled(t, f, people) })
	if *long {
		warm()
		people.end()
		t.Run("FleetAgainstOneOfEach", func(t *testing.T) { fleetAgainstOneOfEach(t, f, people.activity) })
	}
	people.end()
	f.settled(t)
	if *long {
		t.Run("Upgrade", upgrade) // on a fleet of its own
	}
}

// Requests take turns.
func bothServe(t *testing.T, f *fleet) {
	for _, name := range []string{"groupbuy-1", "groupbuy-2", "mall-1", "mall-2"} {
		require.Positive(t, metric(f.nodes[name].metrics(), "kaituan_http_requests_total", ""), name)
	}
	for _, name := range names() {
		text, err := fetch(context.Background(), f.nodes[name].private+"/readyz")
		require.NoError(t, err)
		require.Contains(t, text, `"status":"ready"`, name)
	}
}

// every lease of the cluster.
func (f *fleet) leases(t *testing.T) map[string]lease {
	t.Helper()
	all := f.db.leases(t, "groupbuy")
	maps.Copy(all, f.db.leases(t, "mall"))
	return all
}

// led are the jobs that have a leader.
func led(all map[string]lease) int {
	n := 0
	for _, l := range all {
		if l.holder != "" {
			n++
		}
	}
	return n
}

// held says whether a host leads a job.
func held(all map[string]lease, host string) bool {
	for _, l := range all {
		if strings.HasSuffix(l.holder, "/"+host) {
			return true
		}
	}
	return false
}

// F23: both workers have the same schedule, and each job runs on one of them.
func oneSchedule(t *testing.T, f *fleet) {
	var before map[string]lease
	require.Eventually(t, func() bool { before = f.leases(t); return led(before) == len(before) }, patience, pace)
	jobs := slices.Sorted(maps.Keys(before))
	require.Greater(t, len(jobs), 10)
	for range 5 {
		one, two := f.nodes["worker-1"].metrics(), f.nodes["worker-2"].metrics()
		for _, job := range jobs {
			label := `job="` + job + `"`
			require.LessOrEqual(t, metric(one, "kaituan_job_leader", label)+metric(two, "kaituan_job_leader", label), 1.0, job)
		}
		time.Sleep(pace)
	}
	require.Equal(t, before, f.leases(t), "no lease changed hands while nobody stopped")
	t.Logf("numbers: F23: %d jobs, two workers, one leader each, no lease changed hands", len(jobs))
}

// F25: every process in turn is told to stop, and started again when it has, while people buy.
func rollingRestart(t *testing.T, f *fleet, people *load) {
	rounds := 1
	if *long {
		rounds = 10
	}
	people.cut()
	began := time.Now()
	var stopped []time.Duration
	for range rounds {
		for _, name := range names() {
			stopped = append(stopped, f.restart(t, name))
		}
	}
	counted := people.cut()
	slices.Sort(stopped)
	t.Logf("numbers: F25: %d rolling restarts of %d processes in %s: %s; a process stopped after %s at most", rounds, len(names()),
		time.Since(began).Round(time.Second), counted, stopped[len(stopped)-1].Round(time.Millisecond))
	require.Empty(t, counted.failures)
	require.Positive(t, counted.purchases)
}

// restart tells a process to stop, and starts it again when it has. It says how long stopping took.
func (f *fleet) restart(t *testing.T, name string) (stopped time.Duration) {
	t.Helper()
	n := f.nodes[name]
	asked := time.Now()
	n.stop(t, terminated)
	stopped = time.Since(asked)
	n.start(t)
	n.ready(t)
	// As minReadySeconds of a Deployment: the proxy leaves a node out for two seconds after it failed.
	time.Sleep(2500 * time.Millisecond)
	return stopped
}

// F23: the leader sleeps, and so does a node of the engine. Others go on, and what the sleepers do afterwards is nothing.
func pausedNodes(t *testing.T, f *fleet, people *load) {
	people.cut()
	before := f.leases(t)
	leader := leading(t, f)
	asleep := []string{leader, "groupbuy-2", "mall-2"}
	for _, name := range asleep {
		f.nodes[name].signal(t, syscall.SIGSTOP)
	}
	paused := time.Now()
	time.Sleep(span(15*time.Second, time.Minute))
	host := f.nodes[leader].private[len("http://"):]
	var taken map[string]lease
	require.Eventually(t, func() bool {
		taken = f.leases(t)
		return led(taken) == len(taken) && !held(taken, host)
	}, patience, pace, "jobs are led by one who sleeps, or nobody")
	for _, name := range asleep {
		f.nodes[name].signal(t, syscall.SIGCONT)
	}
	away := time.Since(paused)
	for _, name := range asleep {
		f.nodes[name].ready(t)
	}
	time.Sleep(2 * time.Second) // whatever they had in mind, they do now
	after := f.leases(t)
	changed := 0
	for job, l := range taken {
		require.Equal(t, l, after[job], "the sleeper wrote")
		if before[job].fence != l.fence {
			changed++
		}
	}
	t.Logf("numbers: F23: %s asleep for %s, %d leases taken over, none written by the sleeper; meanwhile %s", strings.Join(asleep, ", "),
		away.Round(time.Second), changed, people.cut())
	require.Positive(t, changed)
}

// leading is the worker with the most leases.
func leading(t *testing.T, f *fleet) string {
	t.Helper()
	if metric(f.nodes["worker-1"].metrics(), "kaituan_job_leader", "") >= metric(f.nodes["worker-2"].metrics(), "kaituan_job_leader", "") {
		return "worker-1"
	}
	return "worker-2"
}

// F20: Redis dies under load and comes back empty; nobody who buys notices.
func redisKilled(t *testing.T, f *fleet, people *load) {
	people.cut()
	f.redis.stop(t, killed)
	time.Sleep(span(3*time.Second, 20*time.Second))
	people.await(t, 1)
	text, err := fetch(context.Background(), f.nodes["mall-1"].private+"/readyz")
	require.NoError(t, err)
	require.Contains(t, text, `"status":"degraded"`)
	away := people.cut()
	f.redis.start(t)
	f.redis.ready(t)
	require.Eventually(t, func() bool {
		text, err := fetch(context.Background(), f.nodes["mall-1"].private+"/readyz")
		return err == nil && strings.Contains(text, `"status":"ready"`)
	}, patience, pace)
	t.Logf("numbers: F20: Redis away: %s; after it came back empty: %s", away, people.cut())
	require.Empty(t, away.failures)
}

// F18: the database dies under load and comes back. Nobody restarts a process of ours.
func databaseKilled(t *testing.T, f *fleet, people *load) {
	rounds := 1
	if *long {
		rounds = 3
	}
	for range rounds {
		people.cut()
		f.db.stop(t, killed)
		dead := time.Now()
		time.Sleep(span(3*time.Second, 10*time.Second))
		text, err := fetch(context.Background(), f.nodes["mall-1"].private+"/readyz")
		require.Error(t, err)
		require.NotContains(t, text, `"status":"ready"`)
		f.db.start(t)
		f.db.ready(t)
		back := time.Now()
		var served time.Time
		require.Eventually(t, func() bool { served = people.servedSince(back); return !served.IsZero() }, patience, pace, "no order after the database came back")
		for _, name := range names() {
			f.nodes[name].ready(t)
		}
		t.Logf("numbers: F18: database away for %s; the first order %s after it answered, every process ready after %s; meanwhile %s",
			back.Sub(dead).Round(time.Millisecond), served.Sub(back).Round(time.Millisecond), time.Since(back).Round(time.Millisecond), people.cut())
	}
}
