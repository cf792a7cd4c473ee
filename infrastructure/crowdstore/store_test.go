package crowdstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gorm.io/gorm"
	"pgregory.net/rapid"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/crowdstore"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
	"kaituan/money"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// node is one process over a database, with a clock that a test moves.
type node struct {
	*testing.T
	db     *sqldb.DB
	store  *crowdstore.Store
	engine *groupbuy.Engine
	now    *atomic.Int64 // milliseconds
}

type serial struct{ n *atomic.Int64 }

func (s serial) New(prefix string) string { return fmt.Sprintf("%s%026d", prefix, s.n.Add(1)) }

var names atomic.Int64 //nolint:gochecknoglobals // ids differ between the nodes of a test

func newNode(t *testing.T, db *sqldb.DB, wrap ...func(groupbuy.Crowds) groupbuy.Crowds) *node {
	t.Helper()
	n := &node{T: t, db: db, store: crowdstore.New(db), now: new(atomic.Int64)}
	n.now.Store(time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC).UnixMilli())
	clock := func() time.Time { return time.UnixMilli(n.now.Load()).UTC() }
	var crowds groupbuy.Crowds = n.store
	for _, w := range wrap {
		crowds = w(crowds)
	}
	n.engine = groupbuy.New(groupbuy.Deps{
		Store: groupbuystore.New(db, groupbuystore.WithClock(clock)), Crowds: crowds, IDs: serial{&names}, Clock: clock,
		Log: slog.New(slog.DiscardHandler), Wake: func() {},
	})
	for _, p := range []partner.ID{"mall", "other"} {
		_, err := n.engine.PutPartner(t.Context(), p, "Mall "+string(p))
		require.NoError(t, err)
	}
	return n
}

func each(t *testing.T, run func(t *testing.T, n *node)) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) { run(t, newNode(t, db)) })
}

func (n *node) clock() time.Time { return time.UnixMilli(n.now.Load()).UTC() }

func (n *node) after(d time.Duration) { n.now.Add(d.Milliseconds()) }

func paid(order, buyer string, amount money.Fen, at time.Time) crowd.Fact {
	return crowd.Fact{Partner: "mall", Order: crowd.OrderID(order), Buyer: activity.Buyer(buyer), Amount: amount, At: at, Kind: crowd.Paid}
}

func refunded(f crowd.Fact, amount money.Fen) crowd.Fact {
	f.Kind, f.Amount, f.At = crowd.Refunded, amount, f.At.Add(time.Minute)
	return f
}

func (n *node) record(facts ...crowd.Fact) []crowd.Outcome {
	n.Helper()
	verdicts, err := n.engine.RecordFacts(n.Context(), facts)
	require.NoError(n, err)
	outcomes := make([]crowd.Outcome, len(verdicts))
	for i, v := range verdicts {
		outcomes[i] = v.Outcome
	}
	return outcomes
}

func ruled(conditions ...crowd.Condition) crowd.Rule {
	return crowd.Rule{Match: crowd.All, Conditions: conditions}
}

func (n *node) tag(name string, rule crowd.Rule, schedule crowd.Schedule) crowd.Tag {
	n.Helper()
	tag, err := n.engine.CreateTag(n.Context(), crowd.Tag{Name: name, Kind: crowd.Ruled, Rule: rule, Schedule: schedule})
	require.NoError(n, err)
	return tag
}

// compute runs a job of a tag to its end and returns it.
func (n *node) compute(id activity.TagID) crowd.Job {
	n.Helper()
	_, err := n.engine.RunTag(n.Context(), id)
	require.NoError(n, err)
	require.NoError(n, n.engine.WorkTags(n.Context()))
	return n.lastJob(id)
}

func (n *node) lastJob(id activity.TagID) crowd.Job {
	n.Helper()
	jobs, err := n.engine.TagJobs(n.Context(), groupbuy.TagJobQuery{Tag: id, Limit: 1})
	require.NoError(n, err)
	require.Len(n, jobs, 1)
	return jobs[0]
}

func (n *node) members(id activity.TagID) []string {
	n.Helper()
	found := []string{}
	require.NoError(n, n.engine.EachTagMember(n.Context(), id, func(p partner.ID, b activity.Buyer) error {
		found = append(found, string(p)+"/"+string(b))
		return nil
	}))
	return found
}

func (n *node) refused(err error, code groupbuy.Code) {
	n.Helper()
	var refused *groupbuy.Error
	require.ErrorAs(n, err, &refused)
	require.Equal(n, code, refused.Code)
}

var twoOrders = ruled(crowd.Condition{Measure: crowd.OrderCount, AtLeast: 2}) //nolint:gochecknoglobals // a value of the tests

func TestFacts_AreTakenOnceInAnyOrder(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		now := n.clock()
		a := paid("o1", "u1", 100, now)
		elsewhere := a
		elsewhere.Partner = "other"
		require.Equal(t, []crowd.Outcome{crowd.Accepted, crowd.Repeated, crowd.Accepted}, n.record(a, a, elsewhere))
		require.Equal(t, []crowd.Outcome{crowd.Repeated, crowd.Refused, crowd.Refused, crowd.Refused},
			n.record(a, paid("o1", "u1", 101, now), paid("o1", "u2", 100, now), paid("o1", "u1", 100, now.Add(time.Second))))
		late := paid("o2", "u1", 300, now)
		require.Equal(t, []crowd.Outcome{crowd.Accepted, crowd.Accepted, crowd.Repeated}, n.record(refunded(late, 100), late, refunded(late, 100)))
		more := refunded(late, 300)
		more.At = more.At.Add(time.Second)
		require.Equal(t, []crowd.Outcome{crowd.Accepted, crowd.Repeated, crowd.Refused}, n.record(more, more, refunded(late, 100)))
		require.Equal(t, []crowd.Outcome{crowd.Accepted, crowd.Refused}, n.record(refunded(paid("o3", "u1", 0, now), 50), paid("o3", "u1", 49, now)))
		_, err := n.store.PutFacts(t.Context(), make([]crowd.Fact, groupbuy.MaxFactBatch+1))
		require.ErrorContains(t, err, "at most 1000")
	})
}

// Two nodes load the same history at once: every order is there once, and both hear of it.
func TestFacts_FromTwoNodes(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		nodes := []*node{newNode(t, db), newNode(t, sqldbtest.Connect(t, db.DSN()))}
		facts := make([]crowd.Fact, 500)
		for i := range facts {
			facts[i] = paid(fmt.Sprintf("o%03d", i), fmt.Sprintf("u%d", i%7), 100, nodes[0].clock())
		}
		backwards := slices.Clone(facts)
		slices.Reverse(backwards)
		var accepted atomic.Int64
		var all sync.WaitGroup
		for i, load := range [][]crowd.Fact{facts, backwards} {
			all.Go(func() {
				for part := range slices.Chunk(load, 50) {
					verdicts, err := nodes[i].engine.RecordFacts(context.Background(), part)
					if err != nil {
						t.Error(err)
						return
					}
					for _, v := range verdicts {
						if v.Outcome == crowd.Accepted {
							accepted.Add(1)
						}
					}
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 500, accepted.Load())
	})
}

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

func TestLists_MergeAtOnce(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		tag, err := n.engine.CreateTag(t.Context(), crowd.Tag{Partner: "mall", Name: "list", Kind: crowd.Manual})
		require.NoError(t, err)
		want := map[string]bool{}
		rapid.Check(t, func(r *rapid.T) {
			edit := rapid.SampledFrom([]groupbuy.ListEdit{groupbuy.ListAdd, groupbuy.ListRemove, groupbuy.ListReplace}).Draw(r, "edit")
			list := rapid.SliceOfN(rapid.StringMatching(`[a-c][0-9]`), 0, 20).Draw(r, "list")
			if edit == groupbuy.ListReplace {
				clear(want)
			}
			buyers := []activity.Buyer{}
			for _, b := range list {
				buyers = append(buyers, activity.Buyer(b))
				if edit == groupbuy.ListRemove {
					delete(want, "mall/"+b)
				} else {
					want["mall/"+b] = true
				}
			}
			job, err := n.engine.ListMembers(t.Context(), tag.ID, edit, buyers)
			require.NoError(r, err)
			require.EqualValues(r, len(want), job.Members)
			got := n.members(tag.ID)
			require.True(r, slices.IsSorted(got))
			require.Len(r, got, len(want))
			for _, m := range got {
				require.True(r, want[m], m)
			}
		})
		many := make([]activity.Buyer, 40_000)
		for i := range many {
			many[i] = activity.Buyer(fmt.Sprintf("m%05d", (i*7919)%40_000))
		}
		job, err := n.engine.ListMembers(t.Context(), tag.ID, groupbuy.ListReplace, many)
		require.NoError(t, err)
		require.EqualValues(t, 40_000, job.Members)
		job, err = n.engine.ListMembers(t.Context(), tag.ID, groupbuy.ListRemove, []activity.Buyer{"m00000", "m39999", "zz"})
		require.NoError(t, err)
		require.EqualValues(t, 39_998, job.Members)
		trail, err := n.engine.Audit(t.Context(), groupbuy.AuditQuery{Subject: string(tag.ID), Limit: 2})
		require.NoError(t, err)
		require.JSONEq(t, `{"members":40000}`, trail[0].Before)
		require.JSONEq(t, `{"job":"`+string(job.ID)+`","edit":"remove","members":39998,"removed":{"count":2,"buyers":["m00000","m39999"]}}`, trail[0].After)
		require.Regexp(t, `"added":\{"count":40000,"fingerprint":"sha256:[0-9a-f]{64}"\}`, trail[1].After)
	})
}

// The audit tells what a list changed, so it must not be applied to members that came in between.
func TestLists_GiveWayToOneThatWasFaster(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		tag, err := n.engine.CreateTag(t.Context(), crowd.Tag{Partner: "mall", Name: "list", Kind: crowd.Manual})
		require.NoError(t, err)
		_, err = n.engine.ListMembers(t.Context(), tag.ID, groupbuy.ListAdd, []activity.Buyer{"a"})
		require.NoError(t, err)
		slow := newNode(t, n.db, func(c groupbuy.Crowds) groupbuy.Crowds {
			return afterMembers{c, func() {
				_, err := n.engine.ListMembers(t.Context(), tag.ID, groupbuy.ListAdd, []activity.Buyer{"b"})
				require.NoError(t, err)
			}}
		})
		_, err = slow.engine.ListMembers(t.Context(), tag.ID, groupbuy.ListReplace, []activity.Buyer{"c"})
		n.refused(err, groupbuy.CodeTagBusy)
		require.Equal(t, []string{"mall/a", "mall/b"}, n.members(tag.ID))
		trail, err := n.engine.Audit(t.Context(), groupbuy.AuditQuery{Subject: string(tag.ID), Limit: 10})
		require.NoError(t, err)
		require.Len(t, trail, 3, "made, and two lists")
	})
}

// afterMembers is a real store beside which something happens as soon as members were read.
type afterMembers struct {
	groupbuy.Crowds
	happens func()
}

func (a afterMembers) Members(ctx context.Context, tag activity.TagID, generation crowd.Generation, use func(crowd.Chunk) error) error {
	defer a.happens()
	return a.Crowds.Members(ctx, tag, generation, use)
}

// A list whose call died between queueing and starting must not block its tag for ever.
func TestLists_ThatNeverStartedAreBuried(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		tag, err := n.engine.CreateTag(t.Context(), crowd.Tag{Partner: "mall", Name: "list", Kind: crowd.Manual})
		require.NoError(t, err)
		lost := crowd.Job{ID: "job_lost", Tag: tag.ID, Cause: crowd.ByList, Status: crowd.Queued, QueuedAt: n.clock()}
		require.NoError(t, n.engine.Store.InTx(t.Context(), func(_ context.Context, tx groupbuy.Tx) error {
			return tx.QueueTagJob(lost, time.Time{}, time.Time{})
		}))
		require.NoError(t, n.engine.WorkTags(t.Context()))
		_, err = n.engine.ListMembers(t.Context(), tag.ID, groupbuy.ListAdd, []activity.Buyer{"a"})
		n.refused(err, groupbuy.CodeTagBusy)
		n.after(2 * time.Minute)
		require.NoError(t, n.engine.WorkTags(t.Context()))
		require.Equal(t, crowd.Failed, n.lastJob(tag.ID).Status)
		_, err = n.engine.ListMembers(t.Context(), tag.ID, groupbuy.ListAdd, []activity.Buyer{"a"})
		require.NoError(t, err)
	})
}

func TestPaidBuyers_AreThereFromTheStart(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.record(paid("o1", "u1", 100, n.clock()), paid("o2", "gone", 100, n.clock()), refunded(paid("o2", "gone", 100, n.clock()), 100))
		require.NoError(t, n.engine.WorkTags(t.Context()))
		require.NoError(t, n.engine.FollowCrowd(t.Context()))
		ask := func(b activity.Buyer) activity.Membership {
			return n.engine.Directory.Tagged("mall", activity.PaidBuyers, b)
		}
		require.Equal(t, []activity.Membership{activity.In, activity.NotIn}, []activity.Membership{ask("u1"), ask("gone")})
	})
}

func TestTags_AreFoundAndGuarded(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		a := n.tag("100% 老客_甲", twoOrders, crowd.Schedule{Daily: true, Minute: 210})
		n.tag("100 老客 乙", twoOrders, crowd.Schedule{})
		for text, want := range map[string]int{"100%": 1, "老客": 2, "客_甲": 1, "!": 0, string(a.ID): 1} {
			found, err := n.engine.Tags(t.Context(), groupbuy.TagQuery{Name: text, Limit: 10})
			require.NoError(t, err)
			require.Len(t, found, want, text)
		}
		seen, err := n.engine.Tag(t.Context(), a.ID)
		require.NoError(t, err)
		require.Equal(t, a, seen)
		err = n.engine.Store.InTx(t.Context(), func(_ context.Context, tx groupbuy.Tx) error {
			stale := seen
			stale.Version = 7
			return tx.PutTag(stale)
		})
		require.ErrorIs(t, err, groupbuy.ErrConflict)
		_, err = n.engine.Tag(t.Context(), "tag_none")
		n.refused(err, groupbuy.CodeTagNotFound)
	})
}

func TestStore_SaysWhenTheDatabaseIsGone(t *testing.T) {
	n := newNode(t, sqldbtest.Open(t, sqldb.GroupBuy))
	require.NoError(t, n.db.Close())
	ctx := t.Context()
	_, err := n.store.PutFacts(ctx, []crowd.Fact{paid("o", "u", 1, n.clock())})
	require.Error(t, err)
	require.Error(t, n.engine.WorkTags(ctx))
	require.Error(t, n.engine.FollowCrowd(ctx))
	_, _, err = n.store.Orders(ctx, "mall", groupbuy.OrderPlace{}, 10, func(crowd.Order) {})
	require.Error(t, err)
	require.Error(t, n.store.DropStale(ctx, "t"))
}

// seed writes facts as fast as the database takes them: so many orders per buyer, in the order of the key.
func seed(t testing.TB, db *sqldb.DB, p partner.ID, facts, each int) {
	t.Helper()
	const perRow, perTx = 2000, 40_000
	for from := 0; from < facts; from += perTx {
		require.NoError(t, db.InTx(context.Background(), func(tx *gorm.DB) error {
			for at := from; at < min(from+perTx, facts); at += perRow {
				text := []byte("INSERT INTO order_facts (partner_id, buyer, order_id, amount_fen, paid_at, refunded_fen, refunded_at) VALUES ")
				for i := at; i < min(at+perRow, facts); i++ {
					if i > at {
						text = append(text, ',')
					}
					text = fmt.Appendf(text, "('%s','s%08d','s%09d',%d,%d,0,0)", p, i/each, i, i*7919%50_000+100, 1_700_000_000_000+int64(i%86_400)*1000)
				}
				if err := tx.Exec(string(text)).Error; err != nil {
					return err
				}
			}
			return nil
		}))
	}
}
