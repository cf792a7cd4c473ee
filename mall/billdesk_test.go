package mall_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/bill"
	"kaituan/mall/payment"
	"kaituan/money"
)

// lost makes a payment that the bill has, and the books have no more: as after going back to an older backup.
func (e *env) lost(amount money.Fen) bill.Difference {
	e.t.Helper()
	const id = "pay_lost"
	e.gateway.buyerPays(id, amount)
	e.gateway.write(today, payment.BillLine{Kind: payment.BillPayment, ID: id, ProviderNo: "2026" + id, Amount: amount, At: e.clock.Now()})
	_, err := e.shop.RunBill(e.ctx, e.operator, today)
	require.NoError(e.t, err)
	e.nextMorning()
	e.reconcile()
	d := e.only(today, bill.PaymentUnknown, bill.Open)
	require.Equal(e.t, bill.ProposeRefund, d.Proposal)
	return d
}

// The money of a payment that nobody has goes back once, and the bill that tells of it is understood.
func TestResolve_SendsTheMoneyOfALostPaymentBack(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		d := e.lost(5_00)
		e.gateway.set(func(g *gateway) { g.mute = true })
		_, err := e.resolve(d, bill.ActRefund)
		requireCode(t, mall.CodePaymentUnknown, err)
		open := e.only(today, bill.PaymentUnknown, bill.Open)
		require.NotEmpty(t, open.RefundNo)
		require.EqualValues(t, 5_00, e.gateway.sentBack(), "the answer was lost, not the money")
		e.gateway.set(func(g *gateway) { g.mute = false })
		done, err := e.resolve(open, bill.ActRefund)
		require.NoError(t, err)
		require.Equal(t, bill.Resolved, done.Status)
		require.Equal(t, open.RefundNo, done.RefundNo)
		require.Equal(t, "looked at it", done.Note)
		require.EqualValues(t, 5_00, e.gateway.sentBack())
		_, err = e.resolve(open, bill.ActRefund)
		requireCode(t, mall.CodeDifferenceEnded, err)

		tomorrow := today.Add(1)
		e.gateway.write(tomorrow, payment.BillLine{
			Kind: payment.BillRefund, ID: d.Payment, RequestNo: done.RefundNo, ProviderNo: d.ProviderNo, Amount: 5_00, At: e.clock.Now(),
		})
		e.again(tomorrow)
		require.Empty(t, e.differences(tomorrow), "the operator asked for it")
		e.again(today)
		e.only(today, bill.PaymentUnknown, bill.Resolved)
	})
}

func TestResolve_ProviderRefusesTheRefund(t *testing.T) {
	e := newEnv(t)
	d := e.lost(5_00)
	e.gateway.set(func(g *gateway) { g.refuse = true })
	_, err := e.resolve(d, bill.ActRefund)
	requireCode(t, mall.CodeRefundRefused, err)
	require.Contains(t, err.Error(), "ACQ.SELLER_BALANCE_NOT_ENOUGH")
	e.only(today, bill.PaymentUnknown, bill.Open)
	accepted, err := e.resolve(d, bill.ActAccept)
	require.NoError(t, err)
	require.Equal(t, e.operator.Account, accepted.By)
	require.Equal(t, map[bill.DifferenceStatus]int{bill.Resolved: 1}, e.bill(today).Differences)
}

// Other money than was to go back went back: nobody is told that all is well.
func TestResolve_OtherMoneyWentBack(t *testing.T) {
	e := newEnv(t)
	d := e.lost(5_00)
	shop := e.newShopWith(e.store, generous{e.gateway})
	_, err := shop.ResolveDifference(e.ctx, e.operator, d.ID, mall.Resolution{Action: bill.ActRefund, Note: "x"})
	require.ErrorContains(t, err, "500 fen")
	require.Empty(t, mall.CodeOf(err))
	e.only(today, bill.PaymentUnknown, bill.Open)
}

// generous gives a fen more back than it was asked for.
type generous struct{ *gateway }

func (g generous) Refund(ctx context.Context, r payment.RefundOrder) (payment.RefundResult, error) {
	r.Amount++
	return g.gateway.Refund(ctx, r)
}

// An operator asks once more, when nobody could answer while the bill was matched.
func TestResolve_AsksAgain(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		p := e.billed(e.buyer())
		trade := *e.gateway.trades[p.ID]
		e.gateway.set(func(g *gateway) { delete(g.trades, p.ID) }) // it knows nothing, against its own bill
		e.nextMorning()
		e.reconcile()
		d := e.only(today, bill.PaymentUnbooked, bill.Open)
		still, err := e.resolve(d, bill.ActAsk)
		require.NoError(t, err)
		require.Equal(t, bill.Open, still.Status)
		require.Equal(t, bill.ActAsk, still.Action)
		e.gateway.set(func(g *gateway) { g.trades[p.ID] = &trade })
		ended, err := e.resolve(d, bill.ActAsk)
		require.NoError(t, err)
		require.Equal(t, bill.Repaired, ended.Status)
		require.Equal(t, payment.Succeeded, e.payment(p.ID).Status)
	})
}

func TestResolve_Refuses(t *testing.T) {
	e := newEnv(t)
	d := e.lost(5_00)
	for name, c := range map[string]struct {
		who  mall.Actor
		id   bill.DifferenceID
		r    mall.Resolution
		code mall.Code
	}{
		"a buyer":        {e.buyer(), d.ID, mall.Resolution{Action: bill.ActAccept, Note: "x"}, mall.CodeForbidden},
		"unknown action": {e.operator, d.ID, mall.Resolution{Action: "forget", Note: "x"}, mall.CodeInvalid},
		"no note":        {e.operator, d.ID, mall.Resolution{Action: bill.ActAccept}, mall.CodeInvalid},
		"garbage":        {e.operator, d.ID, mall.Resolution{Action: bill.ActAccept, Note: "\xff"}, mall.CodeInvalid},
		"no such":        {e.operator, "diff_none", mall.Resolution{Action: bill.ActAccept, Note: "x"}, mall.CodeDifferenceNotFound},
		"nothing to ask": {e.operator, d.ID, mall.Resolution{Action: bill.ActAsk, Note: "x"}, mall.CodeActionNotPossible},
	} {
		_, err := e.shop.ResolveDifference(e.ctx, c.who, c.id, c.r)
		requireCode(t, c.code, err)
		require.NotEmpty(t, name)
	}
	e.only(today, bill.PaymentUnknown, bill.Open)
	_, err := e.shop.RunBill(e.ctx, e.operator, payment.DayOf(e.clock.Now()).Add(1))
	requireCode(t, mall.CodeInvalid, err)
	_, err = e.shop.Bill(e.ctx, e.operator, "2020-01-01")
	requireCode(t, mall.CodeBillNotFound, err)
	_, err = e.shop.Differences(e.ctx, e.operator, mall.ListDifferences{Day: today, Status: "lost"})
	requireCode(t, mall.CodeInvalid, err)
	_, err = e.shop.Differences(e.ctx, e.operator, mall.ListDifferences{Day: today, Limit: 101})
	requireCode(t, mall.CodeInvalid, err)
	_, err = e.shop.Bills(e.ctx, e.operator, "x", 0)
	requireCode(t, mall.CodeCursorInvalid, err)
	_, err = e.shop.Bills(e.ctx, e.operator, "", -1)
	requireCode(t, mall.CodeInvalid, err)
}
