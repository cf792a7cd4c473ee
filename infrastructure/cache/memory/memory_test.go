package memory_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/limit"
	"kaituan/api/sign"
	"kaituan/infrastructure/cache/cachetest"
	"kaituan/infrastructure/cache/memory"
)

func TestMemory_KeepsWhatEveryCachePromises(t *testing.T) {
	cachetest.Run(t, func(*testing.T) (a, b cachetest.Node) {
		n := cachetest.Node{
			Meter: memory.NewMeter(1<<10, time.Now), Nonces: sign.NewMemoryNonces(1 << 10), Board: memory.NewBoard(), Start: func() {},
		}
		return n, n
	})
}

// A flood from very many places must not fill the machine's memory, nor lock out those who call as they should.
func TestMeter_IsBounded(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	m := memory.NewMeter(640, func() time.Time { return now })
	rate := limit.Rate{PerSecond: 1, Burst: 2}
	for i := range 100_000 {
		require.True(t, m.Take(context.Background(), fmt.Sprint("address:", i), rate).Allowed)
	}
	require.LessOrEqual(t, m.Buckets(), 640)
}

// Buckets that are full again make room before those of callers who are being held back.
func TestMeter_ForgetsFullBucketsFirst(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	m := memory.NewMeter(64*100, func() time.Time { return now })
	held := limit.Rate{PerSecond: 1.0 / 3600, Burst: 1}
	require.True(t, m.Take(context.Background(), "held", held).Allowed)
	for i := range 100 {
		now = now.Add(time.Second)
		for j := range 1000 {
			m.Take(context.Background(), fmt.Sprint(i, ":", j), limit.Rate{PerSecond: 10, Burst: 1})
		}
	}
	require.False(t, m.Take(context.Background(), "held", held).Allowed)
}
