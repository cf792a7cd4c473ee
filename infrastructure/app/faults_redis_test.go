package app_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallclient"
	"kaituan/api/mallwire"
	"kaituan/infrastructure/cache/cachetest"
	"kaituan/infrastructure/sandbox"
)

// redisOrders is how many orders are placed and paid while Redis is being maltreated.
var redisOrders = flag.Int("redis-orders", 180, "orders of TestFaults_RedisAway")

// shoppers is how many people buy at once.
const shoppers = 8

// shopping is people who buy, each once, for as long as there are some.
type shopping struct {
	*world
	people     []*buyer
	activityID string
	next, done atomic.Int64
	atOnce     atomic.Int64 // orders that were answered as they should at the first try
	bought     atomic.Int64 // that were placed and paid in the end
	went       sync.WaitGroup
}

// forwarded is a proxy in front of the instance: every request comes from another address.
type forwarded struct {
	next http.RoundTripper
	n    *atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (f forwarded) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	n := f.n.Add(1)
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", n/250%250, n%250))
	return f.next.RoundTrip(req)
}

func (r *shopping) start() {
	for range shoppers {
		r.went.Go(func() {
			for {
				i := int(r.next.Add(1)) - 1
				if i >= len(r.people) {
					return
				}
				r.buy(r.people[i], fmt.Sprintf("rush-%d", i))
				r.done.Add(1)
			}
		})
	}
}

// buy places an order and pays. One that was not answered well is sent again with its key, as pages do.
func (r *shopping) buy(b *buyer, key string) {
	shop, err := mallclient.NewClientWithResponses(r.shopAt, mallclient.WithHTTPClient(r.http))
	if err != nil {
		return
	}
	in := mallwire.OrderInput{Mode: mallwire.Group, ProductID: "cup", SKUID: "one", ActivityID: r.activityID}
	var order *mallwire.Order
	first := true
	placed := persist(func() bool {
		answer, err := shop.PlaceOrderWithResponse(context.Background(), &mallwire.PlaceOrderParams{IdempotencyKey: key}, in, bearer(b.token))
		if err == nil && answer.JSON201 != nil && answer.JSON201.Status == mallwire.OrderStatusAwaitingPayment {
			order = answer.JSON201
			return true
		}
		first = false
		return false
	})
	if !placed {
		return
	}
	if first {
		r.atOnce.Add(1)
	}
	paid := persist(func() bool {
		page, err := shop.PayOrderWithResponse(context.Background(), order.OrderID, mallwire.PaymentInput{Method: mallwire.Page}, bearer(b.token))
		return err == nil && page.JSON200 != nil && pays(r.http, page.JSON200.PayURL)
	})
	if paid {
		r.bought.Add(1)
	}
}

// pays says whether a payment at the cashier succeeded.
func pays(client *http.Client, page string) bool {
	_, err := sandbox.Buyer{HTTP: client}.Pay(context.Background(), page)
	return err == nil
}

// after waits until a share of the orders is through.
func (r *shopping) after(part, of int) {
	r.t.Helper()
	want := int64(len(r.people) * part / of)
	require.True(r.t, persist(func() bool { return r.done.Load() >= want }))
}

// Redis is away at the start, emptied, slow, hanging, full and killed while people buy: everybody gets what they ordered.
func TestFaults_RedisAway(t *testing.T) {
	server := cachetest.Start(t)
	proxy := cachetest.NewProxy(t, server.Address())
	server.Stop()
	w := open(t, map[string]string{
		"redis.url": proxy.URL(), "trusted_proxies": "127.0.0.1",
		"limit.address": "1000:100000", "limit.buyer": "1000:100000", "limit.buyer_write": "1000:100000",
	})
	r := &shopping{world: w, people: w.crowd(*redisOrders), activityID: w.sell("cup", 2**redisOrders, nil)}
	status, body := w.private("/readyz")
	require.Equal(t, http.StatusOK, status, "it does without")
	require.Contains(t, body, `"degraded"`)
	transport := &http.Transport{MaxIdleConnsPerHost: shoppers}
	w.http = &http.Client{Transport: forwarded{transport, new(atomic.Int64)}, Timeout: patience}
	t.Cleanup(transport.CloseIdleConnections)

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
	n := float64(len(r.people))
	t.Logf("numbers: of %d orders %.2f %% were placed at the first try, %.2f %% were placed and paid", len(r.people),
		100*float64(r.atOnce.Load())/n, 100*float64(r.bought.Load())/n)
	require.GreaterOrEqual(t, float64(r.bought.Load()), 0.999*n)
	require.Eventually(t, func() bool {
		_, body := w.private("/readyz")
		return !strings.Contains(body, `"degraded"`)
	}, patience, pace)
	require.Regexp(t, `(?m)^kaituan_redis_failures_total [1-9]`, w.metrics())
	require.Regexp(t, `(?m)^kaituan_redis_skipped_total [1-9]`, w.metrics())
	w.check()
}
