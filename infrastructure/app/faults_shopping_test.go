package app_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallclient"
	"kaituan/api/mallwire"
	"kaituan/infrastructure/sandbox"
)

// shoppers is how many people buy at once.
const shoppers = 8

// shopping is people who buy, each once, for as long as there are some.
type shopping struct {
	*world
	people     []*buyer
	activityID string
	next, done atomic.Int64
	atOnce     atomic.Int64 // who got their order and paid it, each answered as it should be at the first try
	bought     atomic.Int64 // who got their order and paid it in the end
	went       sync.WaitGroup

	mu      sync.Mutex
	refused map[string]int // the first answers that were not as they should be
}

// rush has a crowd come to an instance through a proxy, to a product of its own.
func (w *world) rush(product string, n int) *shopping {
	w.t.Helper()
	r := &shopping{world: w, people: w.crowd(n), activityID: w.sell(product, 2*n, nil), refused: map[string]int{}}
	transport := &http.Transport{MaxIdleConnsPerHost: shoppers}
	w.http = &http.Client{Transport: forwarded{transport, new(atomic.Int64)}, Timeout: patience}
	w.t.Cleanup(transport.CloseIdleConnections)
	return r
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

// start has everybody buy.
func (r *shopping) start() { r.upTo(len(r.people)) }

// upTo has people buy until so many have begun, counted from the first.
func (r *shopping) upTo(n int) {
	for range shoppers {
		r.went.Go(func() {
			for {
				i := r.next.Add(1) - 1
				if i >= int64(n) {
					r.next.Add(-1)
					return
				}
				r.buy(r.people[i], fmt.Sprintf("rush-%d", i))
				r.done.Add(1)
			}
		})
	}
}

// buy places an order and pays. Whatever was not answered well is sent again with its key, as pages do.
func (r *shopping) buy(b *buyer, key string) {
	shop, err := mallclient.NewClientWithResponses(r.shopAt, mallclient.WithHTTPClient(r.http))
	if err != nil {
		return
	}
	in := mallwire.OrderInput{Mode: mallwire.Group, ProductID: "cup", SKUID: "one", ActivityID: r.activityID}
	var order *mallwire.Order
	placed, first := r.persist("order", func() (why string) {
		answer, err := shop.PlaceOrderWithResponse(context.Background(), &mallwire.PlaceOrderParams{IdempotencyKey: key}, in, bearer(b.token))
		switch {
		case err != nil:
			return err.Error()
		case answer.JSON201 == nil:
			return answer.Status() + " " + string(answer.Body)
		case answer.JSON201.Status != mallwire.OrderStatusAwaitingPayment:
			return "the order is " + string(answer.JSON201.Status)
		}
		order = answer.JSON201
		return ""
	})
	if !placed {
		return
	}
	paid, at := r.persist("payment", func() (why string) {
		page, err := shop.PayOrderWithResponse(context.Background(), order.OrderID, mallwire.PaymentInput{Method: mallwire.Page}, bearer(b.token))
		switch {
		case err != nil:
			return err.Error()
		case page.JSON200 == nil:
			return page.Status() + " " + string(page.Body)
		}
		if _, err := (sandbox.Buyer{HTTP: r.http}).Pay(context.Background(), page.JSON200.PayURL); err != nil {
			return err.Error()
		}
		return ""
	})
	if paid {
		r.bought.Add(1)
	}
	if paid && first && at {
		r.atOnce.Add(1)
	}
}

// persist does something until it need not say why it failed. It says whether it came to that, and at the first try.
func (r *shopping) persist(what string, do func() (why string)) (done, first bool) {
	first = true
	return persist(func() bool {
		why := do()
		if why != "" && first {
			first = false
			r.mu.Lock()
			r.refused[what+": "+why]++
			r.mu.Unlock()
		}
		return why == ""
	}), first
}

// after waits until a share of the orders is through.
func (r *shopping) after(part, of int) {
	r.t.Helper()
	want := int64(len(r.people) * part / of)
	require.True(r.t, persist(func() bool { return r.done.Load() >= want }))
}

// share is what part of so many people, in percent.
func share(part int64, of int) float64 { return 100 * float64(part) / float64(of) }
