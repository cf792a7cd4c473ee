package groupbuystore

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
)

// An activity stored when it had one plan and no rollout is for everybody under that plan.
func TestActivityRow_ReadsOlderSpecs(t *testing.T) {
	row := activityRow{ID: "act_1", Spec: `{"goods":["tea"],"plan":{"kind":"reduce","off_fen":200},"team_size":2,"team_ttl_ms":1000,"seat_ttl_ms":1000,"max_quantity":1,"limits":{}}`}
	a, err := row.activity()
	require.NoError(t, err)
	require.Equal(t, []activity.Rule{{Plan: activity.Plan{Kind: activity.Reduce, Off: 200}}}, a.Rules)
	require.Equal(t, 100, a.RolloutPercent)
	require.True(t, a.BuyAlone)
	require.Equal(t, time.Second, a.TeamTTL)

	again, err := newActivityRow(a)
	require.NoError(t, err)
	require.NotContains(t, again.Spec, `"plan":{"kind":"reduce","off_fen":200},"team_size"`)
	back, err := again.activity()
	require.NoError(t, err)
	require.Equal(t, a.Rules, back.Rules)
}

func TestActivityRow_KeepsNobody(t *testing.T) {
	row, err := newActivityRow(activity.Activity{ID: "act_1", RolloutPercent: 0})
	require.NoError(t, err)
	a, err := row.activity()
	require.NoError(t, err)
	require.Zero(t, a.RolloutPercent)
	require.False(t, a.BuyAlone)
}

func TestActivityRow_BrokenSpec(t *testing.T) {
	_, err := activityRow{ID: "act_1", Spec: "{"}.activity()
	require.ErrorContains(t, err, "act_1")
}
