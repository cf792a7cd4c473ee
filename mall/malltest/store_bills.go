package malltest

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/bill"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

const billDay payment.Day = "2026-05-01"

func (e *storeEnv) addBill(day payment.Day, due time.Time) bill.Bill {
	e.Helper()
	b := bill.Expect(day, due)
	e.do(func(tx mall.Tx) error { return tx.AddBill(b) })
	return b
}

func storeBills(e *storeEnv) {
	b := e.addBill(billDay, e.now)
	require.ErrorIs(e, e.try(func(tx mall.Tx) error { return tx.AddBill(b) }), mall.ErrDuplicate)
	b.Begin(e.now)
	b.Match(
		bill.Sums{Payments: 3, Refunds: 2, Received: 300_00, Refunded: 20_00, Fees: -5}, bill.Sums{Payments: 1, Refunds: 4, Received: 7, Refunded: 8},
		e.now, e.now.Add(time.Minute),
	)
	e.do(func(tx mall.Tx) error {
		locked, err := tx.LockBill(billDay)
		require.NoError(e, err)
		require.Equal(e, bill.Waiting, locked.Status)
		return tx.PutBill(b)
	})
	read, err := e.store.Bill(e.ctx, billDay)
	require.NoError(e, err)
	require.Equal(e, b, read)
	_, err = e.store.Bill(e.ctx, "2020-01-01")
	require.ErrorIs(e, err, mall.ErrNotFound)
	require.ErrorIs(e, e.try(func(tx mall.Tx) error { _, err := tx.LockBill("2020-01-01"); return err }), mall.ErrNotFound)

	second := e.addBill("2026-05-03", e.now.Add(time.Second))
	first := e.addBill("2026-05-02", e.now)
	due := func(by time.Time, after mall.Place) (days []payment.Day) {
		bills, err := e.store.DueBills(e.ctx, mall.DueQuery{By: by, After: after, Limit: 9})
		require.NoError(e, err)
		for _, b := range bills {
			days = append(days, b.Day)
		}
		return days
	}
	require.Equal(e, []payment.Day{"2026-05-02"}, due(e.now, mall.Place{}), "a matched day is done")
	require.Equal(e, []payment.Day{"2026-05-02", "2026-05-03"}, due(e.now.Add(time.Second), mall.Place{}))
	require.Equal(e, []payment.Day{"2026-05-03"}, due(e.now.Add(time.Second), mall.Place{At: first.NextAt, ID: string(first.Day)}))
	listed, err := e.store.Bills(e.ctx, mall.BillQuery{Limit: 2})
	require.NoError(e, err)
	require.Equal(e, []bill.Bill{second, first}, listed)
	listed, err = e.store.Bills(e.ctx, mall.BillQuery{Before: first.Day, Limit: 2})
	require.NoError(e, err)
	require.Equal(e, []bill.Bill{b}, listed)
}

func billLine(number int, kind payment.BillKind, id payment.ID, no payment.RequestNo) payment.BillLine {
	return payment.BillLine{
		Number: number, Kind: kind, ID: id, RequestNo: no, ProviderNo: "2026" + string(id), Amount: money.Fen(number), Fee: -1,
		At: billDay.Start().Add(time.Duration(number) * time.Second),
	}
}

func storeBillLines(e *storeEnv) {
	lines := []payment.BillLine{
		billLine(1, payment.BillPayment, "pay_2", ""), billLine(2, payment.BillPayment, "pay_1", ""),
		billLine(3, payment.BillRefund, "pay_2", "rf_1"), billLine(4, payment.BillPayment, "till", ""),
	}
	e.do(func(tx mall.Tx) error {
		require.NoError(e, tx.AddBillLines(billDay, lines))
		return tx.AddBillLines(billDay.Add(1), lines[:1])
	})
	ids, err := e.store.BillPayments(e.ctx, billDay, "", 2)
	require.NoError(e, err)
	require.Equal(e, []payment.ID{"pay_1", "pay_2"}, ids)
	ids, err = e.store.BillPayments(e.ctx, billDay, "pay_2", 2)
	require.NoError(e, err)
	require.Equal(e, []payment.ID{"till"}, ids)
	entries, err := e.store.BillEntries(e.ctx, []payment.ID{"pay_2", "pay_9"})
	require.NoError(e, err)
	require.Equal(e, []bill.Entry{{BillLine: lines[0], Day: billDay}, {BillLine: lines[2], Day: billDay}, {BillLine: lines[0], Day: billDay.Add(1)}}, entries)
	sums, err := e.store.BillSums(e.ctx, billDay)
	require.NoError(e, err)
	require.Equal(e, bill.Sums{Payments: 3, Refunds: 1, Received: 7, Refunded: 3, Fees: -4}, sums)
	sums, err = e.store.BillSums(e.ctx, "2020-01-01")
	require.NoError(e, err)
	require.Zero(e, sums)

	drop := func(fn func(tx mall.Tx) (int, error)) (n int) {
		e.do(func(tx mall.Tx) (err error) {
			n, err = fn(tx)
			return err
		})
		return n
	}
	dropDay := func(tx mall.Tx) (int, error) { return tx.DropBillLines(billDay, 3) }
	require.Equal(e, 3, drop(dropDay))
	require.Equal(e, 1, drop(dropDay))
	require.Zero(e, drop(dropDay))
	prune := func(before payment.Day) int {
		return drop(func(tx mall.Tx) (int, error) { return tx.PruneBillLines(before, 9) })
	}
	require.Zero(e, prune(billDay.Add(1)))
	require.Equal(e, 1, prune(billDay.Add(2)))
}

// storeManyLines: a page of lines is one statement on every database.
func storeManyLines(e *storeEnv) {
	lines := make([]payment.BillLine, 500)
	for i := range lines {
		lines[i] = billLine(i+1, payment.BillPayment, payment.ID(fmt.Sprintf("pay_%03d", i)), "")
	}
	e.do(func(tx mall.Tx) error { return tx.AddBillLines(billDay, lines) })
	ids, err := e.store.BillPayments(e.ctx, billDay, "", 1000)
	require.NoError(e, err)
	require.Len(e, ids, 500)
	entries, err := e.store.BillEntries(e.ctx, ids)
	require.NoError(e, err)
	require.Len(e, entries, 500)
}

// storeBooksOfADay: what a day's bill is compared with.
func storeBooksOfADay(e *storeEnv) {
	at, err := e.store.FirstPaymentAt(e.ctx)
	require.NoError(e, err)
	require.Zero(e, at)
	begun := e.now
	var refunds []payment.RequestNo
	for i := range 3 {
		o := e.addOrder(order.ID(fmt.Sprintf("ord_%d", i)), "acc_1")
		p := e.addPayment(payment.ID(fmt.Sprintf("pay_%d", i)), o)
		e.pay(o, p)
		r := e.addRefund(payment.RequestNo(fmt.Sprintf("rf_%d", i)), e.payment(p.ID))
		require.True(e, r.Claim(e.now))
		require.True(e, r.Succeed(e.now))
		e.do(func(tx mall.Tx) error { return tx.PutRefund(r) })
		refunds = append(refunds, r.No)
		if i > 0 {
			e.now = e.now.Add(time.Second)
		}
	}
	e.addPayment("pay_9", e.addOrder("ord_9", "acc_1"))
	at, err = e.store.FirstPaymentAt(e.ctx)
	require.NoError(e, err)
	require.Equal(e, begun, at)

	all := mall.SpanQuery{From: begun, To: e.now.Add(time.Hour), Limit: 2}
	paid, err := e.store.PaidBetween(e.ctx, all)
	require.NoError(e, err)
	require.Equal(e, []payment.Payment{e.payment("pay_0"), e.payment("pay_1")}, paid, "of the same moment, by id")
	next := all
	next.After = mall.Place{At: paid[1].PaidAt, ID: "pay_1"}
	paid, err = e.store.PaidBetween(e.ctx, next)
	require.NoError(e, err)
	require.Equal(e, []payment.Payment{e.payment("pay_2")}, paid)
	back, err := e.store.RefundedBetween(e.ctx, mall.SpanQuery{From: begun.Add(time.Millisecond), To: e.now, Limit: 9})
	require.NoError(e, err)
	require.Equal(e, []payment.Refund{e.refund(refunds[2])}, back)
	sums, err := e.store.SumsBetween(e.ctx, begun, begun.Add(time.Millisecond))
	require.NoError(e, err)
	require.Equal(e, bill.Sums{Payments: 2, Refunds: 2, Received: 320_00, Refunded: 320_00}, sums)
	sums, err = e.store.SumsBetween(e.ctx, begun.Add(-time.Hour), begun)
	require.NoError(e, err)
	require.Zero(e, sums)

	some, err := e.store.PaymentsByID(e.ctx, []payment.ID{"pay_0", "pay_9", "pay_none"})
	require.NoError(e, err)
	require.ElementsMatch(e, []payment.Payment{e.payment("pay_0"), e.payment("pay_9")}, some)
	of, err := e.store.RefundsOf(e.ctx, []payment.ID{"pay_0", "pay_2", "pay_9"})
	require.NoError(e, err)
	require.ElementsMatch(e, []payment.Refund{e.refund("rf_0"), e.refund("rf_2")}, of)
}

func storeDifferences(e *storeEnv) {
	find := func(id bill.DifferenceID, day payment.Day, kind bill.Kind, of payment.ID, run int64) bill.Difference {
		d := bill.Find(id, day, bill.Finding{
			Kind: kind, Payment: of, RequestNo: "rf_1", ProviderNo: "2026", Theirs: 5, Ours: 4, Proposal: bill.ProposeDispute,
		}, run, e.now)
		d.Order = "ord_1"
		e.do(func(tx mall.Tx) error { return tx.AddDifference(d) })
		d.Version = 1
		return d
	}
	first := find("diff_1", billDay, bill.PaymentUnknown, "pay_1", 1)
	second := find("diff_2", billDay, bill.RefundAmount, "pay_1", 2)
	third := find("diff_3", billDay.Add(1), bill.RefundAmount, "pay_1", 1)
	again := first
	again.ID = "diff_9"
	require.ErrorIs(e, e.try(func(tx mall.Tx) error { return tx.AddDifference(again) }), mall.ErrDuplicate)

	read, err := e.store.Difference(e.ctx, "diff_1")
	require.NoError(e, err)
	require.Equal(e, first, read)
	_, err = e.store.Difference(e.ctx, "diff_none")
	require.ErrorIs(e, err, mall.ErrNotFound)
	e.do(func(tx mall.Tx) error {
		of, err := tx.BillDifferences(billDay, []payment.ID{"pay_1", "pay_2"})
		require.NoError(e, err)
		require.Equal(e, []bill.Difference{first, second}, of)
		unseen, err := tx.UnseenDifferences(billDay, 2, 9)
		require.NoError(e, err)
		require.Equal(e, []bill.Difference{first}, unseen)
		locked, err := tx.LockDifference("diff_2")
		require.NoError(e, err)
		require.True(e, locked.Return("rf_back", "ops", "not ours"))
		require.True(e, locked.Resolve(bill.ActRefund, "ops", "没有人要", e.now))
		return tx.PutDifference(locked)
	})
	require.ErrorIs(e, e.try(func(tx mall.Tx) error { return tx.PutDifference(second) }), mall.ErrConflict)
	require.ErrorIs(e, e.try(func(tx mall.Tx) error { _, err := tx.LockDifference("diff_none"); return err }), mall.ErrNotFound)
	returned, err := e.store.ReturnedFor(e.ctx, []payment.ID{"pay_1"})
	require.NoError(e, err)
	require.Len(e, returned, 1)
	require.Equal(e, "没有人要", returned[0].Note)

	list := func(q mall.DifferenceQuery) (ids []bill.DifferenceID) {
		q.Limit = 9
		found, err := e.store.Differences(e.ctx, q)
		require.NoError(e, err)
		for _, d := range found {
			ids = append(ids, d.ID)
		}
		return ids
	}
	require.Equal(e, []bill.DifferenceID{"diff_1", "diff_2"}, list(mall.DifferenceQuery{Day: billDay}))
	require.Equal(e, []bill.DifferenceID{"diff_2"}, list(mall.DifferenceQuery{Day: billDay, After: "diff_1"}))
	require.Equal(e, []bill.DifferenceID{"diff_2"}, list(mall.DifferenceQuery{Day: billDay, Status: bill.Resolved}))
	require.Equal(e, []bill.DifferenceID{third.ID}, list(mall.DifferenceQuery{Day: third.Day}))
	counts, err := e.store.CountDifferences(e.ctx, []payment.Day{billDay, third.Day, "2020-01-01"})
	require.NoError(e, err)
	require.Equal(e, map[payment.Day]map[bill.DifferenceStatus]int{
		billDay: {bill.Open: 1, bill.Resolved: 1}, third.Day: {bill.Open: 1},
	}, counts)
}
