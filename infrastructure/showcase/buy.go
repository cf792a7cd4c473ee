package showcase

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kaituan/mall"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// purchase is what somebody wants.
type purchase struct {
	who  mall.Actor
	deal deal
	sku  catalog.SKUID
	team order.TeamID // empty: a new one
}

// open has somebody open a team into which so many people come.
func (m *month) open(ctx context.Context, d deal, people int) error {
	return m.gather(ctx, m.somebody(), d, people, func() time.Duration { return m.between(4*time.Minute, 9*time.Hour) })
}

// gather has a person open a team, and others join it after waits.
func (m *month) gather(ctx context.Context, leader mall.Actor, d deal, people int, wait func() time.Duration) error {
	first := purchase{who: leader, deal: d, sku: m.choose(d)}
	team, err := m.buy(ctx, first)
	if err != nil || team == "" {
		return err
	}
	m.in(day+2*time.Second, nil) // its window ends
	for range people - 1 {
		m.in(wait(), func(ctx context.Context) error { return m.join(ctx, d, first.sku, team) })
	}
	return nil
}

// day is how long the showcase's teams gather.
const day = 24 * time.Hour

// choose draws one of the specifications, rather the first.
func (m *month) choose(d deal) catalog.SKUID {
	list := products()
	skus := list[slices.IndexFunc(list, func(p product) bool { return p.id == d.product })].skus
	return skus[min(m.rng.IntN(len(skus)), m.rng.IntN(len(skus)))].ID
}

// join has somebody join a team who is not in it yet.
func (m *month) join(ctx context.Context, d deal, sku catalog.SKUID, team order.TeamID) error {
	const tries = 3 // the first may be in it already
	for range tries {
		who := m.somebody()
		if d.fresh {
			var err error
			if who, err = m.guest(ctx); err != nil {
				return err
			}
		}
		if joined, err := m.buy(ctx, purchase{who, d, sku, team}); err != nil || joined != "" {
			return err
		}
	}
	return nil
}

// buy places an order in a group and has it paid, most of the time. It returns the team, empty when the engine said no.
func (m *month) buy(ctx context.Context, p purchase) (order.TeamID, error) {
	o, err := m.place(ctx, p.who, mall.OrderRequest{
		Product: p.deal.product, SKU: p.sku, Quantity: 1, Mode: order.Group, Activity: m.activities[p.deal.name], Team: p.team,
	})
	if err != nil || o.Status != order.AwaitingPayment {
		return "", err
	}
	if p.team != "" && !p.deal.loved && m.rng.Float64() < 0.04 { // changes their mind
		m.in(o.ExpiresAt.Sub(m.Clock.Now())+time.Second, nil)
		return o.Team, nil
	}
	return o.Team, m.settle(ctx, p.who, o)
}

// buyAlone has somebody buy something without a team.
func (m *month) buyAlone(ctx context.Context) error {
	list := slices.DeleteFunc(products(), func(p product) bool { return p.id == "incense-set" || p.id == "oil-paper-umbrella" })
	p := list[m.rng.IntN(len(list))]
	return m.solo(ctx, m.somebody(), p.id, p.skus[0].ID)
}

func (m *month) solo(ctx context.Context, who mall.Actor, id catalog.ProductID, sku catalog.SKUID) error {
	o, err := m.place(ctx, who, mall.OrderRequest{Product: id, SKU: sku, Quantity: 1, Mode: order.Solo})
	if err != nil || o.Status != order.AwaitingPayment {
		return err
	}
	return m.settle(ctx, who, o)
}

// place orders. An order that was refused comes back empty.
func (m *month) place(ctx context.Context, who mall.Actor, r mall.OrderRequest) (order.Order, error) {
	m.orders++
	r.Key = fmt.Sprintf("showcase-%d", m.orders)
	placed, err := m.Shop.PlaceOrder(ctx, who, r)
	if refused(err) {
		return order.Order{}, nil
	}
	if err != nil {
		return order.Order{}, fmt.Errorf("order %s: %w", r.Product, err)
	}
	return placed.Order, nil
}

// settle pays an order, a little later.
func (m *month) settle(ctx context.Context, who mall.Actor, o order.Order) error {
	m.Clock.Set(m.Clock.Now().Add(m.between(15*time.Second, 80*time.Second)))
	method := []payment.Method{payment.MethodPage, payment.MethodPhone}[m.rng.IntN(2)]
	opened, err := m.Shop.Pay(ctx, who, o.ID, method)
	if err != nil {
		return fmt.Errorf("page for order %s: %w", o.ID, err)
	}
	if err := m.Pay(ctx, opened.Page); err != nil {
		return fmt.Errorf("pay order %s: %w", o.ID, err)
	}
	return nil
}
