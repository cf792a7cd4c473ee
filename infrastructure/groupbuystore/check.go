package groupbuystore

import (
	"context"
	"slices"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/invariant"
	"kaituan/infrastructure/outbox"
)

const (
	maxViolations = invariant.MaxPerRule
	grace         = 60 * time.Second // for workers to expire teams, and for events to be dispatched
)

// Violations lists rows that break an invariant. See groupbuy.Checker.
func (s *Store) Violations(ctx context.Context, now time.Time) ([]groupbuy.Violation, error) {
	found, err := invariant.Look(ctx, s.db, s.Rules(now), invariant.Options{})
	return mapped(found.Violations, func(v invariant.Violation) groupbuy.Violation { return groupbuy.Violation(v) }), failed(err, "check")
}

// Rules are the engine's invariants as of now, each to be looked at in the store's database. A rule is one statement for
// a page of rows, so that it sees those as of one moment even while teams change.
func (s *Store) Rules(now time.Time) []invariant.Rule {
	teams := invariant.Rows{What: "teams", Table: "teams", Key: "id"}
	seats := invariant.Rows{What: "seats", Table: "seats", Key: "id"}
	return slices.Concat(
		stockRules(), teamRules(teams, now), seatRules(seats),
		invariant.Paths("I9", invariant.Lives{Over: teams, History: "team_history", Of: "id"}, team.Forming, team.Transitions()),
		invariant.Paths("I9", invariant.Lives{Over: seats, History: "seat_history", Of: "id"}, team.Held, team.SeatTransitions()),
		deliveryRules(now), s.messageRules(now), []invariant.Rule{invariant.Chain(s.db, auditRow.link)},
	)
}

// deliveryRules want somebody to send each delivery until it ends.
func deliveryRules(now time.Time) []invariant.Rule {
	return []invariant.Rule{{
		Invariant: "I10", Over: invariant.Rows{What: "deliveries", Table: "deliveries", Key: "id"}, SQL: unsentRule,
		Args: invariant.Args{"before": millis(now.Add(-grace)), "pending": string(partner.DeliveryPending), "topic": groupbuy.TopicDelivery},
	}}
}

// unsentRule: a delivery that is late has a message that brings its next attempt. While messages themselves are late, I11
// tells of those.
const unsentRule = `
SELECT d.id AS subject, CONCAT(d.event_kind, ' ', d.event_id, ' is pending, and no message sends it') AS detail
FROM deliveries d
WHERE d.id > @after AND d.id <= @upto AND d.status = @pending AND d.next_at < @before
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.sent_at IS NULL AND o.topic = @topic AND (o.next_at < @before OR o.payload = d.id))`

// messageRules find messages that were given up (I10), and those that nobody takes or that fail again and again (I11). A
// delivery may fail for days by its own schedule.
func (s *Store) messageRules(now time.Time) []invariant.Rule {
	return []invariant.Rule{{
		Invariant: "I11", Over: invariant.Rows{What: "unsent messages", Table: "outbox", Where: "sent_at IS NULL"},
		Find: func(ctx context.Context, _ invariant.Page) ([]invariant.Violation, error) {
			stuck, err := outbox.ListStuck(ctx, s.db, now, maxViolations, groupbuy.TopicDelivery)
			return mapped(stuck, stuckMessage), err
		},
	}}
}

func stuckMessage(m outbox.Stuck) invariant.Violation {
	v := invariant.Violation{Invariant: "I11", Subject: m.ID, Detail: m.String()}
	if m.Dead {
		v.Invariant = "I10"
	}
	return v
}
