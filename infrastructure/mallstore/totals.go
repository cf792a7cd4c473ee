package mallstore

import (
	"context"
	"strings"

	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// Totals implements mall.Auditor.
func (s *Store) Totals(ctx context.Context) (mall.Totals, error) {
	totals := mall.Totals{Orders: map[order.Status]int{}}
	var counts []struct {
		Status string
		Orders int
	}
	var sums struct{ Original, Due, Received, Refunded int64 }
	db := s.read(ctx)
	err := db.Raw("SELECT status, COUNT(*) AS orders FROM orders GROUP BY status").Scan(&counts).Error
	if err != nil {
		return totals, translate(err)
	}
	for _, c := range counts {
		totals.Orders[order.Status(c.Status)] = c.Orders
	}
	err = s.read(ctx).Raw(strings.Join([]string{
		"SELECT (SELECT COALESCE(SUM(original_fen * quantity), 0) FROM orders WHERE paid_at > 0) AS original",
		"(SELECT COALESCE(SUM(amount_fen - difference_fen), 0) FROM orders WHERE paid_at > 0) AS due",
		"(SELECT COALESCE(SUM(amount_fen), 0) FROM payments WHERE status = ?) AS received",
		"(SELECT COALESCE(SUM(amount_fen), 0) FROM refunds WHERE status = ?) AS refunded",
	}, ", "), string(payment.Succeeded), string(payment.RefundSucceeded)).Scan(&sums).Error
	totals.Original, totals.Due = money.Fen(sums.Original), money.Fen(sums.Due)
	totals.Deduction = totals.Original - totals.Due
	totals.Received, totals.Refunded = money.Fen(sums.Received), money.Fen(sums.Refunded)
	return totals, translate(err)
}
