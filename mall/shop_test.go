package mall_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

type brokenHasher struct{ plainHasher }

func (brokenHasher) Hash(string) (string, error) { return "", errors.New("no salt") }

func TestNew(t *testing.T) {
	deps := func() mall.Deps { return mall.Deps{Hasher: plainHasher{}, Random: rand.Reader} }
	shop, err := mall.New(deps())
	require.NoError(t, err)
	require.Equal(t, 15*time.Minute, shop.PayTTL)
	require.Equal(t, "mall", shop.SalesChannel)
	for name, change := range map[string]func(*mall.Deps){
		"deadline too short": func(d *mall.Deps) { d.PayTTL = 59 * time.Second },
		"negative delay":     func(d *mall.Deps) { d.ShipDelay = -1 },
		"negative retry":     func(d *mall.Deps) { d.RefundRetry = -1 },
		"no randomness":      func(d *mall.Deps) { d.Random = iotest.ErrReader(errors.New("no randomness")) },
		"no hashes":          func(d *mall.Deps) { d.Hasher = brokenHasher{} },
	} {
		d := deps()
		change(&d)
		_, err := mall.New(d)
		require.Error(t, err, name)
	}
}

func TestCodes(t *testing.T) {
	seen := map[mall.Code]bool{}
	for _, code := range mall.Codes() {
		require.Regexp(t, `^[a-z]+(_[a-z]+)*$`, string(code))
		require.False(t, seen[code], code)
		seen[code] = true
	}
	require.Empty(t, mall.CodeOf(errors.New("other")))
	require.Empty(t, mall.CodeOf(nil))
}

func TestError_SaysEverything(t *testing.T) {
	for want, err := range map[string]*mall.Error{
		"mall: order_paid": {Code: mall.CodeOrderPaid},
		"mall: price_changed: expected_price_fen: no": {Code: mall.CodePriceChanged, Param: "expected_price_fen", Detail: "no"},
		"mall: invalid; a: b; c: d":                   {Code: mall.CodeInvalid, Faults: []mall.Fault{{"a", "b"}, {"c", "d"}}},
	} {
		require.EqualError(t, err, want)
	}
}

// meddler does something right after an order's payments were read.
type meddler struct {
	mall.Store
	meddle func()
}

func (m *meddler) Payments(ctx context.Context, id order.ID) ([]payment.Payment, error) {
	payments, err := m.Store.Payments(ctx, id)
	if meddle := m.meddle; meddle != nil {
		m.meddle = nil
		meddle()
	}
	return payments, err
}

// blind cannot read payments.
type blind struct{ mall.Store }

func (blind) Payments(context.Context, order.ID) ([]payment.Payment, error) { return nil, errDead }

// A database that fails says nothing about whether there is a payment.
func TestAskPayment_DatabaseFails(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	e.pay(who, o)
	shop := e.newShop(blind{e.store})
	_, err := shop.AskPayment(e.ctx, who, o.ID)
	require.ErrorIs(t, err, errDead)
	_, err = shop.CancelOrder(e.ctx, who, o.ID)
	require.ErrorIs(t, err, errDead)
}

// The buyer asks for a page in one window while closing the order in another.
func TestCancelOrder_PaymentOpenedMeanwhile(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	shop := e.newShop(&meddler{e.store, func() { e.pay(who, o) }})
	_, err := shop.CancelOrder(e.ctx, who, o.ID)
	requireCode(t, mall.CodePaymentUnknown, err)
	e.requireStatus(o.ID, order.AwaitingPayment)
	_, err = shop.CancelOrder(e.ctx, who, o.ID)
	require.NoError(t, err, "the second try asks the provider about it")
	e.check()
}

func TestPay_CancelledWhileThePageIsSigned(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	e.gateway.onPage = func() {
		_, err := e.shop.CancelOrder(e.ctx, who, o.ID)
		require.NoError(t, err)
	}
	_, err := e.shop.Pay(e.ctx, who, o.ID, payment.MethodPage)
	requireCode(t, mall.CodeOrderClosed, err)
	view := e.view(o.ID)
	require.Equal(t, order.Closed, view.Order.Status)
	require.Equal(t, payment.Closed, view.Payments[0].Status)
	require.Empty(t, view.Payments[0].Page, "nobody was given the page")
	e.check()
}

// A late second payment of a refunded order goes back by itself, too.
func TestLatePayment_AfterRefund(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.group(""))
	first := e.pay(who, o)
	e.gateway.set(func(g *gateway) { g.trades[first.ID] = &payment.Trade{Status: payment.TradeClosed} })
	_, err := e.shop.AskPayment(e.ctx, who, o.ID)
	require.NoError(t, err)
	e.payFor(who, o)
	e.settle()
	e.engine.fail(string(o.Team))
	e.settle()
	require.NoError(t, e.shop.HandlePayNotice(e.ctx, e.gateway.buyerPays(first.ID, first.Amount)))
	_, err = e.shop.PushRefunds(e.ctx, 10)
	require.NoError(t, err)
	e.settle()
	view := e.view(o.ID)
	require.Equal(t, order.Refunded, view.Order.Status)
	require.Len(t, view.Refunds, 2)
	require.Equal(t, 2*o.Amount, e.gateway.sentBack())
	require.Equal(t, 1, e.engine.count("confirm_refund"))
	e.check()
}
