package groupbuystore

import (
	"context"
	"slices"
	"strings"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/outbox"
)

const (
	maxViolations = 100              // of each rule: enough to see the pattern
	grace         = 60 * time.Second // for workers to expire teams
)

// rule finds the rows that break one invariant, each as a subject and a detail. A rule is one statement, so that it
// sees one moment even while teams change, and the database does the looking.
type rule struct {
	invariant string
	sql       string
	args      []any
}

// Violations lists rows that break an invariant. See groupbuy.Checker.
func (s *Store) Violations(ctx context.Context, now time.Time) ([]groupbuy.Violation, error) {
	var all []groupbuy.Violation
	for _, r := range rules(now) {
		var found []groupbuy.Violation
		if err := s.db.Read(ctx).Raw(r.sql+" LIMIT ?", append(r.args, maxViolations)...).Scan(&found).Error; err != nil {
			return nil, failed(err, "check %s", r.invariant)
		}
		for _, v := range found {
			v.Invariant = r.invariant
			all = append(all, v)
		}
	}
	stuck, err := s.stuckMessages(ctx, now)
	if err != nil {
		return nil, err
	}
	broken, err := s.brokenLinks(ctx)
	return slices.Concat(all, stuck, broken), err
}

// stuckMessages finds messages that were given up (I10), and those that nobody takes or that fail again and again
// (I11). A delivery may fail for days by its own schedule.
func (s *Store) stuckMessages(ctx context.Context, now time.Time) ([]groupbuy.Violation, error) {
	stuck, err := outbox.ListStuck(ctx, s.db, now, maxViolations, groupbuy.TopicDelivery)
	if err != nil {
		return nil, failed(err, "check I11")
	}
	return mapped(stuck, func(m outbox.Stuck) groupbuy.Violation {
		v := groupbuy.Violation{Invariant: "I11", Subject: m.ID, Detail: m.String()}
		if m.Dead {
			v.Invariant = "I10"
		}
		return v
	}), nil
}

func rules(now time.Time) []rule {
	overdue := millis(now.Add(-grace))
	return []rule{
		{"I1", stockRule, nil},
		{"I2", countersRule, nil},
		{"I2", leftRule, nil},
		{"I2", orphansRule, nil},
		{"I2", liveRule, nil},
		{"I8", "SELECT id AS subject, CONCAT(status, ' and open, expired at ', expires_at) AS detail FROM teams WHERE closed_at = 0 AND expires_at < ?", []any{overdue}},
		{"I8", formedRule, nil},
		{"I8", closedRule, nil},
		historyRule("team", team.Forming, team.Transitions()),
		unrecordedRule("team"),
		historyRule("seat", team.Held, team.SeatTransitions()),
		unrecordedRule("seat"),

		{"I5", askedRule, nil},
		{"amount", amountRule, nil},
		{"amount", differenceRule, nil},
		{"amount", costRule, nil},
	}
}

const stockRule = `
SELECT CONCAT(k.activity_id, '/', k.goods_id, '/', k.sku_id) AS subject,
       CONCAT('taken ', k.taken, ' of ', k.pieces, ', live seats have ', COALESCE(l.pieces, 0)) AS detail
FROM activity_stock k
LEFT JOIN (SELECT activity_id, goods_id, sku_id, SUM(quantity) AS pieces FROM seats WHERE ordinal IS NOT NULL
           GROUP BY activity_id, goods_id, sku_id) l
  ON l.activity_id = k.activity_id AND l.goods_id = k.goods_id AND l.sku_id = k.sku_id
WHERE k.taken <> COALESCE(l.pieces, 0) OR k.taken > k.pieces OR k.taken < 0`

// countersRule counts a seat as paid while its difference goes back, when it keeps its ordinal.
const countersRule = `
SELECT t.id AS subject,
       CONCAT('held ', t.held, ', paid ', t.paid, ' and virtual ', t.virtual_seats, ' of ', t.capacity,
              ', seats say ', COALESCE(s.held, 0), ' and ', COALESCE(s.paid, 0)) AS detail
FROM teams t
LEFT JOIN (SELECT team_id, SUM(status = 'held') AS held,
                  SUM(status = 'paid' OR (status = 'refunding' AND ordinal IS NOT NULL)) AS paid FROM seats GROUP BY team_id) s ON s.team_id = t.id
WHERE t.held <> COALESCE(s.held, 0) OR t.paid <> COALESCE(s.paid, 0) OR t.held + t.paid + t.virtual_seats > t.capacity`

// leftRule: a team counts who left after it had formed.
const leftRule = `
SELECT t.id AS subject, CONCAT(t.status, ' with refunded ', t.refunded, ', seats say ', COALESCE(s.refunded, 0)) AS detail
FROM teams t
LEFT JOIN (SELECT team_id, COUNT(*) AS refunded FROM seats WHERE left_formed = 1 GROUP BY team_id) s ON s.team_id = t.id
WHERE t.refunded <> COALESCE(s.refunded, 0) OR (t.refunded > 0 AND t.status <> 'formed')`

// liveRule ties the ordinal, by which queries know live seats, to what a seat's status and difference say.
const liveRule = `
SELECT id AS subject, CONCAT(status, ' with ordinal ', COALESCE(ordinal, 0), ', difference ', difference_fen, ' "', difference_no, '"') AS detail
FROM seats
WHERE (ordinal IS NOT NULL) <> (status IN ('held', 'paid') OR (status = 'refunding' AND asked_no = '' AND difference_fen > 0 AND difference_no = ''))`

const orphansRule = `
SELECT s.id AS subject, CONCAT('its team ', s.team_id, ' does not exist') AS detail
FROM seats s LEFT JOIN teams t ON t.id = s.team_id WHERE t.id IS NULL`

// formedRule reads settlements, because seats of a formed team may be refunded later; those who left before had no part
// in it. Of a team formed by payments, the payment that formed it and all later ones were answered "formed"; virtual
// seats form one without any.
const formedRule = `
SELECT t.id AS subject,
       CONCAT(t.status, ' with paid ', t.paid, ' and virtual ', t.virtual_seats, ' of ', t.target, '; ', COALESCE(s.settled, 0), ' settled, ',
              COALESCE(s.formed, 0), ' of them formed') AS detail
FROM teams t
LEFT JOIN (SELECT team_id, SUM(settlement IN ('joined', 'formed')) AS settled, SUM(settlement = 'formed') AS formed
           FROM seats WHERE asked_no = '' OR left_formed = 1 GROUP BY team_id) s ON s.team_id = t.id
WHERE (t.status = 'formed' AND t.virtual_seats = 0 AND (COALESCE(s.settled, 0) < t.target OR COALESCE(s.formed, 0) <> s.settled - t.target + 1))
   OR (t.status = 'formed' AND t.virtual_seats > 0 AND (t.min_real < 1 OR COALESCE(s.settled, 0) < t.min_real
       OR s.settled + t.virtual_seats <> t.target OR COALESCE(s.formed, 0) > 0))
   OR (t.status <> 'formed' AND (t.paid >= t.target OR COALESCE(s.formed, 0) > 0 OR t.virtual_seats <> 0))`

// closedRule: a team is open while it gathers, and with tiers until its last size is paid or nobody is left; then its
// price is the one of the highest size that was reached, whoever leaves afterwards.
const closedRule = `
SELECT id AS subject,
       CONCAT(status, ', closed at ', closed_at, ', tier ', tier, ' of [', target, '] ', tiers, ' with paid ', paid) AS detail
FROM teams
WHERE (status = 'forming' AND closed_at <> 0) OR (status = 'failed' AND closed_at = 0)
   OR (status = 'formed' AND closed_at = 0 AND (capacity = target OR virtual_seats > 0 OR paid >= capacity OR held + paid = 0))
   OR (closed_at = 0 AND tier <> 0) OR (tier > 0 AND COALESCE(JSON_EXTRACT(NULLIF(tiers, ''), CONCAT('$[', tier - 1, ']')) + 0, paid + refunded + 1) > paid + refunded)
   OR (status = 'formed' AND closed_at > 0 AND JSON_EXTRACT(NULLIF(tiers, ''), CONCAT('$[', tier, ']')) + 0 <= paid)`

// costRule: what auto-completion gave away is original price less amount of the seats that people paid.
const costRule = `
SELECT t.id AS subject, CONCAT('cost ', t.cost_fen, ' with virtual ', t.virtual_seats, ', paid seats say ', COALESCE(s.cost, 0)) AS detail
FROM teams t
LEFT JOIN (SELECT team_id, SUM(quantity * original_fen - amount_fen) AS cost FROM seats
           WHERE settlement IN ('joined', 'formed') AND (asked_no = '' OR left_formed = 1) GROUP BY team_id) s ON s.team_id = t.id
WHERE t.cost_fen <> CASE WHEN t.virtual_seats > 0 THEN COALESCE(s.cost, 0) ELSE 0 END`

// differenceRule: what people paid, less what goes back, is the price of the size that their team reached. Who asked for
// everything before the team closed is owed no difference.
const differenceRule = `
SELECT subject, CONCAT('of ', amount_fen, ' fen goes back ', difference_fen, ', at tier ', tier, ' owed ', owed) AS detail
FROM (SELECT s.id AS subject, s.amount_fen, s.difference_fen, t.tier,
             CASE WHEN s.asked_no <> '' AND (s.asked_at < t.closed_at OR (s.asked_at = t.closed_at AND s.difference_fen = 0)) THEN 0
                  WHEN s.status IN ('paid', 'refunding', 'refunded') AND JSON_EXTRACT(s.terms, CONCAT('$.tier_prices_fen[', t.tier, ']')) + 0 < s.pay_price_fen
                  THEN s.quantity * (s.pay_price_fen - JSON_EXTRACT(s.terms, CONCAT('$.tier_prices_fen[', t.tier, ']'))) ELSE 0 END AS owed
      FROM seats s JOIN teams t ON t.id = s.team_id
      WHERE s.difference_fen <> 0 OR t.tier > 0) differences
WHERE difference_fen <> owed`

const amountRule = `
SELECT id AS subject,
       CONCAT(quantity, ' x ', pay_price_fen, ' of ', original_fen, ' fen makes ', amount_fen, '; settled ', settlement, ' ', paid_amount_fen) AS detail
FROM seats
WHERE amount_fen <> quantity * pay_price_fen OR quantity < 1 OR pay_price_fen < 1 OR pay_price_fen > original_fen
   OR (settlement <> '' AND paid_amount_fen <> amount_fen) OR (status = 'paid' AND settlement NOT IN ('joined', 'formed'))`

// askedRule: a seat whose refund was asked for had been paid, is not given again, and is confirmed under the number
// that was asked with.
const askedRule = `
SELECT id AS subject, CONCAT(status, ', settled ', settlement, ', asked "', asked_no, '" at ', asked_at, ', refunded "', refund_no, '"') AS detail
FROM seats
WHERE (asked_no = '') <> (asked_at = 0) OR (left_formed = 1 AND asked_no = '')
   OR (asked_no <> '' AND (status NOT IN ('refunding', 'refunded') OR settlement NOT IN ('joined', 'formed') OR (status = 'refunded' AND refund_no <> asked_no)))`

// historyRule follows each entity's recorded steps: they begin with the first state, join up, are all in the state
// graph, and end in the state that the entity has.
func historyRule[S ~string](entity string, first S, graph map[S][]S) rule {
	legal := []string{">" + string(first)}
	for from, next := range graph {
		for _, to := range next {
			legal = append(legal, string(from)+">"+string(to))
		}
	}
	slices.Sort(legal)
	return rule{"I9", strings.ReplaceAll(historySQL, "ENTITY", entity), []any{legal}}
}

const historySQL = `
SELECT h.id AS subject,
       CONCAT('step from "', h.from_status, '" to "', h.to_status, '" after "', h.was, '", now ', COALESCE(e.status, 'gone')) AS detail
FROM (SELECT id, from_status, to_status,
             COALESCE(LAG(to_status) OVER (PARTITION BY id ORDER BY version, step), '') AS was,
             LEAD(to_status) OVER (PARTITION BY id ORDER BY version, step) AS after
      FROM ENTITY_history) h
LEFT JOIN ENTITYs e ON e.id = h.id
WHERE h.from_status <> h.was OR CONCAT(h.from_status, '>', h.to_status) NOT IN ?
   OR (h.after IS NULL AND (e.id IS NULL OR e.status <> h.to_status))`

func unrecordedRule(entity string) rule {
	return rule{"I9", strings.ReplaceAll(
		"SELECT e.id AS subject, 'has no history' AS detail FROM ENTITYs e LEFT JOIN ENTITY_history h ON h.id = e.id WHERE h.id IS NULL",
		"ENTITY", entity), nil}
}
