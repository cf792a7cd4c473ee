package groupbuystore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/observe"
	"kaituan/infrastructure/sqldb"
)

const (
	batchTries = 12
	firstPause = 2 * time.Millisecond
	maxPause   = 200 * time.Millisecond
)

// errCollision says that another transaction changed what the decision rested on; deciding again helps.
var errCollision = errors.New("groupbuystore: another transaction came first")

// Batch carries out team commands in one transaction. See groupbuy.Seats. After 12 collisions in a row it gives up
// with groupbuy.ErrUnavailable.
func (s *Store) Batch(ctx context.Context, touch team.Touch, decide func(*team.State, time.Time)) error {
	for try := 1; ; try++ {
		var steps saved
		err := s.db.InPipe(ctx, func(p *sqldb.Pipe) (_ []sqldb.Write, err error) {
			steps, err = s.batch(p, touch, decide, observe.Parent(ctx))
			return steps.writes, err
		})
		if !errors.Is(err, errCollision) && !errors.Is(err, sqldb.ErrStale) && !sqldb.IsDuplicate(err) {
			if err == nil {
				steps.tell(s.moved)
			}
			return outward(err)
		}
		if try == batchTries {
			return fmt.Errorf("%w: gave up after %d collisions, the last: %s", groupbuy.ErrUnavailable, try, err.Error())
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// pause waits longer after each try, jittered so that two nodes do not meet again.
func pause(ctx context.Context, try int) error {
	limit := min(firstPause<<(try-1), maxPause)
	timer := time.NewTimer(limit/2 + rand.N(limit/2)) //nolint:gosec // G404: jitter, nobody gains by guessing it
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("groupbuystore: waiting to decide again: %w", ctx.Err())
	}
}

// batch is one try. The time is taken once everything is held, so that of two batches on one team the later one also
// has the later time.
func (s *Store) batch(p *sqldb.Pipe, touch team.Touch, decide func(*team.State, time.Time), trace string) (saved, error) {
	loaded, err := s.load(p, touch)
	if err != nil {
		return saved{}, err
	}
	now := s.now()
	decide(loaded.state, now)
	return s.save(loaded, now, trace)
}
