package crowdstore_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
)

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
