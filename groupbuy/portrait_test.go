package groupbuy

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/operator"
	"kaituan/groupbuy/partner"
)

func TestPortrait_SpeaksInSnakeCaseWithUnits(t *testing.T) {
	text, err := portrait(activity.Activity{
		ID: "act_1", Name: "茶", TeamTTL: time.Minute, LeaderDiscount: 50, StartsAt: time.Date(2026, 11, 20, 16, 0, 0, 0, time.FixedZone("CST", 8*3600)),
		Limits: activity.Limits{Open: 2}, Channels: []activity.Channel{"app"},
	})
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"act_1","name":"茶","team_ttl_ms":60000,"leader_discount_fen":50,"starts_at":"2026-11-20T08:00:00.000Z",
		"limits":{"open":2},"channels":["app"]}`, text)
	for name, want := range map[string]string{"SKU": "sku", "TeamTTL": "team_ttl", "URL": "url", "StartsAt": "starts_at", "GoodsID": "goods_id"} {
		require.Equal(t, want, snake(name))
	}
}

func TestPortrait_MasksSecrets(t *testing.T) {
	for _, value := range []any{
		partner.Key{ID: "key_1", Secret: "hunter2"},
		partner.Endpoint{ID: "ep_1", Secrets: []string{"hunter2", "other"}},
		&operator.Operator{ID: "op_1", PasswordHash: "hunter2"},
	} {
		text, err := portrait(value)
		require.NoError(t, err)
		require.NotContains(t, text, "hunter2")
		require.Contains(t, text, "sha256:")
	}
	one, _ := portrait(partner.Key{Secret: "a"})
	two, _ := portrait(partner.Key{Secret: "b"})
	require.NotEqual(t, one, two, "that a secret changed is seen")
}

func TestPortrait_TellsLongListsByTheirLength(t *testing.T) {
	list := make([]activity.Buyer, 10_000)
	for i := range list {
		list[i] = activity.Buyer(strings.Repeat("x", 60))
	}
	text, err := portrait(activity.Activity{DenyBuyers: list})
	require.NoError(t, err)
	require.Contains(t, text, `"count":10000`)
	require.Less(t, len(text), 200)
	nothing, err := portrait(nil)
	require.NoError(t, err)
	require.Empty(t, nothing)
}
