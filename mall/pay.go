package mall

import (
	"context"
	"errors"

	"kaituan/mall/account"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// Pay returns the page where the buyer pays an order of theirs. An order has one open payment: asking again, or
// fifty times at once, returns the same page. Errors: CodeInvalid, CodeOrderNotFound, CodeOrderNotReady,
// CodeOrderPaid, CodeOrderClosed.
func (s *Shop) Pay(ctx context.Context, who Actor, id order.ID, method payment.Method) (payment.Payment, error) {
	if method != payment.MethodPage && method != payment.MethodPhone {
		return payment.Payment{}, invalid("method", "page or phone")
	}
	if err := who.mustBeSignedIn(); err != nil {
		return payment.Payment{}, err
	}
	open, err := together(ctx, s, Hold{Order: id, Payments: true}, func(tx PurchaseTx) (opened, error) {
		return s.openPayment(tx, who.Account, id, method)
	})
	if err != nil || open.Payment.Status == payment.Pending {
		return open.Payment, err
	}
	page, err := s.Channel.Page(ctx, payment.Charge{
		ID: open.Payment.ID, Method: open.Payment.Method, Subject: open.subject, Amount: open.Payment.Amount,
		ExpiresAt: open.Payment.ExpiresAt, ReturnTo: s.ReturnTo(id),
	})
	if err != nil {
		return payment.Payment{}, err
	}
	return s.offer(ctx, open.Payment, page)
}

// ownOrder returns the actor's order and nobody else's.
func (s *Shop) ownOrder(ctx context.Context, who Actor, id order.ID) (order.Order, error) {
	if err := who.mustBeSignedIn(); err != nil {
		return order.Order{}, err
	}
	o, err := s.Store.Order(ctx, who.Account, id)
	return o, at(err, CodeOrderNotFound, "no such order")
}

type opened struct {
	payment.Payment
	subject string
}

func (s *Shop) openPayment(tx PurchaseTx, buyer account.ID, id order.ID, method payment.Method) (opened, error) {
	o, err := tx.LockOrder(id)
	if err == nil && o.Buyer != buyer {
		err = ErrNotFound
	}
	if err != nil {
		return opened{}, at(err, CodeOrderNotFound, "no such order")
	}
	now := tx.Now()
	switch {
	case o.Status == order.Created:
		return opened{}, refuse(CodeOrderNotReady, "the seat is not confirmed yet, try again in a moment")
	case o.Status == order.Closed, o.Status == order.AwaitingPayment && !now.Before(o.ExpiresAt):
		return opened{}, refuse(CodeOrderClosed, "the order is closed or its payment deadline has passed")
	case o.Status != order.AwaitingPayment:
		return opened{}, refuse(CodeOrderPaid, "the order is paid")
	}
	p, err := tx.OpenPayment(id)
	if errors.Is(err, ErrNotFound) {
		p = payment.Start(payment.Payment{
			ID: payment.ID(s.IDs(paymentPrefix)), Order: o.ID, Buyer: o.Buyer, Method: method, Amount: o.Amount, ExpiresAt: o.ExpiresAt,
		}, now)
		err = tx.AddPayment(p)
		p.Version, p.Moves = 1, nil
	}
	return opened{p, o.Item.ProductName}, err
}

// offer stores the signed page; of several signed at once the first one stored is everybody's.
func (s *Shop) offer(ctx context.Context, p payment.Payment, page payment.PageURL) (payment.Payment, error) {
	return together(ctx, s, Hold{Order: p.Order, Payments: true}, func(tx PurchaseTx) (payment.Payment, error) {
		if _, err := tx.LockOrder(p.Order); err != nil {
			return payment.Payment{}, err
		}
		p, err := tx.Payment(p.ID)
		if err != nil {
			return payment.Payment{}, err
		}
		if p.Offer(page, tx.Now()) {
			err = tx.PutPayment(p)
			p.Version, p.Moves = p.Version+1, nil
		}
		if p.Status != payment.Pending {
			return payment.Payment{}, refuse(CodeOrderClosed, "the order was closed or paid in this moment")
		}
		return p, err
	})
}

// AskPayment asks the provider about the buyer's open payment now, for a buyer who says "I have paid".
// Errors: CodeOrderNotFound, CodePaymentUnknown.
func (s *Shop) AskPayment(ctx context.Context, who Actor, id order.ID) (OrderView, error) {
	o, err := s.ownOrder(ctx, who, id)
	if err != nil {
		return OrderView{}, err
	}
	if p, err := s.pending(ctx, o.ID); err == nil {
		if err := s.ask(ctx, p); errors.Is(err, payment.ErrUnknown) {
			return OrderView{}, refuse(CodePaymentUnknown, "the provider gave no answer, ask again in a moment")
		} else if err != nil {
			return OrderView{}, err
		}
	} else if !errors.Is(err, ErrNotFound) {
		return OrderView{}, err
	}
	return s.Order(ctx, who, id)
}

// pending returns the order's open payment that the provider may know of.
func (s *Shop) pending(ctx context.Context, id order.ID) (payment.Payment, error) {
	payments, err := s.Store.Payments(ctx, id)
	if err != nil {
		return payment.Payment{}, err
	}
	for _, p := range payments {
		if p.Status == payment.Pending {
			return p, nil
		}
	}
	return payment.Payment{}, ErrNotFound
}
