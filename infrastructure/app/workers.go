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

// Receipts of what was sent and taken are kept for a while: people look at what was sent, and partners send webhooks
// again for 30 days.
const (
	keepSent  = 7 * 24 * time.Hour
	keepTaken = 30 * 24 * time.Hour
)

// persistent is for messages that must not be lost: the relay goes on for two days and more, however long the other
// side is away. What still fails then is dead, which the check reports, and `kaituan outbox redo` sends it again.
func persistent() outbox.Policy {
	return outbox.Policy{MaxAttempts: 10_000, First: 200 * time.Millisecond, Max: 30 * time.Second}
}

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
	}, outbox.Options{
		Policies: map[outbox.Topic]outbox.Policy{groupbuy.TopicEvent: persistent()},
		Log:      log.With("relay", "groupbuy.events"),
	})
	deliveries = outbox.New(db, map[outbox.Topic]outbox.Handler{groupbuy.TopicDelivery: deliver(engine)}, outbox.Options{
		// The engine's own schedule says when a delivery is over; the relay must not give up before it.
		Policies: map[outbox.Topic]outbox.Policy{groupbuy.TopicDelivery: {MaxAttempts: 1000, First: time.Second, Max: time.Minute}},
		Log:      log.With("relay", "groupbuy.deliveries"),
	})
	return events, deliveries
}

// mallRelay carries out the mall's tasks. What cannot be done in a day is done when the engine is back; the check
// reports it until then.
func mallRelay(db *sqldb.DB, shop *mall.Shop, log *slog.Logger) *outbox.Relay {
	handlers := map[outbox.Topic]outbox.Handler{}
	policies := map[outbox.Topic]outbox.Policy{}
	for _, topic := range mall.Topics() {
		handlers[outbox.Topic(topic)] = func(ctx context.Context, m outbox.Message) error {
			return shop.Perform(ctx, mallstore.Task(m))
		}
		policies[outbox.Topic(topic)] = persistent()
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

// pruneJobs drops what was sent and taken long ago, a portion at a time.
func pruneJobs(dbs databases) []schedule.Job {
	var jobs []schedule.Job
	for name, db := range dbs.opened() {
		jobs = append(jobs,
			every(time.Hour, name+".prune_sent", func(ctx context.Context, limit int) (int, error) {
				return outbox.PruneSent(ctx, db, time.Now().Add(-keepSent), limit)
			}),
			every(time.Hour, name+".prune_taken", func(ctx context.Context, limit int) (int, error) {
				return outbox.PruneTaken(ctx, db, time.Now().Add(-keepTaken), limit)
			}))
	}
	return jobs
}

// sweep looks each second, and runs a use case until a run finds less than a whole portion, so that a backlog is worked off at once.
func sweep(name string, do func(ctx context.Context, limit int) (int, error)) schedule.Job {
	return every(time.Second, name, do)
}

func every(pace time.Duration, name string, do func(ctx context.Context, limit int) (int, error)) schedule.Job {
	return schedule.Job{Name: name, Every: pace, Run: func(ctx context.Context) error {
		for {
			n, err := do(ctx, sweepLimit)
			if err != nil || n < sweepLimit {
				return err
			}
		}
	}}
}
