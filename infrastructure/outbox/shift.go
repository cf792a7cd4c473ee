package outbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"gorm.io/gorm"

	"kaituan/infrastructure/sqldb"
)

// exchangeTimeout bounds one visit to the database, also the last one after Stop has cancelled the handlers.
const exchangeTimeout = 10 * time.Second

// shift is one stretch of a relay's work. A single goroutine owns it; handlers run in goroutines of their own and
// answer through results, which has room for all of them, so none is ever stuck on it.
type shift struct {
	*Relay
	results chan outcome
	busy    int       // handlers at work
	unsaved []outcome // results not yet in the database
}

func newShift(r *Relay) *shift {
	return &shift{Relay: r, results: make(chan outcome, r.opts.Workers)}
}

// serve works until stop is closed and what was claimed is settled. The end of ctx only cuts the handlers short.
func (s *shift) serve(ctx context.Context, stop <-chan struct{}) {
	poll := time.NewTicker(s.opts.Poll)
	defer poll.Stop()
	stopping := false
	for {
		visited := time.Now()
		// Handlers that were cut short may be back before the end is noticed here; what they gave back is for others.
		err := s.step(ctx, !stopping && ctx.Err() == nil)
		if err != nil {
			s.opts.Log.Warn("outbox relay cannot reach its table", "error", err)
		}
		if stopping && s.busy == 0 && (err == nil || ctx.Err() != nil) {
			return // when the last settling failed, the leases run out and another relay takes over
		}
		results, wake := s.results, s.wake
		if err != nil {
			wake, results = nil, nil // the database is away: look again with the next tick, not in a circle
		}
		select {
		case o := <-results:
			s.gather(o)
		case <-wake:
		case <-poll.C:
		case <-stop:
			stopping, stop = true, nil
		}
		s.await(visited.Add(gatherTime), stop)
	}
}

// gatherTime is the least time between two visits to the table. What comes sooner is settled and claimed together; a
// message that comes to a relay at rest waits for nothing.
const gatherTime = 5 * time.Millisecond

// await takes results until a moment, or until the relay is to stop.
func (s *shift) await(until time.Time, stop <-chan struct{}) {
	left := time.Until(until)
	if left <= 0 || stop == nil {
		return
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	for {
		select {
		case o := <-s.results:
			s.gather(o)
		case <-timer.C:
			return
		case <-stop:
			return
		}
	}
}

// drain works until nothing is due.
func (s *shift) drain(ctx context.Context) error {
	for {
		if err := s.step(ctx, ctx.Err() == nil); err != nil {
			for s.busy > 0 {
				s.gather(<-s.results)
			}
			return err
		}
		if s.busy == 0 {
			return ctx.Err()
		}
		s.gather(<-s.results)
	}
}

// step settles the results that are in and claims as many messages as there are idle workers, in one transaction.
func (s *shift) step(ctx context.Context, claiming bool) error {
	for len(s.results) > 0 {
		s.gather(<-s.results)
	}
	room := s.opts.Workers - s.busy
	if !claiming || len(s.topics) == 0 || !s.opts.Ready() {
		room = 0
	}
	rows, err := s.exchange(ctx, room)
	for _, r := range rows {
		s.busy++
		go func() { s.results <- s.handle(ctx, r) }()
	}
	return err
}

func (s *shift) gather(o outcome) {
	s.busy--
	s.unsaved = append(s.unsaved, o)
}

func (s *shift) exchange(ctx context.Context, room int) (claimed []row, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeTimeout)
	defer cancel()
	if len(s.unsaved) == 0 {
		if idle, err := s.idle(ctx, room); idle || err != nil {
			return nil, err
		}
	}
	now := s.opts.Now()
	if claimed, err = s.together(ctx, room, now); errors.Is(err, sqldb.ErrStale) {
		return s.oneByOne(ctx, room, now)
	}
	return claimed, s.exchanged(room, 0, err)
}

// together settles and claims in two round trips. Errors: sqldb.ErrStale when a row is not as it was thought to be, or a
// message failed: what to do then takes a look at each.
func (s *shift) together(ctx context.Context, room int, now time.Time) (claimed []row, err error) {
	if slices.ContainsFunc(s.unsaved, func(o outcome) bool { return o.fate != sent }) {
		return nil, sqldb.ErrStale
	}
	err = s.db.InPipe(ctx, func(p *sqldb.Pipe) ([]sqldb.Write, error) {
		claimed = nil
		if room > 0 {
			if err := p.Read(findDue(s.topics, now, room, &claimed)); err != nil {
				return nil, err
			}
		}
		return append(delivered(s.unsaved, now), leased(claimed, now, s.opts.Lease)...), nil
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// oneByOne settles and claims with a look at what each statement did.
func (s *shift) oneByOne(ctx context.Context, room int, now time.Time) (claimed []row, err error) {
	var lost int
	err = s.db.InTx(ctx, func(tx *gorm.DB) (err error) {
		if lost, err = settle(tx, s.unsaved, now); err != nil || room == 0 {
			claimed = nil
			return err
		}
		claimed, err = claim(tx, s.topics, now, s.opts.Lease, room)
		return err
	})
	if err != nil {
		claimed = nil
	}
	return claimed, s.exchanged(room, lost, err)
}

// exchanged tells what was settled, when it was.
func (s *shift) exchanged(room, lost int, err error) error {
	if err != nil {
		// Rows that an unknown commit did claim come back when their lease ends.
		return fmt.Errorf("settle %d outbox messages and claim %d: %w", len(s.unsaved), room, err)
	}
	s.report(lost)
	s.unsaved = nil
	return nil
}

// idle spares the database a write transaction when there is nothing to claim.
func (s *shift) idle(ctx context.Context, room int) (bool, error) {
	if room == 0 {
		return true, nil
	}
	var ids []string
	err := due(s.db.Read(ctx), s.topics, s.opts.Now()).Limit(1).Pluck("id", &ids).Error
	return len(ids) == 0, err
}

func (s *shift) report(lost int) {
	if lost > 0 {
		s.opts.Log.Warn("outbox leases lost before the result was saved; those messages are delivered again", "messages", lost)
	}
	for _, o := range s.unsaved {
		log := s.opts.Log.With("topic", o.row.Topic, "message", o.row.ID, "key", o.row.MsgKey, "attempt", o.row.Attempts)
		switch o.fate {
		case dead:
			log.Error("outbox message is dead", "error", o.err)
		case again:
			log.Warn("outbox message failed", "error", o.err, "next", o.next)
		}
	}
}

func (s *shift) handle(running context.Context, r row) outcome {
	policy, ok := s.opts.Policies[Topic(r.Topic)]
	if !ok {
		policy = DefaultPolicy()
	}
	if r.Attempts > policy.MaxAttempts {
		// Nobody lived to report the last attempt: a message that kills its process must not do so for ever.
		err := fmt.Errorf("%w: %d attempts ended without a result", ErrPoison, policy.MaxAttempts)
		return s.judge(r, err, false, policy)
	}
	// Shorter than the lease, so that the result is saved while the lease holds.
	ctx, cancel := context.WithTimeout(running, s.opts.Lease*4/5)
	defer cancel()
	ctx, end := s.opts.Tracing.Resume(ctx, r.Trace, "outbox "+r.Topic)
	err := call(ctx, s.handlers[Topic(r.Topic)], r.message())
	end(err)
	stopped := running.Err() != nil && errors.Is(err, context.Canceled)
	return s.judge(r, err, stopped, policy)
}

// call turns a panic into an error: one bad message must not take the others' process down.
func call(ctx context.Context, handler Handler, m Message) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("handler panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return handler(ctx, m)
}
