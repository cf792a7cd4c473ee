package schedule_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/schedule"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// term is far longer than a busy machine leaves a live holder without its turn.
const term = 2 * time.Second

// node starts a table over db, and stops it with the test.
func node(t *testing.T, name string, db *sqldb.DB, jobs ...schedule.Job) *schedule.Table {
	t.Helper()
	for i := range jobs {
		jobs[i].Cluster = db
	}
	table := schedule.New(jobs, schedule.Options{Node: name, Look: look, Beat: look, Term: term, Log: quiet()})
	require.NoError(t, table.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, table.Stop(context.Background())) })
	return table
}

// status waits until the job's row says what is asked, and returns it.
func status(t *testing.T, db *sqldb.DB, name string, when func(s schedule.Status) bool) (found schedule.Status) {
	t.Helper()
	require.Eventually(t, func() bool {
		list, err := schedule.List(context.Background(), db)
		require.NoError(t, err)
		for _, s := range list {
			if s.Name == name && when(s) {
				found = s
				return true
			}
		}
		return false
	}, waitLimit, waitStep)
	return found
}

func heldBy(node string) func(schedule.Status) bool {
	return func(s schedule.Status) bool { return s.Holder == node }
}

func TestCluster_OneNodeRunsAndAnotherGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, sqldb.Mall, func(t *testing.T, db *sqldb.DB) {
		var running, most atomic.Int32
		var byA, byB atomic.Int32
		work := func(count *atomic.Int32) schedule.Job {
			return schedule.Job{Name: "work", About: "counts", Every: look, Run: func(context.Context) (int, error) {
				most.Store(max(most.Load(), running.Add(1)))
				defer running.Add(-1)
				count.Add(1)
				return 2, nil
			}}
		}
		a := node(t, "a", db, work(&byA))
		first := status(t, db, "work", heldBy("a"))
		node(t, "b", sqldbtest.Connect(t, db.DSN()), work(&byB))
		require.Eventually(t, func() bool { return byA.Load() >= 20 }, waitLimit, waitStep)
		require.Zero(t, byB.Load(), "b only looks on")
		require.NoError(t, a.Stop(t.Context()))
		stopped := byA.Load()
		require.Eventually(t, func() bool { return byB.Load() >= 3 }, waitLimit, waitStep)
		second := status(t, db, "work", func(s schedule.Status) bool { return s.Holder == "b" && s.Total > 2*int64(stopped) })
		require.Equal(t, first.Fence+1, second.Fence)
		require.Equal(t, "counts", second.About)
		require.Equal(t, stopped, byA.Load())
		require.Equal(t, int32(1), most.Load())
	})
}

// The leader stops in the middle of a run, long enough that another node takes over, and comes back. F23.
func TestCluster_PausedLeaderWritesNothing(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, sqldb.Mall, func(t *testing.T, db *sqldb.DB) {
		var rows atomic.Int64
		write := func(ctx context.Context, db *sqldb.DB, what string) error {
			return db.InTx(ctx, func(tx *gorm.DB) error {
				return tx.Exec("INSERT INTO inbox (consumer, message_id, received_at) VALUES (?, ?, 0)", what, rows.Add(1)).Error
			})
		}
		paused, resume, came := make(chan struct{}), make(chan struct{}), make(chan error, 2)
		var once sync.Once
		leader := node(t, "a", db, schedule.Job{Name: "work", Every: look, Run: func(ctx context.Context) (n int, err error) {
			once.Do(func() {
				require.NoError(t, write(ctx, db, "before"))
				close(paused)
				<-resume
				came <- write(ctx, db, "after")
				came <- context.Cause(ctx)
			})
			return 0, ctx.Err()
		}})
		<-paused
		leader.Freeze()
		other := sqldbtest.Connect(t, db.DSN())
		var wrote atomic.Int32
		node(t, "b", other, schedule.Job{Name: "work", Every: look, Run: func(ctx context.Context) (int, error) {
			err := write(ctx, other, "b")
			wrote.Add(1)
			return 1, err
		}})
		require.Eventually(t, func() bool { return wrote.Load() > 0 }, waitLimit, waitStep)
		close(resume)
		require.ErrorIs(t, <-came, sqldb.ErrFenced)
		require.ErrorIs(t, <-came, sqldb.ErrFenced, "the run is told to end")
		var consumers []string
		require.NoError(t, db.Read(t.Context()).Raw("SELECT DISTINCT consumer FROM inbox ORDER BY consumer").Scan(&consumers).Error)
		require.Equal(t, []string{"b", "before"}, consumers)
	})
}

func TestCluster_RecordOutlivesTheHolder(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.Mall)
	broken := atomic.Bool{}
	broken.Store(true)
	job := schedule.Job{
		Name: "work", About: "works", Every: look,
		Run: func(context.Context) (int, error) {
			if broken.Load() {
				return 1, errors.New("no luck")
			}
			return 5, nil
		},
		Backlog: func(context.Context) (int, error) { return 7, nil },
	}
	a := node(t, "a", db, job)
	failing := status(t, db, "work", func(s schedule.Status) bool { return s.Failures >= 2 && s.Backlog == 7 })
	require.Equal(t, "no luck", failing.LastError)
	require.True(t, failing.SuccessAt.IsZero())
	require.NoError(t, a.Stop(t.Context()))
	left := status(t, db, "work", heldBy(""))
	require.GreaterOrEqual(t, left.Failures, failing.Failures)
	node(t, "b", db, job)
	more := status(t, db, "work", func(s schedule.Status) bool { return s.Failures > left.Failures })
	require.Greater(t, more.Fence, left.Fence)
	broken.Store(false)
	well := status(t, db, "work", func(s schedule.Status) bool { return s.Failures == 0 })
	require.Empty(t, well.LastError)
	require.Equal(t, 5, well.Handled)
	require.False(t, well.SuccessAt.IsZero())
	require.Equal(t, look, well.Every)
	require.True(t, well.NextAt.After(well.StartedAt))
}

// What is due once an hour is not done again by whoever takes over a minute later, unless the clock was wrong.
func TestCluster_NextRunOutlivesTheHolder(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.Mall)
	var runs atomic.Int32
	job := schedule.Job{Name: "hourly", Every: time.Hour, Run: func(context.Context) (int, error) {
		runs.Add(1)
		return 0, nil
	}}
	a := node(t, "a", db, job)
	require.Eventually(t, func() bool { return runs.Load() == 1 }, waitLimit, waitStep)
	require.NoError(t, a.Stop(t.Context()))
	b := node(t, "b", db, job)
	status(t, db, "hourly", heldBy("b"))
	require.Never(t, func() bool { return runs.Load() > 1 }, 20*look, look)
	require.NoError(t, b.Stop(t.Context()))
	ahead := time.Now().Add(3 * time.Hour).UnixMilli()
	require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error { return tx.Exec("UPDATE jobs SET next_at = ?", ahead).Error }))
	node(t, "c", db, job)
	require.Eventually(t, func() bool { return runs.Load() == 2 }, waitLimit, waitStep)
}

// A process that was killed comes back under its name and need not wait for its own lease to run out.
func TestCluster_RestartTakesItsOwnLeaseAtOnce(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.Mall)
	job := schedule.Job{Name: "work", Every: look, Run: func(context.Context) (int, error) { return 0, nil }, Cluster: db}
	options := schedule.Options{Node: "a", Look: look, Beat: look, Term: time.Hour, Log: quiet()}
	killed := schedule.New([]schedule.Job{job}, options)
	require.NoError(t, killed.Start(t.Context()))
	before := status(t, db, "work", heldBy("a"))
	killed.Freeze()
	require.NoError(t, killed.Stop(t.Context()))
	require.Equal(t, "a", status(t, db, "work", heldBy("a")).Holder, "nothing was given up")
	back := schedule.New([]schedule.Job{job}, options)
	require.NoError(t, back.Start(t.Context()))
	status(t, db, "work", func(s schedule.Status) bool { return s.Fence == before.Fence+1 })
	require.NoError(t, back.Stop(t.Context()))
}

func TestCluster_ContinuousJobOnlyCounts(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.Mall)
	var fails atomic.Bool
	node(t, "a", db, schedule.Job{Name: "relay", Backlog: func(context.Context) (int, error) {
		if fails.Load() {
			return 0, errors.New("no answer")
		}
		return 3, nil
	}})
	s := status(t, db, "relay", func(s schedule.Status) bool { return s.Backlog == 3 })
	require.Zero(t, s.Every)
	require.True(t, s.StartedAt.IsZero())
	fails.Store(true)
	status(t, db, "relay", func(s schedule.Status) bool { return s.Backlog == -1 })
}

// A run whose lease turns out to be another's is told to end before it writes anything.
func TestCluster_LostLeaseEndsTheRun(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.Mall)
	running, ended := make(chan struct{}), make(chan struct{})
	var once sync.Once
	node(t, "a", db, schedule.Job{Name: "work", Every: look, Run: func(ctx context.Context) (int, error) {
		once.Do(func() {
			close(running)
			<-ctx.Done()
			close(ended)
		})
		return 0, ctx.Err()
	}})
	<-running
	require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE jobs SET holder = 'b', fence = fence + 1").Error
	}))
	<-ended
	back := status(t, db, "work", heldBy("a"))
	require.EqualValues(t, 3, back.Fence, "b says nothing more, so a takes over again")
	require.Zero(t, back.Failures)
}

// The times that a holder wrote by a clock an hour ahead, or behind, keep nobody from taking over, nor make anybody. F24.
func TestCluster_WrongClocksDecideNothing(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, sqldb.Mall, func(t *testing.T, db *sqldb.DB) {
		work := schedule.Job{Name: "work", Every: look, Run: func(context.Context) (int, error) { return 1, nil }}
		a := node(t, "a", db, work)
		status(t, db, "work", heldBy("a"))
		shift := func(by time.Duration) {
			at := time.Now().Add(by).UnixMilli()
			require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
				return tx.Exec("UPDATE jobs SET beat_at = ?, started_at = ?, ended_at = ?, next_at = ?", at, at, at, at).Error
			}))
		}
		node(t, "b", sqldbtest.Connect(t, db.DSN()), work)
		shift(-time.Hour)
		before := status(t, db, "work", func(s schedule.Status) bool { return time.Since(s.BeatAt) < time.Minute })
		require.Equal(t, "a", before.Holder, "a lives")
		a.Freeze()
		shift(time.Hour)
		require.Equal(t, before.Fence+1, status(t, db, "work", heldBy("b")).Fence)
		status(t, db, "work", func(s schedule.Status) bool { return s.Total > before.Total && time.Until(s.NextAt) < time.Minute })
	})
}
