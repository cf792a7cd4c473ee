package mallapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
)

func TestPreviewOrder_TellsTheLinesOfThePrice(t *testing.T) {
	s := openShop(t)
	s.stock()
	s.engine.set(func() {
		s.engine.quote = func(q *mall.Quote) { q.PayPrice, q.LeaderDiscount = groupDeal-500, 500 }
	})
	body := `{"mode":"group","product_id":"cup","sku_id":"cup-blue","quantity":2,"activity_id":"act_tea"}`
	a := s.call(post("/api/mall/v1/order-previews", body).as(s.signUp())).want(http.StatusOK)
	require.Equal(t, "true", a.text("can_order"))
	require.Equal(t, "[]", a.text("refusals"))
	require.InDelta(t, 14800, a.value("amount_fen"), 0)
	require.InDelta(t, 7400, a.value("price_fen"), 0)
	require.Equal(t, "/cup.png", a.text("picture"))
	for i, want := range []struct {
		kind, text string
		amount     int
	}{
		{"goods", "商品金额", 19800}, {"group_discount", "拼团优惠", 4000}, {"leader_discount", "团长优惠", 1000}, {"due", "应付", 14800},
	} {
		line := a.value("lines").([]any)[i].(map[string]any)
		require.Equal(t, want.kind, line["kind"])
		require.Equal(t, want.text, line["text"])
		require.InDelta(t, want.amount, line["amount_fen"], 0)
	}
}

// A preview foresees what the order would be refused for, and shows the price all the same.
func TestPreviewOrder_ForeseesRefusals(t *testing.T) {
	s := openShop(t)
	s.stock()
	leader, buyer := s.signUp(), s.signUp()
	s.order(leader, groupOrder)
	group := func(rest string) string {
		return `{"mode":"group","product_id":"cup","sku_id":"cup-blue","activity_id":"act_tea"` + rest + `}`
	}
	for name, c := range map[string]struct {
		token, body string
		quote       func(*mall.Quote)
		team        func(*mall.Team)
		reason      string
	}{
		"for others":       {buyer, group(""), func(q *mall.Quote) { q.Joinable, q.Reason = false, "audience" }, nil, "audience"},
		"no activity":      {buyer, group(""), func(q *mall.Quote) { q.ActivityID = "" }, nil, "no_activity"},
		"too many":         {buyer, group(`,"quantity":4`), nil, nil, "quantity_exceeded"},
		"sold out":         {buyer, `{"mode":"solo","product_id":"cup","sku_id":"cup-blue","quantity":51}`, nil, nil, "sold_out"},
		"teams only":       {buyer, soloOrder, func(q *mall.Quote) { q.BuyAlone = false }, nil, "buy_alone_off"},
		"joined already":   {leader, group(`,"team_id":"team_1"`), nil, nil, "already_in_team"},
		"team full":        {buyer, group(`,"team_id":"team_1"`), nil, func(t *mall.Team) { t.Held = 2 }, "team_full"},
		"team over":        {buyer, group(`,"team_id":"team_1"`), nil, func(t *mall.Team) { t.Status = "failed" }, "team_not_forming"},
		"team out of time": {buyer, group(`,"team_id":"team_1"`), nil, func(t *mall.Team) { t.ExpiresAt = t.OpenedAt }, "team_expired"},
		"other goods":      {buyer, group(`,"team_id":"team_1"`), nil, func(t *mall.Team) { t.GoodsID = "tea" }, "team_other_activity"},
	} {
		t.Run(name, func(t *testing.T) {
			s.in(t)
			var before mall.Team
			s.engine.set(func() {
				s.engine.quote = c.quote
				before = *s.engine.teams["team_1"]
				s.engine.teams["team_1"].Capacity = teamSize
				if c.team != nil {
					c.team(s.engine.teams["team_1"])
				}
			})
			defer s.engine.set(func() { s.engine.teams["team_1"] = &before })
			a := s.call(post("/api/mall/v1/order-previews", c.body).as(c.token)).want(http.StatusOK)
			require.Equal(t, "false", a.text("can_order"))
			require.Equal(t, c.reason, a.text("refusals.0.reason"))
			require.NotEmpty(t, a.text("refusals.0.text"))
			require.Len(t, a.value("refusals"), 1)
			require.Positive(t, a.value("amount_fen"))
		})
	}
}

func TestPreviewOrder_Refuses(t *testing.T) {
	s := openShop(t)
	s.stock()
	preview := func(body string) request { return post("/api/mall/v1/order-previews", body) }
	s.call(preview(`{"mode":"solo","product_id":"tea","sku_id":"x"}`)).want(http.StatusNotFound, "product_not_found")
	s.call(preview(`{"mode":"solo","product_id":"cup","sku_id":"x"}`)).want(http.StatusNotFound, "sku_not_found")
	s.call(preview(`{"mode":"group","product_id":"cup","sku_id":"cup-blue"}`)).want(http.StatusBadRequest, "invalid")
	s.call(put("/api/mall/admin/v1/products/ship", `{"name":"船","shelf":"on_shelf","skus":[{"sku_id":"s","name":"x","price_fen":10000000000}]}`).
		as(operatorToken)).want(http.StatusOK)
	a := s.call(preview(`{"mode":"solo","product_id":"ship","sku_id":"s","quantity":2}`)).want(http.StatusBadRequest, "invalid")
	require.Equal(t, "quantity", a.text("param"))
	s.call(preview(`{"mode":"group","product_id":"cup","sku_id":"cup-blue","activity_id":"act_tea","team_id":"team_9"}`)).
		want(http.StatusNotFound, "team_not_found")
	s.engine.set(func() { s.engine.down = true })
	s.call(preview(groupOrder)).want(http.StatusServiceUnavailable, "groupbuy_unavailable")
	s.call(preview(soloOrder)).want(http.StatusOK)
}
