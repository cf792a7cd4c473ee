package mall_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall/bill"
	"kaituan/mall/payment"
)

func TestReconcile_FailsAndComesBack(t *testing.T) {
	e := newEnv(t)
	e.booked(e.buyer())
	e.nextMorning()
	for name, c := range map[string]struct {
		err  error
		wait time.Duration
	}{
		"unknown":   {payment.ErrUnknown, time.Minute},
		"malformed": {&payment.BillFault{File: "a.csv", Line: 3, Detail: "no amount", Advice: "ask again"}, 2 * time.Minute},
	} {
		e.gateway.set(func(g *gateway) {
			g.fault = func(call string, _ bool) error {
				if call == "bill" {
					return c.err
				}
				return nil
			}
		})
		_, err := e.shop.ReconcileDue(e.ctx, 10)
		require.ErrorIs(t, err, c.err, name)
		b := e.bill(today)
		require.Equal(t, bill.Failed, b.Status)
		require.Contains(t, b.LastError, c.err.Error())
		require.True(t, b.NextAt.After(e.clock.Now()))
		e.reconcile()
		e.clock.now = b.NextAt
	}
	e.gateway.set(func(g *gateway) { g.fault = nil })
	e.reconcile()
	require.Equal(t, bill.Matched, e.bill(today).Status)
	require.Zero(t, e.bill(today).Failures)
}

// A bill that comes later than it should is waited for; a day without one on which nothing happened is done after a day.
func TestReconcile_WithoutABill(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	p := e.pay(who, e.place(who, e.solo())) // made, never paid
	require.NotEmpty(t, p.ID)
	e.nextMorning()
	e.reconcile()
	require.Equal(t, bill.Waiting, e.bill(today).Status)
	require.Equal(t, e.clock.Now().Add(10*time.Minute), e.bill(today).NextAt)
	e.clock.Advance(24 * time.Hour)
	e.reconcile()
	require.Equal(t, bill.Matched, e.bill(today).Status)
	require.Equal(t, bill.Sums{}, e.bill(today).Theirs)
	require.Equal(t, bill.Waiting, e.bill(today.Add(1)).Status, "the day after it has come")

	e.clock.now = today.Add(2).Start().Add(12 * time.Hour)
	e.booked(who)
	e.gateway.rewrite(today.Add(2), func([]payment.BillLine) []payment.BillLine { return nil })
	e.gateway.set(func(g *gateway) { delete(g.bills, today.Add(2)) })
	e.clock.now = today.Add(10).Start()
	e.reconcile()
	require.Equal(t, bill.Waiting, e.bill(today.Add(2)).Status, "money moved that day: there must be a bill")
}

// At most thirty days are caught up with.
func TestReconcile_CatchesUp(t *testing.T) {
	e := newEnv(t)
	e.booked(e.buyer())
	e.clock.now = today.End().Add(60 * 24 * time.Hour)
	e.reconcile()
	page, err := e.shop.Bills(e.ctx, e.operator, "", 100)
	require.NoError(t, err)
	require.Len(t, page.Items, 30)
	require.Equal(t, today.Add(60), page.Items[0].Day)
	first, err := e.shop.Bills(e.ctx, e.operator, "", 20)
	require.NoError(t, err)
	rest, err := e.shop.Bills(e.ctx, e.operator, first.Next, 20)
	require.NoError(t, err)
	require.Equal(t, page.Items, append(first.Items, rest.Items...))
}

// A run that another one overtook writes nothing more.
func TestReconcile_IsOvertaken(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		e.booked(e.buyer())
		e.nextMorning()
		inside := false
		err := e.newShopWith(e.store, meddled{e.gateway, func() {
			if !inside {
				inside = true
				require.NoError(t, e.shop.ReconcileBill(context.WithoutCancel(e.ctx), today))
			}
		}}).ReconcileBill(e.ctx, today)
		require.ErrorContains(t, err, "another run")
		require.Equal(t, bill.Matched, e.bill(today).Status)
		require.Empty(t, e.differences(today))
	})
}

// meddled is a provider in whose answer something else happens.
type meddled struct {
	*gateway
	meanwhile func()
}

func (o meddled) Bill(ctx context.Context, day payment.Day, each func(payment.BillLine) error) error {
	return o.gateway.Bill(ctx, day, func(l payment.BillLine) error {
		o.meanwhile()
		return each(l)
	})
}

// What happened just before midnight may stand in the bill of the next day.
func TestReconcile_AroundMidnight(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	e.clock.now = today.End().Add(-time.Second)
	p := e.booked(who)
	e.gateway.set(func(g *gateway) {
		g.bills[today.Add(1)] = g.bills[today]
		g.bills[today] = []payment.BillLine{}
	})
	e.nextMorning()
	e.reconcile()
	require.Equal(t, bill.Matched, e.bill(today).Status)
	require.Empty(t, e.differences(today))
	e.clock.Advance(24 * time.Hour)
	e.reconcile()
	require.Equal(t, bill.Matched, e.bill(today.Add(1)).Status)
	require.Empty(t, e.differences(today.Add(1)))

	e.gateway.rewrite(today.Add(1), func([]payment.BillLine) []payment.BillLine { return []payment.BillLine{} })
	e.again(today.Add(1))
	require.Equal(t, p.ID, e.only(today.Add(1), bill.PaymentMissing, bill.Open).Payment)
}

func TestPruneBills(t *testing.T) {
	e := newEnv(t)
	e.booked(e.buyer())
	e.nextMorning()
	e.reconcile()
	n, err := e.shop.PruneBills(e.ctx, 10)
	require.NoError(t, err)
	require.Zero(t, n)
	e.clock.Advance(40 * 24 * time.Hour)
	n, err = e.shop.PruneBills(e.ctx, 10)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, bill.Matched, e.bill(today).Status)
}
