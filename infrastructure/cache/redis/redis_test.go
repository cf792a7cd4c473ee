package redis_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaituan/api/sign"
	"kaituan/infrastructure/cache/cachetest"
	"kaituan/infrastructure/cache/memory"
	"kaituan/infrastructure/cache/redis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pause is short, so that tests see recoveries.
const pause = 100 * time.Millisecond

func client(t *testing.T, url string) *redis.Client {
	t.Helper()
	c, err := redis.Open(redis.Options{URL: url, Timeout: 500 * time.Millisecond, Pause: pause, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func node(t *testing.T, c *redis.Client) cachetest.Node {
	t.Helper()
	board := redis.NewBoard(c)
	t.Cleanup(func() { require.NoError(t, board.Stop(context.Background())) })
	return cachetest.Node{
		Meter:  redis.NewMeter(c, memory.NewMeter(1<<10, time.Now)),
		Nonces: redis.NewNonces(c, sign.NewMemoryNonces(1<<10)),
		Board:  board,
		Start:  func() { require.NoError(t, board.Start(context.Background())) },
	}
}

func TestRedis_KeepsWhatEveryCachePromises(t *testing.T) {
	cachetest.Run(t, func(t *testing.T) (a, b cachetest.Node) {
		t.Helper()
		url := cachetest.Shared(t)
		return node(t, client(t, url)), node(t, client(t, url))
	})
}

// Without Redis a node is as one of its own: it promises the same, to itself.
func TestRedis_WithoutAServerIsLikeMemory(t *testing.T) {
	server := cachetest.Start(t)
	server.Stop()
	cachetest.Run(t, func(t *testing.T) (a, b cachetest.Node) {
		t.Helper()
		n := node(t, client(t, server.URL()))
		return n, n
	})
}

func TestOpen_RefusesWhatIsNoAddress(t *testing.T) {
	_, err := redis.Open(redis.Options{URL: "localhost:6379", Log: slog.New(slog.DiscardHandler)})
	require.ErrorContains(t, err, "redis: URL")
}
