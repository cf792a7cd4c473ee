package mallstore

import (
	"context"
	"errors"

	"kaituan/infrastructure/observe"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// Change is what one caller of Together wants done.
type Change struct {
	hold  mall.Hold
	fn    func(tx mall.PurchaseTx) error
	trace string
}

// WithSharing has share bring changes that come at once to Carry together. It returns what Carry does for its change.
// Without it each has a transaction of its own.
func WithSharing(share func(ctx context.Context, c Change) (outcome, err error)) Option {
	return func(s *Store) { s.share = share }
}

// Together implements mall.Store. What a job does under its lease shares with nobody.
func (s *Store) Together(ctx context.Context, hold mall.Hold, fn func(tx mall.PurchaseTx) error) error {
	if s.db.HasFence(ctx) {
		return s.InTx(ctx, func(_ context.Context, tx mall.Tx) error { return fn(tx) })
	}
	c := Change{hold, fn, observe.Parent(ctx)}
	if s.share != nil {
		outcome, err := s.share(ctx, c)
		if err != nil {
			return err
		}
		return outcome
	}
	outcomes, err := s.Carry(ctx, []Change{c})
	if err != nil {
		return err
	}
	return outcomes[0]
}

// Carry does changes in one transaction and returns what became of each: what its own function answered. When one of
// them met another's row, each is done again in a transaction of its own. Errors: mall.ErrUnavailable, mall.ErrUnknown,
// ctx's; then none of them is known to be done.
func (s *Store) Carry(ctx context.Context, batch []Change) ([]error, error) {
	outcomes := make([]error, len(batch))
	var l *ledger
	err := s.db.InPipe(ctx, func(p *sqldb.Pipe) (_ []sqldb.Write, err error) {
		l = newShared(s, p)
		if err := l.hold(batch); err != nil {
			return nil, l.cause(err)
		}
		l.at = s.now() // everything is held: of two transactions about one order the later has the later time
		for i, c := range batch {
			if outcomes[i], err = l.carry(c); err != nil {
				return nil, err
			}
		}
		return l.writes()
	})
	switch {
	case err == nil:
		s.tell(l)
	case errors.Is(err, errTorn), errors.Is(err, sqldb.ErrStale), sqldb.IsDuplicate(err):
		for i, c := range batch {
			outcomes[i] = s.InTx(observe.Follow(ctx, c.trace), func(_ context.Context, tx mall.Tx) error { return c.fn(tx) })
		}
	default:
		return nil, translate(err)
	}
	return outcomes, nil
}

// cause is what the database said, so that it is known whether trying again helps.
func (l *ledger) cause(err error) error {
	if l.broken != nil {
		return l.broken
	}
	return err
}

// hold reads and holds what all changes are about, in one round trip.
func (l *ledger) hold(batch []Change) error {
	orders, paid := unique(batch, func(h mall.Hold) order.ID { return h.Order }), paidIn(batch)
	teams := unique(batch, func(h mall.Hold) order.TeamID { return h.Team })
	stock := unique(batch, func(h mall.Hold) mall.StockKey { return h.Stock })
	messages := unique(batch, func(h mall.Hold) mall.Receipt { return h.Message })
	var queries []sqldb.Query
	var found []order.Order
	if len(orders) > 0 {
		queries = append(queries, l.findOrders(orders, &found))
	}
	members := make([][]order.Order, len(teams))
	for i, id := range teams {
		queries = append(queries, l.findTeam(id, &members[i]))
	}
	var payments []payment.Payment
	if len(paid) > 0 {
		queries = append(queries, findPayments("order_id", paid, &payments))
	}
	var left []stockRow
	if len(stock) > 0 {
		queries = append(queries, l.findStock(stock, &left))
	}
	taken := make([]bool, len(messages))
	for i, m := range messages {
		queries = append(queries, outbox.Taken(m.Consumer, m.MessageID, &taken[i]))
	}
	if keys := unique(batch, func(h mall.Hold) mall.BuyerKey { return h.Key }); len(keys) > 0 {
		queries = append(queries, findKeys(keys, l.used))
	}
	if err := l.failed(l.on.read(queries...)); err != nil {
		return err
	}
	for _, o := range found {
		remember(l, l.ordersOf, o.ID, o)
	}
	for i, id := range teams {
		l.knowTeam(id, members[i])
	}
	l.knowPayments(paid, payments)
	l.knowStock(stock, left)
	for i, m := range messages {
		remember(l, l.taken, m, taken[i])
	}
	return nil
}

func (l *ledger) knowPayments(orders []string, found []payment.Payment) {
	for _, id := range orders {
		remember(l, l.paymentsOf, order.ID(id), nil)
	}
	for _, p := range found {
		remember(l, l.paymentsOf, p.Order, append(l.paymentsOf[p.Order], p))
		remember(l, l.paidFor, p.ID, p.Order)
	}
}

// unique is what changes hold of one kind, each once.
func unique[T comparable](batch []Change, of func(mall.Hold) T) []T {
	var none T
	var list []T
	seen := map[T]bool{none: true}
	for _, c := range batch {
		if key := of(c.hold); !seen[key] {
			seen[key] = true
			list = append(list, key)
		}
	}
	return list
}

// paidIn are the orders whose payments are needed.
func paidIn(batch []Change) []string {
	list := unique(batch, func(h mall.Hold) order.ID {
		if !h.Payments {
			return ""
		}
		return h.Order
	})
	return each(list, func(id order.ID) string { return string(id) })
}
