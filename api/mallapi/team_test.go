package mallapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
)

const joinOrder = `{"mode":"group","product_id":"cup","sku_id":"cup-blue","activity_id":"act_tea","team_id":"team_1"}`

func TestGetTeam_ShowsStrangersMaskedNames(t *testing.T) {
	s := openShop(t)
	s.stock()
	leader := s.signUp()
	s.order(leader, groupOrder)

	a := s.call(get("/api/mall/v1/teams/team_1")).want(http.StatusOK)
	require.Equal(t, "forming", a.text("team.status"))
	require.Equal(t, "cup", a.text("team.product_id"))
	require.InDelta(t, 2, a.value("team.target"), 0)
	require.Equal(t, "张*1", a.text("members.0.nickname"))
	require.Equal(t, "true", a.text("members.0.leader"))
	require.Equal(t, "false", a.text("members.0.self"))
	require.Equal(t, "false", a.text("joined"))
	require.InDelta(t, 7900, a.value("offers.0.price_fen"), 0)
	require.NotEmpty(t, a.text("server_time"))
	for _, secret := range []string{"acc_", "ord_", "138"} {
		require.NotContains(t, string(a.body), secret, "a link tells strangers no ids")
	}

	a = s.call(get("/api/mall/v1/teams/team_1").as(leader)).want(http.StatusOK)
	require.Equal(t, "张小明1", a.text("members.0.nickname"))
	require.Equal(t, "true", a.text("joined"))
	require.NotEmpty(t, a.text("own_order_id"))
}

// A team that is full or not for the viewer shows where else to go, and why not here.
func TestGetTeam_ShowsOtherTeamsAndWhyNot(t *testing.T) {
	s := openShop(t)
	s.stock()
	first, second := s.signUp(), s.signUp()
	s.order(first, groupOrder)
	s.order(second, groupOrder)
	s.engine.set(func() {
		s.engine.quote = func(q *mall.Quote) { q.Joinable, q.Reason = false, "new_buyers_only" }
	})
	a := s.call(get("/api/mall/v1/teams/team_1").as(second)).want(http.StatusOK)
	require.Len(t, a.value("teams"), 1)
	require.Equal(t, "team_2", a.text("teams.0.team_id"))
	require.Equal(t, "true", a.text("teams.0.own"))
	require.Equal(t, "new_buyers_only", a.text("refusal.reason"))
	require.Equal(t, "只有新买家可以参团", a.text("refusal.text"))
}

func TestGetTeam_Refuses(t *testing.T) {
	s := openShop(t)
	s.call(get("/api/mall/v1/teams/team_9")).want(http.StatusNotFound, "team_not_found")
	s.call(get("/api/mall/v1/teams/no%20team")).want(http.StatusBadRequest, "invalid")
	s.engine.set(func() { s.engine.down = true })
	a := s.call(get("/api/mall/v1/teams/team_9")).want(http.StatusServiceUnavailable, "groupbuy_unavailable")
	require.NotEmpty(t, a.header.Get("Retry-After"))
}

func TestListMyTeams(t *testing.T) {
	s := openShop(t)
	s.stock()
	leader, member := s.signUp(), s.signUp()
	first := s.order(leader, groupOrder)
	s.paid(leader, first)
	s.settle(first)
	a := s.call(get("/api/mall/v1/teams/mine?tab=running").as(leader)).want(http.StatusOK)
	require.Equal(t, first, a.text("items.0.order.order_id"))
	require.Equal(t, "team_1", a.text("items.0.team.team_id"))
	require.InDelta(t, 1, a.value("items.0.team.paid"), 0)
	require.Equal(t, "[]", s.call(get("/api/mall/v1/teams/mine").as(member)).want(http.StatusOK).text("items"))

	second := s.order(member, joinOrder)
	s.paid(member, second)
	s.settle(second)
	require.Equal(t, "to_ship", s.status(member, second))
	a = s.call(get("/api/mall/v1/teams/mine?tab=formed").as(member)).want(http.StatusOK)
	require.Equal(t, "formed", a.text("items.0.team.status"))

	s.engine.set(func() { s.engine.down = true })
	a = s.call(get("/api/mall/v1/teams/mine").as(member)).want(http.StatusOK)
	require.Nil(t, a.value("items.0.team"), "the order is shown without the engine")
}
