package alipay_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall/payment"
)

// ask calls every method that asks the gateway and returns the errors by name.
func (g *gateway) ask(t *testing.T) map[string]error {
	t.Helper()
	_, query := g.channel.Query(t.Context(), "p1")
	_, refund := g.channel.Refund(t.Context(), payment.RefundOrder{ID: "p1", RequestNo: "r1", Amount: 100})
	_, asked := g.channel.QueryRefund(t.Context(), "p1", "r1")
	return map[string]error{"query": query, "close": g.channel.Close(t.Context(), "p1"), "refund": refund, "query refund": asked}
}

// TestChannel_UnknownIsNeverAFailure: none of these answers says what happened, so none may be taken for a
// refusal, and surely not for a success.
func TestChannel_UnknownIsNeverAFailure(t *testing.T) {
	g := openGateway(t)
	foreign := newKeys(t).Gateway
	success := map[string]any{
		"code": "10000", "trade_no": "n1", "out_trade_no": "p1", "trade_status": "TRADE_SUCCESS", "total_amount": "1.00",
		"send_pay_date": "2026-01-01 00:00:00", "fund_change": "Y", "out_request_no": "r1", "refund_status": "REFUND_SUCCESS", "refund_amount": "1.00",
	}
	refusal := map[string]any{"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"}
	plain := func(node any) string {
		text, err := json.Marshal(node)
		require.NoError(t, err)
		return string(text)
	}
	for name, prepare := range map[string]func(){
		"system error":        func() { g.node(map[string]any{"code": "40004", "sub_code": "ACQ.SYSTEM_ERROR"}) },
		"misspelt error":      func() { g.node(map[string]any{"code": "40004", "sub_code": "AQC.SYSTEM_ERROR"}) },
		"aop error":           func() { g.node(map[string]any{"code": "40004", "sub_code": "aop.ACQ.SYSTEM_ERROR"}) },
		"service unavailable": func() { g.node(map[string]any{"code": "20000", "sub_code": "isp.unknow-error"}) },
		"in progress":         func() { g.node(map[string]any{"code": "10003", "out_trade_no": "p1", "trade_status": "TRADE_SUCCESS"}) },
		"too many calls":      func() { g.node(map[string]any{"code": "40005"}) },
		"no code":             func() { g.node(map[string]any{}) },
		"new code":            func() { g.node(map[string]any{"code": "50000"}) },
		"null":                func() { g.node(nil) },
		"a text":              func() { g.node("encrypted?") },
		"a list":              func() { g.node([]int{1}) },
		"unsigned refusal":    func() { g.raw(200, `{"METHOD":`+plain(refusal)+`}`) },
		"unsigned success":    func() { g.raw(200, `{"METHOD":`+plain(success)+`}`) },
		"empty signature":     func() { g.raw(200, `{"METHOD":`+plain(success)+`,"sign":""}`) },
		"signature no base64": func() { g.raw(200, `{"METHOD":`+plain(success)+`,"sign":"%%%"}`) },
		"signature no text":   func() { g.raw(200, `{"METHOD":`+plain(success)+`,"sign":7}`) },
		"foreign key":         func() { g.raw(200, g.signed(foreign, success, "")) },
		"foreign refusal":     func() { g.raw(200, g.signed(foreign, refusal, "")) },
		"foreign certificate": func() { g.raw(200, g.signed(g.keys.Gateway, success, `,"alipay_cert_sn":"abc"`)) },
		"gateway error":       func() { g.raw(200, `{"error_response":{"code":"40002","sub_code":"isv.invalid-app-id"}}`) },
		"other method's": func() {
			g.raw(200, strings.ReplaceAll(g.signed(g.keys.Gateway, success, ""), "METHOD", "other_response"))
		},
		"empty":          func() { g.raw(200, "") },
		"HTML":           func() { g.raw(200, "<html>busy</html>") },
		"half":           func() { g.raw(200, g.signed(g.keys.Gateway, success, "")[:60]) },
		"500":            func() { g.raw(500, g.signed(g.keys.Gateway, success, "")) },
		"502":            func() { g.raw(502, "") },
		"404":            func() { g.raw(404, g.signed(g.keys.Gateway, refusal, "")) },
		"redirect":       func() { g.raw(302, "") },
		"endless":        func() { g.raw(200, strings.Repeat(" ", 3<<20)+g.signed(g.keys.Gateway, success, "")) },
		"late":           func() { g.answer.Store(func(http.ResponseWriter, string) { time.Sleep(500 * time.Millisecond) }) },
		"connection cut": func() { g.answer.Store(func(http.ResponseWriter, string) { panic(http.ErrAbortHandler) }) },
	} {
		t.Run(name, func(t *testing.T) {
			prepare()
			for method, err := range g.ask(t) {
				require.ErrorIs(t, err, payment.ErrUnknown, method)
				var rejection *payment.Rejection
				require.False(t, method == "refund" && errors.As(err, &rejection), "a refusal that nobody signed")
			}
		})
	}
}

func TestChannel_AnswerAboutSomethingElseIsUnknown(t *testing.T) {
	g := openGateway(t)
	good := map[string]any{
		"code": "10000", "trade_no": "n1", "out_trade_no": "p1", "trade_status": "TRADE_SUCCESS", "total_amount": "1.00",
		"send_pay_date": "2026-01-01 08:00:00", "out_request_no": "r1", "refund_status": "REFUND_SUCCESS", "refund_amount": "1.00",
	}
	g.node(good)
	trade, err := g.channel.Query(t.Context(), "p1")
	require.NoError(t, err)
	require.Equal(t, payment.Trade{
		Status: payment.TradeSucceeded, ProviderNo: "n1", Amount: 100, PaidAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}, trade)
	for field, values := range map[string][]string{
		"out_trade_no": {"p2", ""}, "trade_status": {"", "TRADE_PAID"}, "total_amount": {"", "1.001", "-1.00", "0.00", "1,00"},
		"send_pay_date": {"", "yesterday"},
	} {
		for _, value := range values {
			g.spoil(good, field, value)
			_, err := g.channel.Query(t.Context(), "p1")
			require.ErrorIs(t, err, payment.ErrUnknown, "%s=%s", field, value)
		}
	}
	for field, values := range map[string][]string{
		"out_trade_no": {"p2"}, "out_request_no": {"r2"}, "refund_amount": {"", "0.00", "x", "-1.00"},
	} {
		for _, value := range values {
			g.spoil(good, field, value)
			_, err := g.channel.QueryRefund(t.Context(), "p1", "r1")
			require.ErrorIs(t, err, payment.ErrUnknown, "%s=%s", field, value)
		}
	}
}

func (g *gateway) spoil(good map[string]any, field, value string) {
	bad := map[string]any{field: value}
	for k, v := range good {
		if k != field {
			bad[k] = v
		}
	}
	g.node(bad)
}

func TestChannel_SignedRefusals(t *testing.T) {
	g := openGateway(t)
	for _, code := range []string{"ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID", "ACQ.REASON_ILLEGAL_STATUS"} {
		g.node(map[string]any{"code": "40004", "sub_code": code})
		require.ErrorIs(t, g.channel.Close(t.Context(), "p1"), payment.ErrNotClosable)
	}
	g.node(map[string]any{"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"})
	require.ErrorIs(t, g.channel.Close(t.Context(), "p1"), payment.ErrAbsent)

	for _, code := range []string{"20001", "40001", "40002", "40003", "40004", "40006"} {
		g.node(map[string]any{"code": code, "sub_code": "some.code", "sub_msg": "why"})
		errs := g.ask(t)
		var rejection *payment.Rejection
		require.ErrorAs(t, errs["refund"], &rejection)
		require.Equal(t, &payment.Rejection{Code: "some.code", Message: "why"}, rejection)
		for _, method := range []string{"query", "close", "query refund"} {
			require.ErrorIs(t, errs[method], payment.ErrUnknown, method)
		}
	}
}

// TestChannel_RefundThatMovedNothing: fund_change=N says that this call did nothing; only asking tells whether
// an earlier one did.
func TestChannel_RefundThatMovedNothing(t *testing.T) {
	g := openGateway(t)
	order := payment.RefundOrder{ID: "p1", RequestNo: "r1", Amount: 100}
	g.node(map[string]any{"code": "10000", "fund_change": "N"})
	result, err := g.channel.Refund(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, payment.RefundResult{}, result)
	require.EqualValues(t, 2, g.calls.Load())
	g.node(map[string]any{"code": "10000", "fund_change": "N", "out_trade_no": "p1", "out_request_no": "r1",
		"refund_status": "REFUND_SUCCESS", "refund_amount": "1.00"})
	result, err = g.channel.Refund(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, payment.RefundResult{Done: true, Amount: 100}, result)
}

func TestChannel_RefundOutOfRangeIsNotSent(t *testing.T) {
	g := openGateway(t)
	for _, order := range []payment.RefundOrder{
		{ID: "p1", Amount: 1}, {ID: "p1", RequestNo: "r1"}, {ID: "p1", RequestNo: "r1", Amount: -1},
		{ID: "p1", RequestNo: payment.RequestNo(strings.Repeat("r", 65)), Amount: 1}, {ID: "p1", RequestNo: "r1", Amount: 100_000_000_01},
	} {
		_, err := g.channel.Refund(t.Context(), order)
		require.Error(t, err)
		require.NotErrorIs(t, err, payment.ErrUnknown)
	}
	require.Zero(t, g.calls.Load())
}

func TestPage_SaysWhatAlipayAsksFor(t *testing.T) {
	g := openGateway(t)
	for method, product := range map[payment.Method]string{payment.MethodPage: "FAST_INSTANT_TRADE_PAY", payment.MethodPhone: "QUICK_WAP_WAY"} {
		page, err := g.channel.Page(t.Context(), payment.Charge{
			ID: "pay_1", Method: method, Subject: " a/b\n&  c=" + strings.Repeat("茶", 300), Amount: 5,
			ExpiresAt: time.Date(2026, 1, 1, 15, 59, 59, 999_000_000, time.UTC), ReturnTo: "https://shop.example/o",
		})
		require.NoError(t, err)
		address, err := url.Parse(string(page))
		require.NoError(t, err)
		form := address.Query()
		require.Equal(t, "http://shop.example/callbacks/alipay", form.Get("notify_url"))
		require.Equal(t, "https://shop.example/o", form.Get("return_url"))
		var biz map[string]string
		require.NoError(t, json.Unmarshal([]byte(form.Get("biz_content")), &biz))
		require.Equal(t, "pay_1", biz["out_trade_no"])
		require.Equal(t, "0.05", biz["total_amount"])
		require.Equal(t, product, biz["product_code"])
		require.Equal(t, "2026-01-01 23:59:59", biz["time_expire"], "China's time, never after the shop's own end")
		require.Equal(t, "a b c "+strings.Repeat("茶", 250), biz["subject"])
	}
	require.Zero(t, g.calls.Load(), "signing asks nobody")
}
