package fleettest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/sandbox"
)

type doc = map[string]any

// load is people who buy, through the proxy, as long as they are let.
type load struct {
	fleet    *fleet
	activity string
	couples  [][2]string // tokens

	stop context.CancelFunc
	all  sync.WaitGroup

	mu        sync.Mutex
	requests  int
	failures  []string // what was answered with 500 and above, or not at all
	purchases int      // orders that were paid and shipped
	took      []time.Duration
	served    []time.Time // when each order was placed
}

// couples is how many pairs of people buy at once.
const couples = 3

// openShop puts a product on the shelf, an activity for teams of two on it, and signs people up.
func openShop(t *testing.T, f *fleet) *load {
	t.Helper()
	l := &load{fleet: f}
	l.must(t, "PUT", "/api/mall/admin/v1/products/tea", operatorToken, doc{
		"name": "tea", "shelf": "on_shelf", "skus": []doc{{"sku_id": "one", "name": "one", "price_fen": 10000, "stock": 1_000_000}},
	}, http.StatusOK)
	at := func(from time.Duration) string { return time.Now().Add(from).UTC().Format("2006-01-02T15:04:05.000Z") }
	l.activity = l.must(t, "POST", "/api/groupbuy/admin/v1/activities", operatorToken, doc{
		"partner_id": "mall", "name": "tea for two", "goods": []string{"tea"}, "team_size": 2, "starts_at": at(-time.Minute), "ends_at": at(5 * time.Hour),
		"rules": []doc{{"plan": doc{"kind": "reduce", "off_fen": 2000}}},
	}, http.StatusCreated)["activity_id"].(string)
	l.must(t, "POST", "/api/groupbuy/admin/v1/activities/"+l.activity+"/publish", operatorToken, nil, http.StatusOK)
	l.signUp(t, "buyer", couples)
	return l
}

// must repeats a request until it is answered as it should be.
func (l *load) must(t *testing.T, method, path, token string, body any, want int) doc {
	t.Helper()
	var status int
	var answer doc
	var err error
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(pace) {
		// Again and again: the mall registers its goods at the engine a moment after they are saved.
		if status, answer, err = l.ask(t.Context(), method, path, token, "", body); err == nil && status == want {
			return answer
		}
	}
	require.FailNow(t, method+" "+path, "%d %v %v", status, answer, err)
	return nil
}

// signUp adds couples. What was asked until then does not count.
func (l *load) signUp(t *testing.T, name string, n int) {
	t.Helper()
	for i := range n {
		var couple [2]string
		for j := range couple {
			couple[j] = l.must(t, "POST", "/api/mall/v1/accounts", "", doc{
				"login": fmt.Sprintf("%s-%d-%d@example.com", name, i, j), "password": "tea-at-4-pm", "nickname": "buyer",
			}, http.StatusCreated)["token"].(string)
		}
		l.couples = append(l.couples, couple)
	}
	l.cut()
}

// ask makes one request.
func (l *load) ask(ctx context.Context, method, path, token, key string, body any) (int, doc, error) {
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return 0, nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, l.fleet.url+path, bytes.NewReader(payload))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	began := time.Now()
	resp, err := l.fleet.http.Do(req)
	if err != nil {
		l.note(ctx, time.Since(began), fmt.Sprintf("%s %s: %v", method, path, err))
		return 0, nil, err
	}
	text, err := drainBody(resp)
	failure := ""
	if err != nil || resp.StatusCode >= http.StatusInternalServerError {
		failure = fmt.Sprintf("%s %s after %s: %d %s %v", method, path, time.Since(began).Round(time.Millisecond), resp.StatusCode, text, err)
	}
	l.note(ctx, time.Since(began), failure)
	var answer doc
	_ = json.Unmarshal([]byte(text), &answer) // a page of the proxy is none
	return resp.StatusCode, answer, err
}

// note counts a request, unless it was us who gave it up.
func (l *load) note(ctx context.Context, took time.Duration, failure string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	l.requests++
	l.took = append(l.took, took)
	if failure != "" {
		l.failures = append(l.failures, failure)
	}
}

// start has everybody buy.
func (l *load) start() {
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	for i, couple := range l.couples {
		l.all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				l.together(ctx, couple, fmt.Sprintf("%d-%d-%d", i, n, time.Now().UnixNano()))
			}
		})
	}
}

// together is how two people buy: one opens a team and pays, the other joins and pays, both get their goods.
func (l *load) together(ctx context.Context, couple [2]string, key string) {
	var orders [2]string
	team := ""
	for i, token := range couple {
		order, of := l.order(ctx, token, key+string(rune('a'+i)), team)
		if order == "" || !l.pay(ctx, token, order) {
			return
		}
		orders[i], team = order, of
	}
	for i, token := range couple {
		l.shipped(ctx, token, orders[i])
	}
}

// order places an order; whoever hears nothing sends the same again, as a page does.
func (l *load) order(ctx context.Context, token, key, team string) (id, of string) {
	in := doc{"mode": "group", "product_id": "tea", "sku_id": "one", "activity_id": l.activity}
	if team != "" {
		in["team_id"] = team
	}
	for ctx.Err() == nil {
		status, answer, err := l.ask(ctx, "POST", "/api/mall/v1/orders", token, key, in)
		if err == nil && status == http.StatusCreated {
			id, _ = answer["order_id"].(string)
			of, _ = answer["team_id"].(string)
			if of != "" {
				l.mu.Lock()
				l.served = append(l.served, time.Now())
				l.mu.Unlock()
				return id, of
			}
		} else if err == nil && status < http.StatusInternalServerError && status != http.StatusConflict {
			return "", "" // refused: the team ended, say
		}
		wait(ctx)
	}
	return "", ""
}

func (l *load) pay(ctx context.Context, token, order string) bool {
	for ctx.Err() == nil {
		status, answer, err := l.ask(ctx, "POST", "/api/mall/v1/orders/"+order+"/payment", token, "", doc{"method": "phone"})
		url, _ := answer["pay_url"].(string)
		if err == nil && status == http.StatusOK && url != "" {
			if _, err := (sandbox.Buyer{HTTP: l.fleet.http}).Pay(ctx, url); err == nil {
				return true
			}
		}
		if code, _ := answer["code"].(string); code == "order_paid" {
			return true
		}
		wait(ctx)
	}
	return false
}

func (l *load) shipped(ctx context.Context, token, order string) {
	for ctx.Err() == nil {
		_, answer, err := l.ask(ctx, "GET", "/api/mall/v1/orders/"+order, token, "", nil)
		if view, ok := answer["order"].(doc); err == nil && ok && view["status"] == "shipped" {
			l.mu.Lock()
			l.purchases++
			l.mu.Unlock()
			return
		}
		wait(ctx)
	}
}

// wait is how long a person looks before they look again.
func wait(ctx context.Context) {
	select {
	case <-time.After(2 * pace):
	case <-ctx.Done():
	}
}

// tally is what happened between two moments.
type tally struct {
	requests, purchases int
	failures            []string
	p50, p99            time.Duration
}

// String is one line for people.
func (n tally) String() string {
	return fmt.Sprintf("%d requests, %d failed, %d purchases complete, p50 %s, p99 %s", n.requests, len(n.failures), n.purchases,
		n.p50.Round(time.Millisecond), n.p99.Round(time.Millisecond))
}

// cut returns what happened since the last cut.
func (l *load) cut() tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.took)
	n := tally{requests: l.requests, purchases: l.purchases, failures: l.failures}
	if len(l.took) > 0 {
		n.p50, n.p99 = l.took[len(l.took)/2], l.took[len(l.took)*99/100]
	}
	l.requests, l.purchases, l.failures, l.took = 0, 0, nil, nil
	return n
}

// await waits until so many purchases are complete since the last cut.
func (l *load) await(t *testing.T, purchases int) {
	t.Helper()
	require.Eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.purchases >= purchases
	}, patience, pace, "%d purchases", purchases)
}

// servedSince is when the first order after a moment was placed; zero: none yet.
func (l *load) servedSince(moment time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, at := range l.served {
		if at.After(moment) {
			return at
		}
	}
	return time.Time{}
}

// end stops everybody.
func (l *load) end() {
	l.stop()
	l.all.Wait()
}
