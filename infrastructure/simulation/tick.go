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
	"kaituan/mall"
)

// sweepLimit is how many rows one run of a job looks at; small, so that portions meet their ends.
const sweepLimit = 20

// job is what the workers of one kind of node do by the clock.
type job struct {
	name string
	kind func(*node) bool
	due  string        // the statement's column that says since when there is something to do
	pace time.Duration // between two runs
	run  func(n *node) error

	after  time.Time // not run again before
	before time.Time // since when it was due the last time
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
	for dues := w.dues(); !w.failed(); dues = w.dues() {
		next := w.next(dues)
		if next.IsZero() || next.After(until) {
			break
		}
		w.now = later(w.now, next)
		if w.ticks++; w.ticks > maxTicks {
			w.fail("the world does not come to rest: %s", w.dueText())
		}
		if w.happen() {
			dues = w.dues()
		}
		w.work(dues)
		w.bury()
	}
	w.now = later(w.now, until)
}

// maxTicks is far more than any story has: a job that is always due would otherwise go on for ever.
const maxTicks = 30_000

// happen carries out what the agenda has for now and says whether there was anything.
func (w *world) happen() (some bool) {
	for len(w.agenda) > 0 && !w.agenda[0].at.After(w.now) {
		e := heap.Pop(&w.agenda).(event)
		e.do()
		w.bury()
		some = true
	}
	return some
}

// work runs every job that is due, on one node or on two.
func (w *world) work(dues map[string]time.Time) {
	w.follow()
	for _, j := range w.jobs {
		due, ok := dues[j.due]
		if !ok || due.After(w.now) || j.after.After(w.now) {
			continue
		}
		j.after = w.now.Add(j.pace)
		if due.Equal(j.before) { // it could not help; nobody wakes it
			j.after = w.now.Add(time.Second)
		}
		j.before = due
		w.counts["job "+j.name]++
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
			news := groupbuy.EventsIn(m.Payload)
			if err := n.engine.Dispatch(ctx, m.ID, news...); err != nil {
				return err
			}
			return n.engine.LearnFacts(ctx, news...)
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
		Policies: policies, Workers: 1, Now: n.clock(w), Log: w.log, Lease: outbox.DefaultLease,
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
