package mall_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/bill"
	"kaituan/mall/order"
)

// entries are all that the audit has, oldest first.
func (e *env) entries() []mall.AuditEntry {
	e.t.Helper()
	page, err := e.shop.Audit(e.ctx, e.operator, mall.ListAudit{Limit: mall.MaxPage})
	require.NoError(e.t, err)
	var all []mall.AuditEntry
	for i := len(page.Items) - 1; i >= 0; i-- {
		all = append(all, page.Items[i])
	}
	return all
}

// told wants exactly one entry of what do does, in the operator's name, and returns it with what it shows.
func (e *env) told(action, subject string, do func()) (before, after map[string]any) {
	e.t.Helper()
	known, now := e.entries(), e.clock.Now()
	do()
	all := e.entries()
	require.Len(e.t, all, len(known)+1, action)
	entry := all[len(known)]
	require.Equal(e.t, e.operator, entry.Actor)
	require.Equal(e.t, []string{action, subject}, []string{entry.Action, entry.Subject})
	require.Equal(e.t, now, entry.At)
	require.Equal(e.t, known[len(known)-1].Hash, entry.Previous)
	return read(e.t, entry.Before), read(e.t, entry.After)
}

func read(t *testing.T, text string) (shown map[string]any) {
	t.Helper()
	if text != "" {
		require.NoError(t, json.Unmarshal([]byte(text), &shown))
	}
	return shown
}

// untold wants no entry of what do does.
func (e *env) untold(do func()) {
	e.t.Helper()
	known := e.entries()
	do()
	require.Equal(e.t, known, e.entries())
}

func TestAudit_OfProducts(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		require.Len(t, e.entries(), 1, "the teapot of every test")
		cup := teapotDraft(3)
		cup.ID, cup.Name = "cup", "Cup"
		save := func() {
			_, err := e.shop.SaveProduct(e.ctx, e.operator, cup)
			require.NoError(t, err)
		}
		before, after := e.told("product.created", "cup", save)
		require.Nil(t, before)
		require.Equal(t, "Cup", after["name"])
		cup.SKUs[0].Price = price + 1
		before, after = e.told("product.changed", "cup", save)
		require.Equal(t, []any{map[string]any{"sku_id": "red", "name": "Red", "price_fen": float64(price), "stock": 3.0}}, before["skus"])
		require.Equal(t, []any{map[string]any{"sku_id": "red", "name": "Red", "price_fen": float64(price + 1), "stock": 3.0}}, after["skus"])

		e.untold(func() {
			_, err := e.shop.SaveProduct(e.ctx, e.buyer(), cup)
			requireCode(t, mall.CodeForbidden, err)
			cup.Name = ""
			_, err = e.shop.SaveProduct(e.ctx, e.operator, cup)
			requireCode(t, mall.CodeInvalid, err)
		})
		e.check()
	})
}

func TestAudit_OfRefundedOrders(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who := e.buyer()
		own, o := e.paid(who, e.solo()), e.paid(who, e.solo())
		e.settle()
		e.untold(func() { e.askBack(own) })
		refund := func(id order.ID) error {
			_, err := e.shop.RefundOrder(e.ctx, e.operator, id, "called from 138-0013-8000")
			return err
		}
		before, after := e.told("order.refunded", string(o.ID), func() { require.NoError(t, refund(o.ID)) })
		require.Equal(t, "to_ship", before["status"])
		require.NotContains(t, before, "reason")
		require.Equal(t, "refunding", after["status"])
		require.Equal(t, "operator_refund", after["reason"])
		require.Equal(t, "called from 138****8000", after["detail"])
		require.InDelta(t, price, after["amount_fen"], 0)
		e.untold(func() {
			require.NoError(t, refund(o.ID), "the same again")
			requireCode(t, mall.CodeOrderNotFound, refund("ord_none"))
			requireCode(t, mall.CodeOrderUnpaid, refund(e.place(who, e.solo()).ID))
		})
		e.check()
	})
}

func TestAudit_OfRedoneRefunds(t *testing.T) {
	e := newEnv(t)
	o := e.refunding()
	e.gateway.refuse = true
	for range 10 {
		_, _ = e.shop.PushRefunds(e.ctx, 10) // fails while refused: that is the point
		e.clock.Advance(time.Hour)
	}
	no := e.view(o.ID).Refunds[0].No
	before, after := e.told("refund.redone", string(no), func() {
		_, err := e.shop.RedoRefund(e.ctx, e.operator, no)
		require.NoError(t, err)
	})
	require.Equal(t, "failed", before["status"])
	require.InDelta(t, 5, before["refusals"], 0)
	require.Equal(t, "submitted", after["status"])
	require.NotContains(t, after, "refusals")
	e.untold(func() {
		_, err := e.shop.RedoRefund(e.ctx, e.operator, no)
		requireCode(t, mall.CodeRefundNotFailed, err)
		_, err = e.shop.RedoRefund(e.ctx, e.operator, "rf_none")
		requireCode(t, mall.CodeRefundNotFound, err)
	})
}

func TestAudit_OfBills(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		before, after := e.told("bill.asked", string(today), func() { _ = e.lost(5_00) })
		require.Nil(t, before)
		require.Equal(t, "waiting", after["status"])
		before, _ = e.told("bill.asked", string(today), func() {
			_, err := e.shop.RunBill(e.ctx, e.operator, today)
			require.NoError(t, err)
		})
		require.Equal(t, "matched", before["status"])
		e.untold(func() {
			_, err := e.shop.RunBill(e.ctx, e.operator, today.Add(9))
			requireCode(t, mall.CodeInvalid, err)
		})
		e.check()
	})
}

// Each time an operator has money sent back is told before the provider is asked, whatever it answers.
func TestAudit_OfReturnedMoney(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		d := e.lost(5_00)
		e.gateway.set(func(g *gateway) { g.mute = true })
		before, after := e.told("difference.refunded", string(d.ID), func() {
			_, err := e.resolve(d, bill.ActRefund)
			requireCode(t, mall.CodePaymentUnknown, err)
		})
		require.NotContains(t, before, "refund_no")
		require.Equal(t, "open", after["status"])
		require.Equal(t, "refund", after["action"])
		require.Equal(t, "looked at it", after["note"])
		require.InDelta(t, 5_00, after["alipay_fen"], 0)
		e.gateway.set(func(g *gateway) { g.mute = false })
		_, again := e.told("difference.refunded", string(d.ID), func() {
			done, err := e.resolve(d, bill.ActRefund)
			require.NoError(t, err)
			require.Equal(t, bill.Resolved, done.Status)
		})
		require.Equal(t, after["refund_no"], again["refund_no"])
		e.untold(func() {
			_, err := e.resolve(d, bill.ActRefund)
			requireCode(t, mall.CodeDifferenceEnded, err)
		})
		e.check()
	})
}

func TestAudit_OfOtherDecisions(t *testing.T) {
	e := newEnv(t)
	p := e.billed(e.buyer())
	e.gateway.set(func(g *gateway) { delete(g.trades, p.ID) })
	e.nextMorning()
	e.reconcile()
	d := e.only(today, bill.PaymentUnbooked, bill.Open)
	_, after := e.told("difference.asked", string(d.ID), func() {
		_, err := e.resolve(d, bill.ActAsk)
		require.NoError(t, err)
	})
	require.Equal(t, "open", after["status"])
	require.Equal(t, "ask", after["action"])
	e.untold(func() {
		_, err := e.resolve(d, bill.ActRefund)
		requireCode(t, mall.CodeActionNotPossible, err)
	})
	before, after := e.told("difference.accepted", string(d.ID), func() {
		_, err := e.resolve(d, bill.ActAccept)
		require.NoError(t, err)
	})
	require.Equal(t, "open", before["status"])
	require.Equal(t, "resolved", after["status"])
	require.Equal(t, "ops", after["by"])
	require.Equal(t, string(p.ID), after["payment_id"])
}

func TestAudit_Lists(t *testing.T) {
	e := newEnv(t)
	e.stock(1)
	e.stock(2)
	page, err := e.shop.Audit(e.ctx, e.operator, mall.ListAudit{Limit: 2, Subject: "teapot"})
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	rest, err := e.shop.Audit(e.ctx, e.operator, mall.ListAudit{Limit: 2, Cursor: page.Next})
	require.NoError(t, err)
	require.Len(t, rest.Items, 1)
	require.Empty(t, rest.Next)
	require.EqualValues(t, 1, rest.Items[0].Seq)
	none, err := e.shop.Audit(e.ctx, e.operator, mall.ListAudit{Action: "product.created", From: e.clock.Now().Add(time.Millisecond)})
	require.NoError(t, err)
	require.Empty(t, none.Items)
	for _, c := range []struct {
		who  mall.Actor
		list mall.ListAudit
		code mall.Code
	}{
		{e.buyer(), mall.ListAudit{}, mall.CodeForbidden},
		{e.operator, mall.ListAudit{Limit: 101}, mall.CodeInvalid},
		{e.operator, mall.ListAudit{Cursor: "x"}, mall.CodeCursorInvalid},
		{e.operator, mall.ListAudit{Cursor: "0"}, mall.CodeCursorInvalid},
	} {
		_, err := e.shop.Audit(e.ctx, c.who, c.list)
		requireCode(t, c.code, err)
	}
}

// Phone numbers that somebody wrote into a text do not get into the audit; other numbers do.
func TestAudit_HidesPhoneNumbers(t *testing.T) {
	e := newEnv(t)
	for written, shown := range map[string]string{
		"13800138000": "138****8000",
		"电话13800138000，或 13900139000,完":                      "电话138****8000，或 139****9000,完",
		"+8613800138000 008613800138000":                     "+86138****8000 0086138****8000",
		"+86 138 0013 8000; 138-0013-8000":                   "+86 138****8000; 138****8000",
		"trade 2026050122001413800138000 of 12800138000 fen": "trade 2026050122001413800138000 of 12800138000 fen",
	} {
		draft := teapotDraft(1)
		draft.Description = written
		_, err := e.shop.SaveProduct(e.ctx, e.operator, draft)
		require.NoError(t, err)
		all := e.entries()
		require.Equal(t, shown, read(t, all[len(all)-1].After)["description"])
	}
	e.operator.Name = "13800138000"
	e.stock(1)
	all := e.entries()
	require.Equal(t, "138****8000", all[len(all)-1].Actor.Name)
}
