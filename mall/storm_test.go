package mall_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// storm is many people and many failures at once. Everything that goes wrong goes wrong at random.
type storm struct {
	*env
	dice *dice
}

// dice is a random source for many goroutines.
type dice struct {
	mu  sync.Mutex
	rnd *rand.Rand
}

func (d *dice) below(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rnd.IntN(n)
}

// TestStorm lets buyers order, pay, cancel and click while notices come three times, events twice and in disorder, and
// a tenth of all calls to the engine and the provider is lost on the way there or back. When the storm is over,
// every order must have ended, every fen be accounted for, and every piece be in the stock or with a buyer.
func TestStorm(t *testing.T) {
	onEach(t, func(_ *testing.T, e *env) {
		e.stock(1000)
		for seed := range uint64(3) {
			s := &storm{e, &dice{rnd: rand.New(rand.NewPCG(seed, 7))}}
			s.rage(15)
			s.calm()
		}
		e.check()
		e.requireAllEnded()
	})
}

func (s *storm) rage(buyers int) {
	lose := func(err error) func(string, bool) error {
		return func(string, bool) error {
			if s.dice.below(10) == 0 {
				return err
			}
			return nil
		}
	}
	s.engine.fault, s.gateway.fault = lose(mall.ErrEngineUnknown), lose(payment.ErrUnknown)
	who := make([]mall.Actor, buyers)
	requests := make([]mall.OrderRequest, buyers)
	for i := range who {
		who[i], requests[i] = s.buyer(), s.group("")
		switch i % 3 {
		case 0:
			requests[i].Team = s.openTeam()
		case 1:
			requests[i].Team = requests[i-1].Team // one of the two gets the place
		}
	}
	stop := make(chan struct{})
	var weather sync.WaitGroup
	weather.Go(func() { s.work(stop) })
	atOnce(buyers, func(i int) { s.shopper(who[i], requests[i]) })
	close(stop)
	weather.Wait()
}

// openTeam opens a team that others can join; it may take a few tries in this weather.
func (s *storm) openTeam() order.TeamID {
	who, r := s.buyer(), s.group("")
	for {
		placed, err := s.shop.PlaceOrder(s.ctx, who, r)
		require.NoError(s.t, err)
		if placed.Order.Status != order.AwaitingPayment {
			continue
		}
		s.notify(s.pay(who, placed.Order))
		return placed.Order.Team
	}
}

// shopper does what buyers do, and does not mind errors.
func (s *storm) shopper(who mall.Actor, r mall.OrderRequest) {
	for range 4 {
		placed, err := s.shop.PlaceOrder(s.ctx, who, r)
		if err != nil || placed.Order.Status != order.AwaitingPayment {
			continue
		}
		p, err := s.shop.Pay(s.ctx, who, placed.Order.ID, payment.MethodPage)
		if err != nil {
			continue
		}
		switch s.dice.below(4) {
		case 0:
			s.gateway.buyerWaits(p)
			_, _ = s.shop.CancelOrder(s.ctx, who, placed.Order.ID)
		case 1:
			_, _ = s.shop.CancelOrder(s.ctx, who, placed.Order.ID)
			s.notify(p)
		case 2:
			s.gateway.buyerPaysIfOpen(p) // and the notice is lost
			_, _ = s.shop.AskPayment(s.ctx, who, placed.Order.ID)
		default:
			s.notify(p)
		}
	}
}

// notify pays and hands the notice in three times at once.
func (s *storm) notify(p payment.Payment) {
	if form := s.gateway.buyerPaysIfOpen(p); form != nil {
		atOnce(3, func(int) { _ = s.shop.HandlePayNotice(s.ctx, form) })
	}
}

// work is what runs in the background: the relay, the sweeps and the engine's webhooks.
func (s *storm) work(stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		_ = s.relay.Drain(s.ctx)
		s.sweeps()
		events := s.engine.takeEvents()
		for _, i := range rand.Perm(len(events)) {
			for range 2 {
				_ = s.shop.HandleTeamEvent(s.ctx, events[i])
			}
		}
		s.clock.Advance(time.Duration(s.dice.below(20)) * time.Second)
	}
}

func (s *storm) sweeps() {
	for _, sweep := range []func(context.Context, int) (int, error){
		s.shop.RepairCreated, s.shop.QueryPending, s.shop.CloseUnpaid, s.shop.CheckTeams, s.shop.PushRefunds, s.shop.ShipDue,
	} {
		_, _ = sweep(s.ctx, 1000)
	}
}

// calm stops the failures, ends every team and lets time pass until nothing moves any more.
func (s *storm) calm() {
	s.engine.set(func(g *engine) { g.fault = nil })
	s.gateway.set(func(g *gateway) { g.fault = nil })
	for round := range 12 {
		require.NoError(s.t, s.relay.Drain(s.ctx))
		s.sweeps()
		s.deliver()
		s.clock.Advance(5 * time.Minute)
		if round == 6 {
			s.engine.failAll()
		}
	}
	require.NoError(s.t, s.relay.Drain(s.ctx))
}

func (e *env) requireAllEnded() {
	e.t.Helper()
	totals, err := e.store.Totals(e.ctx)
	require.NoError(e.t, err)
	require.NotZero(e.t, totals.Orders[order.Shipped], "some must get through")
	for status := range totals.Orders {
		require.Contains(e.t, []order.Status{order.Shipped, order.Closed, order.Refunded}, status)
	}
	shipped := 0
	require.NoError(e.t, e.store.EachPayment(e.ctx, func(p payment.Payment) error {
		if o := e.order(p.Order); o.Status == order.Shipped && o.PaidBy == order.PaymentID(p.ID) {
			shipped += int(p.Amount)
		}
		return nil
	}))
	require.EqualValues(e.t, totals.Received-totals.Refunded, shipped)
	require.Equal(e.t, totals.Received, e.gateway.received(), "our books and the provider's")
	require.Equal(e.t, totals.Refunded, e.gateway.sentBack(), "our books and the provider's")
	e.t.Logf("%v, received %s, refunded %s", totals.Orders, totals.Received, totals.Refunded)
}
