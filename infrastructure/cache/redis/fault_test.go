package redis_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/limit"
	"kaituan/infrastructure/breaker"
	"kaituan/infrastructure/cache/cachetest"
	"kaituan/infrastructure/cache/redis"
)

// ill is a Redis that can be made to suffer, and a node that uses it.
type ill struct {
	server *cachetest.Server
	proxy  *cachetest.Proxy
	client *redis.Client
	node   cachetest.Node
}

func newIll(t *testing.T) *ill {
	t.Helper()
	i := &ill{server: cachetest.Start(t)}
	i.proxy = cachetest.NewProxy(t, i.server.Address())
	i.client = client(t, i.proxy.URL())
	i.node = node(t, i.client)
	i.node.Start()
	i.answers(t)
	return i
}

// answers waits until Redis is asked again.
func (i *ill) answers(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return i.client.Probe(context.Background()) == nil }, 20*time.Second, 10*time.Millisecond)
}

// faults are what a Redis can suffer, and how it is cured.
func faults() map[string]struct{ strike, cure func(i *ill) } {
	return map[string]struct{ strike, cure func(i *ill) }{
		"killed":  {func(i *ill) { i.server.Stop() }, func(i *ill) { i.server.Start() }},
		"hanging": {func(i *ill) { i.server.Freeze() }, func(i *ill) { i.server.Thaw() }},
		"far":     {func(i *ill) { i.proxy.Slow(2 * time.Second) }, func(i *ill) { i.proxy.Slow(0); i.proxy.Cut() }},
		"full":    {func(i *ill) { i.server.Do("CONFIG SET maxmemory 1") }, func(i *ill) { i.server.Do("CONFIG SET maxmemory 0") }},
		"emptied": {func(i *ill) { i.server.Do("FLUSHALL") }, func(*ill) {}},
		"cut off": {func(i *ill) { i.proxy.Cut() }, func(*ill) {}},
	}
}

// Whatever Redis suffers, a call that is new is new, one that this node has seen is a repeat, and a limit holds here.
func TestFault_NobodyIsRefused(t *testing.T) {
	for name, fault := range faults() {
		t.Run(name, func(t *testing.T) {
			i := newIll(t)
			old := rand.Text()
			require.True(t, first(t, i.node, old))
			fault.strike(i)
			for range 20 {
				fresh, bucket := rand.Text(), rand.Text()
				require.True(t, first(t, i.node, fresh))
				require.False(t, first(t, i.node, fresh))
				require.True(t, i.node.Meter.Take(context.Background(), bucket, once()).Allowed)
				require.False(t, i.node.Meter.Take(context.Background(), bucket, once()).Allowed)
				i.node.Board.Announce(context.Background(), "news")
			}
			require.False(t, first(t, i.node, old))
			fault.cure(i)
			i.answers(t)
			require.True(t, first(t, i.node, rand.Text()))
		})
	}
}

// While Redis does not answer, few wait for it; the others are told at once.
func TestFault_NobodyWaits(t *testing.T) {
	i := newIll(t)
	i.server.Freeze()
	before := i.client.Stats()
	for range 500 {
		require.True(t, first(t, i.node, rand.Text()))
	}
	after := i.client.Stats()
	require.EqualValues(t, 500, after.Calls-before.Calls)
	require.Greater(t, after.Skipped-before.Skipped, after.Failures-before.Failures)
	i.server.Thaw()
	i.answers(t)
}

func TestProbe_TellsWhatIsWrong(t *testing.T) {
	i := newIll(t)
	i.server.Stop()
	require.Eventually(t, func() bool {
		err := i.client.Probe(context.Background())
		return errors.Is(err, breaker.ErrOpen)
	}, 20*time.Second, time.Millisecond)
}

// A Board that lost its connection hears again once Redis is back.
func TestBoard_HearsAgainAfterALoss(t *testing.T) {
	i := newIll(t)
	board := redis.NewBoard(i.client)
	t.Cleanup(func() { require.NoError(t, board.Stop(context.Background())) })
	heard := make(chan struct{}, 1000)
	board.Follow("news", func() { heard <- struct{}{} })
	require.NoError(t, board.Start(context.Background()))
	other, err := redis.Open(redis.Options{URL: i.server.URL(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, other.Close()) })
	sender := redis.NewBoard(other)
	hears := func() bool {
		sender.Announce(context.Background(), "news")
		select {
		case <-heard:
			return true
		case <-time.After(10 * time.Millisecond):
			return false
		}
	}
	require.Eventually(t, hears, 20*time.Second, time.Millisecond)
	i.server.Stop()
	i.server.Start()
	for len(heard) > 0 {
		<-heard
	}
	require.Eventually(t, hears, 20*time.Second, time.Millisecond)
}

func first(t *testing.T, n cachetest.Node, nonce string) bool {
	t.Helper()
	is, err := n.Nonces.First(context.Background(), "key", nonce, time.Now())
	require.NoError(t, err)
	return is
}

// once is a rate that lets one call through.
func once() limit.Rate { return limit.Rate{PerSecond: 1.0 / 3600, Burst: 1} }
