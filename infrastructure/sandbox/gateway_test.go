package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGateway_RefusesWhatIsNotAProperRequest(t *testing.T) {
	e := open(t)
	for name, c := range map[string]struct {
		set     []string
		unsign  bool
		code    string
		subCode string
		signed  bool
	}{
		"no method":        {set: []string{"method", ""}, code: "40001", subCode: "isv.missing-method"},
		"unknown method":   {set: []string{"method", "alipay.trade.pay"}, code: "40002", subCode: "isv.invalid-method"},
		"no app":           {set: []string{"app_id", ""}, code: "40001", subCode: "isv.missing-app-id"},
		"foreign app":      {set: []string{"app_id", "2021000000000000"}, code: "40002", subCode: "isv.invalid-app-id"},
		"no sign type":     {set: []string{"sign_type", ""}, code: "40001", subCode: "isv.missing-signature-type", signed: true},
		"RSA":              {set: []string{"sign_type", "RSA"}, code: "40002", subCode: "isv.invalid-signature-type", signed: true},
		"no signature":     {unsign: true, code: "40001", subCode: "isv.missing-signature", signed: true},
		"no timestamp":     {set: []string{"timestamp", ""}, code: "40001", subCode: "isv.missing-timestamp", signed: true},
		"bad timestamp":    {set: []string{"timestamp", "2026-01-01T00:00:00Z"}, code: "40002", subCode: "isv.invalid-timestamp", signed: true},
		"old timestamp":    {set: []string{"timestamp", "2020-01-01 00:00:00"}, code: "40002", subCode: "isv.invalid-timestamp", signed: true},
		"future timestamp": {set: []string{"timestamp", "2090-01-01 00:00:00"}, code: "40002", subCode: "isv.invalid-timestamp", signed: true},
		"no version":       {set: []string{"version", ""}, code: "40001", subCode: "isv.missing-version", signed: true},
		"other version":    {set: []string{"version", "2.0"}, code: "40002", subCode: "isv.invalid-parameter", signed: true},
		"no charset":       {set: []string{"charset", ""}, code: "40001", subCode: "isv.missing-charset", signed: true},
		"GBK":              {set: []string{"charset", "GBK"}, code: "40002", subCode: "isv.invalid-charset", signed: true},
		"XML":              {set: []string{"format", "XML"}, code: "40002", subCode: "isv.invalid-format", signed: true},
		"no content":       {set: []string{"biz_content", ""}, code: "40001", subCode: "isv.missing-parameter", signed: true},
		"no JSON":          {set: []string{"biz_content", "{"}, code: "40002", subCode: "isv.invalid-parameter", signed: true},
		"wrong type":       {set: []string{"biz_content", `{"out_trade_no":7}`}, code: "40004", subCode: "ACQ.INVALID_PARAMETER", signed: true},
		"no number":        {set: []string{"biz_content", "{}"}, code: "40004", subCode: "ACQ.INVALID_PARAMETER", signed: true},
	} {
		t.Run(name, func(t *testing.T) {
			form := e.request(methodQuery, biz{"out_trade_no": "o1"}, c.set...)
			if c.unsign {
				form.Del("sign")
			}
			node, signed := e.ask(form)
			require.Equal(t, c.code, node["code"])
			require.Equal(t, c.subCode, node["sub_code"])
			require.Equal(t, c.signed, signed)
		})
	}
}

func TestGateway_ChecksTheSignatureOverEveryParameter(t *testing.T) {
	e := open(t)
	genuine := e.request(methodQuery, biz{"out_trade_no": "o1"}, "app_auth_token", "x")
	node, _ := e.ask(genuine)
	require.Equal(t, "ACQ.TRADE_NOT_EXIST", node["sub_code"])
	for _, name := range []string{"timestamp", "biz_content", "app_auth_token", "format"} {
		forged := url.Values{}
		for k, v := range genuine {
			forged[k] = v
		}
		forged.Set(name, strings.ToLower(genuine.Get(name))+" ")
		node, _ := e.ask(forged)
		require.Equal(t, "isv.invalid-signature", node["sub_code"], name)
	}
	genuine.Set("sign", "not base64")
	node, _ = e.ask(genuine)
	require.Equal(t, "isv.invalid-signature", node["sub_code"])
	genuine["timestamp"] = append(genuine["timestamp"], "2026-01-01 00:00:00")
	node, _ = e.ask(genuine)
	require.Equal(t, "isv.invalid-parameter", node["sub_code"])
}

func TestGateway_SignatureIsOverTheExactBytes(t *testing.T) {
	e := open(t)
	e.payTrade("o1", "0.01") // ask checks each signature; the node holds Chinese and quotes after this
	require.Equal(t, "10000", e.call(methodQuery, biz{"out_trade_no": "o1"})["code"])
	require.Contains(t, e.call(methodQuery, biz{"out_trade_no": `"<&>`})["sub_msg"], "不存在")
}

func TestGateway_AnswersServiceUnavailableWhenItsBooksAreGone(t *testing.T) {
	e := open(t)
	cashier := e.openTrade("o1", "1.00")
	require.NoError(t, e.box.db.close())
	for _, method := range []string{methodQuery, methodClose, methodRefund, methodRefundQuery} {
		node := e.call(method, biz{"out_trade_no": "o1", "out_request_no": "r", "refund_amount": "1"})
		require.Equal(t, "20000", node["code"], method)
	}
	for _, path := range []string{cashier, e.page(charged("o2", "1.00")), "books", "trades/o1"} {
		rsp, _ := e.get(path)
		require.Equal(t, http.StatusInternalServerError, rsp.StatusCode, path)
	}
	rsp, _ := e.post(cashier+"/pay", url.Values{"token": {"x"}})
	require.Equal(t, http.StatusInternalServerError, rsp.StatusCode)
}

func TestGateway_BoundsTheBody(t *testing.T) {
	e := open(t)
	node, signed := e.ask(url.Values{"method": {methodQuery}, "x": {strings.Repeat("x", maxRequest)}})
	require.Equal(t, "isv.invalid-parameter", node["sub_code"])
	require.False(t, signed)
}

func TestQuery(t *testing.T) {
	e := open(t)
	require.Equal(t, "ACQ.TRADE_NOT_EXIST", e.call(methodQuery, biz{"out_trade_no": "o1"})["sub_code"])
	e.openTrade("o1", "12.3")
	waiting := e.call(methodQuery, biz{"out_trade_no": "o1"})
	require.Equal(t, "WAIT_BUYER_PAY", waiting["trade_status"])
	require.Equal(t, "12.30", waiting["total_amount"])
	require.Len(t, waiting["trade_no"], 28)
	require.NotContains(t, waiting, "send_pay_date")

	e.clock.Advance(15 * time.Minute)
	closed := e.call(methodQuery, biz{"trade_no": waiting["trade_no"], "out_trade_no": "ignored"})
	require.Equal(t, "TRADE_CLOSED", closed["trade_status"])
	require.Equal(t, "o1", closed["out_trade_no"])
}

func TestClose(t *testing.T) {
	e := open(t)
	require.Equal(t, "ACQ.TRADE_NOT_EXIST", e.call(methodClose, biz{"out_trade_no": "o1"})["sub_code"])
	e.openTrade("o1", "1.00")
	require.Equal(t, "10000", e.call(methodClose, biz{"out_trade_no": "o1"})["code"])
	require.Equal(t, "ACQ.TRADE_STATUS_ERROR", e.call(methodClose, biz{"out_trade_no": "o1"})["sub_code"])
	e.payTrade("o2", "1.00")
	require.Equal(t, "ACQ.TRADE_STATUS_ERROR", e.call(methodClose, biz{"out_trade_no": "o2"})["sub_code"])
	require.Equal(t, Totals{Trades: 2, Succeeded: 1, Closed: 1, Paid: 1, Received: 100}, e.totals())
}

func TestRefund(t *testing.T) {
	e := open(t)
	refund := func(amount, no string) said {
		return e.call(methodRefund, biz{"out_trade_no": "o1", "refund_amount": amount, "out_request_no": no, "refund_reason": "退"})
	}
	require.Equal(t, "ACQ.TRADE_NOT_EXIST", refund("1", "r1")["sub_code"])
	cashier := e.openTrade("o1", "10.00")
	require.Equal(t, "ACQ.TRADE_STATUS_ERROR", refund("1", "r1")["sub_code"])
	e.post(cashier+"/pay", url.Values{"token": {e.token(cashier)}})

	for _, amount := range []string{"", "0", "-1", "1.234", "1e1", "100000000.01"} {
		require.Equal(t, "ACQ.INVALID_PARAMETER", refund(amount, "r1")["sub_code"], amount)
	}
	require.Equal(t, "ACQ.INVALID_PARAMETER", refund("1", strings.Repeat("r", 65))["sub_code"])
	require.Equal(t, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", refund("1", "")["sub_code"])
	require.Equal(t, "ACQ.REASON_TRADE_REFUND_FEE_ERR", refund("10.01", "r1")["sub_code"])

	first := refund("4.00", "r1")
	require.Equal(t, []string{"Y", "4.00"}, []string{first["fund_change"], first["refund_fee"]})
	again := refund("4.00", "r1")
	require.Equal(t, []string{"N", "4.00"}, []string{again["fund_change"], again["refund_fee"]})
	require.Equal(t, "ACQ.DISCORDANT_REPEAT_REQUEST", refund("4.01", "r1")["sub_code"])
	require.Equal(t, "ACQ.REASON_TRADE_REFUND_FEE_ERR", refund("6.01", "r2")["sub_code"])
	require.Equal(t, "10.00", refund("6.00", "r2")["refund_fee"])
	require.Equal(t, "TRADE_CLOSED", e.call(methodQuery, biz{"out_trade_no": "o1"})["trade_status"])
	require.Equal(t, "N", refund("6.00", "r2")["fund_change"], "a replay is answered after the end too")
	require.Equal(t, "ACQ.REASON_TRADE_REFUND_FEE_ERR", refund("0.01", "r3")["sub_code"])
	require.Equal(t, Totals{Trades: 1, Closed: 1, Paid: 1, Refunds: 2, Received: 1000, Refunded: 1000}, e.totals())
}

func TestRefund_OfTheWholeNeedsNoNumber(t *testing.T) {
	e := open(t)
	e.payTrade("o1", "10.00")
	whole := e.call(methodRefund, biz{"out_trade_no": "o1", "refund_amount": "10"})
	require.Equal(t, "Y", whole["fund_change"])
	found := e.call(methodRefundQuery, biz{"out_trade_no": "o1", "out_request_no": "o1"})
	require.Equal(t, []string{"REFUND_SUCCESS", "10.00"}, []string{found["refund_status"], found["refund_amount"]})
}

func TestRefundQuery(t *testing.T) {
	e := open(t)
	query := func(b biz) said { return e.call(methodRefundQuery, b) }
	require.Equal(t, "ACQ.TRADE_NOT_EXIST", query(biz{"out_trade_no": "o1", "out_request_no": "r1"})["sub_code"])
	e.payTrade("o1", "10.00")
	require.Equal(t, "ACQ.INVALID_PARAMETER", query(biz{"out_trade_no": "o1"})["sub_code"])
	require.Equal(t, "ACQ.INVALID_PARAMETER", query(biz{"out_request_no": "r1"})["sub_code"])
	require.Equal(t, said{"code": "10000", "msg": "Success"}, query(biz{"out_trade_no": "o1", "out_request_no": "r1"}))
}
