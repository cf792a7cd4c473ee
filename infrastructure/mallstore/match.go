package mallstore

import (
	"context"

	"kaituan/infrastructure/invariant"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// GroupOrders are the orders that have a seat at the engine.
func GroupOrders() invariant.Rows {
	return invariant.Rows{What: "group orders", Table: "orders", Key: "id", Where: "mode = '" + string(order.Group) + "'"}
}

// GroupOrdersOf returns the group orders of a page, by id, and the refunds of their payments.
func (s *Store) GroupOrdersOf(ctx context.Context, page invariant.Page) ([]order.Order, map[order.ID][]payment.Refund, error) {
	list, err := orders(s.read(ctx).Where("mode = ? AND id > ? AND id <= ?", string(order.Group), page.After, page.UpTo).Order("id"))
	if err != nil {
		return nil, nil, err
	}
	sent, err := refunds(s.read(ctx).Where("order_id > ? AND order_id <= ?", page.After, page.UpTo).Order("order_id, request_no"))
	of := map[order.ID][]payment.Refund{}
	for _, r := range sent {
		of[r.Order] = append(of[r.Order], r)
	}
	return list, of, err
}

// TakenBy returns the messages of a page that a consumer has taken, by their numbers.
func (s *Store) TakenBy(ctx context.Context, consumer string, page invariant.Page) (ids []string, err error) {
	err = s.read(ctx).Table("inbox").Where("consumer = ? AND message_id > ? AND message_id <= ?", consumer, page.After, page.UpTo).
		Order("message_id").Pluck("message_id", &ids).Error
	return ids, translate(err)
}
