package mallstore

import (
	"context"
	"strings"
	"time"

	"kaituan/infrastructure/observe"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// underWay are the statements that count what is not at its end, each over one index.
func underWay() []levelQuery {
	return []levelQuery{
		{"order", "SELECT status AS state, COUNT(*) AS n, MIN(placed_at) AS since FROM orders WHERE status IN ? GROUP BY status", []string{
			string(order.Created), string(order.AwaitingPayment), string(order.Paid), string(order.Teaming), string(order.ToShip), string(order.Refunding),
		}},
		{"payment", "SELECT status AS state, COUNT(*) AS n, MIN(created_at) AS since FROM payments WHERE status IN ? AND unknown_since = 0 GROUP BY status",
			[]string{string(payment.Created), string(payment.Pending)}},
		{"payment", "SELECT status AS state, COUNT(*) AS n, MIN(unknown_since) AS since FROM payments WHERE status IN ? AND unknown_since > 0 GROUP BY status",
			[]string{string(payment.Pending)}},
		{"refund", "SELECT status AS state, COUNT(*) AS n, MIN(created_at) AS since FROM refunds WHERE status IN ? GROUP BY status",
			[]string{string(payment.RefundCreated), string(payment.RefundSubmitted), string(payment.RefundFailed)}},
	}
}

// unknownPayment is the state under which pending payments are told of which the provider did not say a word that counts.
const unknownPayment = "unknown"

type levelQuery struct {
	of     string
	sql    string
	states []string
}

// Levels counts orders, payments and refunds that are under way, by state; a state that nothing is in counts 0. Payments of
// which the provider's word is unknown are a state of their own, and their age counts from then on. Errors: mall.ErrUnavailable.
func (s *Store) Levels(ctx context.Context) ([]observe.Level, error) {
	var levels []observe.Level
	for _, q := range underWay() {
		var found []struct {
			State string
			N     int64
			Since int64
		}
		if err := s.read(ctx).Raw(q.sql, q.states).Scan(&found).Error; err != nil {
			return nil, translate(err)
		}
		for _, state := range q.states {
			level := observe.Level{Of: q.of, State: state}
			if strings.Contains(q.sql, "unknown_since > 0") {
				level.State = unknownPayment
			}
			for _, f := range found {
				if f.State == state {
					level.Count, level.Since = f.N, time.UnixMilli(f.Since)
				}
			}
			levels = append(levels, level)
		}
	}
	return levels, nil
}
