package sign_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/api/sign"
)

func first(t require.TestingT, nonces *sign.MemoryNonces, key, nonce string, at time.Time) bool {
	ok, err := nonces.First(nil, key, nonce, at) //nolint:staticcheck // the in-memory store reads no context
	require.NoError(t, err)
	return ok
}

func TestMemoryNoncesRemembersForTheRetention(t *testing.T) {
	nonces, now := sign.NewMemoryNonces(1<<16), testNow()
	require.True(t, first(t, nonces, "k", "n", now))
	require.False(t, first(t, nonces, "k", "n", now))
	require.True(t, first(t, nonces, "k2", "n", now), "another key")
	require.False(t, first(t, nonces, "k", "n", now.Add(sign.Retention)))
	require.True(t, first(t, nonces, "k", "n", now.Add(2*sign.Retention)), "long past")
}

func TestMemoryNoncesLetsOneOfManyThrough(t *testing.T) {
	nonces := sign.NewMemoryNonces(1 << 16)
	var won atomic.Int64
	var wait sync.WaitGroup
	for range 64 {
		wait.Go(func() {
			if ok, _ := nonces.First(t.Context(), "k", "n", testNow()); ok {
				won.Add(1)
			}
		})
	}
	wait.Wait()
	require.EqualValues(t, 1, won.Load())
}

func TestMemoryNoncesIsBoundedAndForgetsTheOldest(t *testing.T) {
	const capacity = 64 * 2 * 10
	nonces, now := sign.NewMemoryNonces(capacity), testNow()
	for i := range capacity * 10 {
		require.True(t, first(t, nonces, "k", fmt.Sprint(i), now))
	}
	require.False(t, first(t, nonces, "k", fmt.Sprint(capacity*10-1), now), "the newest is still known")
	kept := capacity*10 - int(nonces.Forgotten())
	require.LessOrEqual(t, kept, capacity)
	require.True(t, first(t, nonces, "k", "0", now), "the oldest went first")
}

// A store that is large enough answers as one that remembers everything, for any calls within the retention.
func TestMemoryNoncesNeverForgetsTooEarly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nonces, now := sign.NewMemoryNonces(1<<20), testNow()
		seenAt := map[string]time.Time{}
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "gap")) * time.Second)
			nonce := fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "nonce"))
			fresh := first(t, nonces, "k", nonce, now)
			if at, seen := seenAt[nonce]; seen && now.Sub(at) <= sign.Retention && fresh {
				t.Fatalf("nonce %s passed again %s later", nonce, now.Sub(at))
			}
			if fresh {
				seenAt[nonce] = now
			}
		}
		require.Zero(t, nonces.Forgotten())
	})
}
