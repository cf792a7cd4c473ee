package simulation

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
)

// sweepLimit is how many rows one run of a job looks at; small, so that portions meet their ends.
const sweepLimit = 20

// job is what the workers of one kind of node do by the clock.
type job struct {
	name  string
	kind  func(*node) bool
	due   string        // the statement's column that says since when there is something to do
	pace  time.Duration // between two runs
	run   func(n *node) error
	after time.Time // not run again before
}

func (w *world) newJobs() []*job {
	engine := func(name string, pick func(*groupbuy.Engine) func(context.Context, int) (int, error)) *job {
		return &job{name: name, kind: (*node).runsEngine, due: name, pace: time.Second, run: func(n *node) error {
			_, err := pick(n.engine)(w.ctx, sweepLimit)
			return err
		}}
	}
	shop := func(name string, pick func(*mall.Shop) func(context.Context, int) (int, error)) *job {
		return &job{name: name, kind: (*node).runsMall, due: name, pace: time.Second, run: func(n *node) error {
			_, err := pick(n.shop)(w.ctx, sweepLimit)
			return err
		}}
	}
	return []*job{
		{name: "engine_outbox", kind: (*node).runsEngine, due: "engine_outbox", pace: 100 * time.Millisecond, run: w.relayEngine},
		{name: "mall_outbox", kind: (*node).runsMall, due: "mall_outbox", pace: 100 * time.Millisecond, run: w.relayMall},
		engine("expire_teams", func(e *groupbuy.Engine) func(context.Context, int) (int, error) { return e.ExpireTeams }),
		engine("release_overdue", func(e *groupbuy.Engine) func(context.Context, int) (int, error) { return e.ReleaseOverdue }),
		shop("query_pending", func(s *mall.Shop) func(context.Context, int) (int, error) { return s.QueryPending }),
		shop("push_refunds", func(s *mall.Shop) func(context.Context, int) (int, error) { return s.PushRefunds }),
		shop("close_unpaid", func(s *mall.Shop) func(context.Context, int) (int, error) { return s.CloseUnpaid }),
		shop("repair_created", func(s *mall.Shop) func(context.Context, int) (int, error) { return s.RepairCreated }),
		shop("check_teams", func(s *mall.Shop) func(context.Context, int) (int, error) { return s.CheckTeams }),
		shop("ship_due", func(s *mall.Shop) func(context.Context, int) (int, error) { return s.ShipDue }),
	}
}

// engineDue and mallDue tell since when each job has something to do; 0 is never. They only spare the simulation the
// seconds in which nothing happens: what a job takes, its own query decides.
const (
	engineDue = `SELECT
	COALESCE((SELECT MIN(next_at) FROM outbox WHERE sent_at IS NULL AND dead_at IS NULL), 0) AS engine_outbox,
	COALESCE((SELECT MIN(expires_at) FROM teams WHERE closed_at = 0), 0) AS expire_teams,
	COALESCE((SELECT MIN(expires_at) FROM seats WHERE status = 'held'), 0) AS release_overdue`
	mallDue = `SELECT
	COALESCE((SELECT MIN(next_at) FROM outbox WHERE sent_at IS NULL AND dead_at IS NULL), 0) AS mall_outbox,
	COALESCE((SELECT MIN(next_ask_at) FROM payments WHERE status = 'pending'), 0) AS query_pending,
	COALESCE((SELECT MIN(next_at) FROM refunds WHERE next_at > 0), 0) AS push_refunds,
	COALESCE((SELECT MIN(next_at) FROM orders WHERE status = 'awaiting_payment' AND next_at > 0), 0) AS close_unpaid,
	COALESCE((SELECT MIN(next_at) FROM orders WHERE status = 'created' AND next_at > 0), 0) AS repair_created,
	COALESCE((SELECT MIN(next_at) FROM orders WHERE status IN ('paid', 'teaming') AND next_at > 0), 0) AS check_teams,
	COALESCE((SELECT MIN(next_at) FROM orders WHERE status = 'to_ship' AND next_at > 0), 0) AS ship_due`
)

// dues asks both databases when each job is due.
func (w *world) dues() map[string]time.Time {
	dues := map[string]time.Time{}
	w.ask(w.engineDB, engineDue, dues)
	w.ask(w.mallDB, mallDue, dues)
	return dues
}

func (w *world) ask(db *sqldb.DB, statement string, dues map[string]time.Time) {
	row := map[string]any{}
	w.must(db.Read(w.ctx).Raw(statement).Scan(&row).Error, statement)
	for name, ms := range row {
		if at, ok := ms.(int64); ok && at > 0 {
			dues[name] = time.UnixMilli(at).UTC()
		}
	}
}

// next is when something happens next; zero is never.
func (w *world) next(dues map[string]time.Time) time.Time {
	var next time.Time
	soonest := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	if len(w.agenda) > 0 {
		soonest(w.agenda[0].at)
	}
	for _, j := range w.jobs {
		if due, ok := dues[j.due]; ok {
			soonest(later(due, j.after))
		}
	}
	return next
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// pass lets time go by, with everything that happens in it.
func (w *world) pass(d time.Duration) {
	until := w.now.Add(d)
	for !w.failed() {
		next := w.next(w.dues())
		if next.IsZero() || next.After(until) {
			break
		}
		w.now = later(w.now, next)
		w.happen()
		w.work()
		w.bury()
	}
	w.now = later(w.now, until)
}

// happen carries out what the agenda has for now.
func (w *world) happen() {
	for len(w.agenda) > 0 && !w.agenda[0].at.After(w.now) {
		e := heap.Pop(&w.agenda).(event)
		e.do()
		w.bury()
	}
}

// work runs every job that is due, on one node or on two.
func (w *world) work() {
	w.follow()
	dues := w.dues()
	for _, j := range w.jobs {
		due, ok := dues[j.due]
		if !ok || due.After(w.now) || j.after.After(w.now) {
			continue
		}
		j.after = w.now.Add(j.pace)
		w.runJob(j)
		if w.hit(w.faults.both, "a job on another node as well") {
			w.runJob(j)
		}
	}
}

func (w *world) runJob(j *job) {
	n := w.anyNode(func(n *node) bool { return j.kind(n) && !n.pausedUntil.After(w.now) })
	if n == nil {
		return
	}
	if w.hit(w.faults.pause, "worker paused") {
		n.pausedUntil = w.now.Add(w.between(time.Second, time.Minute))
		return
	}
	var err error
	w.on(n, func() { err = j.run(n) })
	if err != nil && !errors.Is(err, errDead) {
		w.note("%s on %s: %s", j.name, n.name, firstLine(err))
	}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// follow lets every engine see what others configured, a second or two after they did.
func (w *world) follow() {
	for _, n := range w.nodes {
		if n.up && !n.dead && n.runsEngine() && w.now.Sub(n.refreshed) >= time.Second && w.chance(0.5) {
			n.refreshed = w.now
			w.on(n, func() { w.must(n.engine.Refresh(w.ctx), "refresh") })
		}
	}
}

// relayEngine delivers what is due of the engine's outbox, one message at a time.
func (w *world) relayEngine(n *node) error {
	return w.relay(n, outbox.New(w.engineDB, map[outbox.Topic]outbox.Handler{
		groupbuy.TopicEvent: func(ctx context.Context, m outbox.Message) error {
			id := partner.EventID(m.Payload)
			if err := n.engine.Dispatch(ctx, id); err != nil {
				return err
			}
			return n.engine.RecordEventFact(ctx, id)
		},
		groupbuy.TopicDelivery: func(ctx context.Context, m outbox.Message) error {
			err := n.engine.SendDelivery(ctx, partner.DeliveryID(m.Payload))
			if retry, ok := errors.AsType[*groupbuy.RetryAt](err); ok {
				return &outbox.RetryAt{At: retry.At, Err: retry}
			}
			return err
		},
	}, w.relayOptions(n, groupbuy.TopicEvent, groupbuy.TopicDelivery)))
}

// relayMall carries out what is due of the mall's tasks.
func (w *world) relayMall(n *node) error {
	handlers := map[outbox.Topic]outbox.Handler{}
	var topics []outbox.Topic
	for _, topic := range mall.Topics() {
		topics = append(topics, outbox.Topic(topic))
		handlers[outbox.Topic(topic)] = func(ctx context.Context, m outbox.Message) error {
			return n.shop.Perform(ctx, mallstore.Task(m))
		}
	}
	return w.relay(n, outbox.New(w.mallDB, handlers, w.relayOptions(n, topics...)))
}

// relayOptions are the app's own, but for the single worker: one thing at a time.
func (w *world) relayOptions(n *node, topics ...outbox.Topic) outbox.Options {
	policies := map[outbox.Topic]outbox.Policy{}
	for _, topic := range topics {
		policies[topic] = outbox.Policy{MaxAttempts: 10_000, First: 200 * time.Millisecond, Max: 30 * time.Second}
	}
	return outbox.Options{
		Policies: policies, Workers: 1, Now: n.clock(w), Log: w.log, Lease: time.Minute,
		Jitter: func(most time.Duration) time.Duration { return time.Duration(w.rng.Int64N(int64(most))) },
	}
}

func (w *world) relay(n *node, r *outbox.Relay) error {
	if err := r.Drain(w.ctx); err != nil {
		return fmt.Errorf("relay of %s: %w", n.name, err)
	}
	return nil
}

// quiet says whether nothing is left to happen.
func (w *world) quiet() bool { return w.next(w.dues()).IsZero() }

func (w *world) dueText() string {
	text := fmt.Sprintf("%d on the agenda", len(w.agenda))
	for _, j := range w.jobs {
		if due, ok := w.dues()[j.due]; ok {
			text += fmt.Sprintf(", %s since %s", j.name, due.Sub(dawn()))
		}
	}
	return text
}
