package app_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallwire"
	"kaituan/infrastructure/sandbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/money"
)

// bought is an order with its pay page.
type bought struct {
	*buyer
	order     mallwire.Order
	page      string
	paymentID string
}

// pairs has n teams of two ordered, none of them paid.
func (w *world) pairs(n int, activityID string) []bought {
	w.t.Helper()
	people := w.crowd(2 * n)
	all := make([]bought, len(people))
	for i, b := range people {
		team := ""
		if i%2 == 1 {
			team = all[i-1].order.TeamID
		}
		o := b.lock("cup", activityID, team)
		page := b.payPage(o.OrderID)
		all[i] = bought{b, o, page, b.order(o.OrderID).Payments[0].PaymentID}
	}
	return all
}

// payAll has everybody pay at the same moment.
func (w *world) payAll(orders []bought) {
	w.t.Helper()
	var answers tally
	atOnce(len(orders), func(i int) { answers.add(fmt.Sprint(w.payOnce(orders[i].page))) })
	require.Equal(w.t, map[string]int{"true": len(orders)}, answers.all())
}

// payOnce pays at the cashier until the page says that it is paid.
func (w *world) payOnce(page string) bool {
	return persist(func() bool {
		_, err := sandbox.Buyer{HTTP: w.http}.Pay(context.Background(), page)
		return err == nil || errors.Is(err, sandbox.ErrNotPayable)
	})
}

// sendAll sends notices to nodes, all at once, each until it is taken, as Alipay does.
func (w *world) sendAll(forms []url.Values, nodes ...string) {
	w.t.Helper()
	var answers tally
	atOnce(len(forms), func(i int) {
		persist(func() bool {
			answer, err := w.postTo(nodes[i%len(nodes)], forms[i])
			answers.add(cmp.Or(answer, fmt.Sprint(err)))
			return answer == "success"
		})
	})
	require.Equal(w.t, len(forms), answers.all()["success"], "%v", answers.all())
}

// told are the notices of a trade as the gateway signs them, oldest first.
func (w *world) told(paymentID string) (forms []url.Values) {
	w.t.Helper()
	for _, n := range w.trade(paymentID).Notices {
		fields := map[string]string{
			"notify_id": n.NotifyID, "notify_time": "2026-11-20 16:00:00", "charset": "utf-8", "version": "1.0",
			"app_id": sandbox.DefaultAppID, "auth_app_id": sandbox.DefaultAppID, "seller_id": sandbox.DefaultSellerID,
		}
		maps.Copy(fields, n.Fields)
		forms = append(forms, w.signed(fields))
	}
	return forms
}

// requireOnce wants each of the steps exactly once in the history of an order.
func (w *world) requireOnce(orderID string, steps ...mallwire.OrderStatus) {
	w.t.Helper()
	for _, step := range steps {
		require.Equal(w.t, 1, w.count(sqldb.Mall, "SELECT count(*) FROM order_history WHERE order_id = ? AND to_status = ?", orderID, step), step)
	}
}

// The notices of many payments come three times at once, on two nodes, and one of them fifty times in a row (F8): each
// is taken, and counts once.
func TestFaults_NoticesManyTimesOnTwoNodes(t *testing.T) {
	onEachStore(t, func(w *world) {
		const pairs, row = 4, 50
		orders := w.pairs(pairs, w.sell("cup", 1000, nil))
		nodes := []string{w.app.PublicURL(), w.twin()}
		w.script(sandbox.Script{Target: sandbox.OnNotice, Fault: sandbox.Lost}) // what comes is what this test sends
		w.payAll(orders)
		var forms []url.Values
		for _, o := range orders {
			forms = append(forms, w.told(o.paymentID)...)
		}
		require.Len(w.t, forms, len(orders))
		w.sendAll(slices.Concat(forms, forms, forms), nodes...)
		for i := range row {
			w.sendAll(forms[:1], nodes[i%2])
		}
		for _, o := range orders {
			view := o.becomes(o.order.OrderID, mallwire.OrderStatusShipped)
			require.Len(w.t, view.Payments, 1)
			w.requireOnce(o.order.OrderID, mallwire.OrderStatusPaid, mallwire.OrderStatusToShip, mallwire.OrderStatusShipped)
			times := 3
			if o.paymentID == orders[0].paymentID {
				times += row
			}
			require.LessOrEqual(w.t, times, w.count(sqldb.Mall, "SELECT times FROM notices WHERE payment_id = ?", o.paymentID))
		}
		w.requireGateway(money.Fen(2*pairs)*80_00, 0)
		w.check()
	})
}

// The notice of a payment is overtaken by that of its refund, and then all come again in any order at once (F9): an
// order that is refunded stays so.
func TestFaults_NoticesReordered(t *testing.T) {
	onEachStoreUnshipped(t, func(w *world) {
		const pairs = 2
		orders := w.pairs(pairs, w.sell("cup", 1000, nil))
		w.script(sandbox.Script{Target: sandbox.OnNotice, Fault: sandbox.Held, Event: sandbox.Paid})
		w.payAll(orders)
		for _, o := range orders { // no notice: "I have paid"
			require.True(w.t, persist(func() bool {
				checked, err := w.shop().CheckPaymentWithResponse(context.Background(), o.order.OrderID, bearer(o.token))
				return err == nil && checked.JSON200 != nil
			}))
		}
		for _, o := range orders {
			o.becomes(o.order.OrderID, mallwire.OrderStatusToShip)
			require.True(w.t, persist(func() bool { return o.tryRefund(o.order.OrderID).JSON200 != nil }))
		}
		var forms []url.Values
		for _, o := range orders {
			o.becomes(o.order.OrderID, mallwire.OrderStatusRefunded)
			w.eventually("both notices arrive", func() bool {
				return w.count(sqldb.Mall, "SELECT count(*) FROM notices WHERE payment_id = ?", o.paymentID) == 2
			})
			forms = append(forms, w.told(o.paymentID)...)
		}
		require.Len(w.t, forms, 4*pairs)
		again := slices.Repeat(forms, 3)
		rand.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		w.sendAll(again, w.app.PublicURL())
		for _, o := range orders {
			view := o.buyer.order(o.order.OrderID)
			require.Equal(w.t, mallwire.OrderStatusRefunded, view.Order.Status)
			require.Len(w.t, view.Refunds, 1)
			w.requireOnce(o.order.OrderID, mallwire.OrderStatusPaid, mallwire.OrderStatusRefunding, mallwire.OrderStatusRefunded)
		}
		w.requireGateway(money.Fen(2*pairs)*80_00, money.Fen(2*pairs)*80_00)
		w.check()
	})
}

// No notice arrives (F11): the gateway is asked about every payment, and all teams form.
func TestFaults_NoticesNeverArrive(t *testing.T) {
	onEachStore(t, func(w *world) {
		orders := w.pairs(4, w.sell("cup", 1000, nil))
		w.script(sandbox.Script{Target: sandbox.OnNotice, Fault: sandbox.Lost})
		w.payAll(orders)
		w.hurry()
		for _, o := range orders {
			o.becomes(o.order.OrderID, mallwire.OrderStatusShipped)
			w.requireOnce(o.order.OrderID, mallwire.OrderStatusPaid)
		}
		require.Zero(w.t, w.count(sqldb.Mall, "SELECT count(*) FROM notices"))
		w.check()
	})
}

// Forged notices (F12): of every field that a payment stands on, under a broken signature, none, and the gateway's own.
// None of them pays an order, and none stands in the way of the true one that comes at the same moment.
func TestFaults_NoticesForged(t *testing.T) {
	onEachStore(t, func(w *world) {
		orders := w.pairs(2, w.sell("cup", 1000, nil))
		var forgeries []sandbox.Script
		for _, field := range []string{"total_amount", "app_id", "seller_id", "out_trade_no"} {
			forgeries = append(forgeries, sandbox.Script{Field: field})
		}
		for _, field := range []string{"total_amount", "trade_status", "trade_no", "notify_id", "gmt_payment"} {
			forgeries = append(forgeries, sandbox.Script{Field: field, Seal: sandbox.SealBroken}, sandbox.Script{Field: field, Seal: sandbox.SealMissing})
		}
		forgeries = append(forgeries, sandbox.Script{Field: "sign"})
		faults := w.faults()
		for _, o := range orders { // the gateway knows of the trade once its page is open
			_, _, err := sandbox.Buyer{HTTP: w.http}.Open(context.Background(), o.page)
			require.NoError(w.t, err)
		}
		var answers tally
		atOnce(len(orders)*len(forgeries), func(i int) {
			forged := forgeries[i/len(orders)]
			forged.OutTradeNo = orders[i%len(orders)].paymentID
			sent, err := faults.Forge(context.Background(), forged)
			answers.add(cmp.Or(sent.Answer, sent.Fault))
			if err != nil {
				answers.add(err.Error())
			}
		})
		require.Equal(w.t, map[string]int{"failure": len(orders) * len(forgeries)}, answers.all())
		for _, o := range orders {
			view := o.buyer.order(o.order.OrderID)
			require.Equal(w.t, mallwire.OrderStatusAwaitingPayment, view.Order.Status)
			require.Equal(w.t, mallwire.PaymentStatusPending, view.Payments[0].Status)
		}
		for _, forged := range forgeries {
			forged.Target, forged.Fault, forged.Event = sandbox.OnNotice, sandbox.Forged, sandbox.Paid
			w.script(forged)
		}
		w.payAll(orders)
		for _, o := range orders {
			o.becomes(o.order.OrderID, mallwire.OrderStatusShipped)
			w.requireOnce(o.order.OrderID, mallwire.OrderStatusPaid)
		}
		require.Equal(w.t, len(orders), w.count(sqldb.Mall, "SELECT count(*) FROM notices"))
		w.requireGateway(money.Fen(len(orders))*80_00, 0)
		w.check()
	})
}
