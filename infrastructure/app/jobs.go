package app

import (
	"context"
	"slices"
	"time"

	"kaituan/api/edge"
	"kaituan/groupbuy"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/schedule"
	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
)

const (
	// sweepPage is how many due rows a sweep reads at once; it goes on until the last one.
	sweepPage = 200
	// countUpTo is where the counting of a backlog ends: more is told as this many.
	countUpTo = 1000
)

// count is a use case that goes through rows, a page at a time or up to a limit, and says how many there were.
type count func(ctx context.Context, limit int) (int, error)

// nodeJobs is what every process with an engine does by the clock: it follows what the others configure.
func nodeJobs(engine *groupbuy.Engine) []schedule.Job {
	return []schedule.Job{
		{Name: "groupbuy.refresh", About: "read the configuration that another node changed", Every: time.Second, Run: counted(engine.Refresh)},
		{Name: "groupbuy.follow_crowd", About: "load the tag members that another node computed", Every: time.Second, Run: counted(engine.FollowCrowd)},
	}
}

// engineJobs is what the engine does by the clock, once per cluster.
func engineJobs(db *sqldb.DB, engine *groupbuy.Engine) []schedule.Job {
	return []schedule.Job{
		sweep(db, "groupbuy.expire_teams", "end teams whose window is over", engine.ExpireTeams, engine.OverdueTeams),
		sweep(db, "groupbuy.release_overdue", "release seats that were not paid in time", engine.ReleaseOverdue, engine.OverdueSeats),
		{
			Name: "groupbuy.work_tags", About: "queue the tags that are due and compute their members", Every: time.Second,
			Cluster: db, Run: counted(engine.WorkTags),
		},
		portions(db, time.Second, "groupbuy.drop_sessions", "drop operators' sessions that are over", engine.DropSessions),
		relayed(db, "groupbuy.relay", "relay events and send webhooks, also again"),
	}
}

// mallJobs is what the shop does by the clock, once per cluster.
func mallJobs(db *sqldb.DB, shop *mall.Shop) []schedule.Job {
	return []schedule.Job{
		sweep(db, "mall.query_pending", "ask the provider about payments whose notice may be lost", shop.QueryPending, shop.PaymentsToAsk),
		sweep(db, "mall.push_refunds", "submit refunds and ask whether they arrived", shop.PushRefunds, shop.RefundsToPush),
		sweep(db, "mall.close_unpaid", "close orders that were not paid in time", shop.CloseUnpaid, shop.OrdersToClose),
		sweep(db, "mall.repair_created", "ask the engine about orders whose lock was not answered", shop.RepairCreated, shop.OrdersToRepair),
		sweep(db, "mall.check_teams", "ask the engine about paid orders of which nothing was heard", shop.CheckTeams, shop.OrdersToCheck),
		sweep(db, "mall.ship_due", "ship what is ready, in the simulation", shop.ShipDue, shop.OrdersToShip),
		sweep(db, "mall.daily_bill", "match the provider's bill of each day with the books", shop.ReconcileDue, shop.BillsDue),
		portions(db, time.Hour, "mall.prune_bills", "drop the lines of bills that are a month old", shop.PruneBills),
		portions(db, time.Second, "mall.drop_sessions", "drop buyers' sessions that are over", shop.DropSessions),
		portions(db, time.Hour, "mall.drop_scans", "drop attempts to sign in by scanning that are over", shop.DropScans),
		relayed(db, "mall.relay", "carry out tasks such as telling the engine of a payment"),
	}
}

// pruneJobs drops what was sent and taken long ago.
func pruneJobs(dbs databases) []schedule.Job {
	var jobs []schedule.Job
	for name, db := range dbs.opened() {
		jobs = append(jobs,
			portions(db, time.Hour, name+".prune_sent", "drop messages that were sent a week ago", func(ctx context.Context, limit int) (int, error) {
				return outbox.PruneSent(ctx, db, time.Now().Add(-keepSent), limit)
			}),
			portions(db, time.Hour, name+".prune_taken", "drop receipts of messages taken a month ago", func(ctx context.Context, limit int) (int, error) {
				return outbox.PruneTaken(ctx, db, time.Now().Add(-keepTaken), limit)
			}))
	}
	return jobs
}

// listJobs reads what the workers, this process or another, tell of the jobs of a database.
func listJobs(db *sqldb.DB) edge.Jobs {
	return func(ctx context.Context) ([]edge.Job, error) {
		list, err := schedule.List(ctx, db)
		jobs := make([]edge.Job, len(list))
		for i, s := range list {
			jobs[i] = edge.Job(s)
		}
		return jobs, err
	}
}

// sweep goes through all that is due, each second.
func sweep(db *sqldb.DB, name, about string, do, due count) schedule.Job {
	return schedule.Job{
		Name: name, About: about, Every: time.Second, Cluster: db,
		Run:     func(ctx context.Context) (int, error) { return do(ctx, sweepPage) },
		Backlog: func(ctx context.Context) (int, error) { return due(ctx, countUpTo) },
	}
}

// portions repeats a use case that takes away what it finds until a portion is not full.
func portions(db *sqldb.DB, pace time.Duration, name, about string, do count) schedule.Job {
	return schedule.Job{Name: name, About: about, Every: pace, Cluster: db, Run: func(ctx context.Context) (int, error) {
		for all := 0; ; {
			n, err := do(ctx, sweepPage)
			all += n
			if err != nil || n < sweepPage {
				return all, err
			}
		}
	}}
}

// relayed shows what waits in an outbox. Its messages have no one leader: the relays of all workers claim them one by
// one, which is faster and goes on at once when a node dies.
func relayed(db *sqldb.DB, name, about string) schedule.Job {
	return schedule.Job{Name: name, About: about, Cluster: db, Backlog: func(ctx context.Context) (int, error) {
		return outbox.Due(ctx, db, time.Now(), countUpTo)
	}}
}

// counted is for use cases that look at no rows.
func counted(do func(ctx context.Context) error) func(ctx context.Context) (int, error) {
	return func(ctx context.Context) (int, error) { return 0, do(ctx) }
}

// clusterJobs is what one worker of all does by the clock.
func clusterJobs(dbs databases, engine *groupbuy.Engine, shop *mall.Shop) []schedule.Job {
	return slices.Concat(engineJobs(dbs.groupbuy, engine), mallJobs(dbs.mall, shop), pruneJobs(dbs))
}
