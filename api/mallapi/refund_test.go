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

func TestRefund_ThatAlipayRefusesWaitsForAPerson(t *testing.T) {
	s := openShop(t)
	token, id := s.failedTeam()
	s.refundBehindTheShop(token, id)
	for range 10 {
		s.ahead.Add(int64(30 * time.Minute))
		_, _ = s.mall.PushRefunds(t.Context(), 10) // refused: its error says so, and the refund below
	}

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
