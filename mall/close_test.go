package mall_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// Closing an order closes the trade and frees the seat: rivals' mistake number 11.
func TestCancelOrder_Group(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who := e.buyer()
		o := e.place(who, e.group(""))
		p := e.pay(who, o)
		e.gateway.buyerOpens(p.ID, p.Amount)
		closed, err := e.shop.CancelOrder(e.ctx, who, o.ID)
		require.NoError(t, err)
		require.Equal(t, order.Closed, closed.Status)
		require.Equal(t, order.BuyerCancelled, closed.Reason)
		require.Equal(t, payment.TradeClosed, e.gateway.trades[p.ID].Status)
		require.Equal(t, payment.Closed, e.view(o.ID).Payments[0].Status)
		e.requireStock(pieces)
		e.settle()
		seat, err := e.engine.Seat(e.ctx, string(o.ID))
		require.NoError(t, err)
		require.Equal(t, "released", seat.Status)

		again, err := e.shop.CancelOrder(e.ctx, who, o.ID)
		require.NoError(t, err)
		require.Equal(t, closed.Version, again.Version, "nothing is left to do")
		e.requireStock(pieces)
		e.check()
	})
}

func TestCancelOrder_WithoutPayment(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	_, err := e.shop.CancelOrder(e.ctx, e.buyer(), o.ID)
	requireCode(t, mall.CodeOrderNotFound, err)
	_, err = e.shop.CancelOrder(e.ctx, who, o.ID)
	require.NoError(t, err)
	require.Zero(t, e.gateway.count("query"))
	e.settle()
	require.Zero(t, e.engine.count("release"), "a solo order has no seat")
	e.check()
}

func TestCancelOrder_Paid(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.paid(who, e.solo())
	_, err := e.shop.CancelOrder(e.ctx, who, o.ID)
	requireCode(t, mall.CodeOrderPaid, err)
	e.requireStatus(o.ID, order.ToShip)
}

// The notice is lost: asking before closing finds the money.
func TestCancelOrder_TurnsOutToBePaid(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	p := e.pay(who, o)
	e.gateway.buyerPays(p.ID, p.Amount)
	_, err := e.shop.CancelOrder(e.ctx, who, o.ID)
	requireCode(t, mall.CodeOrderPaid, err)
	e.requireStatus(o.ID, order.ToShip)
	require.Zero(t, e.gateway.count("close"))
	e.check()
}

// Close against pay: whoever is first at the provider wins.
func TestCancelOrder_PaidBetweenQueryAndClose(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	p := e.pay(who, o)
	e.gateway.buyerOpens(p.ID, p.Amount)
	e.gateway.onClose = func(trade *payment.Trade) { trade.Status, trade.PaidAt = payment.TradeSucceeded, e.clock.Now() }
	_, err := e.shop.CancelOrder(e.ctx, who, o.ID)
	requireCode(t, mall.CodeOrderPaid, err)
	e.requireStatus(o.ID, order.ToShip)
	e.check()
}

func TestCancelOrder_ClosedBySomebodyElseBetweenQueryAndClose(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	p := e.pay(who, o)
	e.gateway.buyerOpens(p.ID, p.Amount)
	e.gateway.onClose = func(trade *payment.Trade) { trade.Status = payment.TradeClosed }
	_, err := e.shop.CancelOrder(e.ctx, who, o.ID)
	require.NoError(t, err)
	e.requireStatus(o.ID, order.Closed)
	e.check()
}

func TestCancelOrder_ProviderSilent(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	p := e.pay(who, o)
	e.gateway.buyerOpens(p.ID, p.Amount)
	for name, script := range map[string]func(g *gateway){
		"query": func(g *gateway) { g.down = true },
		"close": func(g *gateway) {
			g.down, g.fault = false, func(call string, _ bool) error {
				if call == "close" {
					return payment.ErrUnknown
				}
				return nil
			}
		},
	} {
		e.gateway.set(script)
		_, err := e.shop.CancelOrder(e.ctx, who, o.ID)
		requireCode(t, mall.CodePaymentUnknown, err)
		view := e.view(o.ID)
		require.Equal(t, order.AwaitingPayment, view.Order.Status, name)
		require.Equal(t, payment.Pending, view.Payments[0].Status, name)
	}
	e.requireStock(pieces - 1)
}

// A page that was never opened may be paid until it ends: the order closes, and late money comes back.
func TestCancelOrder_PageNeverOpened(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	p := e.pay(who, o)
	_, err := e.shop.CancelOrder(e.ctx, who, o.ID)
	require.NoError(t, err)
	require.Equal(t, payment.Pending, e.view(o.ID).Payments[0].Status)

	e.gateway.buyerOpens(p.ID, p.Amount)
	e.clock.Advance(time.Minute)
	_, err = e.shop.QueryPending(e.ctx, 10)
	require.NoError(t, err)
	require.Equal(t, payment.TradeClosed, e.gateway.trades[p.ID].Status, "nobody may pay for a closed order")
	require.Equal(t, payment.Closed, e.view(o.ID).Payments[0].Status)
	e.check()
}

func TestCancelOrder_PageNeverOpenedEndsByItself(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	e.pay(who, o)
	_, err := e.shop.CancelOrder(e.ctx, who, o.ID)
	require.NoError(t, err)
	for range 10 {
		e.clock.Advance(5 * time.Minute)
		_, err := e.shop.QueryPending(e.ctx, 10)
		require.NoError(t, err)
	}
	require.Equal(t, payment.Closed, e.view(o.ID).Payments[0].Status)
	e.check()
}

// The money of a late payment goes back by itself: rivals' mistake number 5.
func TestLatePayment_AfterClose(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who := e.buyer()
		o := e.place(who, e.group(""))
		p := e.pay(who, o)
		e.gateway.buyerOpens(p.ID, p.Amount)
		_, err := e.shop.CancelOrder(e.ctx, who, o.ID)
		require.NoError(t, err)
		e.settle()

		form := e.gateway.buyerPays(p.ID, p.Amount)
		require.NoError(t, e.shop.HandlePayNotice(e.ctx, form))
		require.NoError(t, e.shop.HandlePayNotice(e.ctx, form))
		view := e.view(o.ID)
		require.Equal(t, order.Closed, view.Order.Status)
		require.Equal(t, payment.Succeeded, view.Payments[0].Status, "the books show what the provider has")
		require.Len(t, view.Refunds, 1)
		require.Equal(t, order.LatePayment, view.Refunds[0].Reason)

		_, err = e.shop.PushRefunds(e.ctx, 10)
		require.NoError(t, err)
		e.settle()
		require.Equal(t, payment.RefundSucceeded, e.view(o.ID).Refunds[0].Status)
		require.Equal(t, p.Amount, e.gateway.sentBack())
		require.Zero(t, e.engine.count("settle"))
		require.Zero(t, e.engine.count("confirm_refund"), "the engine never heard of this money")
		e.requireStock(pieces)
		e.check()
	})
}

func TestCloseUnpaid(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who := e.buyer()
		unopened, opened, untouched := e.place(who, e.solo()), e.place(who, e.group("")), e.place(who, e.solo())
		e.pay(who, unopened)
		p := e.pay(who, opened)
		e.gateway.buyerOpens(p.ID, p.Amount)
		n, err := e.shop.CloseUnpaid(e.ctx, 10)
		require.NoError(t, err)
		require.Zero(t, n)
		e.clock.Advance(15 * time.Minute)
		n, err = e.shop.CloseUnpaid(e.ctx, 10)
		require.NoError(t, err)
		require.Equal(t, 3, n)
		for _, id := range []order.ID{unopened.ID, opened.ID, untouched.ID} {
			o := e.order(id)
			require.Equal(t, order.Closed, o.Status)
			require.Equal(t, order.NotPaidInTime, o.Reason)
		}
		e.requireStock(pieces)
		n, err = e.shop.CloseUnpaid(e.ctx, 10)
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestCloseUnpaid_OneSilentTradeStopsNobody(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	stuck, other := e.place(who, e.solo()), e.place(who, e.solo())
	e.pay(who, stuck)
	e.clock.Advance(15 * time.Minute)
	e.gateway.down = true
	n, err := e.shop.CloseUnpaid(e.ctx, 10)
	require.ErrorIs(t, err, payment.ErrUnknown)
	require.Equal(t, 2, n)
	e.requireStatus(stuck.ID, order.AwaitingPayment)
	e.requireStatus(other.ID, order.Closed)

	e.gateway.down = false
	n, err = e.shop.CloseUnpaid(e.ctx, 10)
	require.NoError(t, err)
	require.Zero(t, n, "it is left alone for a while")
	e.clock.Advance(order.RetryAfter)
	_, err = e.shop.CloseUnpaid(e.ctx, 10)
	require.NoError(t, err)
	e.requireStatus(stuck.ID, order.Closed)
}

func TestCloseUnpaid_PaidInTheLastMoment(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.group(""))
	p := e.pay(who, o)
	e.gateway.buyerPays(p.ID, p.Amount)
	e.clock.Advance(15 * time.Minute)
	_, err := e.shop.CloseUnpaid(e.ctx, 10)
	require.NoError(t, err)
	e.requireStatus(o.ID, order.Paid)
	e.check()
}

// A payment that was begun and never got its page cannot be known to the provider.
func TestCancelOrder_PageNeverSigned(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	e.gateway.noPages = true
	_, err := e.shop.Pay(e.ctx, who, o.ID, payment.MethodPage)
	require.Error(t, err)
	require.Equal(t, payment.Created, e.view(o.ID).Payments[0].Status)
	_, err = e.shop.CancelOrder(e.ctx, who, o.ID)
	require.NoError(t, err)
	require.Equal(t, payment.Closed, e.view(o.ID).Payments[0].Status)
	require.Zero(t, e.gateway.count("query"))
	e.check()
}

func TestPay_AfterAPageThatWasNotSigned(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	e.gateway.noPages = true
	_, err := e.shop.Pay(e.ctx, who, o.ID, payment.MethodPage)
	require.Error(t, err)
	e.gateway.noPages = false
	p := e.pay(who, o)
	require.Equal(t, e.view(o.ID).Payments[0].ID, p.ID)
	require.Len(t, e.view(o.ID).Payments, 1)
}
