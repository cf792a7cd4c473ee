package mall_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

func (e *env) askBack(o order.Order) mall.GivenBack {
	e.t.Helper()
	back, err := e.shop.RefundOrder(e.ctx, mall.Actor{Account: o.Buyer}, o.ID, "bought the wrong size")
	require.NoError(e.t, err)
	return back
}

// requireBack wants an order's whole money to be back, once, and the engine to know it by the refund's number.
func (e *env) requireBack(id order.ID, where string) mall.OrderView {
	e.t.Helper()
	view := e.view(id)
	require.Equal(e.t, order.Refunded, view.Order.Status, where)
	full := 0
	for _, r := range view.Refunds {
		require.Equal(e.t, payment.RefundSucceeded, r.Status, where)
		if r.Intent != payment.Full {
			continue
		}
		full++
		if seat := e.engine.seats[string(id)]; seat != nil {
			require.Equal(e.t, string(r.No), seat.AskedNo, where)
			require.Equal(e.t, "refunded", seat.Status, where)
			require.Contains(e.t, e.engine.backs[string(id)], string(r.No), where)
		}
	}
	require.Equal(e.t, 1, full, where)
	return view
}

func TestRefundOrder_WhileTheTeamGathers(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		o := e.join("", 1)
		e.settle()
		e.requireStatus(o.ID, order.Teaming)
		back := e.askBack(o)
		require.False(t, back.Replayed)
		require.Equal(t, order.Refunding, back.Order.Status)
		require.Equal(t, order.RefundAsked, back.Order.Reason)
		require.Equal(t, "bought the wrong size", back.Order.Detail)
		require.Equal(t, e.order(o.ID).Version, back.Order.Version)
		e.requireStock(pieces)
		require.True(t, e.askBack(o).Replayed)
		e.push()
		view := e.requireBack(o.ID, "")
		require.Len(t, view.Refunds, 1)
		require.Equal(t, o.Amount, e.gateway.sentBack())
		require.Equal(t, "bought the wrong size", e.engine.seats[string(o.ID)].AskedReason)
		require.Equal(t, "failed", e.engine.teams[string(o.Team)].Status)
		again := e.askBack(o)
		require.True(t, again.Replayed)
		require.Equal(t, order.Refunded, again.Order.Status)
		e.check()
	})
}

func TestRefundOrder_AfterTheTeamFormed(t *testing.T) {
	e := newEnv(t)
	leader := e.join("", 1)
	other := e.join(leader.Team, 1)
	e.settle()
	e.askBack(leader)
	e.push()
	e.requireBack(leader.ID, "")
	_, err := e.shop.ShipDue(e.ctx, 10)
	require.NoError(t, err)
	e.requireStatus(other.ID, order.Shipped)
	e.requireStatus(leader.ID, order.Refunded)
	e.check()
}

func TestRefundOrder_BoughtAlone(t *testing.T) {
	e := newEnv(t)
	o := e.paid(e.buyer(), e.solo())
	e.askBack(o)
	e.push()
	require.Len(t, e.requireBack(o.ID, "").Refunds, 1)
	require.Zero(t, e.engine.count("refund")+e.engine.count("confirm_refund"))
	e.check()
}

// The engine has not heard of the payment when its buyer changes their mind: it hears of both.
func TestRefundOrder_BeforeThePaymentIsSettled(t *testing.T) {
	e := newEnv(t)
	o := e.join("", 1)
	e.engine.set(func(g *engine) { g.down = true })
	e.requireStatus(o.ID, order.Paid)
	e.askBack(o)
	_, err := e.shop.PushRefunds(e.ctx, 10)
	require.NoError(t, err)
	e.requireStatus(o.ID, order.Refunded) // the buyer need not wait for the engine
	_ = e.relay.Drain(e.ctx)              // fails: the engine is down
	e.engine.set(func(g *engine) { g.down = false })
	e.clock.Advance(time.Hour)
	e.settle()
	e.requireBack(o.ID, "")
	e.check()
}

// The refund is told to the engine before the money is confirmed, whatever comes through first.
func TestRefundOrder_WithADifferenceOnItsWay(t *testing.T) {
	e := newEnv(t)
	o := e.grown()[0]
	e.settle()
	e.askBack(o)
	e.engine.set(func(g *engine) {
		g.fault = func(call string, done bool) error { // every first call is lost
			if !done && g.countNow(call) == 1 && call != "seat" {
				return mall.ErrEngineUnknown
			}
			return nil
		}
	})
	_, err := e.shop.PushRefunds(e.ctx, 10)
	require.NoError(t, err)
	for range 5 {
		_ = e.relay.Drain(e.ctx) // fails where a call is lost
		e.clock.Advance(time.Hour)
	}
	e.settle()
	view := e.requireBack(o.ID, "")
	require.Len(t, view.Refunds, 2)
	require.ElementsMatch(t, []string{string(view.Refunds[0].No), string(view.Refunds[1].No)}, e.engine.backs[string(o.ID)])
	require.Equal(t, o.Amount, view.Refunds[0].Amount+view.Refunds[1].Amount)
	e.check()
}

func TestRefundOrder_Refused(t *testing.T) {
	e := newEnv(t)
	unpaid := e.place(e.buyer(), e.group(""))
	closed := e.place(e.buyer(), e.solo())
	_, err := e.shop.CancelOrder(e.ctx, mall.Actor{Account: closed.Buyer}, closed.ID)
	require.NoError(t, err)
	sent := e.paid(e.buyer(), e.solo())
	_, err = e.shop.ShipDue(e.ctx, 10)
	require.NoError(t, err)
	owner := func(o order.Order) mall.Actor { return mall.Actor{Account: o.Buyer} }
	for name, c := range map[string]struct {
		who   mall.Actor
		id    order.ID
		words string
		want  mall.Code
	}{
		"unpaid":                 {owner(unpaid), unpaid.ID, "no", mall.CodeOrderUnpaid},
		"closed":                 {owner(closed), closed.ID, "no", mall.CodeOrderClosed},
		"sent":                   {owner(sent), sent.ID, "no", mall.CodeAfterSale},
		"sent, an operator":      {e.operator, sent.ID, "lost", mall.CodeAfterSale},
		"somebody else's":        {e.buyer(), sent.ID, "no", mall.CodeOrderNotFound},
		"nobody's":               {e.operator, "ord_none", "lost", mall.CodeOrderNotFound},
		"nobody":                 {mall.Actor{}, sent.ID, "no", mall.CodeSessionExpired},
		"too many words":         {owner(sent), sent.ID, strings.Repeat("多", 201), mall.CodeInvalid},
		"no words":               {owner(sent), sent.ID, "", mall.CodeInvalid},
		"operator without words": {e.operator, sent.ID, "", mall.CodeInvalid},
	} {
		_, err := e.shop.RefundOrder(e.ctx, c.who, c.id, c.words)
		requireCode(t, c.want, err)
		require.NotEmpty(t, name)
	}
	require.Zero(t, e.gateway.count("refund"))
	e.check()
}

func TestRefundOrder_ByAnOperator(t *testing.T) {
	e := newEnv(t)
	o := e.join("", 1)
	e.settle()
	_, err := e.shop.RefundOrder(e.ctx, e.operator, o.ID, "out of stock")
	require.NoError(t, err)
	e.push()
	view := e.requireBack(o.ID, "")
	require.Equal(t, order.OperatorRefund, view.Order.Reason)
	require.Equal(t, "out of stock", view.Order.Detail)
	last := view.History[len(view.History)-1]
	require.Equal(t, order.OperatorRefund, last.Reason, "the history says who")
	e.check()
}

// Somebody asks at the engine, not the mall: the money goes back under the number that was asked with.
func TestRefund_AskedAtTheEngine(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		o := e.join("", 1)
		e.settle()
		e.engine.askRefund(string(o.ID), "console-7")
		e.settle()
		e.requireStatus(o.ID, order.Refunding)
		e.push()
		view := e.requireBack(o.ID, "")
		require.EqualValues(t, "console-7", view.Refunds[0].No)
		require.Equal(t, order.RefundAsked, view.Order.Reason)
		require.Equal(t, "asked at the engine", view.Order.Detail)

		// The event is lost; the next question tells. The number is another refund's by now.
		second := e.join("", 1)
		e.settle()
		e.engine.askRefund(string(second.ID), "console-7")
		e.engine.takeEvents()
		e.clock.Advance(order.TeamAfter)
		_, err := e.shop.CheckTeams(e.ctx, 10)
		require.NoError(t, err)
		e.push()
		require.NotEqual(t, payment.RequestNo("console-7"), e.view(second.ID).Refunds[0].No)
		e.requireStatus(second.ID, order.Refunded)
		require.Equal(t, []string{"console-7"}, e.engine.backs[string(second.ID)], "by the number that the engine knows")
		e.check()
	})
}

// Both ask at once: one refund, and each side knows it by its own number.
func TestRefund_AskedAtBothSides(t *testing.T) {
	e := newEnv(t)
	o := e.join("", 1)
	e.settle()
	e.engine.askRefund(string(o.ID), "console-7")
	e.askBack(o)
	e.settle()
	e.push()
	view := e.view(o.ID)
	require.Equal(t, order.Refunded, view.Order.Status)
	require.Len(t, view.Refunds, 1)
	require.Equal(t, "refunded", e.engine.seats[string(o.ID)].Status)
	require.Equal(t, o.Amount, e.gateway.sentBack())
	e.check()
}

// Goods that were sent are not given up by the engine's word alone.
func TestRefund_AskedAtTheEngineAfterShipping(t *testing.T) {
	e := newEnv(t)
	leader := e.join("", 1)
	e.join(leader.Team, 1)
	e.settle()
	_, err := e.shop.ShipDue(e.ctx, 10)
	require.NoError(t, err)
	e.engine.askRefund(string(leader.ID), "console-7")
	e.settle()
	e.requireStatus(leader.ID, order.Shipped)
	require.Empty(t, e.view(leader.ID).Refunds)
}

// The team fails or the seat was lost while the refund is on its way to the engine: the money goes back once.
func TestRefundOrder_EngineHasGivenUpItself(t *testing.T) {
	for name, before := range map[string]func(e *env, o order.Order){
		"the team failed":  func(e *env, o order.Order) { e.engine.fail(string(o.Team)) },
		"the seat is lost": func(e *env, o order.Order) { e.engine.set(func(g *engine) { delete(g.seats, string(o.ID)) }) },
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t)
			o := e.join("", 1)
			e.settle()
			before(e, o)
			e.askBack(o)
			e.settle()
			e.push()
			e.requireStatus(o.ID, order.Refunded)
			require.Equal(t, o.Amount, e.gateway.sentBack())
			e.check()
		})
	}
	t.Run("the payment came too late", func(t *testing.T) {
		e := newEnv(t)
		o := e.join("", 1)
		e.engine.loseSeat(string(o.ID))
		e.askBack(o)
		e.settle()
		e.push()
		e.requireStatus(o.ID, order.Refunded)
		require.Equal(t, "refunded", e.engine.seats[string(o.ID)].Status)
		require.Equal(t, o.Amount, e.gateway.sentBack())
		e.check()
	})
}

func TestRefundOrder_ManyAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		o := e.join("", 1)
		e.settle()
		atOnce(20, func(int) {
			if _, err := e.shop.RefundOrder(e.ctx, mall.Actor{Account: o.Buyer}, o.ID, "twenty clicks"); err != nil {
				t.Error(err)
			}
		})
		e.push()
		require.Len(t, e.requireBack(o.ID, "").Refunds, 1)
		e.check()
	})
}

// Shipping and asking for the money back exclude each other.
func TestRefundOrder_AgainstShipping(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		for range 10 {
			o := e.paid(e.buyer(), e.solo())
			atOnce(2, func(i int) {
				if i == 0 {
					_, _ = e.shop.ShipDue(e.ctx, 10)
					return
				}
				_, _ = e.shop.RefundOrder(e.ctx, mall.Actor{Account: o.Buyer}, o.ID, "late")
			})
			shipped := e.order(o.ID).Status == order.Shipped
			require.Equal(t, shipped, len(e.view(o.ID).Refunds) == 0)
		}
		e.push()
		e.check()
	})
}
