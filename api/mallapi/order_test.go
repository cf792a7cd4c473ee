package mallapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
)

func place(token, key, body string) request {
	return post("/api/mall/v1/orders", body).as(token).with("Idempotency-Key", key)
}

func TestPlaceOrder_Alone(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	a := s.call(place(token, "k1", `{"mode":"solo","product_id":"cup","sku_id":"cup-blue","quantity":2,"expected_price_fen":9900}`)).
		want(http.StatusCreated)
	require.Equal(t, "awaiting_payment", a.text("status"))
	require.InDelta(t, 19800, a.value("amount_fen"), 0)
	require.Nil(t, a.value("team_id"))
	require.Nil(t, a.value("deduction_fen"))
	require.Empty(t, a.header.Get("Idempotency-Replayed"))
}

func TestPlaceOrder_InATeam(t *testing.T) {
	s := openShop(t)
	s.stock()
	a := s.call(place(s.signUp(), "k1", groupOrder)).want(http.StatusCreated)
	require.Equal(t, "team_1", a.text("team_id"))
	require.InDelta(t, 7900, a.value("price_fen"), 0)
	require.InDelta(t, 2000, a.value("deduction_fen"), 0)
	require.NotEmpty(t, a.text("expires_at"))
}

func TestPlaceOrder_SameKey(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	first := s.call(place(token, "k1", groupOrder)).want(http.StatusCreated)
	again := s.call(place(token, "k1", groupOrder)).want(http.StatusCreated)
	require.Equal(t, first.text("order_id"), again.text("order_id"))
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
	s.call(place(token, "k1", soloOrder)).want(http.StatusConflict, "idempotency_mismatch")
	other := s.call(place(s.signUp(), "k1", groupOrder)).want(http.StatusCreated)
	require.NotEqual(t, first.text("order_id"), other.text("order_id"), "a key is its buyer's own")
}

func TestPlaceOrder_Refuses(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	bare := s.call(post("/api/mall/v1/orders", soloOrder).as(token)).want(http.StatusBadRequest, "invalid")
	require.Equal(t, "Idempotency-Key", bare.text("param"))
	require.Equal(t, "必填", bare.text("detail"))
	twice := place(token, "k1", soloOrder)
	twice.header.Add("Idempotency-Key", "k2")
	require.Equal(t, "重复给出", s.call(twice).want(http.StatusBadRequest, "invalid").text("detail"))
	require.Equal(t, "Idempotency-Key", s.call(twice).text("param"))
	for _, tc := range []struct {
		body   string
		status int
		code   string
		param  string
	}{
		{`{"mode":"solo","product_id":"tea","sku_id":"cup-blue"}`, 404, "product_not_found", ""},
		{`{"mode":"solo","product_id":"cup","sku_id":"cup-red"}`, 404, "sku_not_found", ""},
		{`{"mode":"solo","product_id":"cup","sku_id":"cup-blue","quantity":51}`, 422, "sold_out", ""},
		{`{"mode":"solo","product_id":"cup","sku_id":"cup-blue","quantity":0}`, 400, "invalid", "quantity"},
		{`{"mode":"solo","product_id":"cup","sku_id":"cup-blue","quantity":1.5}`, 400, "malformed_json", "quantity"},
		{`{"mode":"solo","product_id":"cup","sku_id":"cup-blue","expected_price_fen":9899}`, 409, "price_changed", "expected_price_fen"},
		{`{"mode":"solo","product_id":"cup","sku_id":"cup-blue","expected_price_fen":0}`, 400, "invalid", "expected_price_fen"},
		{`{"mode":"solo","product_id":"cup","sku_id":"cup-blue","price_fen":1}`, 400, "unknown_field", "price_fen"},
		{`{"mode":"solo","product_id":"cup","sku_id":"cup-blue","status":"paid"}`, 400, "unknown_field", "status"},
		{`{"mode":"solo","product_id":"cup","sku_id":"cup-blue","team_id":"team_1"}`, 400, "invalid", "team_id"},
		{`{"mode":"group","product_id":"cup","sku_id":"cup-blue"}`, 400, "invalid", "activity_id"},
		{`{"mode":"lottery","product_id":"cup","sku_id":"cup-blue"}`, 400, "invalid", "mode"},
		{`{"mode":"group","product_id":"cup","sku_id":"cup-blue","activity_id":"act_tea","team_id":"team_9"}`, 404, "team_not_found", ""},
	} {
		a := s.call(place(token, fmt.Sprintf("k%d", len(tc.body)), tc.body)).want(tc.status, tc.code)
		if tc.param != "" {
			require.Equal(t, tc.param, a.text("param"), tc.body)
		}
	}
	s.call(place(token, "no such key", soloOrder)).want(http.StatusBadRequest, "invalid")
	a := s.call(get("/api/mall/v1/orders?tab=to_pay").as(token)).want(http.StatusOK)
	require.Equal(t, "[]", a.text("items"), "nothing was ordered")
	require.InDelta(t, 50, s.call(get("/api/mall/v1/products/cup")).value("product.skus.0.stock"), 0)
}

// A refusal of the engine reaches the buyer as it is, known to the table or not, and leaves no order to pay.
func TestPlaceOrder_RefusedByTheEngine(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	for code, told := range map[string]string{"team_full": "team_full", "limit_total": "limit_total", "moon_phase": "seat_refused"} {
		s.engine.set(func() { s.engine.refusal = &mall.Refused{Status: 422, Code: code, Detail: "no"} })
		s.call(place(token, "key-"+code, groupOrder)).want(http.StatusUnprocessableEntity, told)
		s.call(place(token, "key-"+code, groupOrder)).want(http.StatusUnprocessableEntity, told)
	}
	a := s.call(get("/api/mall/v1/orders?tab=closed").as(token)).want(http.StatusOK)
	require.Len(t, a.value("items"), 3)
}

// The engine answers the mall in one language; the buyer's may be the other.
func TestPlaceOrder_RefusedByTheEngineInTheBuyersLanguage(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	s.engine.set(func() {
		s.engine.refusal = &mall.Refused{Status: 422, Code: "team_full", Detail: "请参加其他团，或自己开团"}
	})
	a := s.call(place(token, "k1", groupOrder).with("Accept-Language", "en")).want(http.StatusUnprocessableEntity)
	require.Equal(t, "Join another team, or open one", a.text("detail"))
	a = s.call(place(token, "k1", groupOrder)).want(http.StatusUnprocessableEntity)
	require.Equal(t, "请参加其他团，或自己开团", a.text("detail"))
	s.engine.set(func() {
		s.engine.refusal = &mall.Refused{Status: 409, Code: "price_changed", Detail: "请按 current_price_fen 重新确认后再锁单"}
	})
	a = s.call(place(token, "k2", groupOrder)).want(http.StatusConflict, "price_changed")
	require.Equal(t, "请重新查看商品价格后再下单", a.text("detail"), "buyers do not lock seats")
	require.Nil(t, a.value("current_price_fen"))
	s.engine.set(func() { s.engine.refusal.CurrentPrice = 8100 })
	for range 2 { // the first answer is replayed
		a = s.call(place(token, "k3", groupOrder)).want(http.StatusConflict, "price_changed")
		require.InDelta(t, 8100, a.value("current_price_fen"), 0)
		require.Equal(t, "现价为 8100 分", a.text("detail"))
		require.Equal(t, "expected_price_fen", a.text("param"))
	}
}

func TestPlaceOrder_AloneWhatIsSoldInTeamsOnly(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	s.engine.set(func() { s.engine.quote = func(q *mall.Quote) { q.BuyAlone = false } })
	require.Equal(t, "false", s.call(get("/api/mall/v1/products/cup").as(token)).want(http.StatusOK).text("buy_alone"))
	a := s.call(place(token, "k1", soloOrder)).want(http.StatusUnprocessableEntity, "buy_alone_off")
	require.Equal(t, "活动期间只能拼团购买", a.text("detail"))
	s.engine.set(func() { s.engine.down = true })
	require.Equal(t, "true", s.call(get("/api/mall/v1/products/cup").as(token)).want(http.StatusOK).text("buy_alone"))
	s.call(place(token, "k1", soloOrder)).want(http.StatusCreated)
}

// Without an answer of the engine the order waits and cannot be paid yet.
func TestPlaceOrder_WithoutTheEngineWaits(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	s.engine.set(func() { s.engine.down = true })
	a := s.call(place(token, "k1", groupOrder)).want(http.StatusCreated)
	require.Equal(t, "created", a.text("status"))
	require.Nil(t, a.value("amount_fen"))
	path := "/api/mall/v1/orders/" + a.text("order_id")
	s.call(post(path+"/payment", `{"method":"page"}`).as(token)).want(http.StatusConflict, "order_not_ready")
	s.engine.set(func() { s.engine.down = false })
	again := s.call(place(token, "k1", groupOrder)).want(http.StatusCreated)
	require.Equal(t, "awaiting_payment", again.text("status"))
}

func TestPlaceOrder_AsksForARepeatWithoutTheDatabase(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	s.outage.Store(true)
	a := s.call(place(token, "k1", soloOrder)).want(http.StatusServiceUnavailable, "unavailable")
	require.NotEmpty(t, a.header.Get("Retry-After"))
}

// Somebody else's order is as good as none, whatever one tries.
func TestOrder_OfSomebodyElseIsNotFound(t *testing.T) {
	s := openShop(t)
	s.stock()
	owner, other := s.signUp(), s.signUp()
	for _, id := range []string{s.order(owner, soloOrder), "ord_of_nobody"} {
		path := "/api/mall/v1/orders/" + id
		for _, r := range []request{
			get(path), post(path+"/cancel", ""), post(path+"/payment", `{"method":"page"}`), post(path+"/payment/check", ""),
		} {
			s.call(r.as(other)).want(http.StatusNotFound, "order_not_found")
		}
	}
	a := s.call(get("/api/mall/v1/orders").as(other)).want(http.StatusOK)
	require.Equal(t, "[]", a.text("items"))
}

// Every operation on an order, of those that are yet to be thought of too.
func TestEveryOrderOperation_OfSomebodyElseIsNotFound(t *testing.T) {
	s := openShop(t)
	s.stock()
	owner, other := s.signUp(), s.signUp()
	id := s.order(owner, soloOrder)
	tried := 0
	for _, op := range operations(t) {
		if !strings.Contains(op.path, "{order_id}") || op.needs(t) != "session" {
			continue
		}
		r := op.example(t)
		for _, p := range op.params {
			if example, _ := p.Value.Example.(string); p.Value.Name == "order_id" {
				r.path = strings.Replace(r.path, example, id, 1)
			}
		}
		s.call(r.as(other)).want(http.StatusNotFound, "order_not_found")
		tried++
	}
	require.Greater(t, tried, 4)
	require.Equal(t, "awaiting_payment", s.call(get("/api/mall/v1/orders/"+id).as(owner)).want(http.StatusOK).text("order.status"))
}

func TestListOrders_ByTabAndPage(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	unpaid, teaming, bought := s.order(token, soloOrder), s.order(token, groupOrder), s.order(token, soloOrder)
	s.paid(token, teaming)
	s.paid(token, bought)
	for tab, want := range map[string]string{"to_pay": unpaid, "teaming": teaming, "to_ship": bought} {
		a := s.call(get("/api/mall/v1/orders?tab=" + tab).as(token)).want(http.StatusOK)
		require.Len(t, a.value("items"), 1)
		require.Equal(t, want, a.text("items.0.order_id"))
	}
	first := s.call(get("/api/mall/v1/orders?limit=2").as(token)).want(http.StatusOK)
	require.Equal(t, bought, first.text("items.0.order_id"))
	rest := s.call(get("/api/mall/v1/orders?limit=2&cursor=" + first.text("next_cursor")).as(token)).want(http.StatusOK)
	require.Equal(t, unpaid, rest.text("items.0.order_id"))
	require.Equal(t, "false", rest.text("has_more"))
}

func TestCancelOrder(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	fresh, paged, paid := s.order(token, soloOrder), s.order(token, soloOrder), s.order(token, soloOrder)
	page := s.call(post("/api/mall/v1/orders/"+paged+"/payment", `{"method":"phone"}`).as(token)).want(http.StatusOK)
	require.Equal(t, "phone", page.text("method"))
	for _, id := range []string{fresh, paged, fresh} {
		a := s.call(post("/api/mall/v1/orders/"+id+"/cancel", "").as(token)).want(http.StatusOK)
		require.Equal(t, "closed", a.text("status"))
		require.Equal(t, "buyer_cancelled", a.text("reason"))
	}
	s.call(post("/api/mall/v1/orders/"+fresh+"/payment", `{"method":"page"}`).as(token)).want(http.StatusConflict, "order_closed")

	s.pay(token, paid) // and the shop does not know yet
	s.call(post("/api/mall/v1/orders/"+paid+"/cancel", "").as(token)).want(http.StatusConflict, "order_paid")
	require.Equal(t, "to_ship", s.status(token, paid))
	s.call(post("/api/mall/v1/orders/"+paid+"/cancel", `{"why":1}`).as(token)).want(http.StatusBadRequest, "unknown_field")
}

func TestPayOrder_GivesOnePage(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	id := s.order(token, soloOrder)
	pay := post("/api/mall/v1/orders/"+id+"/payment", `{"method":"page"}`).as(token)
	first, again := s.call(pay).want(http.StatusOK), s.call(pay).want(http.StatusOK)
	require.Equal(t, first.text("pay_url"), again.text("pay_url"))
	require.Equal(t, first.text("payment_id"), again.text("payment_id"))
	require.InDelta(t, 9900, first.value("amount_fen"), 0)
	pay.body = `{"method":"cash"}`
	s.call(pay).want(http.StatusBadRequest, "invalid")
	s.ahead.Store(int64(time.Hour))
	pay.body = `{"method":"page"}`
	s.call(pay).want(http.StatusConflict, "order_closed")
}

func TestCheckPayment_LearnsWhatNoNoticeTold(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	id := s.order(token, soloOrder)
	check := post("/api/mall/v1/orders/"+id+"/payment/check", "").as(token)
	require.Equal(t, "awaiting_payment", s.call(check).want(http.StatusOK).text("order.status"), "not asked to pay yet")
	s.pay(token, id)
	a := s.call(check).want(http.StatusOK)
	require.Equal(t, "to_ship", a.text("order.status"))
	require.Equal(t, "succeeded", a.text("payments.0.status"))
	require.Nil(t, a.value("payments.0.pay_url"), "there is nothing to pay any more")
	var path []any
	for _, move := range a.value("timeline").([]any) {
		path = append(path, move.(map[string]any)["status"])
	}
	require.Equal(t, []any{"created", "awaiting_payment", "paid", "to_ship"}, path)
	s.call(post("/api/mall/v1/orders/"+id+"/payment", `{"method":"page"}`).as(token)).want(http.StatusConflict, "order_paid")
}

func TestCheckPayment_WithoutAlipay(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	id := s.order(token, soloOrder)
	s.pay(token, id)
	s.gateway.Close()
	for _, path := range []string{"/payment/check", "/cancel"} {
		a := s.call(post("/api/mall/v1/orders/"+id+path, "").as(token)).want(http.StatusServiceUnavailable, "payment_unknown")
		require.NotEmpty(t, a.header.Get("Retry-After"))
	}
	require.Equal(t, "awaiting_payment", s.status(token, id))
}
