package mall_test

import (
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

func TestPay_OnePaymentPerOrder(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who := e.buyer()
		o := e.place(who, e.solo())
		first := e.pay(who, o)
		require.Equal(t, payment.Pending, first.Status)
		require.Equal(t, o.Amount, first.Amount)
		require.Equal(t, o.ExpiresAt, first.ExpiresAt)
		again, err := e.shop.Pay(e.ctx, who, o.ID, payment.MethodPhone)
		require.NoError(t, err)
		require.Equal(t, first, again, "the stored page, not a second one")
		require.Equal(t, 1, e.gateway.pages)
	})
}

func TestPay_FiftyClicksAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who := e.buyer()
		o := e.place(who, e.group(""))
		var pages sync.Map
		atOnce(50, func(int) {
			p, err := e.shop.Pay(e.ctx, who, o.ID, payment.MethodPage)
			if err != nil {
				t.Error(err)
			}
			pages.Store(p.Page, true)
		})
		n := 0
		pages.Range(func(any, any) bool { n++; return true })
		require.Equal(t, 1, n, "everybody gets the same page")
		require.Len(t, e.view(o.ID).Payments, 1)
		e.check()
	})
}

func TestPay_Refusals(t *testing.T) {
	e := newEnv(t)
	who, stranger := e.buyer(), e.buyer()
	o := e.place(who, e.solo())
	_, err := e.shop.Pay(e.ctx, stranger, o.ID, payment.MethodPage)
	requireCode(t, mall.CodeOrderNotFound, err)
	_, err = e.shop.Pay(e.ctx, mall.Actor{}, o.ID, payment.MethodPage)
	requireCode(t, mall.CodeSessionExpired, err)
	_, err = e.shop.Pay(e.ctx, who, "ord_none", payment.MethodPage)
	requireCode(t, mall.CodeOrderNotFound, err)
	_, err = e.shop.Pay(e.ctx, who, o.ID, "cash")
	requireCode(t, mall.CodeInvalid, err)
	e.clock.Advance(15 * time.Minute)
	_, err = e.shop.Pay(e.ctx, who, o.ID, payment.MethodPage)
	requireCode(t, mall.CodeOrderClosed, err)

	paid := e.paid(who, e.solo())
	_, err = e.shop.Pay(e.ctx, who, paid.ID, payment.MethodPage)
	requireCode(t, mall.CodeOrderPaid, err)
}

func TestNotice_PaysASoloOrder(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		o := e.paid(e.buyer(), e.solo())
		require.Equal(t, order.ToShip, o.Status)
		require.Equal(t, []order.Status{order.Created, order.AwaitingPayment, order.Paid, order.ToShip}, moves(e.view(o.ID).History))
		e.settle()
		require.Zero(t, e.engine.count("settle"))
		e.check()
	})
}

// A second notice resets nothing: rivals' mistake number 15.
func TestNotice_FiftyTimesAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who := e.buyer()
		o := e.place(who, e.group(""))
		p := e.pay(who, o)
		form := e.gateway.buyerPays(p.ID, p.Amount)
		atOnce(50, func(int) {
			if err := e.shop.HandlePayNotice(e.ctx, form); err != nil {
				t.Error(err)
			}
		})
		view := e.view(o.ID)
		require.Equal(t, []order.Status{order.Created, order.AwaitingPayment, order.Paid}, moves(view.History))
		require.Len(t, view.Payments, 1)
		require.Empty(t, view.Refunds)
		e.settle()
		require.Equal(t, 1, e.engine.count("settle"), "one effect, one settlement")
		require.NoError(t, e.shop.HandlePayNotice(e.ctx, form))
		e.requireStatus(o.ID, order.Teaming)
		e.check()
	})
}

// Notices are compared with what the payment says: rivals' mistake number 9.
func TestNotice_Forged(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.group(""))
	p := e.pay(who, o)
	for name, c := range map[string]struct {
		field, value string
		want         mall.Code
		differs      string
	}{
		"signature":    {"sign", "bad", mall.CodeNoticeForged, ""},
		"one fen less": {"total_amount", (p.Amount - 1).String(), mall.CodeNoticeMismatch, "total_amount"},
		"one fen more": {"total_amount", (p.Amount + 1).String(), mall.CodeNoticeMismatch, "total_amount"},
		"unreadable":   {"total_amount", "8e1", mall.CodeNoticeMalformed, ""},
		"other app":    {"app_id", "2021000000000002", mall.CodeNoticeMismatch, "app_id"},
		"other seller": {"seller_id", "2088000000000002", mall.CodeNoticeMismatch, "seller_id"},
		"other number": {"out_trade_no", "pay_999999", mall.CodePaymentNotFound, ""},
	} {
		t.Run(name, func(t *testing.T) {
			form := e.gateway.buyerPays(p.ID, p.Amount)
			form.Set(c.field, c.value)
			err := e.shop.HandlePayNotice(e.ctx, form)
			requireCode(t, c.want, err)
			require.Equal(t, c.differs, refusal(t, err).Param)
			view := e.view(o.ID)
			require.Equal(t, order.AwaitingPayment, view.Order.Status)
			require.Equal(t, payment.Pending, view.Payments[0].Status)
			require.Equal(t, o.Version, view.Order.Version, "nothing changed")
		})
	}
	e.settle()
	require.Zero(t, e.engine.count("settle"))
}

func TestNotice_OtherTradeOfAPaidPayment(t *testing.T) {
	e := newEnv(t)
	o := e.paid(e.buyer(), e.solo())
	p := e.view(o.ID).Payments[0]
	form := e.gateway.buyerPays(p.ID, p.Amount)
	form.Set("trade_no", "2026other")
	err := e.shop.HandlePayNotice(e.ctx, form)
	requireCode(t, mall.CodeNoticeMismatch, err)
	require.Equal(t, "trade_no", refusal(t, err).Param)
}

// Only a succeeded trade means paid, and a notice about a refund is never a second payment.
func TestNotice_ThatPaysNothing(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	p := e.pay(who, o)
	send := func(change func(url.Values)) {
		form := e.gateway.buyerPays(p.ID, p.Amount)
		change(form)
		require.NoError(t, e.shop.HandlePayNotice(e.ctx, form))
	}
	send(func(f url.Values) { f.Set("trade_status", string(payment.TradeWaiting)) })
	send(func(f url.Values) { f.Set("trade_status", string(payment.TradeClosed)) })
	send(func(f url.Values) { f.Set("refund_fee", "1.00") })
	e.requireStatus(o.ID, order.AwaitingPayment)

	send(func(url.Values) {})
	e.requireStatus(o.ID, order.ToShip)
	send(func(f url.Values) { f.Set("refund_fee", "1.00"); f.Set("notify_id", "ntf_refund") })
	view := e.view(o.ID)
	require.Equal(t, order.ToShip, view.Order.Status)
	require.Len(t, view.Payments, 1)
	require.Empty(t, view.Refunds)
	e.check()
}

// A notice that says "closed" is a hint: the next sweep asks.
func TestNotice_ClosedMakesTheSweepAsk(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	p := e.pay(who, o)
	form := e.gateway.buyerPays(p.ID, p.Amount)
	form.Set("trade_status", string(payment.TradeClosed))
	require.NoError(t, e.shop.HandlePayNotice(e.ctx, form))
	n, err := e.shop.QueryPending(e.ctx, 10)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	e.requireStatus(o.ID, order.ToShip)
}

func TestQueryPending_FindsALostNotice(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	p := e.pay(who, o)
	e.gateway.buyerPays(p.ID, p.Amount)
	n, err := e.shop.QueryPending(e.ctx, 10)
	require.NoError(t, err)
	require.Zero(t, n, "not yet due")
	e.clock.Advance(30 * time.Second)
	_, err = e.shop.QueryPending(e.ctx, 10)
	require.NoError(t, err)
	e.requireStatus(o.ID, order.ToShip)
	e.check()
}

func TestQueryPending_Schedule(t *testing.T) {
	e := newEnv(t)
	e.shop.PayTTL = time.Hour
	who := e.buyer()
	p := e.pay(who, e.place(who, e.solo()))
	e.gateway.buyerOpens(p.ID, p.Amount)
	start := e.clock.Now()
	var asked []time.Duration
	for e.clock.Now().Sub(start) < 21*time.Minute {
		e.clock.Advance(10 * time.Second)
		n, err := e.shop.QueryPending(e.ctx, 10)
		require.NoError(t, err)
		if n > 0 {
			asked = append(asked, e.clock.Now().Sub(start))
		}
	}
	minutes := func(m float64) time.Duration { return time.Duration(m * float64(time.Minute)) }
	require.Equal(t, []time.Duration{minutes(.5), minutes(1), minutes(2), minutes(4), minutes(6), minutes(8), minutes(10), minutes(12), minutes(14), minutes(16), minutes(18), minutes(20)}, asked)
}

// A time-out is unknown, never failed.
func TestQueryPending_UnknownIsNotFailed(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	p := e.pay(who, o)
	e.gateway.buyerPays(p.ID, p.Amount)
	e.gateway.down = true
	e.clock.Advance(30 * time.Second)
	_, err := e.shop.QueryPending(e.ctx, 10)
	require.ErrorIs(t, err, payment.ErrUnknown)
	_, err = e.shop.AskPayment(e.ctx, who, o.ID)
	requireCode(t, mall.CodePaymentUnknown, err)
	require.Equal(t, payment.Pending, e.view(o.ID).Payments[0].Status)

	e.clock.Advance(4 * time.Minute)
	violations, err := e.store.Violations(e.ctx, e.clock.Now())
	require.NoError(t, err)
	require.Equal(t, "I3", violations[0].Invariant)

	e.gateway.down = false
	view, err := e.shop.AskPayment(e.ctx, who, o.ID)
	require.NoError(t, err)
	require.Equal(t, order.ToShip, view.Order.Status)
	e.check()
}

func TestQueryPending_OtherAmountIsNotBelieved(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	p := e.pay(who, o)
	e.gateway.buyerPays(p.ID, p.Amount-1)
	e.clock.Advance(30 * time.Second)
	_, err := e.shop.QueryPending(e.ctx, 10)
	require.ErrorContains(t, err, "10000 fen succeeded with 9999 fen")
	e.requireStatus(o.ID, order.AwaitingPayment)
}

func TestQueryPending_ClosedAtTheProviderCanBePaidAnew(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	first := e.pay(who, o)
	e.gateway.trades[first.ID] = &payment.Trade{Status: payment.TradeClosed}
	_, err := e.shop.AskPayment(e.ctx, who, o.ID)
	require.NoError(t, err)
	second := e.pay(who, o)
	require.NotEqual(t, first.ID, second.ID)
	require.Equal(t, payment.Closed, e.view(o.ID).Payments[0].Status)

	// Both succeed after all: the order is paid once, the other money goes back.
	require.NoError(t, e.shop.HandlePayNotice(e.ctx, e.gateway.buyerPays(second.ID, second.Amount)))
	require.NoError(t, e.shop.HandlePayNotice(e.ctx, e.gateway.buyerPays(first.ID, first.Amount)))
	view := e.view(o.ID)
	require.Equal(t, order.ToShip, view.Order.Status)
	require.Len(t, view.Refunds, 1)
	require.Equal(t, order.PaidTwice, view.Refunds[0].Reason)
	require.Equal(t, first.ID, view.Refunds[0].Payment)
	_, err = e.shop.PushRefunds(e.ctx, 10)
	require.NoError(t, err)
	e.requireStatus(o.ID, order.ToShip)
	require.Equal(t, first.Amount, e.gateway.sentBack())
	e.check()
}

func TestAskPayment_IsTheBuyersOwn(t *testing.T) {
	e := newEnv(t)
	o := e.place(e.buyer(), e.solo())
	_, err := e.shop.AskPayment(e.ctx, e.buyer(), o.ID)
	requireCode(t, mall.CodeOrderNotFound, err)
}
