package app_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallwire"
	"kaituan/infrastructure/sandbox"
	"kaituan/money"
)

// trade is what the simulated Alipay tells of one trade.
type trade struct {
	TradeNo  string    `json:"trade_no"`
	Amount   money.Fen `json:"amount_fen"`
	Refunded money.Fen `json:"refunded_fen"`
	Refunds  []struct {
		OutRequestNo string `json:"out_request_no"`
	} `json:"refunds"`
	Notices []struct {
		NotifyID string            `json:"notify_id"`
		Fields   map[string]string `json:"fields"`
	} `json:"notices"`
}

func (w *world) trade(paymentID string) (found trade) {
	w.t.Helper()
	status, body := w.call(http.MethodGet, "/sandbox/alipay/trades/"+paymentID, nil, "")
	require.Equal(w.t, http.StatusOK, status, body)
	require.NoError(w.t, json.Unmarshal([]byte(body), &found))
	return found
}

// notice is what Alipay would post of a payment, before it is signed.
func notice(paymentID, tradeNo string) map[string]string {
	return map[string]string{
		"notify_type": "trade_status_sync", "notify_id": "n1", "notify_time": "2026-11-20 16:00:00", "charset": "utf-8", "version": "1.0",
		"app_id": sandbox.DefaultAppID, "auth_app_id": sandbox.DefaultAppID, "seller_id": sandbox.DefaultSellerID,
		"trade_no": tradeNo, "out_trade_no": paymentID, "trade_status": "TRADE_SUCCESS", "total_amount": "80.00",
		"gmt_payment": "2026-11-20 16:00:00",
	}
}

// post signs a notice with the gateway's own key, so that only what it says can be wrong with it, and returns the answer.
func (w *world) post(fields map[string]string) string {
	w.t.Helper()
	answer, err := w.postTo(w.app.PublicURL(), w.signed(fields))
	require.NoError(w.t, err)
	return answer
}

// signed is a notice with the gateway's signature.
func (w *world) signed(fields map[string]string) url.Values {
	w.t.Helper()
	keys, err := sandbox.LoadOrCreateKeys(w.config.Data)
	require.NoError(w.t, err)
	form := url.Values{"sign_type": {"RSA2"}}
	var pairs []string
	for name, value := range fields {
		form.Set(name, value)
		pairs = append(pairs, name+"="+value)
	}
	slices.Sort(pairs)
	digest := sha256.Sum256([]byte(strings.Join(pairs, "&")))
	signature, err := rsa.SignPKCS1v15(rand.Reader, keys.Gateway, crypto.SHA256, digest[:])
	require.NoError(w.t, err)
	form.Set("sign", base64.StdEncoding.EncodeToString(signature))
	return form
}

// postTo posts a signed notice to one of the nodes and returns the answer.
func (w *world) postTo(node string, form url.Values) (string, error) {
	rsp, err := w.http.PostForm(node+"/callbacks/alipay", form)
	if err != nil {
		return "", err
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	return string(body), err
}

// A notice with Alipay's true signature still has to be about this shop, this seller, this payment and this amount.
func TestRivals_NoticeMustFitTheOrder(t *testing.T) {
	w := open(t, nil)
	anna := w.buyer("anna")
	order := anna.lock("cup", w.sell("cup", 10, nil), "")
	anna.payPage(order.OrderID)
	paymentID := anna.order(order.OrderID).Payments[0].PaymentID
	for _, wrong := range []struct{ field, value string }{
		{"total_amount", "79.99"}, {"total_amount", "0.01"}, {"total_amount", "80.01"},
		{"app_id", "9021000100000002"}, {"seller_id", "2088100100000002"}, {"out_trade_no", "pay_other"},
		{"trade_status", "WAIT_BUYER_PAY"}, {"trade_status", "TRADE_CLOSED"}, {"trade_status", "PAID"},
	} {
		fields := notice(paymentID, "2026112022001")
		fields[wrong.field] = wrong.value
		w.post(fields)
		view := anna.order(order.OrderID)
		require.Equal(t, mallwire.OrderStatusAwaitingPayment, view.Order.Status, "%v", wrong)
		require.Equal(t, mallwire.PaymentStatusPending, view.Payments[0].Status, "%v", wrong)
	}
	anna.pay(order.OrderID) // nothing stands in the way of the true payment
	anna.becomes(order.OrderID, mallwire.OrderStatusTeaming)
}

// Alipay answers 10000 to a question about a trade that nobody has paid: that is an answer, not a payment.
func TestRivals_AskingIsNotPaying(t *testing.T) {
	onEachStore(t, func(w *world) {
		anna := w.buyer("anna")
		order := anna.lock("cup", w.sell("cup", 10, nil), "")
		page := anna.payPage(order.OrderID)
		_, _, err := sandbox.Buyer{HTTP: w.http}.Open(context.Background(), page)
		require.NoError(w.t, err)
		for range 3 {
			checked, err := w.shop().CheckPaymentWithResponse(context.Background(), order.OrderID, bearer(anna.token))
			require.NoError(w.t, err)
			require.NotNil(w.t, checked.JSON200, string(checked.Body))
			require.Equal(w.t, mallwire.OrderStatusAwaitingPayment, anna.order(order.OrderID).Order.Status)
		}
		w.payAt(page)
		anna.becomes(order.OrderID, mallwire.OrderStatusTeaming)
		w.check()
	})
}

// The notice of an order that was shipped long ago comes again, word for word: it is taken and changes nothing.
func TestRivals_SecondNoticeResetsNothing(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 10, nil)
		anna, bert := w.buyer("anna"), w.buyer("bert")
		opened := anna.lock("cup", activityID, "")
		joined := bert.lock("cup", activityID, opened.TeamID)
		anna.pay(opened.OrderID)
		bert.pay(joined.OrderID)
		shipped := anna.becomes(opened.OrderID, mallwire.OrderStatusShipped)
		bert.becomes(joined.OrderID, mallwire.OrderStatusShipped)
		paymentID := shipped.Payments[0].PaymentID
		again := notice(paymentID, w.trade(paymentID).TradeNo)
		for name, value := range w.trade(paymentID).Notices[0].Fields {
			again[name] = value
		}
		for range 3 {
			require.Equal(w.t, "success", w.post(again))
		}
		after := anna.order(opened.OrderID)
		after.ServerTime = shipped.ServerTime // the one thing that goes on
		require.Equal(w.t, shipped, after)
		w.check()
	})
}
