package sandbox

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// browse opens a page as a browser does.
func (e *env) browse(path, language string) string {
	e.Helper()
	rsp, body := e.get(path, "Accept", "text/html,*/*;q=0.8", "Accept-Language", language)
	require.Equal(e, http.StatusOK, rsp.StatusCode, body)
	require.Equal(e, "text/html; charset=utf-8", rsp.Header.Get("Content-Type"))
	require.Contains(e, rsp.Header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(e, []string{"Accept", "Accept-Language"}, rsp.Header.Values("Vary"))
	for _, never := range []string{"<script>", "<style", " style=", " onclick=", "ZgotmplZ", "<no value>"} {
		require.NotContains(e, body, never)
	}
	return body
}

func TestBooksPage_ShowsTradesRefundsNoticesAndTheBill(t *testing.T) {
	e, shop := open(t), newShop(t)
	require.Contains(t, e.browse("books", "en"), "No trade yet")
	e.payTrade("o1", "10.00", "notify_url", shop.URL)
	e.openTrade("o2", "7.50")
	e.call(methodRefund, biz{"out_trade_no": "o1", "refund_amount": "4", "out_request_no": "r1"})
	e.sendDue()
	for language, words := range map[string][]string{
		"en": {"Latest trades", "answered with success", "The shop&#39;s answer", "Simulator"}, "zh": {"最近交易", "已成功应答", "商家应答", "沙箱"},
	} {
		body := e.browse("books", language)
		for _, part := range append(words, "o2", "WAIT_BUYER_PAY", "¥10.00", "r1", "¥4.00", "TRADE_SUCCESS", "notify_id", "¥-4.00") {
			require.Contains(t, body, part)
		}
		require.Less(t, strings.Index(body, ">o2<"), strings.Index(body, ">o1<"), "newest first")
	}
	page := e.browse("trades/o1", "en")
	for _, part := range []string{"r1", "¥4.00", "answered with success", "passback_params", "<td>200</td>", "success"} {
		require.Equal(t, part != "passback_params", strings.Contains(page, part), part)
	}
	require.Contains(t, e.browse("trades/o2", "en"), "No notice yet")
	rsp, body := e.get("trades/none", "Accept", "text/html")
	require.Equal(t, http.StatusNotFound, rsp.StatusCode)
	require.Contains(t, body, "ACQ.TRADE_NOT_EXIST")
}

func TestBooksPage_ShowsTheBillWithItsDifferences(t *testing.T) {
	e := open(t)
	e.payTrade("o1", "10.00")
	e.payTrade("o2", "20.00")
	e.script(Script{OutTradeNo: "o1", Target: OnBill, Fault: LineMissing})
	e.script(Script{OutTradeNo: "ghost", Target: OnBill, Fault: LineExtra, Amount: 333})
	today := e.clock.Now().In(china()).Format(time.DateOnly)
	_, bill, _ := strings.Cut(e.browse("books", "en"), `id="bill"`)
	bill, _, _ = strings.Cut(bill, "</section>")
	require.Contains(t, bill, `value="`+today+`"`)
	require.NotContains(t, bill, "o1")
	for _, part := range []string{"o2", "¥20.00", "ghost", "¥3.33", "¥23.33"} {
		require.Contains(t, bill, part)
	}
	_, bill, _ = strings.Cut(e.browse("books?day=2020-01-01", "en"), `id="bill"`)
	require.Contains(t, bill, "ghost", "an extra line of each day")
	rsp, body := e.get("books?day=yesterday", "Accept", "text/html", "Accept-Language", "en")
	require.Equal(t, http.StatusUnprocessableEntity, rsp.StatusCode)
	require.Contains(t, body, "day: must be yyyy-MM-dd")
}

func TestBooksPage_StaysShort(t *testing.T) {
	e := open(t)
	_, err := e.box.db.write.ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < ?1)
		INSERT INTO trades SELECT 'o'||i, 't'||i, 'c'||i, '', '', '', '', '', '', '', '', 100, 0, 'TRADE_SUCCESS', '', ?2, ?2, ?2, 0, 0, 1 FROM n`,
		shownLines+5, ms(e.clock.Now()))
	require.NoError(t, err)
	body := e.browse("books", "en")
	require.Equal(t, shownTrades, strings.Count(body, `class="trade"`))
	require.Contains(t, body, "+ 5 more lines")
}

func TestBooksPage_WithoutItsBooks(t *testing.T) {
	e := open(t)
	require.NoError(t, e.box.db.close())
	for _, path := range []string{"books", "trades/o1"} {
		rsp, _ := e.get(path, "Accept", "text/html")
		require.Equal(t, http.StatusInternalServerError, rsp.StatusCode)
	}
}
