//go:build failpoint

package failpoint

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// arms replaces what the environment says of this process.
func arms(t *testing.T, spec, log string) {
	t.Helper()
	p, err := read(spec, log)
	require.NoError(t, err)
	before := armed
	armed = func() *points { return p }
	t.Cleanup(func() { armed = before })
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		spec, name string
		at         int
		pause      time.Duration
		fail       bool
	}{
		{spec: "", at: 1},
		{spec: "mall.Pay.commit.after=kill", name: "mall.Pay.commit.after", at: 1},
		{spec: "mall.Pay.commit.after=kill@12", name: "mall.Pay.commit.after", at: 12},
		{spec: "mall.Pay.alipay.after=error", name: "mall.Pay.alipay.after", at: 1, fail: true},
		{spec: "mall.Pay.alipay.after=error@2", name: "mall.Pay.alipay.after", at: 2, fail: true},
		{spec: "http.POST /callbacks/alipay.before=pause:5s", name: "http.POST /callbacks/alipay.before", at: 1, pause: 5 * time.Second},
	} {
		p, err := read(c.spec, "")
		require.NoError(t, err, c.spec)
		require.Equal(t, c.name, p.name)
		require.Equal(t, c.at, p.at)
		require.Equal(t, c.pause, p.pause)
		require.Equal(t, c.fail, p.fail)
	}
}

func TestRead_Refuses(t *testing.T) {
	for _, what := range []string{
		"a", "=kill", "a=", "a=die", "a=kill@", "a=kill@x", "a=kill@0", "a=kill@-1", "a=error@0", "a=pause", "a=pause:", "a=pause:-1s", "a=pause:long",
	} {
		_, err := read(what, "")
		require.ErrorContains(t, err, Env, what)
	}
	_, err := read("", filepath.Join(t.TempDir(), "no", "such", "folder"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestHit_Log(t *testing.T) {
	log := filepath.Join(t.TempDir(), "points")
	arms(t, "", log)

	Hit("a.before")
	Hit("a.after")
	Hit("a.before")

	text, err := os.ReadFile(log)
	require.NoError(t, err)
	require.Equal(t, "a.before\na.after\na.before\n", string(text))
}

func TestAround_Error(t *testing.T) {
	failed := errors.New("disk full")
	for _, c := range []struct {
		armed   string
		fails   error
		commits int
		want    error
	}{
		{armed: "mall.commit.before=error", commits: 0, want: errArmed},
		{armed: "mall.commit.after=error", commits: 1, want: errArmed},
		{armed: "mall.commit.after=error@2", commits: 1},
		{armed: "other.commit.after=error", fails: failed, commits: 1, want: failed},
	} {
		arms(t, c.armed, "")
		commits := 0

		err := Around("mall")(func() error { commits++; return c.fails })

		require.ErrorIs(t, err, c.want, c.armed)
		require.Equal(t, c.commits, commits, c.armed)
	}
}

func TestTransport_Error(t *testing.T) {
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls++ }))
	defer server.Close()
	client := http.Client{Transport: Transport("engine", nil)}
	defer client.CloseIdleConnections()
	for point, want := range map[string]int{"system.engine.before=error": 0, "system.engine.after=error": 1} {
		arms(t, point, "")
		calls = 0

		_, err := client.Get(server.URL) //nolint:bodyclose // there is none

		require.ErrorIs(t, err, errArmed, point)
		require.Equal(t, want, calls, point)
	}
}

func TestHandler_Error(t *testing.T) {
	server := httptest.NewServer(Handler(http.NotFoundHandler()))
	defer server.Close()
	for _, side := range []string{"before", "after"} {
		arms(t, "http.POST /callbacks/alipay."+side+"=error", "")

		_, err := server.Client().Post(server.URL+"/callbacks/alipay", "text/plain", strings.NewReader("a")) //nolint:bodyclose // there is none
		require.ErrorIs(t, err, io.EOF)

		again, err := server.Client().Post(server.URL+"/callbacks/alipay", "text/plain", strings.NewReader("a"))
		require.NoError(t, err)
		require.NoError(t, again.Body.Close())
	}
}

func TestRoute(t *testing.T) {
	for path, want := range map[string]string{
		"/callbacks/alipay":              "/callbacks/alipay",
		"/api/mall/v1/orders/ord_01/pay": "/api/mall/v1/orders/*/pay",
		"/api/mall/v1/orders":            "/api/mall/v1/orders",
	} {
		require.Equal(t, want, route(path))
	}
}
