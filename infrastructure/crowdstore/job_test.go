package crowdstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
	"kaituan/money"
)

// The members that a job finds are those that counting everything again finds, however the orders came.
func TestJob_FindsWhatARecountFinds(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		round := 0
		rapid.Check(t, func(r *rapid.T) {
			round++
			now := n.clock()
			rule := crowd.Rule{Match: rapid.SampledFrom([]crowd.Match{crowd.All, crowd.Any}).Draw(r, "match")}
			for range rapid.IntRange(1, 3).Draw(r, "conditions") {
				c := crowd.Condition{Measure: crowd.OrderCount, AtLeast: rapid.Int64Range(1, 3).Draw(r, "orders")}
				if rapid.Bool().Draw(r, "spend") {
					c.Measure, c.AtLeast = crowd.Spend, rapid.Int64Range(1, 500).Draw(r, "fen")
				}
				if rapid.Bool().Draw(r, "sliding") {
					c.Window.Days = rapid.IntRange(1, 3).Draw(r, "days")
				}
				rule.Conditions = append(rule.Conditions, c)
			}
			want := map[string][]crowd.Fact{}
			var facts []crowd.Fact
			for i := range rapid.IntRange(0, 40).Draw(r, "facts") {
				buyer := fmt.Sprintf("r%d-%d", round, rapid.IntRange(0, 5).Draw(r, "buyer"))
				at := now.Add(-time.Duration(rapid.IntRange(0, 96).Draw(r, "hours")) * time.Hour)
				fact := paid(fmt.Sprintf("r%d-%d", round, i), buyer, money.Fen(rapid.IntRange(1, 300).Draw(r, "amount")), at)
				facts = append(facts, fact)
				if back := money.Fen(rapid.IntRange(-200, 300).Draw(r, "refund")); back > 0 {
					back = min(back, fact.Amount)
					facts = append(facts, refunded(fact, back))
					fact.Amount -= back
				}
				want[buyer] = append(want[buyer], fact)
			}
			n.record(rapid.Permutation(facts).Draw(r, "order")...)
			tag, err := n.engine.CreateTag(t.Context(), crowd.Tag{Name: fmt.Sprintf("round %d", round), Kind: crowd.Ruled, Rule: rule})
			require.NoError(r, err)
			n.compute(tag.ID)
			var members []string
			for buyer, orders := range want {
				if recount(rule, orders, now) {
					members = append(members, "mall/"+buyer)
				}
			}
			slices.Sort(members)
			got := slices.DeleteFunc(n.members(tag.ID), func(m string) bool { return !hasPrefix(m, fmt.Sprintf("mall/r%d-", round)) })
			require.ElementsMatch(r, members, got)
		})
	})
}

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

// recount is the rule in its plainest form; the facts' amounts are net.
func recount(rule crowd.Rule, orders []crowd.Fact, now time.Time) bool {
	met := 0
	for _, c := range rule.Conditions {
		var sum int64
		for _, o := range orders {
			if o.Amount <= 0 || c.Window.Days > 0 && o.At.Before(now.AddDate(0, 0, -c.Window.Days)) {
				continue
			}
			if c.Measure == crowd.Spend {
				sum += int64(o.Amount)
			} else {
				sum++
			}
		}
		if sum >= c.AtLeast {
			met++
		}
	}
	return met == len(rule.Conditions) || rule.Match == crowd.Any && met > 0
}

func TestJob_CrossesPagesPartnersAndChunks(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		seed(t, n.db, "mall", 45_000, 3) // 15,000 buyers, three pages
		seed(t, n.db, "other", 9_000, 3)
		every := n.tag("all with three", ruled(crowd.Condition{Measure: crowd.OrderCount, AtLeast: 3}), crowd.Schedule{})
		job := n.compute(every.ID)
		require.Equal(t, crowd.Done, job.Status, job.Error)
		require.EqualValues(t, 54_000, job.FactsRead)
		require.EqualValues(t, 18_000, job.Members)
		members := n.members(every.ID)
		require.Len(t, members, 18_000)
		require.True(t, slices.IsSorted(members))
		one, err := n.engine.CreateTag(t.Context(), crowd.Tag{Partner: "other", Name: "other's", Kind: crowd.Ruled, Rule: twoOrders})
		require.NoError(t, err)
		require.EqualValues(t, 9_000, n.compute(one.ID).FactsRead)
		require.Len(t, n.members(one.ID), 3_000)
	})
}

func TestGenerations_SwapAndAreFollowed(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		second := newNode(t, sqldbtest.Connect(t, n.db.DSN()))
		n.record(paid("o1", "u1", 100, n.clock()), paid("o2", "u1", 100, n.clock()), paid("o3", "u2", 100, n.clock()))
		tag := n.tag("two", twoOrders, crowd.Schedule{})
		ask := func(b activity.Buyer) activity.Membership { return second.engine.Directory.Tagged("mall", tag.ID, b) }
		require.Equal(t, activity.NeverBuilt, ask("u1"))
		n.compute(tag.ID)
		require.Equal(t, activity.NeverBuilt, ask("u1"))
		require.NoError(t, second.engine.FollowCrowd(t.Context()))
		require.Equal(t, []activity.Membership{activity.In, activity.NotIn}, []activity.Membership{ask("u1"), ask("u2")})
		require.Equal(t, activity.NotIn, second.engine.Directory.Tagged("other", tag.ID, "u1"))

		n.record(paid("o4", "u2", 100, n.clock()), refunded(paid("o2", "u1", 100, n.clock()), 100))
		for range 3 {
			n.compute(tag.ID)
		}
		require.Equal(t, activity.In, ask("u1"), "until it follows")
		require.NoError(t, second.engine.FollowCrowd(t.Context()))
		require.Equal(t, []activity.Membership{activity.NotIn, activity.In}, []activity.Membership{ask("u1"), ask("u2")})
		builds, err := n.engine.TagBuilds(t.Context(), tag.ID, 10)
		require.NoError(t, err)
		require.Len(t, builds, 4)
		require.Equal(t, []int64{2}, generations(t, n.db, tag.ID), "the last and the one before it")
	})
}

// generations counts those that have members stored.
func generations(t *testing.T, db *sqldb.DB, id activity.TagID) []int64 {
	t.Helper()
	var count []int64
	require.NoError(t, db.Read(t.Context()).Raw("SELECT COUNT(DISTINCT generation) FROM tag_chunks WHERE tag_id = ?", string(id)).Scan(&count).Error)
	return count
}

// breaking is a real store whose writes of members fail from some point on.
type breaking struct {
	groupbuy.Crowds
	left *atomic.Int64
}

var errBroken = errors.New("the disk is full")

func (b breaking) AddMembers(ctx context.Context, job crowd.Job, seq int, chunks []crowd.Chunk) error {
	if b.left.Add(-1) < 0 {
		return errBroken
	}
	return b.Crowds.AddMembers(ctx, job, seq, chunks)
}

func TestJob_ThatFailsLeavesTheOldGeneration(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		left := new(atomic.Int64)
		left.Store(1 << 30)
		n := newNode(t, db, func(c groupbuy.Crowds) groupbuy.Crowds { return breaking{c, left} })
		require.NoError(t, n.engine.WorkTags(t.Context())) // paid_buyers, out of the way
		n.record(paid("o1", "first", 100, n.clock()), paid("o2", "first", 100, n.clock()))
		tag := n.tag("two", twoOrders, crowd.Schedule{Every: time.Hour})
		require.NoError(t, n.engine.WorkTags(t.Context()))
		require.Equal(t, []string{"mall/first"}, n.members(tag.ID))

		seed(t, db, "mall", 60_000, 3)
		left.Store(1)
		n.after(time.Hour)
		require.ErrorIs(t, n.engine.WorkTags(t.Context()), errBroken)
		job := n.lastJob(tag.ID)
		require.Equal(t, crowd.Failed, job.Status)
		require.Equal(t, crowd.BySchedule, job.Cause)
		require.Contains(t, job.Error, "see the log")
		require.Equal(t, []string{"mall/first"}, n.members(tag.ID), "as before")
		require.Equal(t, []int64{1}, generations(t, db, tag.ID), "nothing half done stays")
		seen, err := n.engine.Tag(t.Context(), tag.ID)
		require.NoError(t, err)
		require.Equal(t, n.clock().Add(5*time.Minute), seen.NextRunAt)

		left.Store(1 << 30)
		n.after(5 * time.Minute)
		require.NoError(t, n.engine.WorkTags(t.Context()))
		require.Len(t, n.members(tag.ID), 20_001)
	})
}

// Once a job was claimed its node may die at any point; the next node sees it and the tag goes on.
func TestJob_WhoseNodeDied(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.record(paid("o1", "u1", 100, n.clock()), paid("o2", "u1", 100, n.clock()))
		tag := n.tag("two", twoOrders, crowd.Schedule{})
		n.compute(tag.ID)
		queued, err := n.engine.RunTag(t.Context(), tag.ID)
		require.NoError(t, err)
		dying, err := n.store.StartJob(t.Context(), queued.ID, n.clock(), n.clock().Add(30*time.Second))
		require.NoError(t, err)
		require.NoError(t, n.store.AddMembers(t.Context(), dying, 0, []crowd.Chunk{{Partner: "mall", Buyers: []activity.Buyer{"half"}}}))
		_, err = n.engine.RunTag(t.Context(), tag.ID)
		n.refused(err, groupbuy.CodeTagBusy)
		_, err = n.store.StartJob(t.Context(), queued.ID, n.clock(), n.clock().Add(time.Minute))
		require.ErrorIs(t, err, groupbuy.ErrConflict, "one job of a tag at a time in the cluster")
		require.NoError(t, n.engine.WorkTags(t.Context()))
		require.Equal(t, crowd.Running, n.lastJob(tag.ID).Status, "its lease has not ended")

		n.after(31 * time.Second)
		require.NoError(t, n.engine.WorkTags(t.Context()))
		job := n.lastJob(tag.ID)
		require.Equal(t, crowd.Failed, job.Status)
		require.Contains(t, job.Error, "stopped")
		require.Equal(t, []string{"mall/u1"}, n.members(tag.ID))

		// It was only slow: whatever it does now changes nothing.
		dying.Status, dying.Members = crowd.Done, 1
		require.ErrorIs(t, n.store.KeepJob(t.Context(), dying, n.clock().Add(time.Hour)), groupbuy.ErrConflict)
		late := []crowd.Chunk{{Partner: "mall", Buyers: []activity.Buyer{"late"}}}
		require.ErrorIs(t, n.store.AddMembers(t.Context(), dying, 1, late), groupbuy.ErrConflict)
		var left int
		require.NoError(t, n.db.Read(t.Context()).Raw("SELECT COUNT(*) FROM tag_chunks WHERE tag_id = ? AND generation = ?",
			string(tag.ID), int64(dying.Generation)).Scan(&left).Error)
		require.Zero(t, left)
		require.ErrorIs(t, n.store.EndJob(t.Context(), dying), groupbuy.ErrConflict)
		require.Equal(t, []string{"mall/u1"}, n.members(tag.ID))
		require.Equal(t, crowd.Done, n.compute(tag.ID).Status)
	})
}

func TestJob_EndsWithItsProcess(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		require.NoError(t, n.engine.WorkTags(t.Context()))
		tag := n.tag("two", twoOrders, crowd.Schedule{})
		seed(t, n.db, "mall", 60_000, 3)
		_, err := n.engine.RunTag(t.Context(), tag.ID)
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		stopping := newNode(t, n.db, func(c groupbuy.Crowds) groupbuy.Crowds { return stopAfterStart{c, stop} })
		require.ErrorIs(t, stopping.engine.WorkTags(ctx), context.Canceled)
		job := n.lastJob(tag.ID)
		require.Equal(t, crowd.Failed, job.Status)
		require.Contains(t, job.Error, "stopped")
		require.Equal(t, crowd.Done, n.compute(tag.ID).Status)
	})
}

// stopAfterStart is a real store in a process that is told to stop as soon as a job runs.
type stopAfterStart struct {
	groupbuy.Crowds
	stop func()
}

func (s stopAfterStart) StartJob(ctx context.Context, id crowd.JobID, now, lease time.Time) (crowd.Job, error) {
	defer s.stop()
	return s.Crowds.StartJob(ctx, id, now, lease)
}

// Two workers see the same due tag at once: it is computed once.
func TestSchedule_RunsOnceForTheCluster(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		nodes := []*node{newNode(t, db), newNode(t, sqldbtest.Connect(t, db.DSN()))}
		n := nodes[0]
		require.NoError(t, n.engine.WorkTags(t.Context()))
		tag := n.tag("hourly", twoOrders, crowd.Schedule{Every: time.Hour})
		for round := 1; round <= 5; round++ {
			var all sync.WaitGroup
			for _, one := range nodes {
				all.Go(func() {
					if err := one.engine.WorkTags(context.Background()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			require.NoError(t, n.engine.WorkTags(t.Context()))
			builds, err := n.engine.TagBuilds(t.Context(), tag.ID, 10)
			require.NoError(t, err)
			require.Len(t, builds, round)
			for _, one := range nodes {
				one.after(time.Hour)
			}
		}
	})
}
