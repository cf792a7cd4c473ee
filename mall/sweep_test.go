package mall_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// errPoison is what comes of every write to an order that is poisoned.
var errPoison = errors.New("this order cannot be written")

// poisoned is a store that can write nothing about some orders, not even that they are put off.
type poisoned struct {
	mall.Store
	orders map[order.ID]bool
}

func (p poisoned) InTx(ctx context.Context, fn func(context.Context, mall.Tx) error) error {
	return p.Store.InTx(ctx, func(ctx context.Context, tx mall.Tx) error { return fn(ctx, poisonedTx{tx, p.orders}) })
}

func (p poisoned) Together(ctx context.Context, hold mall.Hold, fn func(mall.PurchaseTx) error) error {
	return p.Store.Together(ctx, hold, func(tx mall.PurchaseTx) error { return fn(poisonedPurchase{tx, p.orders}) })
}

type poisonedPurchase struct {
	mall.PurchaseTx
	orders map[order.ID]bool
}

func (p poisonedPurchase) LockOrder(id order.ID) (order.Order, error) {
	if p.orders[id] {
		return order.Order{}, errPoison
	}
	return p.PurchaseTx.LockOrder(id)
}

type poisonedTx struct {
	mall.Tx
	orders map[order.ID]bool
}

func (p poisonedTx) LockOrder(id order.ID) (order.Order, error) {
	if p.orders[id] {
		return order.Order{}, errPoison
	}
	return p.Tx.LockOrder(id)
}

func (p poisonedTx) PostponeOrder(id order.ID, version int64, at time.Time) error {
	if p.orders[id] {
		return errPoison
	}
	return p.Tx.PostponeOrder(id, version, at)
}

const (
	poison    = 250 // rows that fail every time, more than a page
	healthy   = 2   // rows behind them
	sweepPage = 200
)

// Rows that fail every time, and stay due, do not hold up those behind them.
func TestSweeps_PassPoisonedRows(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(e *env, who mall.Actor) order.ID
		after   func(e *env) // once all are there
		sweep   func(s *mall.Shop, ctx context.Context, page int) (int, error)
		due     func(s *mall.Shop, ctx context.Context, limit int) (int, error)
		done    func(e *env, id order.ID)
	}{
		"orders": {
			prepare: func(e *env, who mall.Actor) order.ID { return e.place(who, e.solo()).ID },
			after:   func(e *env) { e.clock.Advance(time.Hour) },
			sweep:   (*mall.Shop).CloseUnpaid, due: (*mall.Shop).OrdersToClose,
			done: func(e *env, id order.ID) { e.requireStatus(id, order.Closed) },
		},
		"payments": {
			prepare: func(e *env, who mall.Actor) order.ID {
				o := e.place(who, e.solo())
				p := e.pay(who, o)
				e.gateway.buyerPays(p.ID, p.Amount) // and the notice is lost
				return o.ID
			},
			after: func(e *env) { e.clock.Advance(time.Minute) },
			sweep: (*mall.Shop).QueryPending, due: (*mall.Shop).PaymentsToAsk,
			done: func(e *env, id order.ID) { e.requireStatus(id, order.ToShip) },
		},
		"refunds": {
			prepare: func(e *env, who mall.Actor) order.ID {
				o := e.place(who, e.solo())
				p := e.pay(who, o)
				e.gateway.buyerWaits(p)
				_, err := e.shop.CancelOrder(e.ctx, who, o.ID)
				require.NoError(e.t, err)
				require.NoError(e.t, e.shop.HandlePayNotice(e.ctx, e.gateway.buyerPays(p.ID, p.Amount)))
				return o.ID
			},
			after: func(*env) {},
			sweep: (*mall.Shop).PushRefunds, due: (*mall.Shop).RefundsToPush,
			done: func(e *env, id order.ID) { require.Equal(e.t, payment.RefundSucceeded, e.view(id).Refunds[0].Status) },
		},
		"paid orders": {
			prepare: func(e *env, who mall.Actor) order.ID { return e.paid(who, e.group("")).ID },
			after:   func(e *env) { e.clock.Advance(time.Hour) },
			sweep:   (*mall.Shop).CheckTeams, due: (*mall.Shop).OrdersToCheck,
			done: func(e *env, id order.ID) { e.requireStatus(id, order.Teaming) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.stock(poison + healthy)
			who, bad := e.buyer(), map[order.ID]bool{}
			for range poison {
				bad[c.prepare(e, who)] = true
				e.clock.Advance(time.Millisecond)
			}
			good := []order.ID{c.prepare(e, who), c.prepare(e, who)}
			c.after(e)
			shop := e.newShop(poisoned{e.store, bad})
			for range 2 {
				n, err := c.sweep(shop, e.ctx, sweepPage)
				require.ErrorIs(t, err, errPoison)
				require.ErrorContains(t, err, "and 230 more")
				require.GreaterOrEqual(t, n, poison)
				for _, id := range good {
					c.done(e, id)
				}
			}
			n, err := c.due(shop, e.ctx, poison*2)
			require.NoError(t, err)
			require.Equal(t, poison, n)
			n, err = c.due(shop, e.ctx, 3)
			require.NoError(t, err)
			require.Equal(t, 3, n, "counted up to the limit")
		})
	}
}

// A run that is told to end, because its node lost the lease or stops, asks nobody any more.
func TestSweeps_EndWithTheirContext(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	for range 3 {
		e.pay(who, e.place(who, e.solo()))
	}
	e.clock.Advance(time.Minute)
	lost := errors.New("lease lost")
	ctx, cancel := context.WithCancelCause(e.ctx)
	e.gateway.set(func(g *gateway) {
		g.fault = func(string, bool) error { cancel(lost); return nil }
	})
	n, err := e.shop.QueryPending(ctx, 2)
	require.ErrorIs(t, err, lost)
	require.Equal(t, 1, n)
	require.Equal(t, 1, e.gateway.count("query"))
}
