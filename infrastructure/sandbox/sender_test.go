package sandbox

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shop receives notices and answers what it is told to.
type shop struct {
	*httptest.Server
	answer atomic.Value // func(http.ResponseWriter)
	got    chan url.Values
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{got: make(chan url.Values, 100)}
	s.say(http.StatusOK, "success")
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ParseForm() == nil {
			s.got <- r.PostForm
		}
		s.answer.Load().(func(http.ResponseWriter))(w)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) say(status int, text string) {
	s.answer.Store(func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	})
}

func (e *env) notices(no string) []noticeView {
	e.Helper()
	notices, err := e.box.noticesOf(context.Background(), no)
	require.NoError(e, err)
	return notices
}

// sendDue is one turn of the sender, in the test's hands.
func (e *env) sendDue() {
	e.Helper()
	require.NoError(e, e.box.sendDue(e.Context()))
}

func TestNotice_IsSignedAndComplete(t *testing.T) {
	e, shop := open(t), newShop(t)
	b := charged("o1", "12.34")
	b["passback_params"], b["body"] = "a%3D1", "好茶"
	rsp, _ := e.get(e.page(b, "notify_url", shop.URL))
	cashier := rsp.Header.Get("Location")
	e.post(cashier+"/pay", url.Values{"token": {e.token(cashier)}})
	e.sendDue()
	form := <-shop.got
	require.True(t, verifyRSA2(&e.box.cfg.Keys.Gateway.PublicKey, canonical(form, "sign", "sign_type"), form.Get("sign")))
	now := stamp(e.clock.Now())
	for name, want := range map[string]string{
		"notify_type": "trade_status_sync", "notify_time": now, "app_id": DefaultAppID, "auth_app_id": DefaultAppID,
		"seller_id": DefaultSellerID, "buyer_id": BuyerID, "charset": "utf-8", "version": "1.0", "sign_type": "RSA2",
		"out_trade_no": "o1", "trade_status": "TRADE_SUCCESS", "total_amount": "12.34", "receipt_amount": "12.34",
		"buyer_pay_amount": "12.34", "invoice_amount": "12.34", "point_amount": "0.00", "subject": "茶壶", "body": "好茶",
		"passback_params": "a%3D1", "gmt_create": now, "gmt_payment": now,
		"fund_bill_list": `[{"amount":"12.34","fundChannel":"ALIPAYACCOUNT"}]`,
	} {
		require.Equal(t, want, form.Get(name), name)
	}
	require.NotEmpty(t, form.Get("notify_id"))
	require.NotEmpty(t, form.Get("trade_no"))
	for name, values := range form {
		require.NotEmpty(t, values[0], name)
	}
	for _, name := range []string{"refund_fee", "gmt_refund", "gmt_close", "out_biz_no"} {
		require.NotContains(t, form, name)
	}
}

func TestNotice_OfRefunds(t *testing.T) {
	e, shop := open(t), newShop(t)
	e.payTrade("o1", "10.00", "notify_url", shop.URL)
	e.sendDue()
	paid := <-shop.got
	for _, c := range []struct{ no, amount, fee, status string }{
		{"r1", "4.00", "4.00", "TRADE_SUCCESS"}, {"r2", "6.00", "10.00", "TRADE_CLOSED"},
	} {
		e.clock.Advance(time.Minute)
		e.call(methodRefund, biz{"out_trade_no": "o1", "refund_amount": c.amount, "out_request_no": c.no})
		e.call(methodRefund, biz{"out_trade_no": "o1", "refund_amount": c.amount, "out_request_no": c.no})
		e.sendDue()
		form := <-shop.got
		require.Equal(t, c.fee, form.Get("refund_fee"))
		require.Equal(t, c.no, form.Get("out_biz_no"))
		require.Equal(t, c.status, form.Get("trade_status"))
		require.Equal(t, paid.Get("gmt_payment"), form.Get("gmt_payment"))
		require.Equal(t, stamp(e.clock.Now())+".000", form.Get("gmt_refund"))
		require.NotEqual(t, paid.Get("notify_id"), form.Get("notify_id"))
	}
	e.sendDue()
	require.Empty(t, shop.got, "a replayed refund tells nothing new")
}

func TestNotice_IsRepeatedOnAlipaysSchedule(t *testing.T) {
	e, shop := open(t), newShop(t)
	shop.say(http.StatusOK, "fail")
	e.payTrade("o1", "1.00", "notify_url", shop.URL)
	e.sendDue()
	first := <-shop.got
	for _, gap := range []time.Duration{
		4 * time.Minute, 10 * time.Minute, 10 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 15 * time.Hour,
	} {
		e.clock.Advance(gap - time.Second)
		e.sendDue()
		require.Empty(t, shop.got, "%s", gap)
		e.clock.Advance(time.Second)
		e.sendDue()
		again := <-shop.got
		require.Equal(t, first.Get("notify_id"), again.Get("notify_id"))
		require.Equal(t, stamp(e.clock.Now()), again.Get("notify_time"))
		require.True(t, verifyRSA2(&e.box.cfg.Keys.Gateway.PublicKey, canonical(again, "sign", "sign_type"), again.Get("sign")))
	}
	e.clock.Advance(1000 * time.Hour)
	e.sendDue()
	require.Empty(t, shop.got)
	notice := e.notices("o1")[0]
	require.Equal(t, noticeGivenUp, notice.State)
	require.Len(t, notice.Attempts, 8)
	last := Sending{SentAt: notice.Attempts[7].SentAt, HTTPStatus: 200, Answer: "fail"}
	require.Equal(t, attempt{Number: 8, Sending: last}, notice.Attempts[7])
}

func TestNotice_OnlySuccessEndsIt(t *testing.T) {
	e, shop := open(t), newShop(t)
	e.payTrade("o1", "1.00", "notify_url", shop.URL)
	wait := 24 * time.Hour
	for _, answer := range []string{"", "SUCCESS", "success\n", `"success"`} {
		shop.say(http.StatusOK, answer)
		e.sendDue()
		require.Equal(t, noticePending, e.notices("o1")[0].State, answer)
		e.clock.Advance(wait)
	}
	shop.say(http.StatusInternalServerError, "success")
	e.sendDue()
	e.clock.Advance(wait)
	require.Equal(t, noticePending, e.notices("o1")[0].State)
	shop.say(http.StatusOK, "success")
	e.sendDue()
	e.clock.Advance(wait)
	e.sendDue()
	notice := e.notices("o1")[0]
	require.Equal(t, noticeDelivered, notice.State)
	require.Len(t, notice.Attempts, 6)
	require.Len(t, shop.got, 6)
}

func TestNotice_ToNobodyIsKeptForLater(t *testing.T) {
	e := open(t)
	e.payTrade("o1", "1.00") // nobody listens there
	e.sendDue()
	notice := e.notices("o1")[0]
	require.Equal(t, noticePending, notice.State)
	require.Zero(t, notice.Attempts[0].HTTPStatus)
	require.NotEmpty(t, notice.Attempts[0].Fault)
}

func TestNotice_ARedirectIsNoAnswer(t *testing.T) {
	e, shop := open(t), newShop(t)
	e.payTrade("o1", "1.00", "notify_url", shop.URL)
	shop.answer.Store(func(w http.ResponseWriter) {
		w.Header().Set("Location", shop.URL)
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	e.sendDue()
	require.Len(t, shop.got, 1)
	require.Equal(t, http.StatusTemporaryRedirect, e.notices("o1")[0].Attempts[0].HTTPStatus)
}

func TestNotice_ALongOrHangingAnswer(t *testing.T) {
	e, shop := open(t, func(c *Config) { c.HTTPClient = &http.Client{Timeout: 100 * time.Millisecond} }), newShop(t)
	e.payTrade("o1", "1.00", "notify_url", shop.URL)
	long := make([]byte, 1<<20)
	shop.say(http.StatusOK, string(long))
	e.sendDue()
	require.Len(t, e.notices("o1")[0].Attempts[0].Answer, keptAnswer)

	release := make(chan struct{})
	shop.answer.Store(func(http.ResponseWriter) { <-release })
	e.clock.Advance(time.Hour)
	e.sendDue()
	close(release)
	require.NotEmpty(t, e.notices("o1")[0].Attempts[1].Fault)
}

func TestSender_SendsByItselfWithACompressedClock(t *testing.T) {
	shop := newShop(t)
	shop.say(http.StatusOK, "no")
	e := open(t, func(c *Config) { c.Now = time.Now })
	require.NoError(t, e.box.Start(t.Context()))
	require.NoError(t, e.box.Start(t.Context()), "twice does nothing")
	e.payTrade("o1", "1.00", "notify_url", shop.URL)
	require.NoError(t, e.box.Clock().Run(t.Context(), MaxSpeed))
	for range 8 {
		<-shop.got
	}
	require.Eventually(t, func() bool { return e.notices("o1")[0].State == noticeGivenUp }, 10*time.Second, time.Millisecond)
	require.NoError(t, e.box.Stop(t.Context()))
	require.NoError(t, e.box.Stop(t.Context()), "twice does nothing")
}

func TestSender_ClosesWhatIsOver(t *testing.T) {
	shop := newShop(t)
	e := open(t)
	e.openTrade("o1", "1.00", "notify_url", shop.URL)
	e.clock.Advance(15 * time.Minute)
	require.NoError(t, e.box.Start(t.Context()))
	form := <-shop.got
	require.Equal(t, "TRADE_CLOSED", form.Get("trade_status"))
	require.Equal(t, stamp(e.clock.Now()), form.Get("gmt_close"))
	require.NotContains(t, form, "gmt_payment")
}

func TestSender_GoesOnAfterARestart(t *testing.T) {
	shop, c := newShop(t), newClock()
	shop.say(http.StatusBadGateway, "")
	path, keys := filepath.Join(t.TempDir(), "a dir?#%", "sandbox.db"), testKeys(t)
	same := func(cfg *Config) { cfg.Path, cfg.Keys, cfg.Now = path, keys, c.Now }
	_, err := New(Config{Path: path, Keys: keys})
	require.Error(t, err, "the directory is the caller's to make")
	mkdir(t, filepath.Dir(path))

	before := open(t, same)
	require.NoError(t, before.box.Start(t.Context()))
	before.payTrade("o1", "1.00", "notify_url", shop.URL)
	first := <-shop.got
	require.Eventually(t, func() bool { return len(before.notices("o1")[0].Attempts) == 1 }, 10*time.Second, time.Millisecond)
	require.NoError(t, before.box.Stop(t.Context()))
	require.NoError(t, before.box.db.close())

	shop.say(http.StatusOK, "success")
	c.Advance(4 * time.Minute)
	after := open(t, same)
	require.NoError(t, after.box.Start(t.Context()))
	require.Equal(t, first.Get("notify_id"), (<-shop.got).Get("notify_id"))
	require.Eventually(t, func() bool { return after.notices("o1")[0].State == noticeDelivered }, 10*time.Second, time.Millisecond)
	require.Equal(t, Totals{Trades: 1, Succeeded: 1, Paid: 1, Received: 100}, after.totals())
}

func TestSender_StopLeavesAHalfSentNoticeDue(t *testing.T) {
	shop := newShop(t)
	release := make(chan struct{})
	shop.answer.Store(func(http.ResponseWriter) { <-release })
	e := open(t)
	require.NoError(t, e.box.Start(t.Context()))
	e.payTrade("o1", "1.00", "notify_url", shop.URL)
	<-shop.got
	require.NoError(t, e.box.Stop(t.Context()))
	close(release)
	require.Empty(t, e.notices("o1")[0].Attempts)
	require.Equal(t, noticePending, e.notices("o1")[0].State)
}

func TestSender_SurvivesAFailingDatabase(t *testing.T) {
	e := open(t)
	require.NoError(t, e.box.db.close())
	require.Error(t, e.box.closeExpired(t.Context()))
	require.Error(t, e.box.sendDue(t.Context()))
	require.NoError(t, e.box.Start(t.Context()))
	require.NoError(t, e.box.Stop(t.Context()))
}

func TestStop_GivesUpWithItsContext(t *testing.T) {
	e := open(t)
	e.box.stop, e.box.stopped = func() {}, make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, e.box.Stop(ctx), context.Canceled)
	close(e.box.stopped)
}
