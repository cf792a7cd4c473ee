package crowdstore_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

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
