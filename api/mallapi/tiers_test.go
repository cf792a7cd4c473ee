package mallapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
)

// closed is the event of a seat whose team closed at a lower price.
func closed(id, orderID string, difference int) string {
	return fmt.Sprintf(`{"id":%q,"type":"seat.difference","at":"2026-11-20T08:00:00.000Z","data":{
		"team":{"team_id":"team_1","activity_id":"act_tea","goods_id":"cup","status":"formed","target":2,"tiers":[3],"capacity":3,
		"held":0,"paid":3,"virtual":0,"leader_id":"a","opened_at":"2026-11-20T07:00:00.000Z","expires_at":"2026-11-21T07:00:00.000Z"},
		"seat":{"out_trade_no":%q,"status":"refunding","reason":"tier_reached","difference_fen":%d}}}`, id, orderID, difference)
}

// A member's money for the difference goes back at Alipay; the order goes on, and its timeline and the return page say so.
func TestGroupBuyCallback_GivesTheDifferenceBack(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	id := s.order(token, groupOrder)
	s.paid(token, id)
	s.settle(id)
	for _, event := range []string{"evt_2", "evt_2", "evt_3"} {
		s.call(signed(t, closed(event, id, 10_00))).want(http.StatusNoContent)
	}
	a := s.call(get("/api/mall/v1/orders/" + id).as(token)).want(http.StatusOK)
	require.Equal(t, "to_ship", a.text("order.status"))
	require.InDelta(t, 1000, a.value("order.difference_fen"), 0)
	require.InDelta(t, 3000, a.value("order.deduction_fen"), 0)
	require.Len(t, a.value("refunds"), 1)
	require.Equal(t, "difference", a.text("refunds.0.intent"))
	require.Equal(t, "created", a.text("timeline.last.refund_status"))

	_, err := s.mall.PushRefunds(t.Context(), 10)
	require.NoError(t, err)
	a = s.call(get("/api/mall/v1/orders/" + id).as(token)).want(http.StatusOK)
	require.Equal(t, "to_ship", a.text("order.status"))
	require.Equal(t, "succeeded", a.text("refunds.0.status"))
	require.InDelta(t, 1000, a.value("refunds.0.amount_fen"), 0)
	require.Equal(t, "succeeded", a.text("timeline.last.refund_status"))
	require.Equal(t, "tier_reached", a.text("timeline.last.reason"))
	require.Equal(t, a.text("refunds.0.refund_no"), a.text("timeline.last.refund_no"))
	require.InDelta(t, 1000, a.value("timeline.last.amount_fen"), 0)

	totals := s.call(get("/api/mall/admin/v1/totals").as(operatorToken)).want(http.StatusOK)
	require.InDelta(t, 7900, totals.value("received_fen"), 0)
	require.InDelta(t, 6900, totals.value("due_fen"), 0)
	require.InDelta(t, 1000, totals.value("refunded_fen"), 0)

	require.Equal(t, "人数达到更低价，退还差价", a.text("timeline.last.reason_text"))
	a = s.call(get("/api/mall/v1/orders/"+id).as(token).with("Accept-Language", "en")).want(http.StatusOK)
	require.Equal(t, "your team grew to a lower price", a.text("timeline.last.reason_text"))
}

// An event that promises more than was paid is not taken, so that the engine's operators see it.
func TestGroupBuyCallback_RefusesADifferenceAboveThePayment(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	id := s.order(token, groupOrder)
	s.paid(token, id)
	s.settle(id)
	s.call(signed(t, closed("evt_2", id, 79_00))).want(http.StatusInternalServerError, "internal")
	require.Equal(t, "[]", s.call(get("/api/mall/v1/orders/"+id).as(token)).text("refunds"))
	require.Equal(t, "teaming", s.status(token, id))
}

func TestGetProduct_ShowsTiersAndWhoNeedsNobody(t *testing.T) {
	s := openShop(t)
	s.stock()
	s.engine.set(func() {
		s.engine.quote = func(q *mall.Quote) {
			q.LeaderDiscount, q.Instant = 100, true
			q.Tiers = []mall.TierPrice{{Size: 2, Price: groupDeal}, {Size: 3, Price: 69_00}}
		}
	})
	token := s.signUp()
	s.paid(token, s.order(token, groupOrder))
	s.engine.set(func() {
		s.engine.teams["team_1"].Tiers, s.engine.teams["team_1"].Capacity = []int{3}, 3
		s.engine.teams["team_1"].Status, s.engine.teams["team_1"].Paid = "formed", 2
	})
	a := s.call(get("/api/mall/v1/products/cup").as(token)).want(http.StatusOK)
	require.Equal(t, "true", a.text("offers.0.instant"))
	require.InDelta(t, 100, a.value("offers.0.leader_discount_fen"), 0)
	require.InDelta(t, 2, a.value("offers.0.tiers.0.size"), 0)
	require.InDelta(t, 3, a.value("offers.0.tiers.last.size"), 0)
	require.InDelta(t, 6900, a.value("offers.0.tiers.last.price_fen"), 0)
	require.Equal(t, "formed", a.text("teams.0.status"))
	require.InDelta(t, 3, a.value("teams.0.next_size"), 0)
	require.InDelta(t, 2, a.value("teams.0.paid"), 0)

	a = s.call(get("/api/mall/v1/teams/team_1")).want(http.StatusOK)
	require.InDelta(t, 3, a.value("team.capacity"), 0)
	require.InDelta(t, 3, a.value("team.next_size"), 0)
	require.InDelta(t, 6900, a.value("offers.0.tiers.last.price_fen"), 0)
}

func TestGetTeam_LabelsVirtualSeats(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	s.paid(token, s.order(token, groupOrder))
	s.engine.set(func() {
		team := s.engine.teams["team_1"]
		team.Status, team.Virtual, team.EndedAt, team.ClosedAt = "formed", 1, s.now(), s.now()
	})
	a := s.call(get("/api/mall/v1/teams/team_1").as(token)).want(http.StatusOK)
	require.InDelta(t, 1, a.value("team.virtual"), 0)
	require.Len(t, a.value("members"), 2)
	require.Equal(t, "false", a.text("members.0.virtual"))
	require.Equal(t, "true", a.text("members.last.virtual"))
	require.Equal(t, "虚拟成员（系统补位）", a.text("members.last.nickname"))
	a = s.call(get("/api/mall/v1/teams/team_1").with("Accept-Language", "en")).want(http.StatusOK)
	require.Equal(t, "Virtual member (filled by the shop)", a.text("members.last.nickname"))
	require.Nil(t, a.value("team.next_size"))
}

func TestGetProduct_SaysWhyNot(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	for reason, want := range map[string]struct {
		visible bool
		zh, en  string
	}{
		"audience":          {true, "活动只对特定人群开放", "The activity is for certain buyers"},
		"new_buyers_only":   {true, "只有新买家可以参团", "Only new buyers may join these teams"},
		"activity_not_open": {true, "活动未开始、已暂停或已结束", "The activity has not begun, is paused or is over"},
		"rolled_out":        {false, "活动正在逐步开放，暂未对该买家开放", "The activity is not open to this buyer yet"},
		"buyer_denied":      {false, "该买家不能参加此活动", "The buyer may not take part in this activity"},
		"downgraded":        {false, "拼团已暂时关闭", "Group-buys are switched off"},
		"of_a_newer_engine": {true, "of_a_newer_engine", "of_a_newer_engine"},
	} {
		s.engine.set(func() {
			s.engine.quote = func(q *mall.Quote) { q.Visible, q.Joinable, q.Reason = want.visible, false, reason }
		})
		for lang, text := range map[string]string{"zh": want.zh, "en": want.en} {
			a := s.call(get("/api/mall/v1/products/cup").as(token).with("Accept-Language", lang)).want(http.StatusOK)
			require.Equal(t, reason, a.text("refusal.reason"))
			require.Equal(t, text, a.text("refusal.text"))
			if !want.visible {
				require.Equal(t, "[]", a.text("offers"))
				continue
			}
			require.Equal(t, reason, a.text("offers.0.reason"))
			require.Equal(t, text, a.text("offers.0.reason_text"))
		}
		a := s.call(get("/api/mall/v1/products").as(token)).want(http.StatusOK)
		require.Equal(t, reason, a.text("items.0.refusal.reason"))
	}
	s.engine.set(func() {
		s.engine.quote = func(q *mall.Quote) { q.Visible, q.Joinable, q.Reason = false, false, "audience" }
	})
	a := s.call(get("/api/mall/v1/products/cup").as(token)).want(http.StatusOK)
	require.Nil(t, a.value("refusal"), "who is not to see an activity does not hear of it")
	require.Equal(t, "[]", a.text("offers"))
}
