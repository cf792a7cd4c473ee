package mallstore

import (
	"time"

	"kaituan/infrastructure/invariant"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// stockRules compare the stock of each SKU with what came in and what live orders took.
func stockRules() []invariant.Rule {
	return []invariant.Rule{{
		Invariant: "I1", Over: invariant.Rows{What: "products", Table: "products", Key: "id"}, SQL: stockRule,
		Args: invariant.Args{"holding": states(order.Status.HoldsStock)},
	}}
}

const stockRule = `
SELECT CONCAT(k.product_id, '/', k.sku_id) AS subject,
       CONCAT('stock is ', k.stock, ', but ', k.supplied, ' came in and live orders hold ', COALESCE(o.held, 0)) AS detail
FROM skus k
LEFT JOIN (SELECT product_id, sku_id, SUM(quantity) AS held FROM orders
           WHERE product_id > @after AND product_id <= @upto AND status IN @holding GROUP BY product_id, sku_id) o
  ON o.product_id = k.product_id AND o.sku_id = k.sku_id
WHERE k.product_id > @after AND k.product_id <= @upto AND (k.stock < 0 OR k.stock <> k.supplied - COALESCE(o.held, 0))`

// orderRules find goods that nobody paid for, and orders whose money is not where they say (I4).
func orderRules(orders invariant.Rows, now time.Time) []invariant.Rule {
	rule := func(sql string, args invariant.Args) invariant.Rule {
		return invariant.Rule{Invariant: "I4", Over: orders, SQL: sql, Args: args}
	}
	unpaid := []string{string(order.Created), string(order.AwaitingPayment), string(order.Closed)}
	return []invariant.Rule{
		rule(bothRule, invariant.Args{"full": string(payment.Full), "live": states(paidAndLive)}),
		rule(unpaidRule, invariant.Args{"succeeded": string(payment.Succeeded), "unpaid": unpaid}),
		rule(earlyRule, invariant.Args{"back": string(payment.RefundSucceeded), "refunded": string(order.Refunded)}),
		rule(differenceRule, invariant.Args{"difference": string(payment.Difference)}),
		rule(haltedRule, invariant.Args{
			"passing": []string{string(order.Paid), string(order.Refunding)}, "before": millis(now.Add(-haltedLimit)),
		}),
		rule(sentRule, invariant.Args{"shipped": string(order.Shipped)}),
	}
}

const bothRule = `
SELECT o.id AS subject, CONCAT('is ', o.status, ', although its payment is owed or sent back: refund ', r.request_no, ' is ', r.status) AS detail
FROM orders o JOIN refunds r ON r.payment_id = o.paid_by AND r.intent = @full
WHERE o.id > @after AND o.id <= @upto AND o.status IN @live`

const unpaidRule = `
SELECT o.id AS subject, CONCAT('is ', o.status, ' without a succeeded payment of its amount') AS detail
FROM orders o LEFT JOIN payments p ON p.id = o.paid_by AND p.order_id = o.id AND p.status = @succeeded AND p.amount_fen = o.amount_fen
WHERE o.id > @after AND o.id <= @upto AND o.status NOT IN @unpaid AND p.id IS NULL`

const earlyRule = `
SELECT o.id AS subject, CONCAT('refunded, but of its ', o.amount_fen, ' fen refunds of ', COALESCE(SUM(r.amount_fen), 0), ' succeeded') AS detail
FROM orders o LEFT JOIN refunds r ON r.payment_id = o.paid_by AND r.status = @back
WHERE o.id > @after AND o.id <= @upto AND o.status = @refunded
GROUP BY o.id, o.amount_fen HAVING COALESCE(SUM(r.amount_fen), 0) <> o.amount_fen`

const differenceRule = `
SELECT o.id AS subject,
       CONCAT('its difference to a lower price is ', o.difference_fen, ' fen, ', COALESCE(r.amount_fen, 0), ' are owed or sent back for it') AS detail
FROM orders o LEFT JOIN refunds r ON r.payment_id = o.paid_by AND r.intent = @difference
WHERE o.id > @after AND o.id <= @upto AND o.difference_fen <> COALESCE(r.amount_fen, 0)`

// haltedRule: the money is neither spent nor back although nothing is left to wait for. A paid order is not answered by
// the engine, or a refund does not get through.
const haltedRule = `
SELECT o.id AS subject, CONCAT('is ', o.status, ' for over 10 min') AS detail
FROM orders o JOIN order_history h ON h.order_id = o.id AND h.to_status = o.status
WHERE o.id > @after AND o.id <= @upto AND o.status IN @passing
GROUP BY o.id, o.status HAVING MAX(h.at) < @before`

// sentRule: goods that were sent are of a shipped order, and of no other.
const sentRule = `
SELECT id AS subject, CONCAT('is ', status, ', sent at ', shipped_at) AS detail FROM orders
WHERE id > @after AND id <= @upto AND (status = @shipped) <> (shipped_at > 0)`
