package sandbox

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCashier_ShowsEachState(t *testing.T) {
	e := open(t)
	refund := func(no, amount string) {
		require.Equal(t, "Y", e.call(methodRefund, biz{"out_trade_no": no, "refund_amount": amount, "out_request_no": "r"})["fund_change"])
	}
	pages := map[string]string{
		"waiting": e.openTrade("waiting", "1.00"), "paid": e.payTrade("paid", "1.00"), "closed": e.openTrade("closed", "1.00"),
		"refunded": e.payTrade("refunded", "1.00"), "part_refunded": e.payTrade("part", "1.00"),
	}
	e.call(methodClose, biz{"out_trade_no": "closed"})
	refund("refunded", "1.00")
	refund("part", "0.40")
	for state, page := range pages {
		e.requirePage(page, state)
	}
	e.clock.Advance(15 * time.Minute)
	e.requirePage(pages["waiting"], "expired")
	e.requirePage(pages["paid"], "paid")
}

// requirePage: a simulator's page says so, in both languages, loads nothing foreign and pays only when waiting.
func (e *env) requirePage(page, state string) {
	e.Helper()
	for language, label := range map[string]string{"": "沙箱", "de, en;q=0.8": "Simulator", "zh-CN,en": "沙箱"} {
		rsp, body := e.get(page, "Accept-Language", language)
		require.Equal(e, http.StatusOK, rsp.StatusCode)
		require.Contains(e, body, `data-state="`+state+`"`)
		require.Contains(e, body, label)
		require.Equal(e, state == "waiting", strings.Contains(body, `name="token"`), state)
		require.NotContains(e, body, "<style")
		require.NotContains(e, body, "<script>")
		require.NotContains(e, body, " style=")
		require.NotContains(e, body, "ZgotmplZ")
		policy := rsp.Header.Get("Content-Security-Policy")
		require.Contains(e, policy, "default-src 'none'")
		require.Contains(e, policy, "form-action 'self' https://shop.example")
		require.Equal(e, "no-store", rsp.Header.Get("Cache-Control"))
	}
}

func TestCashier_AssetsAreServed(t *testing.T) {
	e := open(t)
	_, body := e.get(e.openTrade("o1", "1.00"))
	for _, name := range []string{"cashier.css", "cashier.js"} {
		require.Contains(t, body, `"../assets/`+name)
		rsp, _ := e.get("assets/" + name)
		require.Equal(t, http.StatusOK, rsp.StatusCode)
	}
	for _, name := range []string{"cashier.html", "nothing.css", "..%2Fschema.sql"} {
		rsp, _ := e.get("assets/" + name)
		require.Equal(t, http.StatusNotFound, rsp.StatusCode, name)
	}
}

func TestCashier_PayingSendsBackWithSignedParameters(t *testing.T) {
	e := open(t)
	cashier := e.openTrade("o1", "8.80")
	rsp, _ := e.post(cashier+"/pay", url.Values{"token": {e.token(cashier)}})
	require.Equal(t, http.StatusSeeOther, rsp.StatusCode)
	to := rsp.Location()
	require.Equal(t, "shop.example/paid#top", to.Host+to.Path+"#"+to.Fragment)
	form := to.Query()
	require.Equal(t, "app", form.Get("from"))
	form.Del("from") // the shop's own
	require.True(t, verifyRSA2(&e.box.cfg.Keys.Gateway.PublicKey, canonical(form, "sign", "sign_type"), form.Get("sign")))
	require.Equal(t, "alipay.trade.page.pay.return", form.Get("method"))
	require.Equal(t, "o1", form.Get("out_trade_no"))
	require.Equal(t, "8.80", form.Get("total_amount"))
	require.Equal(t, DefaultSellerID, form.Get("seller_id"))
	require.NotContains(t, form, "trade_status")
}

func TestCashier_WithoutAddresses(t *testing.T) {
	e := open(t)
	cashier := e.openTrade("o1", "1.00", "return_url", "", "notify_url", "")
	rsp, body := e.get(cashier)
	require.NotContains(t, body, `class="quit"`, "there is nowhere to go")
	require.NotContains(t, rsp.Header.Get("Content-Security-Policy"), "http")
	rsp, _ = e.post(cashier+"/quit", nil)
	require.Equal(t, "../"+strings.TrimPrefix(cashier, "cashier/"), rsp.Header.Get("Location"))
	rsp, _ = e.post(cashier+"/pay", url.Values{"token": {e.token(cashier)}})
	to := rsp.Location()
	require.Equal(t, e.base+cashier, to.String())
	require.Empty(t, e.notices("o1"))
}

func TestCashier_GivingUpChangesNothing(t *testing.T) {
	e := open(t)
	cashier := e.openTrade("o1", "1.00")
	rsp, _ := e.post(cashier+"/quit", nil)
	require.Equal(t, shopReturn, rsp.Header.Get("Location"))

	b := charged("o2", "1.00")
	b["product_code"], b["quit_url"] = "QUICK_WAP_WAY", "https://shop.example/cart"
	rsp, _ = e.get("gateway.do?" + e.request(methodWap, b, "return_url", shopReturn).Encode())
	rsp, _ = e.post(rsp.Header.Get("Location")+"/quit", nil)
	require.Equal(t, "https://shop.example/cart", rsp.Header.Get("Location"))
	require.Equal(t, Totals{Trades: 2, Waiting: 2}, e.totals())
}

func TestCashier_RefusesAnotherToken(t *testing.T) {
	e := open(t)
	cashier, other := e.openTrade("o1", "1.00"), e.openTrade("o2", "1.00")
	for _, form := range []url.Values{{}, {"token": {""}}, {"token": {e.token(other)}}} {
		rsp, _ := e.post(cashier+"/pay", form)
		require.Equal(t, http.StatusForbidden, rsp.StatusCode)
	}
	rsp, _ := e.get(cashier + "/pay?token=" + e.token(cashier))
	require.Equal(t, http.StatusMethodNotAllowed, rsp.StatusCode)
	rsp, _ = e.post(cashier+"/pay?token="+e.token(cashier), nil)
	require.Equal(t, http.StatusForbidden, rsp.StatusCode, "a link cannot pay")
	require.Zero(t, e.totals().Paid)
}

func TestCashier_ClosedMeanwhile(t *testing.T) {
	e := open(t)
	cashier := e.openTrade("o1", "1.00")
	token := e.token(cashier)
	e.clock.Advance(15 * time.Minute)
	rsp, _ := e.post(cashier+"/pay", url.Values{"token": {token}})
	to := rsp.Location()
	require.Equal(t, e.base+cashier, to.String())
	e.requirePage(cashier, "expired")
	require.Equal(t, Totals{Trades: 1, Closed: 1}, e.totals())
}

func TestCashier_UnknownPage(t *testing.T) {
	e := open(t)
	rsp, body := e.get("cashier/none")
	require.Equal(t, http.StatusNotFound, rsp.StatusCode)
	require.Contains(t, body, `"../assets/cashier.css"`)
	rsp, body = e.post("cashier/none/pay", url.Values{"token": {""}})
	require.Equal(t, http.StatusNotFound, rsp.StatusCode)
	require.Contains(t, body, `"../../assets/cashier.css"`)
	rsp, _ = e.post("cashier/none/quit", nil)
	require.Equal(t, http.StatusNotFound, rsp.StatusCode)
}

func TestCashier_FiftyClicksPayOnce(t *testing.T) {
	e := open(t)
	cashier := e.openTrade("o1", "1.00")
	token := e.token(cashier)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			rsp, err := e.client.PostForm(e.base+cashier+"/pay", url.Values{"token": {token}})
			if err == nil {
				_ = rsp.Body.Close()
				if rsp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(rsp.Header.Get("Location"), "https://shop.example/") {
					err = errors.New(rsp.Status)
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	require.Equal(t, Totals{Trades: 1, Succeeded: 1, Paid: 1, Received: 100}, e.totals())
	require.Len(t, e.notices("o1"), 1)
}

// TestCashier_PayAgainstClose: whichever is first wins, and the other one sees it.
func TestCashier_PayAgainstClose(t *testing.T) {
	e := open(t)
	for i := range 20 {
		no := "o" + strings.Repeat("x", i)
		cashier := e.openTrade(no, "1.00")
		token := e.token(cashier)
		var closed, paid *failure
		var group sync.WaitGroup
		group.Go(func() {
			_, closed, _ = e.box.change(context.Background(), byOutTradeNo(no), func(t *trade) *failure { return t.closeUnpaid(e.clock.Now()) })
		})
		group.Go(func() {
			_, paid, _ = e.box.change(context.Background(), byOutTradeNo(no), func(t *trade) *failure { return t.pay(token, e.clock.Now()) })
		})
		group.Wait()
		require.NotEqual(t, closed == nil, paid == nil)
		require.Len(t, e.notices(no), 1)
	}
}
