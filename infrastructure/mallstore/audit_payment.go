package mallstore

import (
	"time"

	"kaituan/infrastructure/invariant"
	"kaituan/mall/payment"
)

// paymentRules find pending payments that the provider was not asked about, or gave no answer about, for too long (I3),
// and money that the mall holds for nothing (I4).
func paymentRules(payments invariant.Rows, now time.Time) []invariant.Rule {
	return []invariant.Rule{
		{Invariant: "I3", Over: payments, SQL: unaskedRule, Args: invariant.Args{
			"pending": string(payment.Pending), "before": millis(now.Add(-unaskedLimit)),
		}},
		{Invariant: "I4", Over: payments, SQL: keptRule, Args: invariant.Args{
			"full": string(payment.Full), "succeeded": string(payment.Succeeded), "live": states(paidAndLive),
		}},
	}
}

const unaskedRule = `
SELECT id AS subject, 'pending, and its fate at the provider unknown for over 3 min' AS detail FROM payments
WHERE id > @after AND id <= @upto AND status = @pending
  AND (next_ask_at < @before OR (unknown_since > 0 AND unknown_since < @before))`

// keptRule: a succeeded payment either is what a live order was paid by, or is owed back.
const keptRule = `
SELECT p.id AS subject, 'succeeded, but neither spent on a live order nor owed back to the buyer' AS detail
FROM payments p LEFT JOIN orders o ON o.id = p.order_id LEFT JOIN refunds r ON r.payment_id = p.id AND r.intent = @full
WHERE p.id > @after AND p.id <= @upto AND p.status = @succeeded AND r.request_no IS NULL
  AND (o.id IS NULL OR NOT (o.paid_by = p.id AND o.status IN @live))`

// refundRules find refunds that do not arrive, and payments of which more is owed back than came in (I5).
func refundRules(refunds, payments invariant.Rows, now time.Time) []invariant.Rule {
	return []invariant.Rule{
		{Invariant: "I5", Over: refunds, SQL: waitingRule, Args: invariant.Args{
			"failed": string(payment.RefundFailed), "back": string(payment.RefundSucceeded), "before": millis(now.Add(-backLimit)),
		}},
		{Invariant: "I5", Over: payments, SQL: overRule, Args: invariant.Args{"succeeded": string(payment.Succeeded)}},
	}
}

const waitingRule = `
SELECT request_no AS subject, CONCAT('is ', status, ', the money is not back: ', last_error) AS detail FROM refunds
WHERE request_no > @after AND request_no <= @upto AND (status = @failed OR (status <> @back AND created_at < @before))`

const overRule = `
SELECT r.payment_id AS subject, CONCAT('of its ', COALESCE(p.amount_fen, 0), ' fen ', SUM(r.amount_fen), ' are refunded, more than was paid') AS detail
FROM refunds r LEFT JOIN payments p ON p.id = r.payment_id AND p.status = @succeeded
WHERE r.payment_id > @after AND r.payment_id <= @upto
GROUP BY r.payment_id, p.amount_fen HAVING SUM(r.amount_fen) > COALESCE(p.amount_fen, 0)`
