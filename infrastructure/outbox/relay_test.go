package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/outbox"
)

var errDown = errors.New("endpoint down")

func TestRelay_TriesAgainAfterTheWait(t *testing.T) {
	policy := outbox.Policy{MaxAttempts: 5, First: 10 * time.Second, Max: time.Minute}
	eachDatabase(t, policy, func(b *bench) {
		b.handler.fail = func(m outbox.Message) error {
			if m.Attempt < 3 {
				return errDown
			}
			return nil
		}
		b.addNumbered(1)
		b.drain()
		b.clock.Advance(4 * time.Second) // jitter keeps at least half of the wait
		b.drain()
		require.Len(b, b.handler.seen, 1)
		b.clock.Advance(6 * time.Second)
		b.drain()
		b.clock.Advance(20 * time.Second)
		b.drain()
		require.Len(b, b.handler.seen, 3)
		require.Equal(b, 3, b.handler.seen[2].Attempt)
		b.clock.Advance(time.Hour)
		b.drain()
		require.Len(b, b.handler.seen, 3, "sent is final")
	})
}

func TestRelay_DeadAfterTheLastAttemptUntilRedo(t *testing.T) {
	eachDatabase(t, outbox.Policy{MaxAttempts: 2}, func(b *bench) {
		b.handler.fail = func(outbox.Message) error { return fmt.Errorf("call: %w", errDown) }
		b.addNumbered(2)
		b.drain()
		require.Len(b, b.handler.seen, 4)
		require.Equal(b, outbox.Status{Dead: 2}, b.status())

		dead, err := outbox.ListDead(b.Context(), b.db, "", 1)
		require.NoError(b, err)
		require.Len(b, dead, 1)
		require.Equal(b, "m0000", dead[0].ID)
		require.Equal(b, "call: endpoint down", dead[0].LastError)
		require.Equal(b, b.clock.Now(), dead[0].DiedAt)
		rest, err := outbox.ListDead(b.Context(), b.db, dead[0].ID, 10)
		require.NoError(b, err)
		require.Equal(b, "m0001", rest[0].ID)

		b.handler.fail = nil
		n, err := outbox.Redo(b.Context(), b.db, b.clock.Now(), "m0000", "unknown")
		require.NoError(b, err)
		require.EqualValues(b, 1, n)
		b.drain()
		require.Equal(b, "m0000", b.handler.seen[4].ID)
		require.Equal(b, 1, b.handler.seen[4].Attempt)
		require.Equal(b, outbox.Status{Dead: 1}, b.status())
	})
}

func TestRelay_ErrorsThatDecide(t *testing.T) {
	long := outbox.Policy{MaxAttempts: 9, First: time.Hour, Max: time.Hour}
	eachDatabase(t, long, func(b *bench) {
		b.handler.fail = func(m outbox.Message) error {
			switch m.ID {
			case "m0000":
				return fmt.Errorf("status 410: %w", outbox.ErrPoison)
			case "m0001":
				return &outbox.RetryAt{At: b.clock.Now().Add(time.Second), Err: errDown}
			case "m0002":
				panic("nil map")
			default:
				return nil
			}
		}
		b.addNumbered(4)
		b.drain()
		require.Len(b, b.handler.seen, 4)
		require.Equal(b, outbox.Status{Waiting: 2, Dead: 1}, b.status(), "poison is dead, two wait")
		b.clock.Advance(time.Second)
		b.drain()
		require.Len(b, b.handler.seen, 5)
		require.Equal(b, "m0001", b.handler.seen[4].ID)
	})
}

func TestRelay_LeavesOtherTopicsAlone(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		b.addNumbered(1)
		other := outbox.New(b.db, map[outbox.Topic]outbox.Handler{"order.paid": b.handler.handle}, outbox.Options{Now: b.clock.Now})
		require.NoError(b, other.Drain(b.Context()))
		require.NoError(b, outbox.New(b.db, nil, outbox.Options{Now: b.clock.Now}).Drain(b.Context()))
		require.Empty(b, b.handler.seen)
		b.clock.Advance(3 * time.Second)
		require.Equal(b, outbox.Status{Waiting: 1, Oldest: 3 * time.Second, Overdue: 3 * time.Second}, b.status())
	})
}

func TestRelay_WakeDeliversAtOnce(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		relay := b.newRelay(b.db, b.handler.handle, outbox.Options{Poll: time.Hour})
		require.NoError(b, relay.Start(b.Context()))
		require.NoError(b, relay.Start(b.Context()), "twice is once")
		require.ErrorIs(b, relay.Drain(b.Context()), outbox.ErrRunning)
		for i := range 3 {
			b.add(outbox.Message{ID: fmt.Sprint(i)})
			relay.Wake()
			eventually(b, func() bool { return len(b.handler.ids()) == i+1 })
		}
		require.NoError(b, relay.Stop(b.Context()))
		require.NoError(b, relay.Stop(b.Context()), "twice is once")
		require.Zero(b, b.status())
	})
}

func TestRelay_PollFindsWhatNobodyAnnounced(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		relay := b.newRelay(b.db, b.handler.handle, outbox.Options{Poll: 5 * time.Millisecond})
		require.NoError(b, relay.Start(b.Context()))
		b.addNumbered(1)
		eventually(b, func() bool { return b.status().Waiting == 0 })
		require.NoError(b, relay.Stop(b.Context()))
	})
}

func TestRelay_SlowMessageDoesNotBlockOthers(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		slow := make(chan struct{})
		relay := b.newRelay(b.db, func(ctx context.Context, m outbox.Message) error {
			if m.ID == "m0000" {
				<-slow
			}
			return b.handler.handle(ctx, m)
		}, outbox.Options{Workers: 2})
		b.addNumbered(50)
		require.NoError(b, relay.Start(b.Context()))
		eventually(b, func() bool { return b.status().Waiting == 1 })
		close(slow)
		require.NoError(b, relay.Stop(b.Context()), "Stop waits for the handler and saves its result")
		require.Zero(b, b.status())
		require.Len(b, b.handler.seen, 50)
	})
}

func TestRelay_StopThatRunsOutOfTimeGivesMessagesBack(t *testing.T) {
	eachDatabase(t, outbox.Policy{MaxAttempts: 1}, func(b *bench) {
		started := make(chan struct{})
		relay := b.newRelay(b.db, func(ctx context.Context, _ outbox.Message) error {
			close(started)
			<-ctx.Done()
			return fmt.Errorf("post: %w", ctx.Err())
		}, outbox.Options{})
		b.addNumbered(1)
		require.NoError(b, relay.Start(b.Context()))
		<-started
		over, cancel := context.WithCancel(b.Context())
		cancel()
		require.ErrorIs(b, relay.Stop(over), context.Canceled)
		require.NoError(b, relay.Stop(over))

		b.drain() // another process, at once and with all attempts
		require.Equal(b, 1, b.handler.seen[0].Attempt)
		require.Zero(b, b.status())
	})
}

func TestRelay_StartsAgainAfterStop(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		for i := range 2 {
			require.NoError(b, b.relay.Start(b.Context()))
			b.add(outbox.Message{ID: fmt.Sprint(i)})
			b.relay.Wake()
			eventually(b, func() bool { return len(b.handler.ids()) == i+1 })
			require.NoError(b, b.relay.Stop(b.Context()))
		}
	})
}

func TestRelay_StopBeforeStart(t *testing.T) {
	require.NoError(t, outbox.New(nil, nil, outbox.Options{}).Stop(t.Context()))
}
