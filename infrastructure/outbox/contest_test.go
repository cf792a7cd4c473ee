package outbox_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// Two relays as in two processes, each with pools of its own: every message is delivered exactly once.
func TestRelay_TwoShareAThousand(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		const n = 1000
		b.addNumbered(n)
		second := b.newRelay(sqldbtest.Connect(b, b.db.DSN()), b.handler.handle, outbox.Options{})
		var both sync.WaitGroup
		for _, relay := range []*outbox.Relay{b.relay, second} {
			both.Go(func() {
				if err := relay.Drain(context.Background()); err != nil {
					b.Error(err)
				}
			})
		}
		both.Wait()
		times := map[string]int{}
		for _, id := range b.handler.ids() {
			times[id]++
		}
		require.Len(b, times, n)
		require.Len(b, b.handler.seen, n, "none twice")
		require.Zero(b, b.status())
	})
}

// A relay that hangs in its handler loses the message to another one when the lease ends, and can then neither mark
// it sent nor dead nor due.
func TestRelay_StaleOwnerChangesNothing(t *testing.T) {
	for name, late := range map[string]error{"sent": nil, "failed": errDown, "poison": outbox.ErrPoison} {
		t.Run(name, func(t *testing.T) {
			eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
				started, finish := make(chan struct{}), make(chan struct{})
				hung := b.newRelay(sqldbtest.Connect(b, b.db.DSN()), func(context.Context, outbox.Message) error {
					close(started)
					<-finish
					return late
				}, outbox.Options{Lease: time.Minute, Poll: time.Hour})
				b.handler.fail = func(outbox.Message) error { return &outbox.RetryAt{At: b.clock.Now().Add(time.Minute), Err: errDown} }
				b.addNumbered(1)
				require.NoError(b, hung.Start(b.Context()))
				<-started

				b.clock.Advance(59 * time.Second)
				b.drain()
				require.Empty(b, b.handler.seen, "leased")
				b.clock.Advance(time.Second)
				b.drain()
				require.Len(b, b.handler.seen, 1, "taken over")
				require.Equal(b, 2, b.handler.seen[0].Attempt)

				close(finish)
				require.NoError(b, hung.Stop(b.Context()))
				require.Equal(b, outbox.Status{Waiting: 1, Oldest: time.Minute}, b.status(), "as the second relay left it")
				b.clock.Advance(time.Minute)
				b.handler.fail = nil
				b.drain()
				require.Equal(b, 3, b.handler.seen[1].Attempt)
				require.Zero(b, b.status())
			})
		})
	}
}

// A message whose handler kills the process every time must not be tried for ever.
func TestRelay_CrashLoopEnds(t *testing.T) {
	eachDatabase(t, outbox.Policy{MaxAttempts: 2}, func(b *bench) {
		b.addNumbered(1)
		for range 2 {
			require.NoError(b, outbox.CrashAfterClaim(b.Context(), b.relay))
			b.drain()
			require.Empty(b, b.handler.seen, "leased to the dead process")
			b.clock.Advance(time.Minute)
		}
		b.drain()
		require.Empty(b, b.handler.seen)
		dead, err := outbox.ListDead(b.Context(), b.db, "", 1)
		require.NoError(b, err)
		require.Len(b, dead, 1)
		require.Contains(b, dead[0].LastError, "2 attempts ended without a result")
	})
}

func TestRelay_CrashIsMadeGoodAfterTheLease(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		b.addNumbered(30)
		require.NoError(b, outbox.CrashAfterClaim(b.Context(), b.relay))
		b.drain()
		require.Len(b, b.handler.seen, 14, "the process that died holds 16")
		b.clock.Advance(time.Minute)
		b.drain()
		require.ElementsMatch(b, numbered(30), b.handler.ids())
	})
}

func numbered(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("m%04d", i)
	}
	return ids
}

// The database goes away between claim and settle: the relay neither spins nor blocks Stop.
func TestRelay_DatabaseGone(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		own := sqldbtest.Connect(b, b.db.DSN())
		started, finish := make(chan struct{}), make(chan struct{})
		relay := b.newRelay(own, func(context.Context, outbox.Message) error {
			close(started)
			<-finish
			return nil
		}, outbox.Options{Poll: time.Millisecond})
		b.addNumbered(1)
		require.NoError(b, relay.Start(b.Context()))
		<-started
		require.NoError(b, own.Close())
		close(finish)
		over, cancel := context.WithCancel(b.Context())
		cancel()
		require.ErrorIs(b, relay.Stop(over), context.Canceled)
		require.Error(b, relay.Drain(b.Context()))

		b.clock.Advance(time.Minute)
		b.drain()
		require.Equal(b, []string{"m0000"}, b.handler.ids(), "delivered again, since the result could not be saved")
	})
}
