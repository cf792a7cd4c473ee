package killtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/sandbox"
)

// world is what the story is played in: a server, and a partner besides our own mall who takes events.
type world struct {
	*server
	stage
	t        *testing.T
	ctx      context.Context
	http     *http.Client
	receiver *receiver
	mu       sync.Mutex
	teams    map[string]string // how each is to end, by id
}

// stage is what is prepared before the story, once for many worlds.
type stage struct {
	pair   string            // an activity with teams of two
	tiered string            // two pay to form, three pay less
	short  string            // teams of three that last long enough to pay in, and no longer
	hasty  string            // a seat is released after a second
	tag    string            // of who ever bought
	buyers map[string]string // tokens by name
}

// receiver is a partner's endpoint. It takes every event, and remembers what is new to it.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	ends map[string]string // of teams: the event of its end, by team and event id
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{ends: map[string]string{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		var event struct {
			Type string `json:"type"`
			Data struct {
				Team struct {
					ID string `json:"team_id"`
				} `json:"team"`
			} `json:"data"`
		}
		if json.NewDecoder(req.Body).Decode(&event) == nil && (event.Type == "team.formed" || event.Type == "team.failed") {
			r.mu.Lock()
			r.ends[event.Data.Team.ID+" "+req.Header.Get("Webhook-Id")] = event.Type
			r.mu.Unlock()
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// of returns how a team ended as the partner heard it, each event once however often it came.
func (r *receiver) of(team string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ends []string
	for key, end := range r.ends {
		if strings.HasPrefix(key, team+" ") {
			ends = append(ends, end)
		}
	}
	return ends
}

// call makes one request again and again until the server answers it, as a browser or partner does that heard nothing.
// Whatever is repeated carries its own number, so that it is carried out once.
func (w *world) call(method, path, token string, key string, body any, want int) map[string]any {
	w.t.Helper()
	payload, err := json.Marshal(body)
	require.NoError(w.t, err)
	var last string
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		status, answer, err := w.once(method, path, token, key, payload)
		if err == nil && status == want {
			var decoded map[string]any
			_ = json.Unmarshal(answer, &decoded) // no body at 204
			return decoded
		}
		last = fmt.Sprint(status, " ", string(answer), " ", err)
		if err == nil && status < 500 && status != http.StatusConflict {
			break
		}
		time.Sleep(pace)
	}
	require.FailNow(w.t, method+" "+path, last)
	return nil
}

func (w *world) once(method, path, token, key string, payload []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(w.ctx, method, w.url+path, bytes.NewReader(payload))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := w.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

type doc = map[string]any

// prepare puts products on the shelf, publishes activities, and signs buyers up. Nothing dies here.
func (w *world) prepare() {
	w.t.Helper()
	plan := []doc{{"plan": doc{"kind": "reduce", "off_fen": 2000}}}
	w.pair = w.sell("tea", doc{"team_size": 2, "rules": plan})
	w.tiered = w.sell("rice", doc{"team_size": 2, "rules": plan, "tiers": []doc{{"size": 3, "plan": doc{"kind": "reduce", "off_fen": 3000}}}})
	w.short = w.sell("soap", doc{"team_size": 3, "rules": plan, "team_ttl_seconds": 12})
	w.hasty = w.sell("salt", doc{"team_size": 3, "rules": plan, "seat_ttl_seconds": 1})
	w.call("POST", "/api/groupbuy/admin/v1/partners/mall/endpoints", operatorToken, "", doc{"url": w.receiver.URL}, http.StatusCreated)
	w.tag = w.call("POST", "/api/groupbuy/admin/v1/tags", operatorToken, "", doc{
		"kind": "rule", "name": "buyers", "partner_id": "mall",
		"rule": doc{"match": "all", "conditions": []doc{{"measure": "order_count", "at_least": 1}}},
	}, http.StatusCreated)["tag_id"].(string)
	w.buyers = map[string]string{}
	for _, name := range strings.Fields("ann bob cat dan eve fay gus hal ivy joe") {
		w.buyers[name] = w.call("POST", "/api/mall/v1/accounts", "", "", doc{
			"login": name + "@example.com", "password": "tea-at-4-pm", "nickname": name,
		}, http.StatusCreated)["token"].(string)
	}
}

func (w *world) sell(product string, activity doc) string {
	w.t.Helper()
	w.call("PUT", "/api/mall/admin/v1/products/"+product, operatorToken, "", doc{
		"name": product, "shelf": "on_shelf", "skus": []doc{{"sku_id": "one", "name": "one", "price_fen": 10000, "stock": 1000}},
	}, http.StatusOK)
	activity["partner_id"], activity["name"], activity["goods"] = "mall", "group-buy of "+product, []string{product}
	activity["starts_at"], activity["ends_at"] = stamp(-time.Minute), stamp(time.Hour)
	id := w.call("POST", "/api/groupbuy/admin/v1/activities", operatorToken, "", activity, http.StatusCreated)["activity_id"].(string)
	require.Eventually(w.t, func() bool { // the mall registers its goods a moment after they are saved
		status, _, err := w.once("POST", "/api/groupbuy/admin/v1/activities/"+id+"/publish", operatorToken, "", nil)
		return err == nil && status == http.StatusOK
	}, patience, pace)
	return id
}

func stamp(from time.Duration) string {
	return time.Now().Add(from).UTC().Format("2006-01-02T15:04:05.000Z")
}

// play is everything at once: whoever buys, gives up, waits in vain or wants the money back.
func (w *world) play() {
	var all sync.WaitGroup
	for _, act := range []func(){w.pairForms, w.pairOfOneFails, w.neverPaid, w.cancelled, w.alone, w.givenBack, w.tierReached, w.tagBuilt} {
		all.Go(act)
	}
	all.Wait()
	for team, end := range w.teams {
		require.Eventually(w.t, func() bool { return len(w.receiver.of(team)) > 0 }, patience, pace, "the partner hears of team %s", team)
		require.Equal(w.t, []string{end}, w.receiver.of(team))
	}
	require.Eventually(w.t, w.quiet, patience, pace, "messages wait that nobody carries out")
}

// quiet says whether either side has told the other all that happened.
func (w *world) quiet() bool {
	req, err := http.NewRequestWithContext(w.ctx, http.MethodGet, w.told, http.NoBody)
	require.NoError(w.t, err)
	resp, err := w.http.Do(req)
	if err != nil {
		return false // it is dead at the moment
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	waiting := regexp.MustCompile(`(?m)^kaituan_outbox_waiting\{.*\} (\S+)$`).FindAllSubmatch(text, -1)
	return err == nil && len(waiting) == 2 && !slices.ContainsFunc(waiting, func(m [][]byte) bool { return string(m[1]) != "0" })
}

// will remembers how a team is to end.
func (w *world) will(team, end string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.teams[team] = end
}

func (w *world) pairForms() {
	first, team := w.order("ann", "tea", w.pair, "")
	w.pay("ann", first)
	second, _ := w.order("bob", "tea", w.pair, team)
	w.pay("bob", second)
	w.will(team, "team.formed")
	w.becomes("ann", first, "shipped")
	w.becomes("bob", second, "shipped")
}

func (w *world) pairOfOneFails() {
	paid, team := w.order("cat", "soap", w.short, "")
	w.will(team, "team.failed")
	w.payWithin("cat", paid)
	w.ends("cat", paid)
}

func (w *world) neverPaid() {
	order, team := w.order("joe", "salt", w.hasty, "")
	w.will(team, "team.failed")
	w.becomes("joe", order, "closed")
}

func (w *world) cancelled() {
	order, team := w.order("dan", "tea", w.pair, "")
	w.will(team, "team.failed")
	w.call("POST", "/api/mall/v1/orders/"+order+"/cancel", w.buyers["dan"], "", doc{}, http.StatusOK)
	w.becomes("dan", order, "closed")
}

func (w *world) alone() {
	order := w.call("POST", "/api/mall/v1/orders", w.buyers["eve"], "eve-1", doc{"mode": "solo", "product_id": "tea", "sku_id": "one"}, http.StatusCreated)
	id := order["order_id"].(string)
	w.pay("eve", id)
	w.becomes("eve", id, "shipped")
}

func (w *world) givenBack() {
	order, team := w.order("fay", "tea", w.pair, "")
	w.will(team, "team.failed")
	w.pay("fay", order)
	w.becomes("fay", order, "teaming")
	w.call("POST", "/api/mall/v1/orders/"+order+"/refund", w.buyers["fay"], "", doc{"reason": "changed my mind"}, http.StatusOK)
	w.becomes("fay", order, "refunded")
}

func (w *world) tierReached() {
	var orders []string
	team := ""
	for _, name := range []string{"gus", "hal", "ivy"} {
		order, of := w.order(name, "rice", w.tiered, team)
		w.pay(name, order)
		orders, team = append(orders, order), of
	}
	w.will(team, "team.formed")
	for i, name := range []string{"gus", "hal", "ivy"} {
		w.becomes(name, orders[i], "shipped")
		require.Eventually(w.t, func() bool {
			view := w.call("GET", "/api/mall/v1/orders/"+orders[i], w.buyers[name], "", nil, http.StatusOK)
			refunds, _ := view["refunds"].([]any)
			return len(refunds) == 1 && refunds[0].(doc)["status"] == "succeeded"
		}, patience, pace, "the difference goes back to %s", name)
	}
}

// tagBuilt has a tag job run while everything else does. One that died with its process ends as failed, and whoever
// asked for it asks again.
func (w *world) tagBuilt() {
	require.Eventually(w.t, func() bool {
		_, _, _ = w.once("POST", "/api/groupbuy/admin/v1/tags/"+w.tag+"/jobs", operatorToken, "", []byte("{}")) // 409 while one runs
		return w.call("GET", "/api/groupbuy/admin/v1/tags/"+w.tag, operatorToken, "", nil, http.StatusOK)["built_at"] != nil
	}, patience, pace)
}

// order places a group order under a key of its own and says which team it is in.
func (w *world) order(name, product, activity, team string) (id, of string) {
	w.t.Helper()
	in := doc{"mode": "group", "product_id": product, "sku_id": "one", "activity_id": activity}
	if team != "" {
		in["team_id"] = team
	}
	placed := w.call("POST", "/api/mall/v1/orders", w.buyers[name], name+"-1", in, http.StatusCreated)
	id = placed["order_id"].(string)
	require.Eventually(w.t, func() bool { // what died in the middle is put right by itself
		view := w.call("GET", "/api/mall/v1/orders/"+id, w.buyers[name], "", nil, http.StatusOK)["order"].(doc)
		of, _ = view["team_id"].(string)
		return view["status"] != "created" && of != ""
	}, patience, pace)
	return id, of
}

// pay pays at the cashier, as a person who sees no page tries again.
func (w *world) pay(name, order string) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return w.payOnce(name, order) }, patience, pace)
}

// payWithin tries to pay as long as the order waits for it.
func (w *world) payWithin(name, order string) {
	require.Eventually(w.t, func() bool {
		view := w.call("GET", "/api/mall/v1/orders/"+order, w.buyers[name], "", nil, http.StatusOK)["order"].(doc)
		return view["status"] != "awaiting_payment" || w.payOnce(name, order)
	}, patience, pace)
}

func (w *world) payOnce(name, order string) bool {
	status, answer, err := w.once("POST", "/api/mall/v1/orders/"+order+"/payment", w.buyers[name], "", []byte(`{"method":"page"}`))
	var page struct {
		PayURL string `json:"pay_url"`
		Code   string `json:"code"`
	}
	if err != nil || json.Unmarshal(answer, &page) != nil {
		return false
	}
	if status != http.StatusOK {
		return page.Code == "order_paid" // the answer to the payment was lost
	}
	_, err = sandbox.Buyer{HTTP: w.http}.Pay(w.ctx, page.PayURL)
	return err == nil
}

func (w *world) becomes(name, order, want string) {
	w.t.Helper()
	last := ""
	require.Eventually(w.t, func() bool {
		last, _ = w.call("GET", "/api/mall/v1/orders/"+order, w.buyers[name], "", nil, http.StatusOK)["order"].(doc)["status"].(string)
		return last == want
	}, patience, pace, "%s's order: want %s", name, want)
}

// ends waits until an order of a team that fails is refunded, or closed when there was no time to pay it.
func (w *world) ends(name, order string) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		status := w.call("GET", "/api/mall/v1/orders/"+order, w.buyers[name], "", nil, http.StatusOK)["order"].(doc)["status"]
		return status == "refunded" || status == "closed"
	}, patience, pace)
}
