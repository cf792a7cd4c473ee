package mall_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// asking plays buyers who want their money back at every stage of an order, and repeat the request until it is
// answered.
type asking struct {
	*story
	wants []order.Order // money back
	keeps []order.Order
}

func newAsking(e *env) *asking {
	a := &asking{story: &story{env: e}}
	grown := e.grown() // one of them has a difference on its way
	e.settle()
	unsettled := e.join("", 1)
	alone := e.paid(e.buyer(), e.solo())
	a.wants = []order.Order{grown[0], unsettled, alone}
	a.keeps = grown[1:]
	return a
}

func (a *asking) round(shop *mall.Shop, pause time.Duration) error {
	var errs []error
	for _, o := range a.wants {
		_, err := shop.RefundOrder(a.ctx, mall.Actor{Account: o.Buyer}, o.ID, "changed my mind")
		errs = append(errs, err)
	}
	return errors.Join(append(errs, a.story.round(shop, pause))...)
}

// TestRefundOrder_CrashAtEveryBoundary kills the process at each boundary of refunds that buyers ask for.
func TestRefundOrder_CrashAtEveryBoundary(t *testing.T) {
	boundaries := 0
	for at := 1; ; at++ {
		done := false
		t.Run(fmt.Sprint(at), func(t *testing.T) { done = surviveAsking(t, at) })
		if done || t.Failed() {
			break
		}
		boundaries = at
	}
	require.Greater(t, boundaries, 60, "the story passes fewer boundaries than it has steps")
}

func surviveAsking(t *testing.T, at int) bool {
	e := newEnv(t)
	a := newAsking(e)
	d := &death{at: at}
	dying := e.newShop(mortal{e.store, d})
	call := func(call string, done bool) error {
		if d.pass(fmt.Sprint(call, " done: ", done)) != nil {
			return fmt.Errorf("%w: %w", payment.ErrUnknown, mall.ErrEngineUnknown)
		}
		return nil
	}
	e.engine.fault, e.gateway.fault = call, call
	for _, pause := range pace() {
		_ = a.round(dying, pause) // fails where death strikes: that is the point
		if d.struck() {
			break
		}
	}
	struck := d.struck()
	e.engine.fault, e.gateway.fault = nil, nil
	var errs error
	for _, pause := range pace() {
		errs = a.round(e.shop, pause)
	}
	require.NoError(t, errs, "after dying %s", d.where)
	e.check()
	a.requireEnd("after dying " + d.where)
	return !struck
}

// requireEnd wants the money of those who asked to be back to the fen, and the others to have their goods.
func (a *asking) requireEnd(where string) {
	a.t.Helper()
	var back money.Fen
	for _, o := range a.wants {
		view := a.requireBack(o.ID, where)
		var sum money.Fen
		for _, r := range view.Refunds {
			sum += r.Amount
		}
		require.Equal(a.t, o.Amount, sum, where)
		back += sum
	}
	for _, o := range a.keeps {
		view := a.view(o.ID)
		require.Equal(a.t, order.Shipped, view.Order.Status, where)
		back += view.Order.Difference
	}
	require.Equal(a.t, back, a.gateway.sentBack(), where)
}
