package groupbuystore

import (
	"context"
	"slices"
	"strings"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/team"
)

const (
	maxViolations = 100              // of each rule: enough to see the pattern
	grace         = 60 * time.Second // for workers to expire teams and to relay messages
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
	broken, err := s.brokenLinks(ctx)
	return append(all, broken...), err
}

func rules(now time.Time) []rule {
	overdue := millis(now.Add(-grace))
	return []rule{
		{"I1", stockRule, nil},
		{"I2", countersRule, nil},
		{"I2", orphansRule, nil},
		{"I8", "SELECT id AS subject, CONCAT('forming, expired at ', expires_at) AS detail FROM teams WHERE status = 'forming' AND expires_at < ?", []any{overdue}},
		{"I8", formedRule, nil},
		historyRule("team", team.Forming, team.Transitions()),
		unrecordedRule("team"),
		historyRule("seat", team.Held, team.SeatTransitions()),
		unrecordedRule("seat"),
		{"I11", "SELECT id AS subject, CONCAT('topic ', topic, ', due at ', next_at, ', attempts ', attempts) AS detail FROM outbox " +
			"WHERE sent_at IS NULL AND dead_at IS NULL AND next_at < ?", []any{overdue}},
		{"amount", amountRule, nil},
	}
}

const stockRule = `
SELECT CONCAT(k.activity_id, '/', k.goods_id, '/', k.sku_id) AS subject,
       CONCAT('taken ', k.taken, ' of ', k.pieces, ', live seats have ', COALESCE(l.pieces, 0)) AS detail
FROM activity_stock k
LEFT JOIN (SELECT activity_id, goods_id, sku_id, SUM(quantity) AS pieces FROM seats WHERE status IN ('held', 'paid')
           GROUP BY activity_id, goods_id, sku_id) l
  ON l.activity_id = k.activity_id AND l.goods_id = k.goods_id AND l.sku_id = k.sku_id
WHERE k.taken <> COALESCE(l.pieces, 0) OR k.taken > k.pieces OR k.taken < 0`

const countersRule = `
SELECT t.id AS subject,
       CONCAT('held ', t.held, ' and paid ', t.paid, ' of ', t.target, ', seats say ', COALESCE(s.held, 0), ' and ', COALESCE(s.paid, 0)) AS detail
FROM teams t
LEFT JOIN (SELECT team_id, SUM(status = 'held') AS held, SUM(status = 'paid') AS paid FROM seats GROUP BY team_id) s ON s.team_id = t.id
WHERE t.held <> COALESCE(s.held, 0) OR t.paid <> COALESCE(s.paid, 0) OR t.held + t.paid > t.target`

const orphansRule = `
SELECT s.id AS subject, CONCAT('its team ', s.team_id, ' does not exist') AS detail
FROM seats s LEFT JOIN teams t ON t.id = s.team_id WHERE t.id IS NULL`

// formedRule reads settlements, because seats of a formed team may be refunded later.
const formedRule = `
SELECT t.id AS subject,
       CONCAT(t.status, ' with paid ', t.paid, ' of ', t.target, '; ', COALESCE(s.joined, 0), ' settled, ', COALESCE(s.formed, 0), ' of them formed it') AS detail
FROM teams t
LEFT JOIN (SELECT team_id, SUM(settlement IN ('joined', 'formed')) AS joined, SUM(settlement = 'formed') AS formed
           FROM seats GROUP BY team_id) s ON s.team_id = t.id
WHERE (t.status = 'formed' AND (COALESCE(s.joined, 0) < t.target OR COALESCE(s.formed, 0) <> 1))
   OR (t.status <> 'formed' AND (t.paid >= t.target OR COALESCE(s.formed, 0) > 0))`

const amountRule = `
SELECT id AS subject,
       CONCAT(quantity, ' x ', pay_price_fen, ' of ', original_fen, ' fen makes ', amount_fen, '; settled ', settlement, ' ', paid_amount_fen) AS detail
FROM seats
WHERE amount_fen <> quantity * pay_price_fen OR quantity < 1 OR pay_price_fen < 1 OR pay_price_fen > original_fen
   OR (settlement <> '' AND paid_amount_fen <> amount_fen) OR (status = 'paid' AND settlement NOT IN ('joined', 'formed'))`

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
