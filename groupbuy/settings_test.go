package groupbuy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
)

// A switch is obeyed by the node that threw it at once, by every other one after its next look at the version, and
// by one that starts later.
func TestSettings_AreObeyedByEveryNode(t *testing.T) {
	onEach(t, func(w *world) {
		w.publish(nil)
		other := w.secondNode()
		require.NoError(w, other.Refresh(w.ctx))
		want := activity.Settings{Downgraded: true, RolloutPercent: 40}
		got, err := w.ChangeSettings(w.ctx, want)
		require.NoError(w, err)
		require.Equal(w, want, got)
		require.NoError(w, other.Refresh(w.ctx))
		for name, node := range map[string]*groupbuy.Engine{"own": w.Engine, "other": other, "restarted": w.secondNode()} {
			stored, err := node.Settings(w.ctx)
			require.NoError(w, err)
			require.Equal(w, want, stored, name)
			trial, err := node.Trial(w.ctx, mall, groupbuy.TrialRequest{Buyer: "ann", Channel: app, Items: []groupbuy.TrialItem{{Goods: tea, SKU: green}}})
			require.NoError(w, err)
			require.Equal(w, activity.ReasonDowngraded, trial.Quotes[0].Reason, name)
		}
	})
}

func TestSettings_OutOfRangeChangeNothing(t *testing.T) {
	w := newWorld(t)
	for _, percent := range []int{-1, 101, 1 << 40} {
		_, err := w.ChangeSettings(w.ctx, activity.Settings{RolloutPercent: percent})
		var refused *groupbuy.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, groupbuy.CodeInvalid, refused.Code)
		require.Equal(t, "rollout_percent", refused.Param)
	}
	stored, err := w.Settings(w.ctx)
	require.NoError(t, err)
	require.Equal(t, activity.DefaultSettings(), stored)
}
