// Package cachetest holds every cache to the same: what each port promises to those who use it, on one node and on two
// that share.
package cachetest

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/limit"
	"kaituan/api/sign"
	"kaituan/infrastructure/cache"
)

// Node is the cache as one node has it.
type Node struct {
	Meter  limit.Meter
	Nonces sign.Nonces
	Board  cache.Board
	Start  func() // the Board hears from then on
}

// patience bounds what happens soon.
const patience = 20 * time.Second

// Run tests a cache. open returns two nodes that share it; a cache of one process returns the same one twice.
func Run(t *testing.T, open func(t *testing.T) (a, b Node)) {
	tests := map[string]func(t *testing.T, a, b Node){
		"meter lets a burst through":          meterBurst,
		"meter fills with time":               meterFills,
		"meter keeps buckets apart":           meterApart,
		"meter is shared":                     meterShared,
		"meter counts callers at once":        meterAtOnce,
		"nonce is the first once":             nonceOnce,
		"nonce is shared":                     nonceShared,
		"nonce is of its key":                 nonceOfKey,
		"board reaches every follower":        boardReaches,
		"board keeps topics apart":            boardApart,
		"board takes what nobody waits for":   boardUnheard,
		"a caller who left is answered still": callerLeft,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a, b := open(t)
			test(t, a, b)
		})
	}
}

// slow fills by one call in an hour: within a test, not at all.
func slow(burst int) limit.Rate { return limit.Rate{PerSecond: 1.0 / 3600, Burst: burst} }

func meterBurst(t *testing.T, a, _ Node) {
	bucket := rand.Text()
	for left := 4; left >= 0; left-- {
		v := a.Meter.Take(context.Background(), bucket, slow(5))
		require.True(t, v.Allowed)
		require.Equal(t, left, v.Remaining)
		require.Zero(t, v.RetryAfter)
		require.InDelta(t, float64(5-left), v.Full.Hours(), 0.1)
	}
	for range 3 { // a refused call costs nothing
		v := a.Meter.Take(context.Background(), bucket, slow(5))
		require.False(t, v.Allowed)
		require.Zero(t, v.Remaining)
		require.InDelta(t, 1, v.RetryAfter.Hours(), 0.1)
	}
}

func meterFills(t *testing.T, a, _ Node) {
	bucket, rate := rand.Text(), limit.Rate{PerSecond: 20, Burst: 1}
	began := time.Now()
	allowed := 0
	require.Eventually(t, func() bool {
		if a.Meter.Take(context.Background(), bucket, rate).Allowed {
			allowed++
		}
		return allowed == 4
	}, patience, time.Millisecond)
	require.GreaterOrEqual(t, time.Since(began), 3*rate.Interval()*9/10, "no faster than the rate")
}

func meterApart(t *testing.T, a, _ Node) {
	one, other := rand.Text(), rand.Text()
	require.True(t, a.Meter.Take(context.Background(), one, slow(1)).Allowed)
	require.False(t, a.Meter.Take(context.Background(), one, slow(1)).Allowed)
	require.True(t, a.Meter.Take(context.Background(), other, slow(1)).Allowed)
}

func meterShared(t *testing.T, a, b Node) {
	bucket := rand.Text()
	require.True(t, a.Meter.Take(context.Background(), bucket, slow(3)).Allowed)
	require.True(t, b.Meter.Take(context.Background(), bucket, slow(3)).Allowed)
	require.True(t, a.Meter.Take(context.Background(), bucket, slow(3)).Allowed)
	require.False(t, b.Meter.Take(context.Background(), bucket, slow(3)).Allowed)
	require.False(t, a.Meter.Take(context.Background(), bucket, slow(3)).Allowed)
}

func meterAtOnce(t *testing.T, a, b Node) {
	bucket := rand.Text()
	allowed := atOnce(40, func(i int) bool { return []Node{a, b}[i%2].Meter.Take(context.Background(), bucket, slow(7)).Allowed })
	require.Equal(t, 7, allowed)
}

// atOnce says how many of n calls at once were true.
func atOnce(n int, call func(i int) bool) int {
	var group sync.WaitGroup
	var yes atomic.Int64
	for i := range n {
		group.Go(func() {
			if call(i) {
				yes.Add(1)
			}
		})
	}
	group.Wait()
	return int(yes.Load())
}

func first(t *testing.T, n Node, key, nonce string) bool {
	t.Helper()
	is, err := n.Nonces.First(context.Background(), key, nonce, time.Now())
	require.NoError(t, err)
	return is
}

func nonceOnce(t *testing.T, a, b Node) {
	nonce := rand.Text()
	require.Equal(t, 1, atOnce(40, func(i int) bool { return first(t, []Node{a, b}[i%2], "key", nonce) }))
	require.False(t, first(t, a, "key", nonce))
}

func nonceShared(t *testing.T, a, b Node) {
	nonce := rand.Text()
	require.True(t, first(t, a, "key", nonce))
	require.False(t, first(t, b, "key", nonce))
}

func nonceOfKey(t *testing.T, a, _ Node) {
	nonce := rand.Text()
	require.True(t, first(t, a, "key", nonce))
	require.True(t, first(t, a, "other", nonce))
	require.True(t, first(t, a, "key", rand.Text()))
}

func boardReaches(t *testing.T, a, b Node) {
	topic := cache.Topic(rand.Text())
	var here, there atomic.Int64
	a.Board.Follow(topic, func() { here.Add(1) })
	b.Board.Follow(topic, func() { there.Add(1) })
	a.Start()
	b.Start()
	require.Eventually(t, func() bool {
		a.Board.Announce(context.Background(), topic)
		return here.Load() > 0 && there.Load() > 0
	}, patience, 10*time.Millisecond)
}

func boardApart(t *testing.T, a, b Node) {
	topic, other := cache.Topic(rand.Text()), cache.Topic(rand.Text())
	var heard, overheard atomic.Int64
	b.Board.Follow(topic, func() { heard.Add(1) })
	b.Board.Follow(other, func() { overheard.Add(1) })
	b.Start()
	require.Eventually(t, func() bool {
		a.Board.Announce(context.Background(), topic)
		return heard.Load() > 0
	}, patience, 10*time.Millisecond)
	require.Zero(t, overheard.Load())
}

func boardUnheard(_ *testing.T, a, _ Node) {
	a.Start()
	a.Board.Announce(context.Background(), cache.Topic(rand.Text()))
}

func callerLeft(t *testing.T, a, _ Node) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	bucket := rand.Text()
	require.True(t, a.Meter.Take(ctx, bucket, slow(1)).Allowed)
	require.False(t, a.Meter.Take(ctx, bucket, slow(1)).Allowed, "known here at least")
	is, err := a.Nonces.First(ctx, "key", bucket, time.Now())
	require.NoError(t, err)
	require.True(t, is)
}
