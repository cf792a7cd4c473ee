package groupbuystore

import "kaituan/infrastructure/invariant"

func seatRules(seats invariant.Rows) []invariant.Rule {
	rule := func(id, sql string) invariant.Rule { return invariant.Rule{Invariant: id, Over: seats, SQL: sql} }
	return []invariant.Rule{
		rule("I2", orphansRule), rule("I2", liveRule), rule("I5", askedRule), rule("amount", amountRule), rule("amount", differenceRule),
	}
}

const orphansRule = `
SELECT s.id AS subject, CONCAT('its team ', s.team_id, ' does not exist') AS detail
FROM seats s LEFT JOIN teams t ON t.id = s.team_id WHERE t.id IS NULL AND s.id > @after AND s.id <= @upto`

// liveRule ties the ordinal, by which queries know live seats, to what a seat's status and difference say.
const liveRule = `
SELECT id AS subject, CONCAT(status, ' with ordinal ', COALESCE(ordinal, 0), ', difference ', difference_fen, ' "', difference_no, '"') AS detail
FROM seats
WHERE id > @after AND id <= @upto AND ((ordinal IS NOT NULL) <> (status IN ('held', 'paid') OR (status = 'refunding' AND asked_no = '' AND difference_fen > 0 AND difference_no = '')))`

// askedRule: a seat whose refund was asked for had been paid, is not given again, and is confirmed under the number
// that was asked with.
const askedRule = `
SELECT id AS subject, CONCAT(status, ', settled ', settlement, ', asked "', asked_no, '" at ', asked_at, ', refunded "', refund_no, '"') AS detail
FROM seats
WHERE id > @after AND id <= @upto AND ((asked_no = '') <> (asked_at = 0) OR (left_formed = 1 AND asked_no = '')
   OR (asked_no <> '' AND (status NOT IN ('refunding', 'refunded') OR settlement NOT IN ('joined', 'formed') OR (status = 'refunded' AND refund_no <> asked_no))))`

const amountRule = `
SELECT id AS subject,
       CONCAT(quantity, ' x ', pay_price_fen, ' of ', original_fen, ' fen makes ', amount_fen, '; settled ', settlement, ' ', paid_amount_fen) AS detail
FROM seats
WHERE id > @after AND id <= @upto AND (amount_fen <> quantity * pay_price_fen OR quantity < 1 OR pay_price_fen < 1 OR pay_price_fen > original_fen
   OR (settlement <> '' AND paid_amount_fen <> amount_fen) OR (status = 'paid' AND settlement NOT IN ('joined', 'formed')))`

// differenceRule: what people paid, less what goes back, is the price of the size that their team reached. Who asked for
// everything before the team closed is owed no difference.
const differenceRule = `
SELECT subject, CONCAT('of ', amount_fen, ' fen goes back ', difference_fen, ', at tier ', tier, ' owed ', owed) AS detail
FROM (SELECT s.id AS subject, s.amount_fen, s.difference_fen, t.tier,
             CASE WHEN s.asked_no <> '' AND (s.asked_at < t.closed_at OR (s.asked_at = t.closed_at AND s.difference_fen = 0)) THEN 0
                  WHEN s.status IN ('paid', 'refunding', 'refunded') AND JSON_EXTRACT(s.terms, CONCAT('$.tier_prices_fen[', t.tier, ']')) + 0 < s.pay_price_fen
                  THEN s.quantity * (s.pay_price_fen - JSON_EXTRACT(s.terms, CONCAT('$.tier_prices_fen[', t.tier, ']'))) ELSE 0 END AS owed
      FROM seats s JOIN teams t ON t.id = s.team_id
      WHERE s.id > @after AND s.id <= @upto AND (s.difference_fen <> 0 OR t.tier > 0)) differences
WHERE difference_fen <> owed`
