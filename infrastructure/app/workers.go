package app

import (
	"context"
	"log/slog"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/schedule"
	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
)

// sweepLimit is how many rows one run of a job looks at; the next run takes the rest.
const sweepLimit = 200

// engineRelays turn the engine's events into deliveries, and send those. Each has workers of its own, so that an
// endpoint that answers slowly delays no event.
func engineRelays(db *sqldb.DB, engine *groupbuy.Engine, log *slog.Logger) (events, deliveries *outbox.Relay) {
	events = outbox.New(db, map[outbox.Topic]outbox.Handler{
		groupbuy.TopicEvent: func(ctx context.Context, m outbox.Message) error {
			id := partner.EventID(m.Payload)
			if err := engine.Dispatch(ctx, id); err != nil {
				return err
			}
			return engine.RecordEventFact(ctx, id)
		},
	}, outbox.Options{Log: log.With("relay", "groupbuy.events")})
	deliveries = outbox.New(db, map[outbox.Topic]outbox.Handler{groupbuy.TopicDelivery: deliver(engine)}, outbox.Options{
		// The engine's own schedule says when a delivery is over; the relay must not give up before it.
		Policies: map[outbox.Topic]outbox.Policy{groupbuy.TopicDelivery: {MaxAttempts: 1000, First: time.Second, Max: time.Minute}},
		Log:      log.With("relay", "groupbuy.deliveries"),
	})
	return events, deliveries
}

// mallRelay carries out the mall's tasks. A task is never given up: what cannot be done in a day is done when the
// engine is back, and is seen as overdue until then.
func mallRelay(db *sqldb.DB, shop *mall.Shop, log *slog.Logger) *outbox.Relay {
	handlers := map[outbox.Topic]outbox.Handler{}
	policies := map[outbox.Topic]outbox.Policy{}
	for _, topic := range mall.Topics() {
		handlers[outbox.Topic(topic)] = func(ctx context.Context, m outbox.Message) error {
			return shop.Perform(ctx, mallstore.Task(m))
		}
		policies[outbox.Topic(topic)] = outbox.Policy{MaxAttempts: 10_000, First: 200 * time.Millisecond, Max: 30 * time.Second}
	}
	return outbox.New(db, handlers, outbox.Options{Policies: policies, Log: log.With("relay", "mall")})
}

// engineJobs is what the engine does by the clock.
func engineJobs(engine *groupbuy.Engine) []schedule.Job {
	return []schedule.Job{
		sweep("groupbuy.expire_teams", engine.ExpireTeams),
		sweep("groupbuy.release_overdue", engine.ReleaseOverdue),
		{Name: "groupbuy.work_tags", Every: time.Second, Run: engine.WorkTags},
		sweep("groupbuy.drop_sessions", engine.DropSessions),
	}
}

// mallJobs is what the shop does by the clock.
func mallJobs(shop *mall.Shop) []schedule.Job {
	return []schedule.Job{
		sweep("mall.query_pending", shop.QueryPending),
		sweep("mall.push_refunds", shop.PushRefunds),
		sweep("mall.close_unpaid", shop.CloseUnpaid),
		sweep("mall.repair_created", shop.RepairCreated),
		sweep("mall.check_teams", shop.CheckTeams),
		sweep("mall.ship_due", shop.ShipDue),
		sweep("mall.drop_sessions", shop.DropSessions),
	}
}

// sweep looks each second, and runs a use case until a run finds less than a whole portion, so that a backlog is worked off at once.
func sweep(name string, do func(ctx context.Context, limit int) (int, error)) schedule.Job {
	return schedule.Job{Name: name, Every: time.Second, Run: func(ctx context.Context) error {
		for {
			n, err := do(ctx, sweepLimit)
			if err != nil || n < sweepLimit {
				return err
			}
		}
	}}
}
