package mall

import (
	"context"
	"errors"
	"fmt"

	"kaituan/mall/order"
)

// QueryPending asks the provider about payments whose notice may have been lost, at most limit, and returns how
// many it looked at. Those that fail are asked again later; their errors are joined.
func (s *Shop) QueryPending(ctx context.Context, limit int) (int, error) {
	payments, err := s.Store.DuePayments(ctx, s.Clock(), limit)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, p := range payments {
		if err := s.ask(ctx, p); err != nil {
			failed = append(failed, fmt.Errorf("payment %s: %w", p.ID, err))
		}
	}
	return len(payments), errors.Join(failed...)
}

// ShipDue simulates the warehouse: it ships orders that have been ready for the shipping delay, at most limit,
// under a tracking number of its own making, and returns how many it looked at.
func (s *Shop) ShipDue(ctx context.Context, limit int) (int, error) {
	return s.sweep(ctx, limit, order.ToShip, s.Clock().Add(-s.ShipDelay), func(o order.Order) error {
		return s.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
			o, err := tx.LockOrder(o.ID)
			if err != nil || !o.Ship(s.IDs("SIM"), tx.Now()) {
				return err
			}
			_, err = saveOrder(tx, o)
			return err
		})
	})
}
