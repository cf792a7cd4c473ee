package malltest

import (
	"errors"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

func storePayments(e *storeEnv) {
	o := e.addOrder("ord_1", "acc_1")
	p := e.addPayment("pay_1", o)
	require.EqualValues(e, 1, p.Version)
	require.EqualValues(e, "https://pay.example/?a=1&b=2", p.Page)
	require.Equal(e, payment.Pending, p.Status)
	require.Equal(e, o.Amount, p.Amount)

	e.do(func(tx mall.Tx) error {
		open, err := tx.OpenPayment("ord_1")
		require.NoError(e, err)
		require.Equal(e, p, open)
		require.True(e, open.Succeed("2026", e.now.Add(time.Second), e.now))
		return tx.PutPayment(open)
	})
	err := e.try(func(tx mall.Tx) error { _, err := tx.OpenPayment("ord_1"); return err })
	require.ErrorIs(e, err, mall.ErrNotFound, "it is open no more")
	paid := e.payment("pay_1")
	require.Equal(e, payment.Succeeded, paid.Status)
	require.Equal(e, "2026", paid.ProviderNo)
	require.Equal(e, e.now.Add(time.Second), paid.PaidAt)
	require.EqualValues(e, 2, paid.Version)

	p.Close(e.now)
	err = e.try(func(tx mall.Tx) error { return tx.PutPayment(p) })
	require.ErrorIs(e, err, mall.ErrConflict)
	_, err = e.store.PaymentByID(e.ctx, "pay_none")
	require.ErrorIs(e, err, mall.ErrNotFound)
	err = e.try(func(tx mall.Tx) error { _, err := tx.Payment("pay_none"); return err })
	require.ErrorIs(e, err, mall.ErrNotFound)
}

func storeOneOpenPayment(e *storeEnv) {
	o := e.addOrder("ord_1", "acc_1")
	results := make([]error, 20)
	e.atOnce(len(results), func(i int) {
		results[i] = e.try(func(tx mall.Tx) error {
			return tx.AddPayment(newPayment(payment.ID(fmt.Sprintf("pay_%02d", i)), o, e.now))
		})
	})
	made := 0
	for _, err := range results {
		if err == nil {
			made++
		} else {
			require.ErrorIs(e, err, mall.ErrDuplicate)
		}
	}
	require.Equal(e, 1, made)
	e.do(func(tx mall.Tx) error {
		p, err := tx.OpenPayment("ord_1")
		require.NoError(e, err)
		require.True(e, p.Close(e.now))
		require.NoError(e, tx.PutPayment(p))
		return tx.AddPayment(newPayment("pay_99", o, e.now))
	})
	payments, err := e.store.Payments(e.ctx, "ord_1")
	require.NoError(e, err)
	require.Len(e, payments, 2)
	require.EqualValues(e, "pay_99", payments[1].ID)
	// Closed ones do not stand in each other's way, and neither do those of other orders.
	e.do(func(tx mall.Tx) error {
		p, err := tx.OpenPayment("ord_1")
		require.NoError(e, err)
		require.True(e, p.Close(e.now))
		return tx.PutPayment(p)
	})
	e.addPayment("pay_x", e.addOrder("ord_2", "acc_1"))
}

func storeDuePayments(e *storeEnv) {
	first := e.addPayment("pay_2", e.addOrder("ord_1", "acc_1"))
	e.now = e.now.Add(10 * time.Second)
	e.addPayment("pay_1", e.addOrder("ord_2", "acc_1"))
	created := newPayment("pay_3", e.addOrder("ord_3", "acc_1"), e.now)
	e.do(func(tx mall.Tx) error { return tx.AddPayment(created) })
	due := func(limit int) (ids []payment.ID) {
		payments, err := e.store.DuePayments(e.ctx, mall.DueQuery{By: e.now, Limit: limit})
		require.NoError(e, err)
		for _, p := range payments {
			ids = append(ids, p.ID)
		}
		return ids
	}
	require.Empty(e, due(9))
	e.now = e.now.Add(30 * time.Second)
	require.Equal(e, []payment.ID{"pay_2", "pay_1"}, due(9))
	require.Equal(e, []payment.ID{"pay_2"}, due(1))
	first.Unanswered(e.now)
	e.do(func(tx mall.Tx) error { return tx.PutPayment(first) })
	require.Equal(e, []payment.ID{"pay_1"}, due(9))
	require.Equal(e, e.now, e.payment("pay_2").UnknownSince)
}

func storeFoundPayments(e *storeEnv) {
	unknown := e.addPayment("pay_1", e.addOrder("ord_1", "acc_1"))
	e.addPayment("pay_2", e.addOrder("ord_2", "acc_1"))
	created := newPayment("pay_3", e.addOrder("ord_3", "acc_1"), e.now)
	e.do(func(tx mall.Tx) error { return tx.AddPayment(created) })
	unknown.Unanswered(e.now)
	e.do(func(tx mall.Tx) error { return tx.PutPayment(unknown) })
	created.Version++
	created.ProviderNo = "2026112122001"
	e.do(func(tx mall.Tx) error { return tx.PutPayment(created) })
	for name, c := range map[string]struct {
		q    mall.PaymentQuery
		want []payment.ID
	}{
		"all, newest first": {mall.PaymentQuery{}, []payment.ID{"pay_3", "pay_2", "pay_1"}},
		"a page":            {mall.PaymentQuery{Limit: 1, Before: "pay_3"}, []payment.ID{"pay_2"}},
		"by its id":         {mall.PaymentQuery{ID: "pay_2"}, []payment.ID{"pay_2"}},
		"of an order":       {mall.PaymentQuery{Order: "ord_3"}, []payment.ID{"pay_3"}},
		"by the trade's no": {mall.PaymentQuery{Trade: "2026112122001"}, []payment.ID{"pay_3"}},
		"of no trade":       {mall.PaymentQuery{Trade: "2026"}, nil},
		"in a state":        {mall.PaymentQuery{Status: payment.Pending}, []payment.ID{"pay_2", "pay_1"}},
		"unanswered":        {mall.PaymentQuery{Unknown: true}, []payment.ID{"pay_1"}},
		"none":              {mall.PaymentQuery{Unknown: true, Order: "ord_2"}, nil},
	} {
		if c.q.Limit == 0 {
			c.q.Limit = 9
		}
		found, err := e.store.SearchPayments(e.ctx, c.q)
		require.NoError(e, err, name)
		var ids []payment.ID
		for _, p := range found {
			ids = append(ids, p.ID)
		}
		require.Equal(e, c.want, ids, name)
	}
}

func storeNotices(e *storeEnv) {
	e.addPayment("pay_1", e.addOrder("ord_1", "acc_1"))
	n := payment.Notice{NotifyID: "n1", ID: "pay_1", ProviderNo: "2026", Status: payment.TradeSucceeded, Amount: 160_00, PaidAt: e.now}
	for range 3 {
		e.do(func(tx mall.Tx) error { return tx.AddNotice(n) })
	}
	n.NotifyID = "n2"
	e.do(func(tx mall.Tx) error { return tx.AddNotice(n) })
}

func storeRefunds(e *storeEnv) {
	p := e.addPayment("pay_1", e.addOrder("ord_1", "acc_1"))
	r := e.addRefund("rf_1", p)
	require.EqualValues(e, 1, r.Version)
	require.Equal(e, payment.RefundCreated, r.Status)
	require.Equal(e, p.Amount, r.Amount)
	require.EqualValues(e, "team_did_not_fill", r.Reason)
	err := e.try(func(tx mall.Tx) error { return tx.AddRefund(payment.Owe("rf_2", p, "late_payment", e.now)) })
	require.ErrorIs(e, err, mall.ErrDuplicate, "a payment is owed back once")

	stale := r
	e.do(func(tx mall.Tx) error {
		require.True(e, r.Claim(e.now))
		return tx.PutRefund(r)
	})
	require.True(e, stale.Claim(e.now))
	err = e.try(func(tx mall.Tx) error { return tx.PutRefund(stale) })
	require.ErrorIs(e, err, mall.ErrConflict)
	r = e.refund("rf_1")
	for r.Status != payment.RefundFailed {
		r.Refuse("ACQ.NO: 余额不足", time.Minute, e.now)
	}
	e.do(func(tx mall.Tx) error { return tx.PutRefund(r) })
	require.Equal(e, "ACQ.NO: 余额不足", e.refund("rf_1").LastError)

	of, err := e.store.OrderRefunds(e.ctx, "ord_1")
	require.NoError(e, err)
	require.Len(e, of, 1)
	failed, err := e.store.FailedRefunds(e.ctx, "", 9)
	require.NoError(e, err)
	require.Len(e, failed, 1)
	failed, err = e.store.FailedRefunds(e.ctx, "rf_1", 9)
	require.NoError(e, err)
	require.Empty(e, failed)
	err = e.try(func(tx mall.Tx) error { _, err := tx.Refund("rf_none"); return err })
	require.ErrorIs(e, err, mall.ErrNotFound)
}

func storePartRefunds(e *storeEnv) {
	o := e.addOrder("ord_1", "acc_1")
	o.Difference = 20_00
	e.do(func(tx mall.Tx) error { return tx.PutOrder(o) })
	require.EqualValues(e, 20_00, e.order("ord_1").Difference)
	require.Empty(e, e.order("ord_1").Moves)
	p := e.addPayment("pay_1", o)
	e.addPayment("pay_2", e.addOrder("ord_2", "acc_1"))
	part, err := payment.OweDifference("rf_1", p, 20_00, "tier_reached", e.now)
	require.NoError(e, err)
	e.do(func(tx mall.Tx) error { return tx.AddRefund(part) })
	require.Equal(e, payment.Difference, e.refund("rf_1").Intent)
	e.do(func(tx mall.Tx) error { return tx.AddRefund(payment.Owe("rf_0", p, "after_sale", e.now, part)) })
	e.do(func(tx mall.Tx) error {
		refunds, err := tx.PaymentRefunds("pay_1")
		require.NoError(e, err)
		require.Equal(e, []payment.Refund{e.refundIn(tx, "rf_0"), e.refundIn(tx, "rf_1")}, refunds)
		require.Equal(e, payment.Full, refunds[0].Intent)
		require.Equal(e, p.Amount, refunds[0].Amount+refunds[1].Amount)
		refunds, err = tx.PaymentRefunds("pay_2")
		require.Empty(e, refunds)
		return err
	})
	part.No = "rf_2"
	err = e.try(func(tx mall.Tx) error { return tx.AddRefund(part) })
	require.ErrorIs(e, err, mall.ErrDuplicate, "a difference is owed once")
}

func (e *storeEnv) refundIn(tx mall.Tx, no payment.RequestNo) payment.Refund {
	e.Helper()
	r, err := tx.Refund(no)
	require.NoError(e, err)
	return r
}

func storeDueRefunds(e *storeEnv) {
	e.addRefund("rf_2", e.addPayment("pay_1", e.addOrder("ord_1", "acc_1")))
	e.now = e.now.Add(time.Second)
	e.addRefund("rf_1", e.addPayment("pay_2", e.addOrder("ord_2", "acc_1")))
	due := func(limit int) (nos []payment.RequestNo) {
		refunds, err := e.store.DueRefunds(e.ctx, mall.DueQuery{By: e.now, Limit: limit})
		require.NoError(e, err)
		for _, r := range refunds {
			nos = append(nos, r.No)
		}
		return nos
	}
	require.Equal(e, []payment.RequestNo{"rf_2", "rf_1"}, due(9))
	require.Equal(e, []payment.RequestNo{"rf_2"}, due(1))
	r := e.refund("rf_2")
	require.True(e, r.Claim(e.now))
	require.True(e, r.Succeed(e.now))
	e.do(func(tx mall.Tx) error { return tx.PutRefund(r) })
	require.Equal(e, []payment.RequestNo{"rf_1"}, due(9))
}

// pay makes an order and its payment succeed.
func (e *storeEnv) pay(o order.Order, p payment.Payment) {
	e.Helper()
	require.True(e, p.Succeed("2026"+string(p.ID), e.now, e.now))
	require.True(e, o.Pay(order.Receipt{Payment: order.PaymentID(p.ID), TradeNo: p.ProviderNo, PaidAt: e.now}, e.now).Moved)
	e.do(func(tx mall.Tx) error { return errors.Join(tx.PutPayment(p), tx.PutOrder(o)) })
}

func storeBooks(e *storeEnv) {
	p := teapot()
	e.do(func(tx mall.Tx) error { return tx.PutProduct(p) })
	for i := range 3 {
		o := e.addOrder(order.ID(fmt.Sprintf("ord_%d", i)), "acc_1")
		e.do(func(tx mall.Tx) error { return tx.TakeStock("teapot", "red", o.Item.Quantity) })
		if i > 0 {
			e.pay(o, e.addPayment(payment.ID(fmt.Sprintf("pay_%d", i)), o))
		}
	}
	totals, err := e.store.Totals(e.ctx)
	require.NoError(e, err)
	require.Equal(e, mall.Totals{
		Orders:   map[order.Status]int{order.AwaitingPayment: 1, order.Paid: 2},
		Original: 400_00, Deduction: 80_00, Due: 320_00, Received: 320_00,
	}, totals)
	violations, err := e.store.Violations(e.ctx, e.now)
	require.NoError(e, err)
	require.Empty(e, violations)

	o := e.order("ord_2")
	o.Difference = 10_00
	e.do(func(tx mall.Tx) error { return tx.PutOrder(o) })
	totals, err = e.store.Totals(e.ctx)
	require.NoError(e, err)
	require.EqualValues(e, 310_00, totals.Due, "the orders cost less")
	require.EqualValues(e, 90_00, totals.Deduction)
	violations, err = e.store.Violations(e.ctx, e.now)
	require.NoError(e, err)
	require.Len(e, violations, 1, "a difference that nobody sends back")

	r := e.addRefund("rf_1", e.payment("pay_1"))
	require.True(e, r.Claim(e.now))
	require.True(e, r.Succeed(e.now))
	e.do(func(tx mall.Tx) error { return tx.PutRefund(r) })
	totals, err = e.store.Totals(e.ctx)
	require.NoError(e, err)
	require.EqualValues(e, 160_00, totals.Refunded)
	require.EqualValues(e, 320_00, totals.Received)

	stop := errors.New("enough")
	require.ErrorIs(e, e.store.EachPayment(e.ctx, func(payment.Payment) error { return stop }), stop)
	require.ErrorIs(e, e.store.EachRefund(e.ctx, func(payment.Refund) error { return stop }), stop)
}

func storePages(e *storeEnv) {
	const n = 1003 // more than two pages of the iterators, whatever their size
	e.do(func(tx mall.Tx) error {
		for i := range n {
			p := newPayment(payment.ID(fmt.Sprintf("pay_%04d", i)), order.Order{ID: order.ID(fmt.Sprintf("ord_%04d", i)), Amount: 1}, e.now)
			p.Succeed("2026", e.now, e.now)
			r := payment.Owe(payment.RequestNo(fmt.Sprintf("rf_%04d", i)), p, "x", e.now)
			if err := errors.Join(tx.AddPayment(p), tx.AddRefund(r)); err != nil {
				return err
			}
		}
		return nil
	})
	var payments, refunds []string
	require.NoError(e, e.store.EachPayment(e.ctx, func(p payment.Payment) error {
		payments = append(payments, string(p.ID))
		return nil
	}))
	require.NoError(e, e.store.EachRefund(e.ctx, func(r payment.Refund) error {
		refunds = append(refunds, string(r.No))
		return nil
	}))
	require.Len(e, payments, n)
	require.Len(e, refunds, n)
	require.IsIncreasing(e, payments)
	require.IsIncreasing(e, refunds)
}
