package mall_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// errDead is what everything answers once the process has died.
var errDead = errors.New("the process is dead")

// death strikes at one of the boundaries that a story passes: before or after a commit, or before or after a call
// to the engine or the provider has its effect. From then on nothing is done in that process's name.
type death struct {
	mu     sync.Mutex
	at     int // which boundary; the first is 1
	passed int
	where  string
}

func (d *death) pass(boundary string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.passed++
	if d.passed == d.at {
		d.where = boundary
	}
	if d.at > 0 && d.passed >= d.at {
		return errDead
	}
	return nil
}

func (d *death) struck() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at > 0 && d.passed >= d.at
}

// mortal is the store of a process that dies.
type mortal struct {
	mall.Store
	death *death
}

func (m mortal) InTx(ctx context.Context, fn func(context.Context, mall.Tx) error) error {
	err := m.Store.InTx(ctx, func(ctx context.Context, tx mall.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return m.death.pass("before a commit")
	})
	if err != nil {
		return err
	}
	return m.death.pass("after a commit")
}

func (m mortal) Together(ctx context.Context, hold mall.Hold, fn func(mall.PurchaseTx) error) error {
	err := m.Store.Together(ctx, hold, func(tx mall.PurchaseTx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return m.death.pass("before a commit")
	})
	if err != nil {
		return err
	}
	return m.death.pass("after a commit")
}

// story plays two purchases in one team, and a third one of a buyer who does not pay in time, with clients,
// provider and engine that repeat what was not answered, as the real ones do.
type story struct {
	*env
	buyers   []mall.Actor
	requests []mall.OrderRequest
	orders   []order.ID
	notices  map[payment.ID]url.Values
	pending  []mall.EngineEvent
}

func newStory(e *env) *story {
	s := &story{env: e, notices: map[payment.ID]url.Values{}, orders: make([]order.ID, 3)}
	for range 3 {
		s.buyers = append(s.buyers, e.buyer())
		s.requests = append(s.requests, e.group(""))
	}
	return s
}

// pace is how much time passes after each round: little while things happen, then enough for every deadline.
func pace() []time.Duration {
	const m = time.Minute
	return []time.Duration{m, m, m, m, m, 15 * m, 10 * m, 5 * m, 0}
}

// round lets everybody do what they have not seen succeed, and some time pass.
func (s *story) round(shop *mall.Shop, pause time.Duration) error {
	var errs []error
	for i := range s.buyers {
		errs = append(errs, s.buy(shop, i))
	}
	errs = append(errs, s.pushed(shop))
	for _, sweep := range []func(context.Context, int) (int, error){
		shop.RepairCreated, shop.QueryPending, shop.CloseUnpaid, shop.CheckTeams, shop.PushRefunds, shop.ShipDue,
	} {
		_, err := sweep(s.ctx, 100)
		errs = append(errs, err)
	}
	relay := s.newRelay(shop)
	errs = append(errs, relay.Drain(s.ctx), s.pushed(shop), relay.Drain(s.ctx))
	s.clock.Advance(pause)
	return errors.Join(errs...)
}

// pushed delivers notices and events until they are taken.
func (s *story) pushed(shop *mall.Shop) error {
	var errs []error
	for id, form := range s.notices {
		if err := shop.HandlePayNotice(s.ctx, form); err != nil {
			errs = append(errs, err)
			continue
		}
		delete(s.notices, id)
	}
	events := slices.Concat(s.pending, s.engine.takeEvents())
	s.pending = nil
	for _, event := range events {
		if err := shop.HandleTeamEvent(s.ctx, event); err != nil {
			errs = append(errs, err)
			s.pending = append(s.pending, event)
		}
	}
	return errors.Join(errs...)
}

// buy is a client that repeats its request until it is answered and then pays; the third one never pays.
func (s *story) buy(shop *mall.Shop, i int) error {
	if i == 1 && s.requests[1].Team == "" {
		if s.orders[0] == "" {
			return nil
		}
		first, err := s.store.Order(s.ctx, "", s.orders[0])
		if err != nil || first.Team == "" || first.Status == order.Closed {
			return err
		}
		s.requests[1].Team = first.Team
	}
	placed, err := shop.PlaceOrder(s.ctx, s.buyers[i], s.requests[i])
	if err != nil {
		return err
	}
	s.orders[i] = placed.Order.ID
	if placed.Order.Status != order.AwaitingPayment || i == 2 {
		return nil
	}
	p, err := shop.Pay(s.ctx, s.buyers[i], placed.Order.ID, payment.MethodPage)
	if err != nil {
		return err
	}
	if s.gateway.trades[p.ID] == nil {
		s.notices[p.ID] = s.gateway.buyerPays(p.ID, p.Amount)
	}
	return nil
}

// TestCrash_AtEveryBoundary kills the process at each boundary of the story, starts another one over the same
// database, and wants everything to end well: shipped and paid, or closed and not paid.
func TestCrash_AtEveryBoundary(t *testing.T) {
	boundaries := 0
	for at := 1; ; at++ {
		done := false
		t.Run(fmt.Sprint(at), func(t *testing.T) { done = survive(t, at) })
		if done || t.Failed() {
			break
		}
		boundaries = at
	}
	require.Greater(t, boundaries, 40, "the story passes fewer boundaries than it has steps")
}

// survive reports whether the story ended before death struck.
func survive(t *testing.T, at int) bool {
	e := newEnv(t)
	s := newStory(e)
	d := &death{at: at}
	dying := e.newShop(mortal{e.store, d})
	call := func(call string, done bool) error {
		boundary := "before " + call
		if done {
			boundary = "after " + call
		}
		if d.pass(boundary) != nil {
			return fmt.Errorf("%w: %w", payment.ErrUnknown, mall.ErrEngineUnknown)
		}
		return nil
	}
	e.engine.fault, e.gateway.fault = call, call
	for _, pause := range pace() {
		_ = s.round(dying, pause) // fails where death strikes: that is the point
		if d.struck() {
			break
		}
	}
	struck := d.struck()
	e.engine.fault, e.gateway.fault = nil, nil
	var err error
	for _, pause := range pace() {
		err = s.round(e.shop, pause)
	}
	require.NoError(t, err, "after dying %s", d.where)
	s.requireHappyEnd(d.where)
	return !struck
}

func (s *story) requireHappyEnd(where string) {
	s.t.Helper()
	s.check()
	var paid money.Fen
	for i, id := range s.orders {
		view := s.view(id)
		switch view.Order.Status {
		case order.Shipped:
			paid += view.Order.Amount
		case order.Closed:
		default:
			s.t.Errorf("after dying %s: order %d is %s", where, i, view.Order.Status)
		}
	}
	s.requireStatus(s.orders[2], order.Closed)
	totals, err := s.store.Totals(s.ctx)
	require.NoError(s.t, err)
	require.Equal(s.t, paid, totals.Received-totals.Refunded, "after dying %s", where)
	var kept money.Fen
	for _, trade := range s.gateway.trades {
		if trade.Status == payment.TradeSucceeded {
			kept += trade.Amount
		}
	}
	require.Equal(s.t, totals.Received, kept, "after dying %s: the provider's books", where)
}
