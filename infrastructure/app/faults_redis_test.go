package app_test

import (
	"flag"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/cache/cachetest"
)

// redisOrders is how many orders are placed and paid while Redis is being maltreated.
var redisOrders = flag.Int("redis-orders", 180, "orders of TestFaults_RedisAway")

// Redis is away at the start, emptied, slow, hanging, full and killed while people buy: everybody gets what they ordered.
func TestFaults_RedisAway(t *testing.T) {
	server := cachetest.Start(t)
	proxy := cachetest.NewProxy(t, server.Address())
	server.Stop()
	w := open(t, map[string]string{
		"redis.url": proxy.URL(), "trusted_proxies": "127.0.0.1",
		"limit.address": "1000:100000", "limit.buyer": "1000:100000", "limit.buyer_write": "1000:100000",
	})
	status, body := w.private("/readyz")
	require.Equal(t, http.StatusOK, status, "it does without")
	require.Contains(t, body, `"degraded"`)
	r := w.rush("cup", *redisOrders)

	r.start()
	steps := []struct {
		name string
		do   func()
	}{
		{"there", server.Start},
		{"emptied", func() { server.Do("FLUSHALL") }},
		{"20 ms away", func() { proxy.Slow(20 * time.Millisecond) }},
		{"farther than is waited for", func() { proxy.Slow(300 * time.Millisecond) }},
		{"near again, and hanging", func() { proxy.Slow(0); server.Freeze() }},
		{"full", func() { server.Thaw(); server.Do("CONFIG SET maxmemory 1") }},
		{"killed", server.Stop},
		{"back", server.Start},
	}
	for i, step := range steps {
		r.after(i+1, len(steps)+1)
		step.do()
		t.Logf("after %d orders Redis is %s", r.done.Load(), step.name)
	}
	r.went.Wait()
	n := len(r.people)
	t.Logf("numbers: F20: of %d orders %.2f %% were placed and paid at the first try, %.2f %% in the end; refused at first: %v", n,
		share(r.atOnce.Load(), n), share(r.bought.Load(), n), r.refused)
	require.GreaterOrEqual(t, share(r.bought.Load(), n), 99.9)
	require.Eventually(t, func() bool {
		_, body := w.private("/readyz")
		return !strings.Contains(body, `"degraded"`)
	}, patience, pace)
	require.Regexp(t, `(?m)^kaituan_redis_failures_total [1-9]`, w.metrics())
	require.Regexp(t, `(?m)^kaituan_redis_skipped_total [1-9]`, w.metrics())
	w.check()
}
