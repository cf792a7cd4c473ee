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
	a.wants = []order.Order{grown[0], unsettled}
	a.keeps = grown[1:]
	return a
}

// soon is a shorter pace: these stories wait for no deadline.
func soon() []time.Duration { return []time.Duration{time.Minute, time.Minute, 10 * time.Minute, 0} }

func (a *asking) round(shop *mall.Shop, pause time.Duration) error {
	var errs []error
	for _, o := range a.wants {
		_, err := shop.RefundOrder(a.ctx, mall.Actor{Account: o.Buyer}, o.ID, "changed my mind")
		errs = append(errs, err)
	}
	return errors.Join(append(errs, a.story.round(shop, pause))...)
}

// TestRefundOrder_CrashAtEveryBoundary kills the process at each boundary of refunds that buyers ask for. All of it
// happens in one shop, which is never put right by anything but its own next process.
func TestRefundOrder_CrashAtEveryBoundary(t *testing.T) {
	e := newEnv(t)
	e.stock(10_000)
	boundaries := 0
	for surviveAsking(e, boundaries+1) {
		boundaries++
	}
	e.check()
	require.Greater(t, boundaries, 60, "the story passes fewer boundaries than it has steps")
}

// surviveAsking reports whether death struck before the story ended.
func surviveAsking(e *env, at int) bool {
	e.t.Helper()
	a, back := newAsking(e), e.gateway.sentBack()
	d := &death{at: at}
	dying := e.newShop(mortal{e.store, d})
	call := func(call string, done bool) error {
		if d.pass(fmt.Sprint(call, " done: ", done)) != nil {
			return fmt.Errorf("%w: %w", payment.ErrUnknown, mall.ErrEngineUnknown)
		}
		return nil
	}
	e.engine.fault, e.gateway.fault = call, call
	for _, pause := range soon() {
		_ = a.round(dying, pause) // fails where death strikes: that is the point
		if d.struck() {
			break
		}
	}
	struck := d.struck()
	e.engine.fault, e.gateway.fault = nil, nil
	var errs error
	for _, pause := range soon() {
		errs = a.round(e.shop, pause)
	}
	where := fmt.Sprintf("after dying at %d, %s", at, d.where)
	require.NoError(e.t, errs, where)
	require.Equal(e.t, a.requireEnd(where), e.gateway.sentBack()-back, where)
	return struck
}

// requireEnd wants the money of those who asked to be back to the fen, and the others to have their goods. It returns
// how much went back.
func (a *asking) requireEnd(where string) (back money.Fen) {
	a.t.Helper()
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
	return back
}
