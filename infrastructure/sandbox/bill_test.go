package sandbox

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// bill downloads a day's bill of one type as a merchant does and returns the rows of its first file, without padding.
func (e *env) bill(kind, day string) []string {
	e.Helper()
	link := e.call(methodBillURL, biz{"bill_type": kind, "bill_date": day})["bill_download_url"]
	require.True(e, strings.HasPrefix(link, e.base), link)
	rsp, body := e.get(strings.TrimPrefix(link, e.base))
	require.Equal(e, http.StatusOK, rsp.StatusCode)
	require.Equal(e, "application/zip", rsp.Header.Get("Content-Type"))
	archive, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	require.NoError(e, err)
	require.Len(e, archive.File, 2)
	file, err := archive.File[0].Open()
	require.NoError(e, err)
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(simplifiedchinese.GBK.NewDecoder().Reader(file))
	require.NoError(e, err)
	var rows []string
	for line := range strings.SplitSeq(strings.ReplaceAll(string(text), "\t", ""), "\r\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			rows = append(rows, line)
		}
	}
	return rows[1:] // without the columns' names
}

// brief shortens rows to order, kind, amount and refund number.
func brief(rows []string) []string {
	list := []string{}
	for _, row := range rows {
		f := strings.Split(row, ",")
		list = append(list, strings.Trim(strings.Join([]string{f[1], f[2], f[11], f[21]}, " "), " "))
	}
	return list
}

func TestBill_SaysWhatTheBooksSay(t *testing.T) {
	e, day := billed(t)
	require.Equal(t, []string{"o1 交易 10.00", "o2 交易 20.00", "o1 退款 -4.00 r1"}, brief(e.bill("trade", day)))
	rows := e.bill("signcustomer", day)
	require.Len(t, rows, 3)
	require.Contains(t, rows[2], ",-4.00,26.00,支付宝,交易退款")
}

// billed is a sandbox at ten o'clock of the day after two payments and a refund.
func billed(t *testing.T) (*env, string) {
	t.Helper()
	e := open(t)
	now := e.clock.Now().In(china())
	morning := time.Date(now.Year(), now.Month(), now.Day()+1, 10, 0, 0, 0, china())
	e.clock.Advance(morning.Sub(now))
	e.payTrade("o1", "10.00")
	e.clock.Advance(time.Second)
	e.payTrade("o2", "20.00")
	e.clock.Advance(time.Second)
	e.call(methodRefund, biz{"out_trade_no": "o1", "refund_amount": "4", "out_request_no": "r1"})
	e.clock.Advance(24 * time.Hour)
	return e, morning.Format(time.DateOnly)
}

func TestBillFaults(t *testing.T) {
	for name, c := range map[string]struct {
		script Script
		want   []string
	}{
		"a line is missing":        {Script{Fault: LineMissing, OutTradeNo: "o2"}, []string{"o1 交易 10.00", "o1 退款 -4.00 r1"}},
		"a refund is missing":      {Script{Fault: LineMissing, Event: Refunded}, []string{"o1 交易 10.00", "o2 交易 20.00"}},
		"one of all is missing":    {Script{Fault: LineMissing, Times: 1}, []string{"o2 交易 20.00", "o1 退款 -4.00 r1"}},
		"all but never":            {Script{Fault: LineDuplicated, Day: "2020-01-01"}, []string{"o1 交易 10.00", "o2 交易 20.00", "o1 退款 -4.00 r1"}},
		"a line twice":             {Script{Fault: LineDuplicated, OutTradeNo: "o2"}, []string{"o1 交易 10.00", "o2 交易 20.00", "o2 交易 20.00", "o1 退款 -4.00 r1"}},
		"one fen more":             {Script{Fault: AmountChanged, Event: Paid}, []string{"o1 交易 10.01", "o2 交易 20.01", "o1 退款 -4.00 r1"}},
		"another amount back":      {Script{Fault: AmountChanged, Event: Refunded, Amount: 1}, []string{"o1 交易 10.00", "o2 交易 20.00", "o1 退款 -0.01 r1"}},
		"a payment that never was": {Script{Fault: LineExtra, Amount: 5}, []string{"o1 交易 10.00", "o2 交易 20.00", "o1 退款 -4.00 r1", "extra1 交易 0.05"}},
		"a refund that never was":  {Script{Fault: LineExtra, Event: Refunded, OutTradeNo: "o2"}, []string{"o1 交易 10.00", "o2 交易 20.00", "o1 退款 -4.00 r1", "o2 退款 -1.00 extra_refund1"}},
	} {
		t.Run(name, func(t *testing.T) {
			e, day := billed(t)
			c.script.Target = OnBill
			e.script(c.script)
			require.Equal(t, c.want, brief(e.bill("trade", day)))
			require.Equal(t, c.want, brief(e.bill("trade", day)), "each download alike")
			require.Equal(t, Totals{Trades: 2, Succeeded: 2, Paid: 2, Refunds: 1, Received: 3000, Refunded: 400}, e.totals())
		})
	}
}

func TestBill_Refuses(t *testing.T) {
	e, day := billed(t)
	today := e.clock.Now().In(china()).Format(time.DateOnly)
	for want, b := range map[string]biz{
		"isp.bill_not_exist":    {"bill_type": "trade", "bill_date": today},
		"isv.invalid-parameter": {"bill_type": "trade", "bill_date": "2026-01"},
		"isv.missing-parameter": nil,
	} {
		if b == nil {
			form := e.request(methodBillURL, biz{}, "biz_content", "")
			node, _ := e.ask(form)
			require.Equal(t, want, node["sub_code"])
			continue
		}
		require.Equal(t, want, e.call(methodBillURL, b)["sub_code"])
	}
	require.Equal(t, "isv.invalid-parameter", e.call(methodBillURL, biz{"bill_type": "x", "bill_date": day})["sub_code"])
	require.Equal(t, "isp.bill_not_exist", e.call(methodBillURL, biz{"bill_type": "trade", "bill_date": "2020-01-01"})["sub_code"])

	link := e.call(methodBillURL, biz{"bill_type": "trade", "bill_date": day})["bill_download_url"]
	require.Regexp(t, `/bills/[0-9a-f]{32}$`, link)
	e.clock.Advance(billLink)
	rsp, _ := e.get(strings.TrimPrefix(link, e.base))
	require.Equal(t, http.StatusNotFound, rsp.StatusCode, "a link lives half a minute")
}
