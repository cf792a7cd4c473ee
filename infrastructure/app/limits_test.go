package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ask sends a request as if a proxy on this machine brought it from an address.
func (w *world) ask(method, path, from, token string) (status int, header http.Header) {
	w.t.Helper()
	req, err := http.NewRequest(method, w.app.PublicURL()+path, strings.NewReader("{}"))
	require.NoError(w.t, err)
	req.Header.Set("Content-Type", "application/json")
	if from != "" {
		req.Header.Set("X-Forwarded-For", from)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	rsp, err := (&http.Client{Transport: w.http.Transport.(patient).next, Timeout: patience}).Do(req)
	require.NoError(w.t, err)
	defer rsp.Body.Close()
	_, err = io.Copy(io.Discard, rsp.Body)
	require.NoError(w.t, err)
	return rsp.StatusCode, rsp.Header
}

// Each kind of caller is held to its own rate, and nobody else to that.
func TestLimits_HoldEachCallerToItsOwn(t *testing.T) {
	w := open(t, map[string]string{
		"trusted_proxies": "127.0.0.1", "limit.address": "0.001:40", "limit.sign_in": "0.001:2", "limit.buyer": "0.001:6", "limit.buyer_write": "0.001:2",
	})
	anna, ben := w.buyer("anna"), w.buyer("ben") // from this machine, which is not metered
	codes := func(n int, method, path, from, token string) (codes []int) {
		for range n {
			status, _ := w.ask(method, path, from, token)
			codes = append(codes, status)
		}
		return codes
	}
	require.Equal(t, []int{400, 400, 429}, codes(3, http.MethodPost, "/api/groupbuy/admin/v1/sessions", "192.0.2.1", ""))
	require.Equal(t, []int{429}, codes(1, http.MethodPost, "/api/mall/v1/sessions", "192.0.2.1", ""), "both sides of the desk count")

	me := "/api/mall/v1/accounts/me"
	require.Equal(t, []int{200, 200, 200, 200}, codes(4, http.MethodGet, me, "192.0.2.2", anna.token))
	require.Equal(t, []int{400, 400, 429}, codes(3, http.MethodPost, "/api/mall/v1/orders", "192.0.2.3", anna.token), "also from elsewhere")
	require.Equal(t, []int{429}, codes(1, http.MethodGet, me, "192.0.2.4", anna.token))
	require.Equal(t, []int{200}, codes(1, http.MethodGet, me, "192.0.2.4", ben.token))
	require.Equal(t, []int{200, 200}, codes(2, http.MethodGet, me, "", anna.token), "on this machine nobody is metered")

	for range 40 {
		w.ask(http.MethodGet, "/api/mall/v1/products", "192.0.2.5", "")
	}
	status, header := w.ask(http.MethodGet, "/", "192.0.2.5", "")
	require.Equal(t, http.StatusTooManyRequests, status)
	require.NotEmpty(t, header.Get("Retry-After"))
	require.Contains(t, header.Get("RateLimit"), `"address";r=0`)
	status, _ = w.ask(http.MethodGet, "/", "192.0.2.6", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, w.metrics(), `kaituan_limited_total{policy="address"} 1`)
}

// guess tries to sign in from an address.
func (w *world) guess(path, from, login, password string) (status int) {
	w.t.Helper()
	body, err := json.Marshal(map[string]string{"login": login, "password": password})
	require.NoError(w.t, err)
	status, _ = w.call(http.MethodPost, path, http.Header{"Content-Type": {"application/json"}, "X-Forwarded-For": {from}}, string(body))
	return status
}

// A thousand tries at one password, each from another address, come to 10 looks at it, and nothing tells whether there
// is such an account. Nobody else is kept out.
func TestLimits_SlowDownWhoGuessesAPassword(t *testing.T) {
	w := open(t, map[string]string{"trusted_proxies": "127.0.0.1", "limit.login": "0.001:10", "limit.login_day": "0.0006:12"})
	w.buyer("anna")
	w.buyer("ben")
	status, answer := w.call(http.MethodPost, "/api/groupbuy/admin/v1/operators", http.Header{
		"Content-Type": {"application/json"}, "Authorization": {"Bearer " + w.token},
	}, `{"login":"anna@example.com","name":"Anna","role":"viewer","password":"rice-at-noon-daily"}`)
	require.Equal(t, http.StatusCreated, status, answer)
	for side, path := range map[string]string{"mall": "/api/mall/v1/sessions", "engine": "/api/groupbuy/admin/v1/sessions"} {
		outcomes := map[string]map[int]int{}
		for _, login := range []string{"anna@example.com", "nobody@example.com"} {
			outcomes[login] = map[int]int{}
			for i := range 1000 {
				spelling := login
				if i%2 == 1 {
					spelling = " " + strings.ToUpper(login[:1]) + login[1:]
				}
				outcomes[login][w.guess(path, fmt.Sprintf("198.18.%d.%d", i/250, i%250), spelling, "wrong-password")]++
			}
		}
		require.Equal(t, map[int]int{http.StatusUnauthorized: 10, http.StatusTooManyRequests: 990}, outcomes["anna@example.com"], side)
		require.Equal(t, outcomes["anna@example.com"], outcomes["nobody@example.com"], side)
	}
	require.Equal(t, http.StatusTooManyRequests, w.guess("/api/mall/v1/sessions", "192.0.2.1", "anna@example.com", "tea-at-4-pm"), "not even with the right one")
	require.Equal(t, http.StatusCreated, w.guess("/api/mall/v1/sessions", "192.0.2.1", "ben@example.com", "tea-at-4-pm"))
}
