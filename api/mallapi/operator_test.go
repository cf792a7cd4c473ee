package mallapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallapi"
)

func TestAdminOrders_FindByAnything(t *testing.T) {
	s := openShop(t)
	s.stock()
	alone, leader := s.signUp(), s.signUp()
	solo := s.order(alone, soloOrder)
	group := s.order(leader, groupOrder)
	s.paid(alone, solo)
	buyer := s.call(get("/api/mall/v1/accounts/me").as(leader)).text("account_id")
	for query, want := range map[string]string{
		"status=to_ship": solo, "status=awaiting_payment": group, "mode=group": group, "mode=solo": solo, "team_id=team_1": group,
		"buyer_id=" + buyer: group, "product_id=cup&mode=solo": solo, "login=13800130001": solo, "limit=1": group,
	} {
		a := s.call(get("/api/mall/admin/v1/orders?" + query).as(operatorToken)).want(http.StatusOK)
		require.Len(t, a.value("items"), 1, query)
		require.Equal(t, want, a.text("items.0.order_id"), query)
	}
	for _, query := range []string{"status=shipped", "product_id=tea", "login=13900139000", "team_id=team_9"} {
		a := s.call(get("/api/mall/admin/v1/orders?" + query).as(operatorToken)).want(http.StatusOK)
		require.Equal(t, "[]", a.text("items"), query)
	}
	a := s.call(get("/api/mall/admin/v1/orders/" + solo).as(operatorToken)).want(http.StatusOK)
	require.Equal(t, "to_ship", a.text("order.status"))
	require.Equal(t, "succeeded", a.text("payments.0.status"))
	s.call(get("/api/mall/admin/v1/orders/ord_of_nobody").as(operatorToken)).want(http.StatusNotFound, "order_not_found")
}

func TestTotals_AddUp(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	s.paid(token, s.order(token, soloOrder))
	s.paid(token, s.order(token, groupOrder))
	s.order(token, soloOrder)
	a := s.call(get("/api/mall/admin/v1/totals").as(operatorToken)).want(http.StatusOK)
	for field, want := range map[string]float64{
		"orders.to_ship": 1, "orders.paid": 1, "orders.awaiting_payment": 1,
		"original_fen": 19800, "deduction_fen": 2000, "due_fen": 17800, "received_fen": 17800, "refunded_fen": 0,
	} {
		require.InDelta(t, want, a.value(field), 0, field)
	}
}

func TestRefunds_WithoutAnyThatFailed(t *testing.T) {
	s := openShop(t)
	a := s.call(get("/api/mall/admin/v1/refunds").as(operatorToken)).want(http.StatusOK)
	require.Equal(t, "[]", a.text("items"))
	s.call(post("/api/mall/admin/v1/refunds/rf_of_nobody/redo", "").as(operatorToken)).want(http.StatusNotFound, "refund_not_found")
}

func TestOperator_NobodyWithoutAToken(t *testing.T) {
	s := openShop(t)
	for _, token := range []string{"", "wrong", operatorToken + "x"} {
		a := s.call(get("/api/mall/admin/v1/totals").as(token)).want(http.StatusUnauthorized, "unauthenticated")
		require.Equal(t, "Bearer", a.header.Get("WWW-Authenticate"))
	}
}

func TestOperator_WithoutTheEngineOnlyTheTokenCounts(t *testing.T) {
	s := openShop(t)
	s.engine.set(func() { s.engine.down = true })
	s.call(get("/api/mall/admin/v1/totals").as(editorSession)).want(http.StatusServiceUnavailable, "groupbuy_unavailable")
	s.call(get("/api/mall/admin/v1/totals").as(operatorToken)).want(http.StatusOK)
}

func TestNew_RefusesSettingsThatCannotBeUsed(t *testing.T) {
	for _, set := range []mallapi.Settings{
		{}, {PublicURL: "shop.example"}, {PublicURL: "ftp://shop.example"}, {PublicURL: "http://"}, {PublicURL: "http://%"},
		{PublicURL: "http://shop.example", WebhookSecrets: []string{"whsec_short"}},
	} {
		_, err := mallapi.New(nil, nil, set)
		require.Error(t, err, "%+v", set)
	}
}
