package edge_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"kaituan/api/edge"
	"kaituan/api/limit"
)

// buckets is a limit.Meter whose clock stands still.
type buckets map[string]time.Duration

func (b buckets) Take(_ context.Context, bucket string, rate limit.Rate) limit.Verdict {
	debt, v := rate.Take(b[bucket])
	b[bucket] = debt
	return v
}

// limited is a router that meters addresses and, at /buy, who calls.
type limited struct {
	router  *gin.Engine
	buckets buckets
	refused []edge.Policy
}

func newLimited(t *testing.T, rates map[edge.Policy]limit.Rate) *limited {
	t.Helper()
	l := &limited{router: edge.New(slog.New(slog.DiscardHandler)), buckets: buckets{}}
	require.NoError(t, l.router.SetTrustedProxies([]string{"10.0.0.0/8"}))
	limits := edge.NewLimits(l.buckets, rates, func(p edge.Policy) { l.refused = append(l.refused, p) })
	l.router.Use(limits.ByAddress("/signed/"))
	l.router.POST("/buy", func(c *gin.Context) {
		if err := limits.Take(c, edge.PerBuyer, c.GetHeader("Buyer")); err != nil {
			edge.Fail(c, err)
		}
	}, done)
	l.router.POST("/signed/call", done)
	return l
}

// from sends a request from an address, for somebody else if there are more headers.
func (l *limited) from(address, path string, headers ...string) *httptest.ResponseRecorder {
	req := post(path, "")
	req.RemoteAddr = address
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	l.router.ServeHTTP(rec, req)
	return rec
}

func perHour(burst int) limit.Rate { return limit.Rate{PerSecond: 1.0 / 3600, Burst: burst} }

func TestLimits_TellWhatIsLeft(t *testing.T) {
	l := newLimited(t, map[edge.Policy]limit.Rate{edge.PerAddress: {PerSecond: 2, Burst: 20}, edge.PerBuyer: {PerSecond: 0.5, Burst: 2}})
	rec := l.from("192.0.2.1:1", "/buy", "Buyer", "b1")
	require.Equal(t, http.StatusNoContent, rec.Code)
	require.Equal(t, []string{`"address";q=20;w=10`, `"buyer";q=2;w=4`}, rec.Header()["Ratelimit-Policy"])
	require.Equal(t, []string{`"address";r=19;t=1`, `"buyer";r=1;t=2`}, rec.Header()["Ratelimit"])

	require.Equal(t, http.StatusNoContent, l.from("192.0.2.1:1", "/buy", "Buyer", "b1").Code)
	rec = l.from("192.0.2.1:1", "/buy", "Buyer", "b1")
	require.Equal(t, http.StatusTooManyRequests, rec.Code)
	require.Contains(t, rec.Body.String(), `"code":"rate_limited"`)
	require.Equal(t, "2", rec.Header().Get("Retry-After"))
	require.Contains(t, rec.Header()["Ratelimit"], `"buyer";r=0;t=4`)
	require.Equal(t, []edge.Policy{edge.PerBuyer}, l.refused)
	require.Equal(t, http.StatusNoContent, l.from("192.0.2.1:1", "/buy", "Buyer", "b2").Code, "others are not held back")
}

func TestLimits_ByAddress(t *testing.T) {
	l := newLimited(t, map[edge.Policy]limit.Rate{edge.PerAddress: perHour(1)})
	tests := []struct {
		name, address string
		headers       []string
		path          string
		want          int
	}{
		{"the first", "192.0.2.1:1", nil, "/buy", 204},
		{"the second, from another port", "192.0.2.1:2", nil, "/buy", 429},
		{"an address that nobody serves", "192.0.2.1:2", nil, "/nothing", 429},
		{"another address", "192.0.2.2:1", nil, "/buy", 204},
		{"that names another one itself", "192.0.2.2:1", []string{"X-Forwarded-For", "192.0.2.9"}, "/buy", 429},
		{"through a trusted proxy", "10.1.1.1:1", []string{"X-Forwarded-For", "192.0.2.3"}, "/buy", 204},
		{"through another one, with an invention in front", "10.1.1.2:1", []string{"X-Forwarded-For", "198.51.100.7, 192.0.2.3"}, "/buy", 429},
		{"a network of version 6", "[2001:db8:1:2::1]:1", nil, "/buy", 204},
		{"its neighbour", "[2001:db8:1:2:ffff::9]:1", nil, "/buy", 429},
		{"the next network", "[2001:db8:1:3::1]:1", nil, "/buy", 204},
		{"version 4 in version 6", "[::ffff:192.0.2.1]:1", nil, "/buy", 429},
		{"a path whose callers sign", "192.0.2.1:1", nil, "/signed/call", 204},
		{"this machine", "127.0.0.1:1", nil, "/buy", 204},
		{"this machine again", "127.0.0.1:1", nil, "/buy", 204},
		{"this machine in version 6", "[::1]:1", nil, "/buy", 204},
		{"no socket", "", nil, "/buy", 204},
		{"no socket again", "", nil, "/buy", 429},
	}
	for _, tc := range tests {
		require.Equal(t, tc.want, l.from(tc.address, tc.path, tc.headers...).Code, tc.name)
	}
}

func TestLimits_OffOrNilMeterNobody(t *testing.T) {
	l := newLimited(t, map[edge.Policy]limit.Rate{edge.PerBuyer: {}})
	for range 3 {
		rec := l.from("192.0.2.1:1", "/buy", "Buyer", "b1")
		require.Equal(t, http.StatusNoContent, rec.Code)
		require.Empty(t, rec.Header()["Ratelimit"])
	}
	require.Empty(t, l.buckets)
	require.NoError(t, (*edge.Limits)(nil).Take(nil, edge.PerKey, "k"))
}
