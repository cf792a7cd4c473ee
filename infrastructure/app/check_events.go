package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/invariant"
	"kaituan/mall"
)

// forgotten is when the mall may have dropped the receipt of an event; see keepTaken.
const forgotten = keepTaken - 24*time.Hour

// events compares what the engine delivered to the mall with what the mall took (I10).
func (c *checker) events(ctx context.Context) (invariant.Result, error) {
	now := time.Now()
	return invariant.Look(ctx, c.dbs.groupbuy, []invariant.Rule{{
		Invariant: "I10", Over: groupbuystore.DeliveriesTo(c.endpoint),
		Find: func(ctx context.Context, page invariant.Page) ([]invariant.Violation, error) {
			return c.receipts(ctx, page, now.Add(-forgotten))
		},
	}}, c.looks)
}

// receipts wants the mall to have taken each event that it accepted and acts upon, and to have taken only events that there are. The
// key of its inbox makes that once each.
func (c *checker) receipts(ctx context.Context, page invariant.Page, since time.Time) (found []invariant.Violation, err error) {
	deliveries, err := c.engine.DeliveriesOf(ctx, c.endpoint, page)
	if err != nil {
		return nil, err
	}
	taken, err := c.mall.TakenBy(ctx, mall.TeamEvents, page)
	if err != nil {
		return nil, err
	}
	unknown := map[partner.EventID]bool{}
	for _, id := range taken {
		unknown[partner.EventID(id)] = true
	}
	for _, d := range deliveries {
		if d.Status == partner.DeliveryDelivered && d.EndedAt.After(since) && mall.ActsUpon(d.EventType) && !unknown[d.Event] {
			found = append(found, invariant.Violation{Subject: string(d.Event), Detail: d.EventType + " was delivered to the mall, which has not taken it"})
		}
		delete(unknown, d.Event)
	}
	ids := make([]partner.EventID, 0, len(unknown))
	for id := range unknown {
		ids = append(ids, id)
	}
	known, err := c.engine.EventIDs(ctx, mallPartner, ids)
	for _, id := range known {
		delete(unknown, id)
	}
	for id := range unknown {
		found = append(found, invariant.Violation{Subject: string(id), Detail: "was taken by the mall, and the engine has no such event"})
	}
	slices.SortFunc(found, func(a, b invariant.Violation) int { return strings.Compare(a.Subject, b.Subject) })
	return found, err
}
