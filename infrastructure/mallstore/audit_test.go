package mallstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
	"kaituan/mall"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// books is a small shop in good order: ord_1 shipped, ord_2 refunded, ord_3 waits for its payment.
type books struct {
	t     *testing.T
	db    *sqldb.DB
	store *mallstore.Store
	now   time.Time
}

func newBooks(t *testing.T, db *sqldb.DB) *books {
	b := &books{t: t, db: db, now: time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)}
	b.store = mallstore.New(db, func() time.Time { return b.now }, nil)
	b.do(func(tx mall.Tx) error {
		return tx.PutProduct(catalog.Product{
			ID: "teapot", Name: "Teapot", Shelf: catalog.OnShelf, SKUs: []catalog.SKU{{ID: "red", Name: "Red", Price: 100, Stock: 10}},
		})
	})
	for _, id := range []string{"1", "2", "3"} {
		b.place(id)
	}
	b.pay("1", func(o *order.Order) { o.Ship("SIM", b.now) })
	b.pay("2", func(o *order.Order) {
		o.Mode = order.Group // as if: only group orders are refunded by the engine's word
		o.Hear(order.News{SeatStatus: "refunding", Reason: "team_did_not_fill"}, b.now)
		o.Refunded(b.now)
	})
	b.refund("2")
	return b
}

func (b *books) do(fn func(tx mall.Tx) error) {
	b.t.Helper()
	require.NoError(b.t, b.store.InTx(b.t.Context(), func(_ context.Context, tx mall.Tx) error { return fn(tx) }))
}

func (b *books) place(id string) {
	o := order.Place(order.Order{
		ID: order.ID("ord_" + id), Buyer: "acc_1", Mode: order.Solo, Original: 100,
		Item: order.Item{Product: "teapot", SKU: "red", Quantity: 1},
	}, b.now)
	o.Offer(order.Terms{Original: 100, PayPrice: 100, Amount: 100, ExpiresAt: b.now.Add(time.Hour)}, b.now)
	p := payment.Start(payment.Payment{ID: payment.ID("pay_" + id), Order: o.ID, Amount: 100}, b.now)
	p.Offer("page", b.now)
	b.do(func(tx mall.Tx) error {
		require.NoError(b.t, tx.AddOrder(o, mall.Key{Value: id}))
		require.NoError(b.t, tx.AddPayment(p))
		return tx.TakeStock("teapot", "red", 1)
	})
}

func (b *books) pay(id string, then func(o *order.Order)) {
	b.do(func(tx mall.Tx) error {
		o, err := tx.LockOrder(order.ID("ord_" + id))
		require.NoError(b.t, err)
		p, err := tx.OpenPayment(o.ID)
		require.NoError(b.t, err)
		p.Succeed("2026", b.now, b.now)
		require.NoError(b.t, tx.PutPayment(p))
		o.Pay(order.Receipt{Payment: order.PaymentID(p.ID), PaidAt: b.now}, b.now)
		then(&o)
		return tx.PutOrder(o)
	})
}

func (b *books) refund(id string) {
	b.do(func(tx mall.Tx) error {
		p, err := tx.Payment(payment.ID("pay_" + id))
		require.NoError(b.t, err)
		r := payment.Owe("rf_"+payment.RequestNo(id), p, "team_did_not_fill", b.now)
		r.Claim(b.now)
		r.Succeed(b.now)
		require.NoError(b.t, tx.AddRefund(r))
		return tx.ReturnStock("teapot", "red", 1)
	})
}

// breaks runs a statement that no code of ours would.
func (b *books) breaks(statement string) {
	b.t.Helper()
	require.NoError(b.t, b.db.InTx(b.t.Context(), func(tx *gorm.DB) error { return tx.Exec(statement).Error }))
}

func (b *books) violations() []mall.Violation {
	b.t.Helper()
	found, err := b.store.Violations(b.t.Context(), b.now)
	require.NoError(b.t, err)
	return found
}

func TestViolations_NoneInGoodOrder(t *testing.T) {
	sqldbtest.Each(t, sqldb.Mall, func(t *testing.T, db *sqldb.DB) { require.Empty(t, newBooks(t, db).violations()) })
}

// What each line breaks is found, under its name.
func TestViolations_BrokenByHand(t *testing.T) {
	for name, c := range map[string]struct {
		breaks    string
		later     time.Duration
		invariant string
		subject   string
		detail    string
	}{
		"stock too high":      {"UPDATE skus SET stock = stock + 1", 0, "I1", "teapot/red", "stock is 9, but 10 came in and live orders hold 2"},
		"stock negative":      {"UPDATE skus SET stock = -1, supplied = 1", 0, "I1", "teapot/red", "stock is -1"},
		"never asked":         {"", 4 * time.Minute, "I3", "pay_3", "unknown"},
		"no answer":           {"UPDATE payments SET unknown_since = 1 WHERE id = 'pay_3'", 0, "I3", "pay_3", "unknown"},
		"ask never":           {"UPDATE payments SET next_ask_at = 0 WHERE id = 'pay_3'", 0, "I3", "pay_3", "unknown"},
		"money for nothing":   {"UPDATE orders SET paid_by = '' WHERE id = 'ord_1'", 0, "I4", "pay_1", "neither"},
		"goods and money":     {"UPDATE refunds SET payment_id = 'pay_1', amount_fen = 1", 0, "I4", "ord_1", "although its payment is owed or sent back"},
		"difference unpaid":   {"UPDATE orders SET difference_fen = 1 WHERE id = 'ord_1'", 0, "I4", "ord_1", "difference"},
		"difference unknown":  {"UPDATE refunds SET payment_id = 'pay_1', amount_fen = 1, intent = 'difference'", 0, "I4", "ord_1", "difference"},
		"a part is not all":   {"UPDATE refunds SET amount_fen = 99", 0, "I4", "ord_2", "refunded, but of its 100 fen refunds of"},
		"only a part is owed": {"UPDATE refunds SET intent = 'difference'", 0, "I4", "pay_2", "neither"},
		"other amount":        {"UPDATE payments SET amount_fen = 101 WHERE id = 'pay_1'", 0, "I4", "ord_1", "without a succeeded payment"},
		"refunded by word":    {"UPDATE refunds SET status = 'submitted'", 0, "I4", "ord_2", "refunded, but of its 100 fen refunds of"},
		"refund failed":       {"UPDATE refunds SET status = 'failed', last_error = 'no money'", 0, "I5", "rf_2", "is failed, the money is not back: no money"},
		"refund for a day":    {"UPDATE refunds SET status = 'submitted'", 24*time.Hour + time.Second, "I5", "rf_2", "is submitted"},
		"paid and forgotten":  {"UPDATE orders SET status = 'paid' WHERE id = 'ord_1'", 10*time.Minute + time.Second, "I4", "ord_1", "is paid for over 10 min"},
		"refunding for ever":  {"UPDATE orders SET status = 'refunding' WHERE id = 'ord_2'", 10*time.Minute + time.Second, "I4", "ord_2", "is refunding for over 10 min"},
		"refunded too much":   {"UPDATE refunds SET amount_fen = 101", 0, "I5", "pay_2", "of its 100 fen 101 are refunded, more than was paid"},
		"order jumps":         {"UPDATE order_history SET to_status = 'shipped' WHERE order_id = 'ord_1' AND to_status = 'paid'", 0, "I9", "ord_1", `step from "awaiting_payment" to "shipped"`},
		"order history short": {"DELETE FROM order_history WHERE order_id = 'ord_3' AND to_status = 'awaiting_payment'", 0, "I9", "ord_3", `step from "" to "created" after "", now awaiting_payment`},
		"history of nothing":  {"UPDATE order_history SET order_id = 'ord_9' WHERE order_id = 'ord_3'", 0, "I9", "ord_9", "now gone"},
		"refund without one":  {"DELETE FROM refund_history", 0, "I9", "rf_2", "has no history"},
		"sent unpaid goods":   {"UPDATE orders SET shipped_at = 1 WHERE id = 'ord_3'", 0, "I4", "ord_3", "is awaiting_payment, sent at 1"},
		"shipped, never sent": {"UPDATE orders SET shipped_at = 0 WHERE id = 'ord_1'", 0, "I4", "ord_1", "is shipped, sent at 0"},
		"payment of nothing":  {"UPDATE payments SET order_id = 'ord_9' WHERE id = 'pay_2'", 0, "I4", "ord_2", "without a succeeded payment"},
		"order history lost":  {"DELETE FROM order_history WHERE order_id = 'ord_3'", 0, "I9", "ord_3", "has no history"},
		"order begins wrong":  {"UPDATE order_history SET to_status = 'awaiting_payment' WHERE order_id = 'ord_3' AND from_status = ''", 0, "I9", "ord_3", `from "" to`},
		"payment jumps":       {"UPDATE payment_history SET from_status = 'closed' WHERE payment_id = 'pay_1' AND to_status = 'succeeded'", 0, "I9", "pay_1", `step from "closed" to "succeeded" after "pending"`},
		"refund jumps":        {"DELETE FROM refund_history WHERE to_status = 'submitted'", 0, "I9", "rf_2", `step from "submitted" to "succeeded" after "created"`},
		"task forgotten":      {"INSERT INTO outbox (id, topic, msg_key, payload, created_at, next_at) VALUES ('m1', 'mall.settle', 'ord_1', '', 1, 1)", 0, "I11", "m1", "mall.settle"},
		"task always fails":   {"INSERT INTO outbox (id, topic, msg_key, payload, created_at, next_at, attempts, last_error) VALUES ('m1', 'mall.settle', 'ord_1', '', 1, 9999999999999, 3, 'no')", 0, "I11", "m1", "attempts 3: no"},
		"task given up":       {"INSERT INTO outbox (id, topic, msg_key, payload, created_at, next_at, attempts, dead_at, last_error) VALUES ('m1', 'mall.settle', 'ord_1', '', 1, 1, 9, 2, 'no')", 0, "I10", "m1", "dead after 9 attempts: no"},
	} {
		t.Run(name, func(t *testing.T) {
			sqldbtest.Each(t, sqldb.Mall, func(t *testing.T, db *sqldb.DB) {
				b := newBooks(t, db)
				if c.breaks != "" {
					b.breaks(c.breaks)
				}
				b.now = b.now.Add(c.later)
				found := b.violations()
				require.Contains(t, detailOf(found, c.invariant, c.subject), c.detail, "%v", found)
			})
		})
	}
}

func detailOf(found []mall.Violation, invariant, subject string) string {
	for _, v := range found {
		if v.Invariant == invariant && v.Subject == subject {
			return v.Detail
		}
	}
	return "not found"
}

func TestViolations_ATaskThatWaitsForItsTimeIsFine(t *testing.T) {
	b := newBooks(t, sqldbtest.Open(t, sqldb.Mall))
	b.do(func(tx mall.Tx) error { return tx.Enqueue(mall.Task{Topic: mall.TopicSettle, Subject: "ord_1"}) })
	b.now = b.now.Add(time.Minute)
	require.Empty(t, b.violations())
	b.now = b.now.Add(time.Second)
	require.Equal(t, "I11", b.violations()[0].Invariant)
}
