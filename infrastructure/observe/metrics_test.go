package observe_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/observe"
)

// told is what Prometheus would read of collectors, without comments.
func told(t *testing.T, collectors ...prometheus.Collector) []string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(collectors...)
	rec := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	require.Equal(t, http.StatusOK, rec.Code, rec.Body.String())
	return slices.DeleteFunc(strings.Split(strings.TrimSpace(rec.Body.String()), "\n"), func(line string) bool { return strings.HasPrefix(line, "#") })
}

func TestRequests_CountsByRouteNeverByAddress(t *testing.T) {
	requests := observe.NewRequests(func(c *gin.Context) (kind, id string) { return c.GetHeader("Kind"), "acme" })
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(requests.Handler)
	router.GET("/things/:id", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	ask := func(method, path, kind string) {
		req := httptest.NewRequest(method, path, http.NoBody)
		req.Header.Set("Kind", kind)
		router.ServeHTTP(httptest.NewRecorder(), req)
	}
	ask("GET", "/things/1", "partner")
	ask("GET", "/things/2", "account")
	ask("GET", "/nothing", "")
	ask("BREW", "/things/1", "partner")

	require.Subset(t, told(t, requests.Collectors()...), []string{
		`kaituan_http_requests_in_flight 0`,
		`kaituan_http_requests_total{method="GET",route="/things/:id",status="204"} 2`,
		`kaituan_http_requests_total{method="GET",route="none",status="404"} 1`,
		`kaituan_http_requests_total{method="other",route="none",status="404"} 1`,
		`kaituan_partner_requests_total{class="2xx",partner="acme"} 1`,
		`kaituan_partner_requests_total{class="4xx",partner="acme"} 1`,
		`kaituan_http_request_duration_seconds_count{method="GET",route="/things/:id"} 2`,
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestCalls_CountsWhatCameOfThem(t *testing.T) {
	calls := observe.NewCalls()
	answers := []int{200, 404, 503, 0}
	transport := calls.Transport("alipay", roundTrip(func(*http.Request) (*http.Response, error) {
		status := answers[0]
		answers = answers[1:]
		if status == 0 {
			return nil, errors.New("lost")
		}
		return &http.Response{StatusCode: status, Body: http.NoBody}, nil
	}))
	for range 4 {
		resp, err := transport.RoundTrip(httptest.NewRequest(http.MethodGet, "http://gateway.test/", http.NoBody))
		if err == nil {
			require.NoError(t, resp.Body.Close())
		}
	}
	require.Subset(t, told(t, calls.Collectors()...), []string{
		`kaituan_calls_total{outcome="lost",to="alipay"} 1`, `kaituan_calls_total{outcome="ok",to="alipay"} 2`,
		`kaituan_calls_total{outcome="refused",to="alipay"} 1`, `kaituan_call_duration_seconds_count{to="alipay"} 4`,
	})
}

func TestMoves_AreToldFromTheStart(t *testing.T) {
	moves := observe.NewMoves(map[string][]string{"team": {"forming", "formed"}})
	moves.Moved("team", "forming")
	require.Equal(t, []string{`kaituan_moves_total{of="team",to="formed"} 0`, `kaituan_moves_total{of="team",to="forming"} 1`}, told(t, moves.Collectors()...))
}

// Counting is for whoever asks, but no more often than it can be done.
func TestLevels_AreCountedNotTooOften(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	counted, takes := 0, time.Duration(0)
	levels := observe.NewLevels(func(context.Context) ([]observe.Level, error) {
		counted++
		now = now.Add(takes)
		return []observe.Level{
			{Of: "team", State: "forming", Count: int64(counted), Since: now.Add(-time.Minute)}, {Of: "refund", State: "failed"},
		}, nil
	}, func() time.Time { return now })
	ask := func() []string { return told(t, levels) }
	text := ask()
	require.Contains(t, text, `kaituan_live{of="team",partner="",state="forming"} 1`)
	require.Contains(t, text, `kaituan_live_oldest_seconds{of="team",partner="",state="forming"} 60`)
	require.Contains(t, text, `kaituan_live_oldest_seconds{of="refund",partner="",state="failed"} 0`)

	now = now.Add(9 * time.Second)
	require.Contains(t, ask(), `kaituan_live_oldest_seconds{of="team",partner="",state="forming"} 69`)
	require.Equal(t, 1, counted)
	now, takes = now.Add(time.Second), 2*time.Second
	ask()
	require.Equal(t, 2, counted)
	now = now.Add(37 * time.Second)
	ask()
	require.Equal(t, 2, counted, "a count of two seconds is told for forty")
	now = now.Add(time.Second)
	ask()
	require.Equal(t, 3, counted)
}

func TestLevels_TellNothingWhenTheyCannotCount(t *testing.T) {
	levels := observe.NewLevels(func(context.Context) ([]observe.Level, error) { return nil, errors.New("no database") }, time.Now)
	registry := prometheus.NewRegistry()
	registry.MustRegister(levels)
	_, err := registry.Gather()
	require.ErrorContains(t, err, "no database")
}

func TestBuild_IsKnown(t *testing.T) {
	build := observe.ReadBuild()
	require.NotEmpty(t, build.Version)
	require.NotEmpty(t, build.Go)
	require.Contains(t, told(t, build.Collector("mall"))[0], `role="mall"`)
}
