package app_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallwire"
	"kaituan/infrastructure/sandbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/money"
)

// answers are all ways in which the gateway's answer to a call can be none.
func answers() []sandbox.Fault {
	return []sandbox.Fault{
		sandbox.TimeoutBefore, sandbox.TimeoutAfter, sandbox.HTTPErrorBefore, sandbox.HTTPErrorAfter, sandbox.SystemErrorBefore,
		sandbox.SystemErrorAfter, sandbox.InProgressBefore, sandbox.InProgressAfter, sandbox.Garbage, sandbox.Unsigned, sandbox.WronglySigned,
	}
}

// solo has n people order a cup each, alone.
func (w *world) solo(n int) []bought {
	w.t.Helper()
	people := w.crowd(n)
	all := make([]bought, n)
	for i, b := range people {
		placed := b.tryOrder("alone", mallwire.OrderInput{Mode: mallwire.Solo, ProductID: "cup", SKUID: "one"})
		require.NotNil(w.t, placed.JSON201, string(placed.Body))
		page := b.payPage(placed.JSON201.OrderID)
		all[i] = bought{b, *placed.JSON201, page, b.order(placed.JSON201.OrderID).Payments[0].PaymentID}
	}
	return all
}

// hurryUntil waits for what comes of asking the gateway again and again.
func (w *world) hurryUntil(why string, query string, args ...any) {
	w.t.Helper()
	done := persist(func() bool {
		w.hurry()
		time.Sleep(10 * pace)
		return w.count(sqldb.Mall, query, args...) == 0
	})
	require.True(w.t, done, why)
}

func (w *world) strike(o bought, target sandbox.Target, fault sandbox.Fault, times int) {
	w.t.Helper()
	s := sandbox.Script{OutTradeNo: o.paymentID, Target: target, Fault: fault, Times: times}
	if fault == sandbox.TimeoutBefore || fault == sandbox.TimeoutAfter {
		s.Delay = 50 * time.Millisecond
	}
	w.script(s)
}

// The gateway gives no answer that says anything, in each way that it can, to the questions about many payments whose
// notices are lost, and to their refunds, at once (F13): every payment is found, and every fen goes back once.
func TestFaults_GatewayAnswersNothing(t *testing.T) {
	onEachStoreUnshipped(t, func(w *world) {
		w.sell("cup", 1000, nil)
		orders := w.solo(len(answers()))
		w.script(sandbox.Script{Target: sandbox.OnNotice, Fault: sandbox.Lost})
		for i, fault := range answers() {
			w.strike(orders[i], sandbox.OnQuery, fault, 2)
			w.strike(orders[i], sandbox.OnRefund, fault, 2)
			w.strike(orders[i], sandbox.OnRefundQuery, fault, 1)
		}
		w.payAll(orders)
		w.hurryUntil("every payment is found", "SELECT count(*) FROM orders WHERE status <> 'to_ship'")
		atOnce(len(orders), func(i int) {
			persist(func() bool { return orders[i].tryRefund(orders[i].order.OrderID).JSON200 != nil })
		})
		w.hurryUntil("every refund arrives", "SELECT count(*) FROM orders WHERE status <> 'refunded'")
		for _, o := range orders {
			view := o.buyer.order(o.order.OrderID)
			require.Len(w.t, view.Refunds, 1)
			require.Len(w.t, w.trade(o.paymentID).Refunds, 1)
			w.requireOnce(o.order.OrderID, mallwire.OrderStatusPaid, mallwire.OrderStatusRefunding, mallwire.OrderStatusRefunded)
		}
		scripts, err := w.faults().List(context.Background())
		require.NoError(w.t, err)
		for _, s := range scripts {
			require.True(w.t, s.Target == sandbox.OnNotice || s.Spent(), "%+v was not played", s)
		}
		w.requireGateway(money.Fen(len(orders))*100_00, money.Fen(len(orders))*100_00)
		w.check()
	})
}

// The same for orders that their buyers cancel (F13): one is closed here only when it is certain that it is closed there.
func TestFaults_GatewayAnswersNothingToAClose(t *testing.T) {
	onEachStore(t, func(w *world) {
		w.sell("cup", 1000, nil)
		orders := w.solo(len(answers()))
		for i, fault := range answers() {
			_, _, err := sandbox.Buyer{HTTP: w.http}.Open(context.Background(), orders[i].page)
			require.NoError(w.t, err)
			w.strike(orders[i], sandbox.OnClose, fault, 1)
			w.strike(orders[i], sandbox.OnQuery, fault, 1)
		}
		atOnce(len(orders), func(i int) {
			persist(func() bool {
				closed, err := w.shop().CancelOrderWithResponse(context.Background(), orders[i].order.OrderID, bearer(orders[i].token))
				return err == nil && closed.JSON200 != nil
			})
		})
		for _, o := range orders {
			require.Equal(w.t, mallwire.OrderStatusClosed, o.buyer.order(o.order.OrderID).Order.Status)
			_, err := sandbox.Buyer{HTTP: w.http}.Pay(context.Background(), o.page)
			require.ErrorIs(w.t, err, sandbox.ErrNotPayable)
		}
		w.requireGateway(0, 0)
		w.check()
	})
}

// Payments that come too late, all at once, and each told three times (F10): after the order was cancelled, after
// somebody else took the place, after the team failed. Every one goes back by itself, once; the others get their goods.
func TestFaults_LatePayments(t *testing.T) {
	onEachStore(t, func(w *world) {
		const each = 3
		activityID := w.sell("cup", 1000, nil)
		w.script(sandbox.Script{Target: sandbox.OnNotice, Fault: sandbox.Doubled, Copies: 3})
		cancelled, failed, full := w.pairs(each, activityID), w.pairs(each, activityID), w.pairs(each, activityID)
		var late, taken []bought
		for i := 0; i < 2*each; i += 2 {
			w.endWindow(failed[i].order.TeamID)
			for _, o := range []bought{cancelled[i], cancelled[i+1], full[i+1]} {
				o.cancel(o.order.OrderID)
			}
			instead := w.crowd(1)[0]
			o := instead.lockOnceFree("cup", activityID, full[i].order.TeamID)
			taken = append(taken, full[i], bought{instead, o, instead.payPage(o.OrderID), ""})
			late = append(late, cancelled[i], cancelled[i+1], full[i+1], failed[i], failed[i+1])
		}
		for _, o := range late {
			o.becomes(o.order.OrderID, mallwire.OrderStatusClosed)
		}
		w.payAll(append(taken, late...))
		for _, o := range taken {
			o.becomes(o.order.OrderID, mallwire.OrderStatusShipped)
		}
		for _, o := range late {
			view := o.refunded(o.order.OrderID)
			require.Equal(w.t, mallwire.OrderStatusClosed, view.Order.Status)
			require.Len(w.t, w.trade(o.paymentID).Refunds, 1)
		}
		w.requireGateway(money.Fen(len(late)+len(taken))*80_00, money.Fen(len(late))*80_00)
		w.check()
	})
}

// The time of many teams is over while their last members pay (F16): a team is formed and ships, or failed and all its
// money is back.
func TestFaults_ExpiryAgainstTheLastPayment(t *testing.T) {
	onEachStore(t, func(w *world) {
		const teams = 12
		orders := w.pairs(teams, w.sell("cup", 1000, nil))
		for i := 0; i < len(orders); i += 2 {
			orders[i].pay(orders[i].order.OrderID)
		}
		for i := 0; i < len(orders); i += 2 {
			orders[i].becomes(orders[i].order.OrderID, mallwire.OrderStatusTeaming)
		}
		w.do(sqldb.GroupBuy, "UPDATE teams SET expires_at = ? WHERE closed_at = 0", time.Now().UnixMilli())
		atOnce(teams, func(i int) {
			time.Sleep(rand.N(1500 * time.Millisecond)) // teams are ended each second
			w.payOnce(orders[2*i+1].page)
		})
		ends := map[string]int{}
		for i := 0; i < len(orders); i += 2 {
			ends[w.endOf(orders[i])+" "+w.endOf(orders[i+1])]++
		}
		w.t.Logf("leaders' and last payers' orders ended so: %v", ends)
		for end := range ends {
			require.Contains(w.t, []string{"shipped shipped", "refunded refunded", "refunded closed"}, end)
		}
		w.eventually("what came too late goes back", func() bool {
			received, refunded := w.gateway()
			return received-refunded == money.Fen(ends["shipped shipped"])*160_00
		})
		for _, o := range orders {
			w.endOf(o)
		}
		w.check()
	})
}

// endOf waits until nothing of an order is under way any more.
func (w *world) endOf(o bought) string {
	w.t.Helper()
	var view mallwire.OrderView
	w.eventually(fmt.Sprintf("order %s ends", o.order.OrderID), func() bool {
		view = o.buyer.order(o.order.OrderID)
		for _, r := range view.Refunds {
			if r.Status != mallwire.RefundStatusSucceeded {
				return false
			}
		}
		switch view.Order.Status {
		case mallwire.OrderStatusShipped, mallwire.OrderStatusRefunded, mallwire.OrderStatusClosed:
			return true
		default:
			return false
		}
	})
	return string(view.Order.Status)
}
