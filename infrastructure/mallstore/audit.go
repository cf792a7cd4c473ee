package mallstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"kaituan/infrastructure/outbox"
	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// How long something may wait before it breaks an invariant.
const (
	unaskedLimit = 3 * time.Minute // I3
	// haltedLimit (I4) is ten times what a sweep needs to come back to an order, and what a restart of the engine or
	// the provider takes; beyond it somebody should know.
	haltedLimit = 10 * time.Minute
	backLimit   = 24 * time.Hour // I5; when the mall itself gives a refund to a person
)

// maxStuck is how many stuck tasks are told of: enough to see the pattern.
const maxStuck = 100

// Violations implements mall.Auditor.
func (s *Store) Violations(ctx context.Context, now time.Time) ([]mall.Violation, error) {
	var all []mall.Violation
	for _, check := range []func(context.Context, time.Time) ([]mall.Violation, error){
		s.stockViolations, s.unaskedPayments, s.moneyViolations, s.refundViolations,
		s.orderPaths, s.paymentPaths, s.refundPaths, s.stuckTasks,
	} {
		found, err := check(ctx, now)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// query turns each row of a query for (subject, detail) into a violation.
func (s *Store) query(ctx context.Context, invariant, statement string, args ...any) ([]mall.Violation, error) {
	var rows []struct{ Subject, Detail string }
	if err := s.read(ctx).Raw(statement, args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("check %s: %w", invariant, translate(err))
	}
	found := make([]mall.Violation, len(rows))
	for i, r := range rows {
		found[i] = mall.Violation{Invariant: invariant, Subject: r.Subject, Detail: r.Detail}
	}
	return found, nil
}

// states returns the order states for which keep is true, as a list for IN.
func states(keep func(order.Status) bool) []string {
	var list []string
	for status := range order.Transitions() {
		if keep(status) {
			list = append(list, string(status))
		}
	}
	slices.Sort(list)
	return list
}

// stockViolations compares the stock of each SKU with what came in and what live orders took (I1).
func (s *Store) stockViolations(ctx context.Context, _ time.Time) ([]mall.Violation, error) {
	var rows []struct {
		ProductID             string
		SKUID                 string `gorm:"column:sku_id"`
		Stock, Supplied, Held int64
	}
	err := s.read(ctx).Raw(`
		SELECT skus.product_id AS product_id, skus.sku_id AS sku_id, skus.stock AS stock, skus.supplied AS supplied,
		       COALESCE(SUM(orders.quantity), 0) AS held
		FROM skus LEFT JOIN orders
		  ON orders.product_id = skus.product_id AND orders.sku_id = skus.sku_id AND orders.status IN ?
		GROUP BY skus.product_id, skus.sku_id, skus.stock, skus.supplied
		HAVING skus.stock < 0 OR skus.stock <> skus.supplied - COALESCE(SUM(orders.quantity), 0)`,
		states(order.Status.HoldsStock)).Scan(&rows).Error
	found := make([]mall.Violation, len(rows))
	for i, r := range rows {
		found[i] = mall.Violation{
			Invariant: "I1", Subject: r.ProductID + "/" + r.SKUID,
			Detail: fmt.Sprintf("stock is %d, but %d came in and live orders hold %d", r.Stock, r.Supplied, r.Held),
		}
	}
	return found, translate(err)
}

// unaskedPayments finds pending payments that the provider was not asked about, or gave no answer about, for too
// long (I3).
func (s *Store) unaskedPayments(ctx context.Context, now time.Time) ([]mall.Violation, error) {
	limit := millis(now.Add(-unaskedLimit))
	return s.query(ctx, "I3", `
		SELECT id AS subject, 'pending, and its fate at the provider unknown for over 3 min' AS detail FROM payments
		WHERE status = ? AND (next_ask_at < ? OR (unknown_since > 0 AND unknown_since < ?)) ORDER BY id`,
		string(payment.Pending), limit, limit)
}

// moneyViolations finds money that the mall holds for nothing, and goods that nobody paid for (I4): a succeeded
// payment either is what a live order was paid by, or is owed back; never both.
func (s *Store) moneyViolations(ctx context.Context, now time.Time) ([]mall.Violation, error) {
	live := states(paidAndLive)
	kept, err := s.query(ctx, "I4", `
		SELECT p.id AS subject, 'succeeded, but neither spent on a live order nor owed back to the buyer' AS detail
		FROM payments p JOIN orders o ON o.id = p.order_id LEFT JOIN refunds r ON r.payment_id = p.id AND r.intent = ?
		WHERE p.status = ? AND r.request_no IS NULL AND NOT (o.paid_by = p.id AND o.status IN ?) ORDER BY p.id`,
		string(payment.Full), string(payment.Succeeded), live)
	if err != nil {
		return nil, err
	}
	both, err := s.query(ctx, "I4", `
		SELECT o.id AS subject, 'live, although its payment is owed or sent back' AS detail
		FROM orders o JOIN refunds r ON r.payment_id = o.paid_by AND r.intent = ? WHERE o.status IN ? ORDER BY o.id`,
		string(payment.Full), live)
	if err != nil {
		return nil, err
	}
	unpaid, err := s.query(ctx, "I4", `
		SELECT o.id AS subject, 'counts as paid without a succeeded payment of its amount' AS detail
		FROM orders o LEFT JOIN payments p ON p.id = o.paid_by AND p.order_id = o.id AND p.status = ? AND p.amount_fen = o.amount_fen
		WHERE o.status NOT IN ? AND p.id IS NULL ORDER BY o.id`,
		string(payment.Succeeded), []string{string(order.Created), string(order.AwaitingPayment), string(order.Closed)})
	if err != nil {
		return nil, err
	}
	early, err := s.query(ctx, "I4", `
		SELECT o.id AS subject, 'refunded, but refunds of its whole payment did not succeed' AS detail
		FROM orders o LEFT JOIN refunds r ON r.payment_id = o.paid_by AND r.status = ?
		WHERE o.status = ? GROUP BY o.id, o.amount_fen HAVING COALESCE(SUM(r.amount_fen), 0) <> o.amount_fen ORDER BY o.id`,
		string(payment.RefundSucceeded), string(order.Refunded))
	if err != nil {
		return nil, err
	}
	lower, err := s.query(ctx, "I4", `
		SELECT o.id AS subject, 'its difference to a lower price is not what is owed or sent back for it' AS detail
		FROM orders o LEFT JOIN refunds r ON r.payment_id = o.paid_by AND r.intent = ?
		WHERE o.difference_fen <> COALESCE(r.amount_fen, 0) ORDER BY o.id`, string(payment.Difference))
	if err != nil {
		return nil, err
	}
	halted, err := s.haltedOrders(ctx, now)
	return slices.Concat(kept, both, unpaid, early, lower, halted), err
}

// haltedOrders finds orders whose money is neither spent nor back although nothing is left to wait for: a paid one that
// the engine does not answer, one whose refund does not get through.
func (s *Store) haltedOrders(ctx context.Context, now time.Time) ([]mall.Violation, error) {
	return s.query(ctx, "I4", `
		SELECT o.id AS subject, CONCAT('is ', o.status, ' for over 10 min') AS detail
		FROM orders o JOIN order_history h ON h.order_id = o.id AND h.to_status = o.status
		WHERE o.status IN ? GROUP BY o.id, o.status HAVING MAX(h.at) < ? ORDER BY o.id`,
		[]string{string(order.Paid), string(order.Refunding)}, millis(now.Add(-haltedLimit)))
}

// refundViolations finds payments of which more is owed back than came in, and refunds that do not arrive (I5).
func (s *Store) refundViolations(ctx context.Context, now time.Time) ([]mall.Violation, error) {
	waiting, err := s.query(ctx, "I5", `
		SELECT request_no AS subject, CONCAT('is ', status, ', the money is not back: ', last_error) AS detail FROM refunds
		WHERE status = ? OR status <> ? AND created_at < ? ORDER BY request_no`,
		string(payment.RefundFailed), string(payment.RefundSucceeded), millis(now.Add(-backLimit)))
	if err != nil {
		return nil, err
	}
	over, err := s.query(ctx, "I5", `
		SELECT r.payment_id AS subject, 'more is refunded than was paid' AS detail
		FROM refunds r LEFT JOIN payments p ON p.id = r.payment_id AND p.status = ?
		GROUP BY r.payment_id, p.amount_fen HAVING SUM(r.amount_fen) > COALESCE(p.amount_fen, 0) ORDER BY r.payment_id`,
		string(payment.Succeeded))
	return slices.Concat(waiting, over), err
}

// orderPaths checks that each order's history leads to its state (I9).
func (s *Store) orderPaths(ctx context.Context, _ time.Time) ([]mall.Violation, error) {
	return s.paths(ctx, "order", `
		SELECT o.id, o.status, h.from_status, h.to_status FROM orders o LEFT JOIN order_history h ON h.order_id = o.id
		ORDER BY o.id, h.version, h.step`, table(order.Transitions()))
}

func (s *Store) paymentPaths(ctx context.Context, _ time.Time) ([]mall.Violation, error) {
	return s.paths(ctx, "payment", `
		SELECT p.id, p.status, h.from_status, h.to_status FROM payments p LEFT JOIN payment_history h ON h.payment_id = p.id
		ORDER BY p.id, h.version, h.step`, table(payment.Transitions()))
}

func (s *Store) refundPaths(ctx context.Context, _ time.Time) ([]mall.Violation, error) {
	return s.paths(ctx, "refund", `
		SELECT r.request_no, r.status, h.from_status, h.to_status FROM refunds r
		LEFT JOIN refund_history h ON h.request_no = r.request_no
		ORDER BY r.request_no, h.version, h.step`, table(payment.RefundTransitions()))
}

// table forgets the type of the states.
func table[S ~string](transitions map[S][]S) map[string][]string {
	plain := make(map[string][]string, len(transitions))
	for from, to := range transitions {
		plain[string(from)] = each(to, func(s S) string { return string(s) })
	}
	return plain
}

// walk is one entity's history as far as it was read.
type walk struct {
	id, status, at string
	fault          string
}

func (w *walk) step(from, to string, allowed map[string][]string) {
	legal := from == w.at && (from == "" && to == "created" || slices.Contains(allowed[from], to))
	if !legal && w.fault == "" {
		w.fault = fmt.Sprintf("after %q its history goes from %q to %q", w.at, from, to)
	}
	w.at = to
}

func (w *walk) end(found []mall.Violation, kind string) []mall.Violation {
	if w.fault == "" && w.at != w.status {
		w.fault = fmt.Sprintf("is %q, but its history ends with %q", w.status, w.at)
	}
	if w.id == "" || w.fault == "" {
		return found
	}
	return append(found, mall.Violation{Invariant: "I9", Subject: w.id, Detail: kind + " " + w.fault})
}

// paths reads histories row by row, so that memory does not grow with them.
func (s *Store) paths(
	ctx context.Context, kind, statement string, allowed map[string][]string,
) (found []mall.Violation, err error) {
	rows, err := s.read(ctx).Raw(statement).Rows()
	if err != nil {
		return nil, fmt.Errorf("check I9: %w", translate(err))
	}
	defer func() { err = joinClose(err, rows) }()
	var w walk
	for rows.Next() {
		var id, status string
		var from, to sql.NullString
		if err := rows.Scan(&id, &status, &from, &to); err != nil {
			return nil, err
		}
		if id != w.id {
			found = w.end(found, kind)
			w = walk{id: id, status: status}
		}
		if to.Valid {
			w.step(from.String, to.String, allowed)
		}
	}
	return w.end(found, kind), rows.Err()
}

func joinClose(err error, rows *sql.Rows) error {
	if closing := rows.Close(); err == nil {
		return closing
	}
	return err
}

// stuckTasks finds tasks that were given up (I10), and those that no relay takes or that fail again and again (I11).
func (s *Store) stuckTasks(ctx context.Context, now time.Time) ([]mall.Violation, error) {
	stuck, err := outbox.ListStuck(ctx, s.db, now, maxStuck)
	if err != nil {
		return nil, fmt.Errorf("check I11: %w", translate(err))
	}
	return each(stuck, func(m outbox.Stuck) mall.Violation {
		v := mall.Violation{Invariant: "I11", Subject: m.ID, Detail: m.String()}
		if m.Dead {
			v.Invariant = "I10"
		}
		return v
	}), nil
}

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
