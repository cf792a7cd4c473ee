package groupbuystore

import (
	"time"

	"kaituan/infrastructure/invariant"
)

// stockRules look at the stock of an activity at once.
func stockRules() []invariant.Rule {
	activities := invariant.Rows{What: "activities", Table: "activities", Key: "id"}
	return []invariant.Rule{{Invariant: "I1", Over: activities, SQL: stockRule}}
}

func teamRules(teams invariant.Rows, now time.Time) []invariant.Rule {
	rule := func(id, sql string) invariant.Rule { return invariant.Rule{Invariant: id, Over: teams, SQL: sql} }
	overdue := rule("I8", overdueRule)
	overdue.Args = invariant.Args{"overdue": millis(now.Add(-grace))}
	return []invariant.Rule{
		rule("I2", countersRule), rule("I2", leftRule), overdue, rule("I8", formedRule), rule("I8", closedRule), rule("amount", costRule),
	}
}

const stockRule = `
SELECT CONCAT(k.activity_id, '/', k.goods_id, '/', k.sku_id) AS subject,
       CONCAT('taken ', k.taken, ' of ', k.pieces, ', live seats have ', COALESCE(l.pieces, 0)) AS detail
FROM activity_stock k
LEFT JOIN (SELECT activity_id, goods_id, sku_id, SUM(quantity) AS pieces FROM seats WHERE ordinal IS NOT NULL AND activity_id > @after AND activity_id <= @upto
           GROUP BY activity_id, goods_id, sku_id) l
  ON l.activity_id = k.activity_id AND l.goods_id = k.goods_id AND l.sku_id = k.sku_id
WHERE k.activity_id > @after AND k.activity_id <= @upto AND (k.taken <> COALESCE(l.pieces, 0) OR k.taken > k.pieces OR k.taken < 0)`

// countersRule counts a seat as paid while its difference goes back, when it keeps its ordinal.
const countersRule = `
SELECT t.id AS subject,
       CONCAT('held ', t.held, ', paid ', t.paid, ' and virtual ', t.virtual_seats, ' of ', t.capacity,
              ', seats say ', COALESCE(s.held, 0), ' and ', COALESCE(s.paid, 0)) AS detail
FROM teams t
LEFT JOIN (SELECT team_id, SUM(status = 'held') AS held,
                  SUM(status = 'paid' OR (status = 'refunding' AND ordinal IS NOT NULL)) AS paid FROM seats
           WHERE team_id > @after AND team_id <= @upto GROUP BY team_id) s ON s.team_id = t.id
WHERE t.id > @after AND t.id <= @upto
  AND (t.held <> COALESCE(s.held, 0) OR t.paid <> COALESCE(s.paid, 0) OR t.held + t.paid + t.virtual_seats > t.capacity)`

// leftRule: a team counts who left after it had formed.
const leftRule = `
SELECT t.id AS subject, CONCAT(t.status, ' with refunded ', t.refunded, ', seats say ', COALESCE(s.refunded, 0)) AS detail
FROM teams t
LEFT JOIN (SELECT team_id, COUNT(*) AS refunded FROM seats WHERE left_formed = 1 AND team_id > @after AND team_id <= @upto
           GROUP BY team_id) s ON s.team_id = t.id
WHERE t.id > @after AND t.id <= @upto
  AND (t.refunded <> COALESCE(s.refunded, 0) OR (t.refunded > 0 AND t.status <> 'formed'))`

const overdueRule = `
SELECT id AS subject, CONCAT(status, ' and open, expired at ', expires_at) AS detail FROM teams
WHERE id > @after AND id <= @upto AND closed_at = 0 AND expires_at < @overdue`

// formedRule reads settlements, because seats of a formed team may be refunded later; those who left before had no part
// in it. Of a team formed by payments, the payment that formed it and all later ones were answered "formed"; virtual
// seats form one without any.
const formedRule = `
SELECT t.id AS subject,
       CONCAT(t.status, ' with paid ', t.paid, ' and virtual ', t.virtual_seats, ' of ', t.target, '; ', COALESCE(s.settled, 0), ' settled, ',
              COALESCE(s.formed, 0), ' of them formed') AS detail
FROM teams t
LEFT JOIN (SELECT team_id, SUM(settlement IN ('joined', 'formed')) AS settled, SUM(settlement = 'formed') AS formed
           FROM seats WHERE (asked_no = '' OR left_formed = 1) AND team_id > @after AND team_id <= @upto
           GROUP BY team_id) s ON s.team_id = t.id
WHERE t.id > @after AND t.id <= @upto AND ((t.status = 'formed' AND t.virtual_seats = 0 AND (COALESCE(s.settled, 0) < t.target OR COALESCE(s.formed, 0) <> s.settled - t.target + 1))
   OR (t.status = 'formed' AND t.virtual_seats > 0 AND (t.min_real < 1 OR COALESCE(s.settled, 0) < t.min_real
       OR s.settled + t.virtual_seats <> t.target OR COALESCE(s.formed, 0) > 0))
   OR (t.status <> 'formed' AND (t.paid >= t.target OR COALESCE(s.formed, 0) > 0 OR t.virtual_seats <> 0)))`

// closedRule: a team is open while it gathers, and with tiers until its last size is paid or nobody is left; then its
// price is the one of the highest size that was reached, whoever leaves afterwards.
const closedRule = `
SELECT id AS subject,
       CONCAT(status, ', closed at ', closed_at, ', tier ', tier, ' of [', target, '] ', tiers, ' with paid ', paid) AS detail
FROM teams
WHERE id > @after AND id <= @upto AND ((status = 'forming' AND closed_at <> 0) OR (status = 'failed' AND closed_at = 0)
   OR (status = 'formed' AND closed_at = 0 AND (capacity = target OR virtual_seats > 0 OR paid >= capacity OR held + paid = 0))
   OR (closed_at = 0 AND tier <> 0) OR (tier > 0 AND COALESCE(JSON_EXTRACT(NULLIF(tiers, ''), CONCAT('$[', tier - 1, ']')) + 0, paid + refunded + 1) > paid + refunded)
   OR (status = 'formed' AND closed_at > 0 AND JSON_EXTRACT(NULLIF(tiers, ''), CONCAT('$[', tier, ']')) + 0 <= paid))`

// costRule: what auto-completion gave away is original price less amount of the seats that people paid.
const costRule = `
SELECT t.id AS subject, CONCAT('cost ', t.cost_fen, ' with virtual ', t.virtual_seats, ', paid seats say ', COALESCE(s.cost, 0)) AS detail
FROM teams t
LEFT JOIN (SELECT team_id, SUM(quantity * original_fen - amount_fen) AS cost FROM seats
           WHERE settlement IN ('joined', 'formed') AND (asked_no = '' OR left_formed = 1) AND team_id > @after AND team_id <= @upto
           GROUP BY team_id) s ON s.team_id = t.id
WHERE t.id > @after AND t.id <= @upto AND t.cost_fen <> CASE WHEN t.virtual_seats > 0 THEN COALESCE(s.cost, 0) ELSE 0 END`
