package mall

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// CancelOrder closes an order of the buyer's that is not paid: first at the provider, so that it can never be
// paid, then here. A closed order is returned as it is. Errors: CodeOrderNotFound, CodeOrderPaid,
// CodePaymentUnknown when the provider gave no answer; the order is then still open.
func (s *Shop) CancelOrder(ctx context.Context, who Actor, id order.ID) (order.Order, error) {
	o, err := s.ownOrder(ctx, who, id)
	if err != nil {
		return o, err
	}
	o, err = s.closeOrder(ctx, o.ID, order.BuyerCancelled)
	switch {
	case errors.Is(err, payment.ErrUnknown), errors.Is(err, ErrConflict):
		return o, refuse(CodePaymentUnknown, "it is not certain that the payment is closed, try again in a moment")
	case err != nil:
		return o, err
	case o.Status != order.Closed:
		return o, refuse(CodeOrderPaid, "the order is paid")
	}
	return o, nil
}

// closeOrder closes an order unless it is, or turns out to be, paid, and returns it as it is then.
// Errors: payment.ErrUnknown, ErrConflict when the buyer opened a payment meanwhile.
func (s *Shop) closeOrder(ctx context.Context, id order.ID, why order.Reason) (order.Order, error) {
	p, err := s.pending(ctx, id)
	if err == nil {
		err = s.endCharge(ctx, p)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return order.Order{}, err
	}
	return together(ctx, s, Hold{Order: id, Payments: true}, func(tx PurchaseTx) (order.Order, error) {
		if _, err := tx.LockOrder(id); err != nil {
			return order.Order{}, err
		}
		if err := dropUnsent(tx, id, p.ID); err != nil {
			return order.Order{}, err
		}
		return closeUnpaid(tx, id, why, "")
	})
}

// dropUnsent closes an order's payment whose page nobody has. The one in absent stays open: its page may still be
// opened, so the provider is asked about it until it can no longer be paid, and what is paid after all goes back.
// ErrConflict: the provider may know of another one.
func dropUnsent(tx PurchaseTx, id order.ID, absent payment.ID) error {
	open, err := tx.OpenPayment(id)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case open.ID == absent:
		return nil
	case open.Status != payment.Created:
		return fmt.Errorf("%w: payment %s is open", ErrConflict, open.ID)
	}
	open.Close(tx.Now())
	return tx.PutPayment(open)
}

// endCharge makes sure that a pending charge cannot be paid any more and books what became of it: closed, or paid
// in this very moment. Of a charge that the provider does not know nothing can be made sure.
// Errors: payment.ErrUnknown.
func (s *Shop) endCharge(ctx context.Context, p payment.Payment) error {
	trade, err := s.Channel.Query(ctx, p.ID)
	if err == nil && trade.Status == payment.TradeWaiting {
		trade, err = s.closeCharge(ctx, p.ID)
	}
	if err != nil {
		return errors.Join(err, s.learn(ctx, p, (*payment.Payment).Unanswered))
	}
	return s.hear(ctx, p, trade)
}

// closeCharge closes a charge at the provider and returns it as it is then.
// Errors: payment.ErrUnknown.
func (s *Shop) closeCharge(ctx context.Context, id payment.ID) (payment.Trade, error) {
	err := s.Channel.Close(ctx, id)
	switch {
	case err == nil:
		return payment.Trade{Status: payment.TradeClosed}, nil
	case !errors.Is(err, payment.ErrNotClosable) && !errors.Is(err, payment.ErrAbsent):
		return payment.Trade{}, err
	}
	trade, err := s.Channel.Query(ctx, id) // paid, or closed by somebody else, in this moment
	if err == nil && trade.Status == payment.TradeWaiting {
		err = fmt.Errorf("%w: charge %s waits for payment but cannot be closed", payment.ErrUnknown, id)
	}
	return trade, err
}

// CloseUnpaid closes all orders whose payment deadline has passed, reading page of them at a time, and returns how many
// it looked at. Those that fail are tried again later; their errors are joined.
func (s *Shop) CloseUnpaid(ctx context.Context, page int) (int, error) {
	return s.sweep(ctx, page, order.AwaitingPayment, s.Clock(), func(o order.Order) error {
		_, err := s.closeOrder(ctx, o.ID, order.NotPaidInTime)
		return err
	})
}

// RepairCreated asks the engine about all group orders whose lock was not answered, reading page of them at a time, and
// returns how many it looked at. Those that fail are tried again later; their errors are joined.
func (s *Shop) RepairCreated(ctx context.Context, page int) (int, error) {
	return s.sweep(ctx, page, order.Created, s.Clock(), func(o order.Order) error {
		seat, err := s.GroupBuy.Seat(ctx, string(o.ID))
		if refusal := definite(err); refusal != nil {
			_, err = together(ctx, s, Hold{Order: o.ID}, func(tx PurchaseTx) (order.Order, error) {
				return closeUnpaid(tx, o.ID, order.SeatLost, refusal.Detail)
			})
			return err
		}
		if err == nil {
			_, err = s.recordSeat(ctx, o.ID, seat)
		}
		return err
	})
}

// sweep does something about the orders in a state that are due by a moment. One that fails is put off and does not
// stop the others.
func (s *Shop) sweep(ctx context.Context, page int, status order.Status, by time.Time, do func(order.Order) error) (int, error) {
	return round[order.Order]{
		by: by, page: page, atOnce: s.AtOnce, place: orderPlace,
		due: func(ctx context.Context, q DueQuery) ([]order.Order, error) { return s.Store.DueOrders(ctx, status, q) },
		do: func(o order.Order) error {
			if err := do(o); err != nil {
				return errors.Join(err, s.postpone(ctx, o, order.RetryAfter))
			}
			return nil
		},
	}.through(ctx)
}

func (s *Shop) postpone(ctx context.Context, o order.Order, wait time.Duration) error {
	return s.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		return tx.PostponeOrder(o.ID, o.Version, tx.Now().Add(wait))
	})
}
