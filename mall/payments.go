package mall

import (
	"context"

	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// SearchPayments asks for a part of everybody's payments, newest first. What is left empty does not matter.
type SearchPayments struct {
	ID      payment.ID
	Order   order.ID
	Trade   string // the provider's trade number
	Status  payment.Status
	Unknown bool // only those of which the provider gave no answer when it was asked last
	Cursor  string
	Limit   int // default 20, at most 100
}

// SearchPayments lists payments of all orders. Operators only. Errors: CodeForbidden, CodeInvalid, CodeCursorInvalid.
func (s *Shop) SearchPayments(ctx context.Context, who Actor, q SearchPayments) (Page[payment.Payment], error) {
	if err := who.mustOperate(); err != nil {
		return Page[payment.Payment]{}, err
	}
	limit, cursor, err := pageOf(q.Limit, q.Cursor)
	if err != nil {
		return Page[payment.Payment]{}, err
	}
	found, err := s.Store.SearchPayments(ctx, PaymentQuery{
		ID: q.ID, Order: q.Order, Trade: q.Trade, Status: q.Status, Unknown: q.Unknown, Before: payment.ID(cursor), Limit: limit + 1,
	})
	return cut(found, limit, func(p payment.Payment) string { return string(p.ID) }), err
}
