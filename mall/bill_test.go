package mall_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/bill"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// today is the day on which newEnv starts: 16:00 in China.
const today payment.Day = "2026-05-01"

// billed places an order and pays it at the provider, whose bill will tell of it; the shop hears nothing.
func (e *env) billed(who mall.Actor) payment.Payment {
	e.t.Helper()
	p := e.pay(who, e.place(who, e.solo()))
	e.gateway.buyerPays(p.ID, p.Amount)
	e.gateway.write(payment.DayOf(e.clock.Now()), e.paymentLine(p))
	return p
}

// booked is billed, and the shop has heard of it.
func (e *env) booked(who mall.Actor) payment.Payment {
	e.t.Helper()
	p := e.billed(who)
	_, err := e.shop.AskPayment(e.ctx, who, p.Order)
	require.NoError(e.t, err)
	return e.payment(p.ID)
}

func (e *env) paymentLine(p payment.Payment) payment.BillLine {
	return payment.BillLine{
		Kind: payment.BillPayment, ID: p.ID, ProviderNo: "2026" + string(p.ID), Amount: p.Amount, Fee: 1, At: e.clock.Now(),
	}
}

func refundLine(r payment.Refund, at time.Time) payment.BillLine {
	return payment.BillLine{
		Kind: payment.BillRefund, ID: r.Payment, RequestNo: r.No, ProviderNo: "2026" + string(r.Payment), Amount: r.Amount, At: at,
	}
}

// back asks for an order's money and pushes the refund; the bill tells of it.
func (e *env) back(who mall.Actor, id order.ID) payment.Refund {
	e.t.Helper()
	_, err := e.shop.RefundOrder(e.ctx, who, id, "changed my mind")
	require.NoError(e.t, err)
	_, err = e.shop.PushRefunds(e.ctx, 10)
	require.NoError(e.t, err)
	refunds, err := e.store.OrderRefunds(e.ctx, id)
	require.NoError(e.t, err)
	e.gateway.write(payment.DayOf(e.clock.Now()), refundLine(refunds[0], e.clock.Now()))
	return refunds[0]
}

func (e *env) payment(id payment.ID) payment.Payment {
	e.t.Helper()
	p, err := e.store.PaymentByID(e.ctx, id)
	require.NoError(e.t, err)
	return p
}

// owner is the buyer of a payment.
func (e *env) owner(id payment.ID) mall.Actor { return mall.Actor{Account: e.payment(id).Buyer} }

// nextMorning lets today's bill come to be due.
func (e *env) nextMorning() { e.clock.now = today.End().Add(10 * time.Hour) }

func (e *env) reconcile() {
	e.t.Helper()
	_, err := e.shop.ReconcileDue(e.ctx, 10)
	require.NoError(e.t, err)
}

func (e *env) bill(day payment.Day) mall.BillView {
	e.t.Helper()
	b, err := e.shop.Bill(e.ctx, e.operator, day)
	require.NoError(e.t, err)
	return b
}

func (e *env) differences(day payment.Day) []bill.Difference {
	e.t.Helper()
	page, err := e.shop.Differences(e.ctx, e.operator, mall.ListDifferences{Day: day})
	require.NoError(e.t, err)
	return page.Items
}

// only wants one difference.
func (e *env) only(day payment.Day, kind bill.Kind, status bill.DifferenceStatus) bill.Difference {
	e.t.Helper()
	all := e.differences(day)
	require.Len(e.t, all, 1)
	require.Equal(e.t, kind, all[0].Kind)
	require.Equal(e.t, status, all[0].Status)
	return all[0]
}

func (e *env) again(day payment.Day) {
	e.t.Helper()
	_, err := e.shop.RunBill(e.ctx, e.operator, day)
	require.NoError(e.t, err)
	e.reconcile()
	require.Equal(e.t, bill.Matched, e.bill(day).Status)
}

func TestReconcile_EqualBooks(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who := e.buyer()
		e.booked(who)
		p := e.booked(who)
		e.back(who, p.Order)
		n, err := e.shop.BillsDue(e.ctx, 10)
		require.NoError(t, err)
		require.Zero(t, n)
		e.reconcile()
		require.Zero(t, e.gateway.count("bill"), "the day is not over")
		e.clock.now = today.End().Add(10*time.Hour - time.Second)
		e.reconcile()
		require.Zero(t, e.gateway.count("bill"), "its bill is not due")
		e.nextMorning()
		e.reconcile()
		b := e.bill(today)
		require.Equal(t, bill.Matched, b.Status)
		require.Equal(t, bill.Sums{Payments: 2, Refunds: 1, Received: 2 * price, Refunded: price, Fees: 2}, b.Theirs)
		require.Equal(t, bill.Sums{Payments: 2, Refunds: 1, Received: 2 * price, Refunded: price}, b.Ours)
		require.Equal(t, e.clock.Now(), b.EndedAt)
		require.Empty(t, e.differences(today))
		e.reconcile()
		require.Equal(t, 1, e.gateway.count("bill"), "once is enough")
		e.settle()
		e.check()
	})
}

// A payment that nobody told the shop of, whose row is closed by now, is booked; its money buys nothing any more and goes back.
func TestReconcile_RepairsAPaymentThatIsNotBooked(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who := e.buyer()
		open := e.billed(who)
		closed := e.pay(who, e.place(who, e.solo()))
		e.clock.Advance(20 * time.Minute)
		e.gateway.buyerOpens(closed.ID, closed.Amount)
		_, err := e.shop.CloseUnpaid(e.ctx, 10)
		require.NoError(t, err)
		require.Equal(t, payment.Closed, e.payment(closed.ID).Status)
		e.gateway.buyerPays(closed.ID, closed.Amount) // against all promises
		e.gateway.write(today, e.paymentLine(closed))
		e.gateway.set(func(g *gateway) { delete(g.trades, open.ID) })
		require.Equal(t, payment.Succeeded, e.payment(open.ID).Status, "closing asked")

		e.nextMorning()
		e.reconcile()
		d := e.only(today, bill.PaymentUnbooked, bill.Repaired)
		require.Equal(t, closed.ID, d.Payment)
		require.Equal(t, closed.Order, d.Order)
		require.Equal(t, payment.Succeeded, e.payment(closed.ID).Status)
		require.Equal(t, map[bill.DifferenceStatus]int{bill.Repaired: 1}, e.bill(today).Differences)
		_, err = e.shop.PushRefunds(e.ctx, 10)
		require.NoError(t, err)
		require.EqualValues(t, price, e.gateway.sentBack())
		e.again(today)
		e.only(today, bill.PaymentUnbooked, bill.Repaired)
		e.settle()
		e.check()
	})
}

// While the provider gives no answer, the difference is open and the day is matched again.
func TestReconcile_ProviderGivesNoAnswer(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	p := e.billed(who)
	e.nextMorning()
	mute := true
	e.gateway.set(func(g *gateway) {
		g.fault = func(call string, _ bool) error {
			if mute && call == "query" {
				return payment.ErrUnknown
			}
			return nil
		}
	})
	_, err := e.shop.ReconcileDue(e.ctx, 10)
	require.ErrorIs(t, err, payment.ErrUnknown)
	require.Equal(t, bill.Failed, e.bill(today).Status)
	require.Contains(t, e.bill(today).LastError, string(p.ID))
	d := e.only(today, bill.PaymentUnbooked, bill.Open)
	require.Equal(t, bill.ProposeAsk, d.Proposal)
	_, err = e.resolve(d, bill.ActAsk)
	requireCode(t, mall.CodePaymentUnknown, err)
	e.gateway.set(func(*gateway) { mute = false })
	e.clock.Advance(time.Minute)
	e.reconcile()
	e.only(today, bill.PaymentUnbooked, bill.Repaired)
	require.Equal(t, bill.Matched, e.bill(today).Status)
	require.Empty(t, e.bill(today).LastError)
}

func (e *env) resolve(d bill.Difference, what bill.Action) (bill.Difference, error) {
	return e.shop.ResolveDifference(e.ctx, e.operator, d.ID, mall.Resolution{Action: what, Note: "looked at it"})
}

// A refund whose answers were all lost is confirmed from the bill, whatever state it is in.
func TestReconcile_RepairsARefundThatIsNotConfirmed(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who := e.buyer()
		p := e.booked(who)
		_, err := e.shop.RefundOrder(e.ctx, who, p.Order, "changed my mind")
		require.NoError(t, err)
		refunds, err := e.store.OrderRefunds(e.ctx, p.Order)
		require.NoError(t, err)
		r := refunds[0]
		require.Equal(t, payment.RefundCreated, r.Status)
		_, err = e.gateway.Refund(e.ctx, payment.RefundOrder{ID: p.ID, RequestNo: r.No, Amount: r.Amount}) // before the last backup
		require.NoError(t, err)
		e.gateway.write(today, refundLine(r, e.clock.Now()))
		e.nextMorning()
		e.reconcile()
		d := e.only(today, bill.RefundUnconfirmed, bill.Repaired)
		require.Equal(t, r.No, d.RequestNo)
		e.requireStatus(p.Order, order.Refunded)
		require.Equal(t, 1, e.gateway.count("refund"), "nobody was paid twice")
		e.settle()
		e.check()
	})
}

// What cannot be mended by asking is listed with a proposal, found again without being doubled, and gone once the bill or
// the books are right.
func TestReconcile_ListsWhatDiffers(t *testing.T) {
	type change func(e *env, line payment.BillLine) []payment.BillLine
	for kind, c := range map[bill.Kind]struct {
		change   change
		proposal bill.Proposal
		theirs   money.Fen
		ours     money.Fen
	}{
		bill.PaymentMissing: {func(*env, payment.BillLine) []payment.BillLine { return nil }, bill.ProposeDispute, 0, price},
		bill.PaymentAmount: {func(_ *env, l payment.BillLine) []payment.BillLine {
			l.Amount++
			return []payment.BillLine{l}
		}, bill.ProposeDispute, price + 1, price},
		bill.LineTwice: {func(_ *env, l payment.BillLine) []payment.BillLine { return []payment.BillLine{l, l} }, bill.ProposeDispute, price, 0},
		bill.PaymentUnknown: {func(_ *env, l payment.BillLine) []payment.BillLine {
			other := l
			other.ID, other.Amount = "till-7-0001", 5
			return []payment.BillLine{l, other}
		}, bill.ProposeIdentify, 5, 0},
		bill.RefundUnknown: {func(_ *env, l payment.BillLine) []payment.BillLine {
			r := l
			r.Kind, r.RequestNo, r.Amount = payment.BillRefund, "by-hand", 7
			return []payment.BillLine{l, r}
		}, bill.ProposeIdentify, 7, 0},
		bill.RefundMissing: {func(e *env, l payment.BillLine) []payment.BillLine {
			e.back(e.owner(l.ID), e.payment(l.ID).Order)
			return []payment.BillLine{l}
		}, bill.ProposeDispute, 0, price},
		bill.RefundAmount: {func(e *env, l payment.BillLine) []payment.BillLine {
			r := refundLine(e.back(e.owner(l.ID), e.payment(l.ID).Order), e.clock.Now())
			r.Amount--
			return []payment.BillLine{l, r}
		}, bill.ProposeDispute, price - 1, price},
	} {
		t.Run(string(kind), func(t *testing.T) {
			onEach(t, func(t *testing.T, e *env) {
				who := e.buyer()
				e.booked(who)
				changed := c.change(e, e.gateway.bills[today][0])
				right := e.gateway.bills[today]
				e.gateway.rewrite(today, func([]payment.BillLine) []payment.BillLine { return changed })
				e.nextMorning()
				e.reconcile()
				d := e.only(today, kind, bill.Open)
				require.Equal(t, c.proposal, d.Proposal)
				require.Equal(t, [2]money.Fen{c.theirs, c.ours}, [2]money.Fen{d.Theirs, d.Ours})
				e.clock.Advance(time.Hour)
				e.again(today)
				seen := e.only(today, kind, bill.Open)
				require.Equal(t, d.ID, seen.ID)
				require.Equal(t, d.FirstSeenAt, seen.FirstSeenAt)
				require.Equal(t, e.clock.Now(), seen.LastSeenAt)
				e.gateway.rewrite(today, func([]payment.BillLine) []payment.BillLine { return right })
				e.again(today)
				e.only(today, kind, bill.Gone)
			})
		})
	}
}
