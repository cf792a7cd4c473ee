package sqldb_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"pgregory.net/rapid"

	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

const fencedJob = "work"

// eachWithLease gives a database with one job's lease, number 1, and a table of who committed in which order.
func eachWithLease(t *testing.T, run func(t *testing.T, db *sqldb.DB)) {
	sqldbtest.Each(t, sqldb.Mall, func(t *testing.T, db *sqldb.DB) {
		create(t, db, "CREATE TABLE commits (place BIGINT PRIMARY KEY, fence BIGINT NOT NULL)")
		create(t, db, "CREATE TABLE places (id INT PRIMARY KEY, place BIGINT NOT NULL)")
		create(t, db, "INSERT INTO places VALUES (1, 0)")
		create(t, db, "INSERT INTO jobs VALUES ('work', '', 0, 'a', 1, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, '', 0)")
		run(t, db)
	})
}

// take hands the lease on and returns its new number.
func take(db *sqldb.DB) (fence int64, err error) {
	err = db.InTx(context.Background(), func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE jobs SET fence = fence + 1 WHERE name = ?", fencedJob).Error; err != nil {
			return err
		}
		return tx.Raw("SELECT fence FROM jobs WHERE name = ?", fencedJob).Scan(&fence).Error
	})
	return fence, err
}

// commitUnder writes the next place under a fence. Places are given out one after another, so they are the order of commits.
func commitUnder(ctx context.Context, db *sqldb.DB, fence int64) error {
	ctx, done := db.Fenced(ctx, fencedJob, fence)
	defer done()
	return db.InTx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE places SET place = place + 1 WHERE id = 1").Error; err != nil {
			return err
		}
		return tx.Exec("INSERT INTO commits (place, fence) SELECT place, ? FROM places WHERE id = 1", fence).Error
	})
}

func commits(t require.TestingT, db *sqldb.DB) (fences []int64) {
	require.NoError(t, db.Read(context.Background()).Raw("SELECT fence FROM commits ORDER BY place").Scan(&fences).Error)
	return fences
}

func TestFenced_OnlyTheHolderCommits(t *testing.T) {
	eachWithLease(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, commitUnder(t.Context(), db, 1))
		second, err := take(sqldbtest.Connect(t, db.DSN()))
		require.NoError(t, err)
		require.NoError(t, commitUnder(t.Context(), db, second))
		stale, done := db.Fenced(t.Context(), fencedJob, 1)
		defer done()
		ran := false
		err = db.InTx(stale, func(*gorm.DB) error { ran = true; return nil })
		require.ErrorIs(t, err, sqldb.ErrFenced)
		require.NotErrorIs(t, err, sqldb.ErrUnavailable)
		require.False(t, ran)
		require.ErrorIs(t, context.Cause(stale), sqldb.ErrFenced, "the run is told to end")
		piped, done := db.Fenced(t.Context(), fencedJob, 1)
		defer done()
		require.ErrorIs(t, db.InPipe(piped, func(*sqldb.Pipe) ([]sqldb.Write, error) { ran = true; return nil, nil }), sqldb.ErrFenced)
		require.ErrorIs(t, commitUnder(t.Context(), db, 1), sqldb.ErrFenced)
		require.Equal(t, []int64{1, second}, commits(t, db))
	})
}

func TestFenced_WithoutALease(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.Mall)
	ctx, done := db.Fenced(t.Context(), "no such job", 1)
	defer done()
	require.ErrorIs(t, db.InTx(ctx, func(*gorm.DB) error { return nil }), sqldb.ErrFenced)
}

// A job of one database calls the other side through HTTP in this process, under the same context: that database
// knows nothing of the lease.
func TestFenced_BindsItsOwnDatabaseOnly(t *testing.T) {
	db, other := sqldbtest.Open(t, sqldb.Mall), sqldbtest.Open(t, sqldb.GroupBuy)
	ctx, done := db.Fenced(t.Context(), "no such job", 1)
	defer done()
	require.NoError(t, other.InTx(ctx, func(*gorm.DB) error { return nil }))
}

func TestFenced_EndsWithItsParent(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.Mall)
	parent, cancel := context.WithCancel(t.Context())
	ctx, done := db.Fenced(parent, fencedJob, 1)
	defer done()
	cancel()
	err := db.InTx(ctx, func(*gorm.DB) error { return nil })
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, sqldb.ErrFenced)
}

// Whatever the order of takeovers and commits, exactly the holder's succeed.
func TestFenced_Property(t *testing.T) {
	eachWithLease(t, func(t *testing.T, db *sqldb.DB) {
		nodes := []*sqldb.DB{db, sqldbtest.Connect(t, db.DSN())}
		rapid.Check(t, func(r *rapid.T) {
			first, err := take(db)
			require.NoError(r, err)
			fences := []int64{first, 0}
			latest, before := first, len(commits(r, db))
			var want []int64
			for _, step := range rapid.SliceOfN(rapid.IntRange(0, 3), 1, 12).Draw(r, "steps") {
				who := step % 2
				if step < 2 {
					latest, err = take(nodes[who])
					require.NoError(r, err)
					fences[who] = latest
					continue
				}
				err := commitUnder(context.Background(), nodes[who], fences[who])
				if fences[who] != latest {
					require.ErrorIs(r, err, sqldb.ErrFenced)
					continue
				}
				require.NoError(r, err)
				want = append(want, latest)
			}
			require.Equal(r, want, append([]int64(nil), commits(r, db)[before:]...))
		})
	})
}

// Nodes take the lease from each other in the middle of their commits: once a higher number has committed, no lower one
// does. F23.
func TestFenced_NeverInterleaves(t *testing.T) {
	eachWithLease(t, func(t *testing.T, db *sqldb.DB) {
		const rounds = 15
		var all sync.WaitGroup
		var refused, passed counts
		for range 3 {
			own := sqldbtest.Connect(t, db.DSN())
			all.Go(func() {
				for range rounds {
					fence, err := take(own)
					if err != nil {
						t.Error(err)
						return
					}
					var both sync.WaitGroup
					for range 2 { // two hands of one job
						both.Go(func() {
							for range 2 {
								switch err := commitUnder(context.Background(), own, fence); {
								case err == nil:
									passed.add()
								case errors.Is(err, sqldb.ErrFenced):
									refused.add()
								default:
									t.Error(err)
								}
							}
						})
					}
					both.Wait()
				}
			})
		}
		all.Wait()
		fences := commits(t, db)
		require.IsNonDecreasing(t, fences)
		require.Len(t, fences, passed.n)
		require.Equal(t, 3*rounds*4, passed.n+refused.n)
	})
}

type counts struct {
	mu sync.Mutex
	n  int
}

func (c *counts) add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}
