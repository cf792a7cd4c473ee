package mall_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// Paid members of a team that never fills get their money: rivals' mistakes number 2 and 14.
func TestRefund_FailedTeam(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		e.engine.target = 3
		leader, joiner, second := e.teamOfTwo()
		e.payFor(second, joiner)
		e.settle()
		held := e.place(e.buyer(), e.group(leader.Team))
		e.engine.fail(string(leader.Team))
		e.settle()
		for _, id := range []order.ID{leader.ID, joiner.ID} {
			view := e.view(id)
			require.Equal(t, order.Refunding, view.Order.Status)
			require.EqualValues(t, "team_did_not_fill", view.Order.Reason)
			require.Len(t, view.Refunds, 1)
			require.Equal(t, view.Payments[0].ID, view.Refunds[0].Payment, "each against the own payment")
			require.Equal(t, view.Order.Amount, view.Refunds[0].Amount)
		}
		e.requireStatus(held.ID, order.Closed)
		e.requireStock(pieces)

		n, err := e.shop.PushRefunds(e.ctx, 10)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		e.settle()
		require.EqualValues(t, 2*reduced, e.gateway.sentBack())
		require.Equal(t, 2, e.engine.count("confirm_refund"))
		for _, id := range []order.ID{leader.ID, joiner.ID} {
			e.requireStatus(id, order.Refunded)
		}
		n, err = e.shop.PushRefunds(e.ctx, 10)
		require.NoError(t, err)
		require.Zero(t, n)
		e.check()
	})
}

func TestRefund_EventAndSettlementBothSayIt(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.group(""))
	p := e.pay(who, o)
	e.engine.loseSeat(string(o.ID))
	e.engine.takeEvents()
	form := e.gateway.buyerPays(p.ID, p.Amount)
	require.NoError(t, e.shop.HandlePayNotice(e.ctx, form))
	e.settle() // refund_required: as the answer, and as an event
	view := e.view(o.ID)
	require.Equal(t, order.Refunding, view.Order.Status)
	require.Len(t, view.Refunds, 1)
	require.EqualValues(t, "team_full", view.Refunds[0].Reason)
	e.check()
}

// One out_request_no for ever: whatever the provider answers, nobody is paid back twice.
func TestRefund_LostAnswers(t *testing.T) {
	for name, lost := range map[string]func(call string, done bool) bool{
		"request":           func(call string, done bool) bool { return call == "refund" && !done },
		"answer":            func(call string, done bool) bool { return call == "refund" && done },
		"query":             func(call string, _ bool) bool { return call == "query_refund" },
		"answer and query":  func(_ string, done bool) bool { return done },
		"request and query": func(_ string, done bool) bool { return !done },
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t)
			o := e.refunding()
			e.gateway.set(func(g *gateway) {
				g.fault = func(call string, done bool) error {
					if lost(call, done) {
						return payment.ErrUnknown
					}
					return nil
				}
			})
			for range 3 {
				_, _ = e.shop.PushRefunds(e.ctx, 10) // may fail: that is the point
				e.clock.Advance(time.Minute)
			}
			require.NotEqual(t, payment.RefundFailed, e.view(o.ID).Refunds[0].Status, "unknown is never failed")
			e.gateway.set(func(g *gateway) { g.fault = nil })
			_, err := e.shop.PushRefunds(e.ctx, 10)
			require.NoError(t, err)
			e.settle()
			e.requireStatus(o.ID, order.Refunded)
			require.Equal(t, o.Amount, e.gateway.sentBack())
			e.check()
		})
	}
}

// refunding returns an order whose money must go back and was not asked for yet.
func (e *env) refunding() order.Order {
	e.t.Helper()
	o := e.paid(e.buyer(), e.group(""))
	e.settle()
	e.engine.fail(string(o.Team))
	e.settle()
	e.requireStatus(o.ID, order.Refunding)
	return o
}

func TestRefund_RefusedWaitsForAPerson(t *testing.T) {
	e := newEnv(t)
	o := e.refunding()
	e.gateway.refuse = true
	for range 10 {
		_, _ = e.shop.PushRefunds(e.ctx, 10) // fails while refused: that is the point
		e.clock.Advance(time.Hour)
	}
	view := e.view(o.ID)
	require.Equal(t, payment.RefundFailed, view.Refunds[0].Status)
	require.Contains(t, view.Refunds[0].LastError, "ACQ.SELLER_BALANCE_NOT_ENOUGH")
	require.Equal(t, order.Refunding, view.Order.Status)
	require.Equal(t, 5, e.gateway.count("refund"), "it stops asking")

	page, err := e.shop.FailedRefunds(e.ctx, e.operator, mall.ListRefunds{})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	no := page.Items[0].No
	_, err = e.shop.FailedRefunds(e.ctx, e.buyer(), mall.ListRefunds{})
	requireCode(t, mall.CodeForbidden, err)
	_, err = e.shop.RedoRefund(e.ctx, e.buyer(), no)
	requireCode(t, mall.CodeForbidden, err)
	_, err = e.shop.RedoRefund(e.ctx, e.operator, "rf_none")
	requireCode(t, mall.CodeRefundNotFound, err)

	e.gateway.refuse = false
	redone, err := e.shop.RedoRefund(e.ctx, e.operator, no)
	require.NoError(t, err)
	require.Equal(t, no, redone.No)
	_, err = e.shop.RedoRefund(e.ctx, e.operator, no)
	requireCode(t, mall.CodeRefundNotFailed, err)
	_, err = e.shop.PushRefunds(e.ctx, 10)
	require.NoError(t, err)
	e.requireStatus(o.ID, order.Refunded)
	require.Equal(t, o.Amount, e.gateway.sentBack())
	e.check()
}

// The refusal of a repeated request hides that the first one was carried out.
func TestRefund_RefusedButDone(t *testing.T) {
	e := newEnv(t)
	o := e.refunding()
	e.gateway.refunds[e.view(o.ID).Refunds[0].No] = o.Amount
	e.gateway.refuse = true
	_, err := e.shop.PushRefunds(e.ctx, 10)
	require.NoError(t, err)
	e.requireStatus(o.ID, order.Refunded)
}

// What is never decided reaches a person after a day, and the money's own fate still counts.
func TestRefund_UndecidedWaitsForAPerson(t *testing.T) {
	silent := func(call string, _ bool) error {
		if call == "query_refund" {
			return payment.ErrUnknown
		}
		return nil
	}
	for name, c := range map[string]struct {
		begin func(g *gateway, no payment.RequestNo, owed money.Fen)
		says  string
	}{
		"refused, and no answer to the question": {func(g *gateway, _ payment.RequestNo, _ money.Fen) { g.refuse, g.fault = true, silent }, "ACQ.SELLER_BALANCE_NOT_ENOUGH"},
		"no answer at all":                       {func(g *gateway, _ payment.RequestNo, _ money.Fen) { g.down = true }, "unknown"},
		"accepted, never confirmed":              {func(g *gateway, _ payment.RequestNo, _ money.Fen) { g.slow = true }, "accepted, not confirmed yet"},
		"another amount":                         {func(g *gateway, no payment.RequestNo, owed money.Fen) { g.refunds[no] = owed - 1 }, "went back as 7999 fen"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t)
			o := e.refunding()
			no := e.view(o.ID).Refunds[0].No
			e.gateway.set(func(g *gateway) { c.begin(g, no, o.Amount) })
			for range 24 * 60 {
				require.Equal(t, order.Refunding, e.view(o.ID).Order.Status)
				_, _ = e.shop.PushRefunds(e.ctx, 10) // fails: that is the point
				e.clock.Advance(time.Minute)
			}
			_, _ = e.shop.PushRefunds(e.ctx, 10)
			e.clock.Advance(10 * time.Minute)
			_, _ = e.shop.PushRefunds(e.ctx, 10)
			require.Less(t, e.gateway.count("refund"), 200)

			page, err := e.shop.FailedRefunds(e.ctx, e.operator, mall.ListRefunds{})
			require.NoError(t, err)
			require.Len(t, page.Items, 1)
			require.Equal(t, no, page.Items[0].No)
			require.Contains(t, page.Items[0].LastError, c.says)
			violations, err := e.store.Violations(e.ctx, e.clock.Now())
			require.NoError(t, err)
			require.Len(t, violations, 2, "I4 of the order, I5 of the refund: %v", violations)

			asked := e.gateway.count("refund")
			e.gateway.set(func(g *gateway) {
				g.refuse, g.down, g.slow, g.fault = false, false, false, nil
				g.refunds[no] = o.Amount
			})
			e.clock.Advance(time.Hour)
			_, err = e.shop.PushRefunds(e.ctx, 10)
			require.NoError(t, err)
			e.settle()
			e.requireStatus(o.ID, order.Refunded)
			require.Equal(t, asked, e.gateway.count("refund"), "a failed refund is only asked about")
			e.check()
		})
	}
}

func TestRefund_OtherAmountIsNotBelieved(t *testing.T) {
	e := newEnv(t)
	o := e.refunding()
	e.gateway.refunds[e.view(o.ID).Refunds[0].No] = o.Amount - 1
	_, err := e.shop.PushRefunds(e.ctx, 10)
	require.ErrorContains(t, err, "8000 fen went back as 7999 fen")
	e.requireStatus(o.ID, order.Refunding)
}

func TestRefund_PushedByManyAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		o := e.refunding()
		atOnce(20, func(int) {
			if _, err := e.shop.PushRefunds(e.ctx, 10); err != nil {
				t.Error(err)
			}
		})
		require.Equal(t, 1, e.gateway.count("refund"), "one worker claims it")
		e.requireStatus(o.ID, order.Refunded)
		e.check()
	})
}
