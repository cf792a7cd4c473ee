package mall

import (
	"context"

	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// QueryPending asks the provider about all payments whose notice may have been lost, reading page of them at a time,
// and returns how many it looked at. Those that fail are asked again later; their errors are joined.
func (s *Shop) QueryPending(ctx context.Context, page int) (int, error) {
	return round[payment.Payment]{
		by: s.Clock(), page: page, atOnce: s.AtOnce,
		due: s.Store.DuePayments, place: paymentPlace, do: func(p payment.Payment) error { return s.ask(ctx, p) },
	}.through(ctx)
}

// ShipDue simulates the warehouse: it ships the orders that have been ready for the shipping delay, reading page of them
// at a time, under tracking numbers of its own making, and returns how many it looked at.
func (s *Shop) ShipDue(ctx context.Context, page int) (int, error) {
	return s.sweep(ctx, page, order.ToShip, s.Clock().Add(-s.ShipDelay), func(o order.Order) error {
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
