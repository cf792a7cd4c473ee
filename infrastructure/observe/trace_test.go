package observe_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/observe"
)

// collector takes spans, as a collector of OpenTelemetry does.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	spans []map[string]any
	label []any
}

func newCollector(t *testing.T, status int) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			ResourceSpans []struct {
				Resource struct {
					Attributes []any `json:"attributes"`
				} `json:"resource"`
				ScopeSpans []struct {
					Spans []map[string]any `json:"spans"`
				} `json:"scopeSpans"`
			} `json:"resourceSpans"`
		}
		if r.URL.Path == "/v1/traces" && r.Header.Get("Content-Type") == "application/json" && json.NewDecoder(r.Body).Decode(&body) == nil {
			c.mu.Lock()
			c.spans = append(c.spans, body.ResourceSpans[0].ScopeSpans[0].Spans...)
			c.label = body.ResourceSpans[0].Resource.Attributes
			c.mu.Unlock()
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(c.Close)
	return c
}

func TestTracing_FollowsARequestToOthers(t *testing.T) {
	to := newCollector(t, http.StatusOK)
	tracing := observe.NewTracing(observe.TracingOptions{Endpoint: to.URL, Ratio: 1, Labels: map[string]string{"service.name": "kaituan-mall"}})
	var called http.Header
	calls := observe.Traced("engine", roundTrip(func(req *http.Request) (*http.Response, error) {
		called = req.Header
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	}))
	var written string
	router := gin.New()
	router.Use(tracing.Handler)
	router.GET("/orders/:id", func(c *gin.Context) {
		ctx := c.Request.Context()
		observe.Statement(ctx, time.Now(), func() (string, int64) { return "SELECT ?", 1 }, nil)
		req := httptest.NewRequest(http.MethodPost, "http://engine.test/seats", http.NoBody).WithContext(ctx)
		_, _ = calls.RoundTrip(req) //nolint:bodyclose // it has none
		require.Empty(t, req.Header, "the caller's request stays as it is")
		written = observe.Parent(ctx)
		c.Status(http.StatusServiceUnavailable)
	})
	req := httptest.NewRequest(http.MethodGet, "/orders/1", http.NoBody)
	req.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	router.ServeHTTP(httptest.NewRecorder(), req)
	require.Regexp(t, `^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$`, written)
	require.Regexp(t, `^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$`, called.Get("traceparent"))

	ctx, end := tracing.Resume(context.Background(), written, "event")
	_, inner := observe.Step(ctx, "webhook")
	inner(errors.New("refused"))
	end(nil)
	require.NoError(t, tracing.Stop(context.Background()))

	byName := map[string]map[string]any{}
	for _, s := range to.spans {
		require.Equal(t, "0af7651916cd43dd8448eb211c80319c", s["traceId"], s["name"])
		byName[s["name"].(string)] = s
	}
	server := byName["GET /orders/:id"]
	require.Equal(t, "b7ad6b7169203331", server["parentSpanId"])
	require.InDelta(t, 2, server["kind"], 0)
	require.Equal(t, map[string]any{"code": 2.0, "message": "Service Unavailable"}, server["status"])
	require.Equal(t, server["spanId"], byName["sql"]["parentSpanId"])
	require.Equal(t, server["spanId"], byName["POST engine"]["parentSpanId"])
	require.Equal(t, server["spanId"], byName["event"]["parentSpanId"])
	require.Equal(t, byName["event"]["spanId"], byName["webhook"]["parentSpanId"])
	require.Contains(t, to.label, map[string]any{"key": "service.name", "value": map[string]any{"stringValue": "kaituan-mall"}})
}

func TestTracing_OffCostsNothingAndFollowsNobody(t *testing.T) {
	tracing := observe.NewTracing(observe.TracingOptions{})
	require.Nil(t, tracing)
	ctx := context.Background()
	resumed, end := tracing.Resume(ctx, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x")
	end(nil)
	require.Equal(t, ctx, resumed)
	require.Empty(t, observe.Parent(ctx))
	allocated := testing.AllocsPerRun(100, func() {
		_, end := observe.Step(ctx, "x")
		end(nil)
		observe.Statement(ctx, time.Time{}, nil, nil)
	})
	require.Zero(t, allocated)
	require.NoError(t, tracing.Stop(ctx))
}

func TestTracing_LosesSpansRatherThanWait(t *testing.T) {
	to := newCollector(t, http.StatusServiceUnavailable)
	tracing := observe.NewTracing(observe.TracingOptions{Endpoint: to.URL, Ratio: 1})
	_, end := tracing.Resume(context.Background(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x")
	end(nil)
	_ = tracing.Stop(context.Background()) // says at most that the collector refused
	require.Len(t, to.spans, 1)
}
