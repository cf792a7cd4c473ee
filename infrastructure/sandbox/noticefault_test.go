package sandbox

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNoticeFaults_Lost(t *testing.T) {
	e, shop := open(t), newShop(t)
	s := e.script(Script{OutTradeNo: "o1", Target: OnNotice, Fault: Lost, Times: 1})
	e.payTrade("o1", "1.00", "notify_url", shop.URL)
	e.payTrade("o2", "1.00", "notify_url", shop.URL)
	e.sendDue()
	require.Equal(t, "o2", (<-shop.got).Get("out_trade_no"))
	require.Empty(t, shop.got)
	lost := e.notices("o1")[0]
	require.Equal(t, noticePending, lost.State, "to the gateway nobody answered")
	require.Equal(t, "lost by fault script 1", lost.Attempts[0].Fault)
	e.clock.Advance(4 * time.Minute)
	e.sendDue()
	require.Equal(t, "o1", (<-shop.got).Get("out_trade_no"), "once, and then as Alipay repeats it")
	require.Equal(t, noticeDelivered, e.notices("o1")[0].State)
	s.Seen, s.Struck = 1, 1
	require.Equal(t, []Script{s}, e.scripts())
}

func TestNoticeFaults_Late(t *testing.T) {
	e, shop := open(t), newShop(t)
	e.script(Script{Target: OnNotice, Fault: Late, Delay: time.Hour, Event: Paid})
	e.payTrade("o1", "1.00", "notify_url", shop.URL)
	e.call(methodRefund, biz{"out_trade_no": "o1", "refund_amount": "1.00"})
	e.sendDue()
	require.Equal(t, "1.00", (<-shop.got).Get("refund_fee"), "only the payment's is late")
	require.Empty(t, shop.got)
	require.NoError(t, e.box.Clock().Jump(t.Context(), time.Hour))
	e.sendDue()
	require.Empty(t, (<-shop.got).Get("refund_fee"))
}

func TestNoticeFaults_Doubled(t *testing.T) {
	e, shop := open(t), newShop(t)
	e.script(Script{Target: OnNotice, Fault: Doubled, Copies: 3})
	e.payTrade("o1", "1.00", "notify_url", shop.URL)
	e.sendDue()
	first := <-shop.got
	for range 2 {
		require.Equal(t, first, <-shop.got, "the same to the last byte")
	}
	require.Len(t, e.notices("o1")[0].Attempts, 1)
	v, err := e.box.trade(t.Context(), "o1")
	require.NoError(t, err)
	require.Len(t, v.Extras, 2)
	require.Equal(t, extraView{NotifyID: first.Get("notify_id"), Sending: Sending{SentAt: v.Extras[0].SentAt, HTTPStatus: 200, Answer: "success"}}, v.Extras[0])
}

// A held notice comes after the trade's next one, after its delay, or when its script goes.
func TestNoticeFaults_Held(t *testing.T) {
	e, shop := open(t), newShop(t)
	refund := func(no, amount string) {
		e.call(methodRefund, biz{"out_trade_no": no, "refund_amount": amount, "out_request_no": "r" + amount})
	}
	e.script(Script{OutTradeNo: "o1", Target: OnNotice, Fault: Held, Event: Paid})
	e.payTrade("o1", "2.00", "notify_url", shop.URL)
	e.sendDue()
	require.Equal(t, noticeHeld, e.notices("o1")[0].State)
	refund("o1", "1.00")
	e.sendDue()
	e.sendDue()
	require.Equal(t, "1.00", (<-shop.got).Get("refund_fee"))
	require.Empty(t, (<-shop.got).Get("refund_fee"), "the payment after its refund")

	e.script(Script{OutTradeNo: "o2", Target: OnNotice, Fault: Held, Delay: time.Hour})
	e.payTrade("o2", "2.00", "notify_url", shop.URL)
	e.clock.Advance(time.Hour)
	e.sendDue()
	require.Equal(t, "o2", (<-shop.got).Get("out_trade_no"))

	s := e.script(Script{OutTradeNo: "o3", Target: OnNotice, Fault: Held})
	e.payTrade("o3", "2.00", "notify_url", shop.URL)
	require.NoError(t, e.box.Faults().Remove(t.Context(), s.ID))
	e.sendDue()
	require.Equal(t, "o3", (<-shop.got).Get("out_trade_no"))
	require.ErrorIs(t, e.box.Faults().Remove(t.Context(), s.ID), ErrNoScript)
}

// Each field that a forgery can change: it is not what it was, and how it is signed is what the seal says.
func TestNoticeFaults_ForgedInEachField(t *testing.T) {
	for _, field := range []string{
		"app_id", "auth_app_id", "seller_id", "buyer_id", "out_trade_no", "trade_no", "total_amount", "receipt_amount",
		"buyer_pay_amount", "invoice_amount", "trade_status", "notify_id", "notify_time", "gmt_create", "gmt_payment",
		"charset", "version", "subject", "refund_fee", "unknown", "sign_type",
	} {
		t.Run(field, func(t *testing.T) {
			e, shop := open(t), newShop(t)
			e.script(Script{OutTradeNo: "o1", Target: OnNotice, Fault: Forged, Field: field, Times: 1})
			e.payTrade("o1", "1.00", "notify_url", shop.URL)
			e.sendDue()
			forged, honest := <-shop.got, <-shop.got
			require.NotEqual(t, honest.Get(field), forged.Get(field))
			require.True(t, e.sealed(honest))
			require.True(t, e.sealed(forged), "only a look at the field tells")
			require.Equal(t, noticeDelivered, e.notices("o1")[0].State)
		})
	}
}

func (e *env) sealed(form url.Values) bool {
	return verifyRSA2(&e.box.cfg.Keys.Gateway.PublicKey, canonical(form, "sign", "sign_type"), form.Get("sign"))
}

func TestNoticeFaults_ForgedSeals(t *testing.T) {
	e, shop := open(t), newShop(t)
	for no, s := range map[string]Script{
		"broken":  {Field: "total_amount", Value: "99.00", Seal: SealBroken},
		"missing": {Field: "total_amount", Value: "99.00", Seal: SealMissing},
		"signs":   {Field: "sign"},
	} {
		s.OutTradeNo, s.Target, s.Fault, s.Instead, s.Times = no, OnNotice, Forged, true, 1
		e.script(s)
		e.payTrade(no, "1.00", "notify_url", shop.URL)
		e.sendDue()
		forged := <-shop.got
		require.Empty(t, shop.got, "instead of the true one")
		require.False(t, e.sealed(forged), no)
		require.Equal(t, no == "missing", forged.Get("sign") == "")
		if s.Value != "" {
			require.Equal(t, s.Value, forged.Get("total_amount"))
		}
		require.Equal(t, noticePending, e.notices(no)[0].State)
		e.clock.Advance(time.Hour)
		e.sendDue()
		require.True(t, e.sealed(<-shop.got), "spent: the true one comes by the schedule")
	}
}
