package mall_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// stalling is a provider that does not answer questions about some payments before it is told to, and breaks down over one.
type stalling struct {
	payment.Channel
	stuck  map[payment.ID]bool
	broken payment.ID
	answer chan struct{} // closed: every question is answered
}

func (s *stalling) Query(ctx context.Context, id payment.ID) (payment.Trade, error) {
	if id == s.broken {
		panic("an answer that nobody thought of")
	}
	if s.stuck[id] {
		select {
		case <-s.answer:
		case <-ctx.Done():
			return payment.Trade{}, payment.ErrUnknown
		}
	}
	return s.Channel.Query(ctx, id)
}

// stall makes a shop that works on so many rows at once, and so many payments whose notices were lost.
func stall(e *env, atOnce, payments int) (*mall.Shop, *stalling, []payment.Payment) {
	provider := &stalling{Channel: e.gateway, stuck: map[payment.ID]bool{}, answer: make(chan struct{})}
	deps := e.deps(e.store, provider)
	deps.AtOnce = atOnce
	shop, err := mall.New(deps)
	require.NoError(e.t, err)
	e.stock(payments)
	e.drain()
	var paid []payment.Payment
	for range payments {
		who := e.buyer()
		p := e.pay(who, e.place(who, e.solo()))
		e.gateway.buyerPays(p.ID, p.Amount)
		paid = append(paid, p)
		e.clock.Advance(time.Millisecond) // the first is due first
	}
	e.clock.Advance(time.Minute)
	return shop, provider, paid
}

type swept struct {
	n   int
	err error
}

// Payments that the provider does not answer about keep nobody waiting but each other.
func TestSweep_UnansweredRowsHoldUpNobody(t *testing.T) {
	e := newEnv(t)
	shop, provider, paid := stall(e, 4, 6)
	for _, p := range paid[:3] {
		provider.stuck[p.ID] = true
	}
	ended := make(chan swept)
	go func() {
		n, err := shop.QueryPending(e.ctx, 10)
		ended <- swept{n, err}
	}()
	for _, p := range paid[3:] {
		require.Eventually(t, func() bool { return e.view(p.Order).Order.Status == order.ToShip }, 10*time.Second, 5*time.Millisecond)
	}
	for _, p := range paid[:3] {
		e.requireStatus(p.Order, order.AwaitingPayment)
	}
	close(provider.answer)
	require.Equal(t, swept{n: 6}, <-ended)
	for _, p := range paid {
		e.requireStatus(p.Order, order.ToShip)
	}
	e.check()
}

// A sweep that is told to end begins nothing any more, and leaves nothing running.
func TestSweep_EndsWithItsContext(t *testing.T) {
	for name, atOnce := range map[string]int{"one by one": 1, "several at once": 2} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t)
			shop, provider, paid := stall(e, atOnce, 5)
			for _, p := range paid {
				provider.stuck[p.ID] = true
			}
			ctx, cancel := context.WithCancel(e.ctx)
			ended := make(chan swept)
			go func() {
				n, err := shop.QueryPending(ctx, 10)
				ended <- swept{n, err}
			}()
			cancel()
			end := <-ended
			require.ErrorIs(t, end.err, context.Canceled)
			require.LessOrEqual(t, end.n, atOnce)
			for _, p := range paid {
				e.requireStatus(p.Order, order.AwaitingPayment)
			}
		})
	}
}

// A row that makes the program panic is an error like others, and the rows beside it are done.
func TestSweep_APanicIsOneRowsError(t *testing.T) {
	e := newEnv(t)
	shop, provider, paid := stall(e, 2, 5)
	provider.broken = paid[0].ID
	n, err := shop.QueryPending(e.ctx, 2)
	require.Equal(t, 5, n)
	require.ErrorContains(t, err, "an answer that nobody thought of")
	require.ErrorContains(t, err, string(paid[0].ID))
	for _, p := range paid[1:] {
		e.requireStatus(p.Order, order.ToShip)
	}
	e.requireStatus(paid[0].Order, order.AwaitingPayment)
}
