package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallwire"
	"kaituan/infrastructure/sqldb"
)

// spans takes what instances send, by trace.
type spans struct {
	*httptest.Server
	mu    sync.Mutex
	names map[string][]string
}

func newSpans(t *testing.T) *spans {
	t.Helper()
	s := &spans{names: map[string][]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body struct {
			ResourceSpans []struct {
				ScopeSpans []struct {
					Spans []struct {
						TraceID string `json:"traceId"`
						Name    string `json:"name"`
					} `json:"spans"`
				} `json:"scopeSpans"`
			} `json:"resourceSpans"`
		}
		if json.NewDecoder(r.Body).Decode(&body) != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, span := range body.ResourceSpans[0].ScopeSpans[0].Spans {
			s.names[span.TraceID] = append(s.names[span.TraceID], span.Name)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// A payment is followed from the gateway's notice through the shop's outbox and the engine and its database to the message
// in its outbox, the webhook of the team that it completes, and the shop that it comes back to.
func TestTracing_FollowsAnOrderThroughEverything(t *testing.T) {
	onEachStore(t, func(w *world) {
		to := newSpans(w.t)
		w.stop()
		w.config.Trace.Endpoint, w.config.Trace.Ratio = to.URL, 1
		w.start()
		activityID := w.sell("cup", 10, nil)
		anna, bert := w.buyer("anna"), w.buyer("bert")
		opened := anna.lock("cup", activityID, "")
		anna.pay(opened.OrderID)
		joined := bert.lock("cup", activityID, opened.TeamID)
		bert.pay(joined.OrderID)
		bert.becomes(joined.OrderID, mallwire.OrderStatusShipped)
		var parents []string
		require.NoError(w.t, w.book(sqldb.GroupBuy).Read(w.t.Context()).Raw("SELECT trace FROM outbox WHERE trace <> ''").Scan(&parents).Error)
		require.NotEmpty(w.t, parents, "the trace is in the outbox's row")

		want := []string{"POST /callbacks/alipay", "outbox mall.settle", "POST engine", "POST /api/groupbuy/v1/seats/:out_trade_no/payment", "sql transaction", "sql", "outbox event", "outbox delivery", "webhook", "POST /callbacks/groupbuy"}
		require.Eventually(w.t, func() bool { return to.followed(want) }, patience, pace, "%v", to)
	})
}

// followed says whether one trace has a span of each name.
func (s *spans) followed(want []string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, names := range s.names {
		all := "\n" + strings.Join(names, "\n") + "\n"
		found := 0
		for _, name := range want {
			if strings.Contains(all, "\n"+name+"\n") {
				found++
			}
		}
		if found == len(want) {
			return true
		}
	}
	return false
}

// String lists every trace, for whoever misses one.
func (s *spans) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, _ := json.MarshalIndent(s.names, "", " ")
	return string(text)
}
