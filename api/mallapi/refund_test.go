package mallapi_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall/payment"
)

// seatRefunding is the engine's word that an order's money must go back.
func seatRefunding(orderID string) string {
	return fmt.Sprintf(`{"id":"evt_%s","type":"seat.refunding","at":"2026-11-20T08:00:00.000Z",
		"data":{"seat":{"out_trade_no":%q,"team_id":"team_1","status":"refunding","reason":"team_expired"}}}`, orderID, orderID)
}

// failedTeam is a paid order whose team failed.
func (s *shop) failedTeam() (token, orderID string) {
	s.t.Helper()
	s.stock()
	token = s.signUp()
	orderID = s.order(token, groupOrder)
	s.paid(token, orderID)
	s.settle(orderID)
	s.call(signed(s.t, seatRefunding(orderID))).want(http.StatusNoContent)
	require.Equal(s.t, "refunding", s.status(token, orderID))
	return token, orderID
}

func TestRefund_OfAFailedTeamIsSeenByItsBuyer(t *testing.T) {
	s := openShop(t)
	token, id := s.failedTeam()
	_, err := s.mall.PushRefunds(t.Context(), 10)
	require.NoError(t, err)
	a := s.call(get("/api/mall/v1/orders/" + id).as(token)).want(http.StatusOK)
	require.Equal(t, "refunded", a.text("order.status"))
	require.Equal(t, "team_expired", a.text("order.reason"))
	require.Equal(t, "succeeded", a.text("refunds.0.status"))
	require.InDelta(t, 7900, a.value("refunds.0.amount_fen"), 0)
	tab := s.call(get("/api/mall/v1/orders?tab=refunded").as(token)).want(http.StatusOK)
	require.Equal(t, id, tab.text("items.0.order_id"))
	totals := s.call(get("/api/mall/admin/v1/totals").as(operatorToken)).want(http.StatusOK)
	require.InDelta(t, 7900, totals.value("refunded_fen"), 0)
}

func TestPayments_AreFoundByOperators(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	paid, waiting := s.order(token, soloOrder), s.order(token, soloOrder)
	s.paid(token, paid)
	s.pay(token, waiting)
	all := s.call(get("/api/mall/admin/v1/payments?limit=1").as(operatorToken)).want(http.StatusOK)
	require.Equal(t, waiting, all.text("items.0.order_id"))
	require.Equal(t, "pending", all.text("items.0.status"))
	require.NotContains(t, string(all.body), "pay_url", "where its buyer pays is the buyer's")
	more := s.call(get("/api/mall/admin/v1/payments?cursor=" + all.text("next_cursor")).as(operatorToken)).want(http.StatusOK)
	require.Equal(t, paid, more.text("items.0.order_id"))
	for _, query := range []string{"status=succeeded", "order_id=" + paid, "payment_id=" + more.text("items.0.payment_id"), "provider_no=" + more.text("items.0.provider_no")} {
		found := s.call(get("/api/mall/admin/v1/payments?" + query).as(operatorToken)).want(http.StatusOK)
		require.Equal(t, paid, found.text("items.0.order_id"), query)
		require.Equal(t, "false", found.text("has_more"), query)
	}
	s.call(get("/api/mall/admin/v1/payments?unknown=true").as(operatorToken)).want(http.StatusOK)
	s.call(get("/api/mall/admin/v1/payments?status=lost").as(operatorToken)).want(http.StatusBadRequest, "invalid")
	s.call(get("/api/mall/admin/v1/payments").as(token)).want(http.StatusUnauthorized)
}

// refusedRefund has Alipay refuse the refund of an order until it waits for a person.
func (s *shop) refusedRefund() (token, orderID string) {
	s.t.Helper()
	token, orderID = s.failedTeam()
	s.refundBehindTheShop(token, orderID)
	for range 10 {
		s.ahead.Add(int64(30 * time.Minute))
		_, _ = s.mall.PushRefunds(s.t.Context(), 10) // refused: its error says so, and the list of failed ones
	}
	return token, orderID
}

func TestRefund_ThatAlipayRefusesWaitsForAPerson(t *testing.T) {
	s := openShop(t)
	token, id := s.refusedRefund()
	list := s.call(get("/api/mall/admin/v1/refunds").as(operatorToken)).want(http.StatusOK)
	require.Equal(t, id, list.text("items.0.order_id"))
	require.Equal(t, "failed", list.text("items.0.status"))
	require.NotEmpty(t, list.text("items.0.last_error"))
	no := list.text("items.0.refund_no")
	own := s.call(get("/api/mall/v1/orders/" + id).as(token)).want(http.StatusOK)
	require.Equal(t, no, own.text("refunds.0.refund_no"))
	require.Nil(t, own.value("refunds.0.last_error"), "what Alipay said is for operators")
	admin := s.call(get("/api/mall/admin/v1/orders/" + id).as(operatorToken)).want(http.StatusOK)
	require.NotEmpty(t, admin.text("refunds.0.last_error"))

	redo := post("/api/mall/admin/v1/refunds/"+no+"/redo", "").as(operatorToken)
	require.Equal(t, "submitted", s.call(redo).want(http.StatusAccepted).text("status"))
	s.call(redo).want(http.StatusConflict, "refund_not_failed")
}

// refundBehindTheShop sends an order's money back under another number, so that Alipay has none left for the shop.
func (s *shop) refundBehindTheShop(token, orderID string) {
	s.t.Helper()
	paid := s.call(get("/api/mall/v1/orders/" + orderID).as(token)).text("payments.0.payment_id")
	_, err := s.channel.Refund(s.t.Context(), payment.RefundOrder{
		ID: payment.ID(paid), RequestNo: "rf_by_hand", Amount: groupDeal, Reason: "by hand",
	})
	require.NoError(s.t, err)
}

func ask(token, orderID string) request {
	return post("/api/mall/v1/orders/"+orderID+"/refund", `{"reason":"买错了"}`).as(token)
}

func TestRefundOrder_ByItsBuyer(t *testing.T) {
	s := openShop(t)
	s.stock()
	token, other := s.signUp(), s.signUp()
	id := s.order(token, soloOrder)
	s.call(ask(token, id)).want(http.StatusConflict, "order_unpaid")
	s.paid(token, id)
	s.call(ask(other, id)).want(http.StatusNotFound, "order_not_found")
	a := s.call(ask(token, id)).want(http.StatusOK)
	require.Equal(t, "refunding", a.text("status"))
	require.Equal(t, "refund_asked", a.text("reason"))
	require.Equal(t, "买错了", a.text("detail"))
	require.Empty(t, a.header.Get("Idempotency-Replayed"))
	again := s.call(ask(token, id)).want(http.StatusOK)
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))

	_, err := s.mall.PushRefunds(t.Context(), 10)
	require.NoError(t, err)
	view := s.call(get("/api/mall/v1/orders/" + id).as(token)).want(http.StatusOK)
	require.Equal(t, "refunded", view.text("order.status"))
	require.Len(t, view.value("refunds"), 1)
	require.Equal(t, "您申请了退款", view.text("order.reason_text"))
	closed := s.order(token, soloOrder)
	s.call(post("/api/mall/v1/orders/"+closed+"/cancel", "").as(token)).want(http.StatusOK)
	s.call(ask(token, closed)).want(http.StatusConflict, "order_closed")
}

func TestRefundOrder_ByAnOperator(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	id := s.order(token, groupOrder)
	s.paid(token, id)
	s.settle(id)
	path := "/api/mall/admin/v1/orders/" + id + "/refund"
	s.call(post(path, `{"reason":""}`).as(operatorToken)).want(http.StatusBadRequest, "invalid")
	a := s.call(post(path, `{"reason":"缺货"}`).as(operatorToken)).want(http.StatusOK)
	require.Equal(t, "refunding", a.text("status"))
	view := s.call(get("/api/mall/v1/orders/" + id).as(token)).want(http.StatusOK)
	require.Equal(t, "operator_refund", view.text("timeline.last.reason"))
	view = s.call(get("/api/mall/v1/orders/"+id).as(token).with("Accept-Language", "en")).want(http.StatusOK)
	require.Equal(t, "the shop gave it back", view.text("order.reason_text"))
}

func TestRefundOrder_SentGoodsNeedAnAfterSale(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	id := s.order(token, soloOrder)
	s.paid(token, id)
	_, err := s.mall.ShipDue(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, "shipped", s.status(token, id))
	s.call(ask(token, id)).want(http.StatusConflict, "after_sale_needed")
}

// A refund that somebody asked for at the engine goes back under the number that was asked with.
func TestGroupBuyCallback_RefundAskedAtTheEngine(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	id := s.order(token, groupOrder)
	s.paid(token, id)
	s.settle(id)
	event := fmt.Sprintf(`{"id":"evt_9","type":"seat.refunding","at":"2026-11-20T08:00:00.000Z","data":{"seat":{"out_trade_no":%q,
		"team_id":"team_1","status":"refunding","reason":"refund_asked","asked_no":"console-1","asked_reason":"按客服约定退款"}}}`, id)
	s.call(signed(t, event)).want(http.StatusNoContent)
	view := s.call(get("/api/mall/v1/orders/" + id).as(token)).want(http.StatusOK)
	require.Equal(t, "refunding", view.text("order.status"))
	require.Equal(t, "按客服约定退款", view.text("order.detail"))
	require.Equal(t, "console-1", view.text("refunds.0.refund_no"))
}
