package mallstore

import (
	"context"
	"slices"
	"time"

	"kaituan/infrastructure/invariant"
	"kaituan/infrastructure/outbox"
	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// How long something may wait before it breaks an invariant.
const (
	unaskedLimit = 3 * time.Minute // I3
	// haltedLimit (I4) is ten times what a sweep needs to come back to an order, and what a restart of the engine or
	// the provider takes; beyond it somebody should know.
	haltedLimit = 10 * time.Minute
	backLimit   = 24 * time.Hour // I5; when the mall itself gives a refund to a person
)

// Violations implements mall.Auditor.
func (s *Store) Violations(ctx context.Context, now time.Time) ([]mall.Violation, error) {
	found, err := invariant.Look(ctx, s.db, s.Rules(now), invariant.Options{})
	return each(found.Violations, func(v invariant.Violation) mall.Violation { return mall.Violation(v) }), translate(err)
}

// Rules are the mall's invariants as of now, each to be looked at in the store's database. A rule is one statement for a
// page of rows, so that it sees those as of one moment.
func (s *Store) Rules(now time.Time) []invariant.Rule {
	orders := invariant.Rows{What: "orders", Table: "orders", Key: "id"}
	payments := invariant.Rows{What: "payments", Table: "payments", Key: "id"}
	refunds := invariant.Rows{What: "refunds", Table: "refunds", Key: "request_no"}
	return slices.Concat(
		stockRules(), paymentRules(payments, now), orderRules(orders, now), refundRules(refunds, payments, now),
		invariant.Paths("I9", invariant.Lives{Over: orders, History: "order_history", Of: "order_id"}, order.Created, order.Transitions()),
		invariant.Paths("I9", invariant.Lives{Over: payments, History: "payment_history", Of: "payment_id"}, payment.Created, payment.Transitions()),
		invariant.Paths("I9", invariant.Lives{Over: refunds, History: "refund_history", Of: "request_no"}, payment.RefundCreated, payment.RefundTransitions()),
		s.taskRules(now), []invariant.Rule{invariant.Chain(s.db, trailRow.link)},
	)
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

// taskRules find tasks that were given up (I10), and those that no relay takes or that fail again and again (I11).
func (s *Store) taskRules(now time.Time) []invariant.Rule {
	return []invariant.Rule{{
		Invariant: "I11", Over: invariant.Rows{What: "unsent tasks", Table: "outbox", Where: "sent_at IS NULL"},
		Find: func(ctx context.Context, _ invariant.Page) ([]invariant.Violation, error) {
			stuck, err := outbox.ListStuck(ctx, s.db, now, invariant.MaxPerRule)
			return each(stuck, stuckTask), err
		},
	}}
}

func stuckTask(m outbox.Stuck) invariant.Violation {
	v := invariant.Violation{Invariant: "I11", Subject: m.ID, Detail: m.String()}
	if m.Dead {
		v.Invariant = "I10"
	}
	return v
}
