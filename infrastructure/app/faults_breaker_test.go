package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallclient"
	"kaituan/api/mallwire"
	"kaituan/infrastructure/app"
	"kaituan/infrastructure/sandbox"
)

// line is the way to a gateway that is somewhere else. Cut, it answers no call of ours, as a broken gateway does; buyers, whose
// browsers bring a query, still reach the cashier.
type line struct {
	cut   atomic.Bool
	calls atomic.Int64 // that came while it was cut
	proxy *httputil.ReverseProxy
}

// ServeHTTP implements http.Handler.
func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if l.cut.Load() && r.URL.RawQuery == "" && strings.HasSuffix(r.URL.Path, "/gateway.do") {
		l.calls.Add(1)
		http.Error(w, "bad gateway", http.StatusBadGateway)
		return
	}
	l.proxy.ServeHTTP(w, r)
}

// While Alipay is down it is called a few times and then left alone, however many buyers ask for something that needs it;
// they are told to come again, and what needs no call goes on. When it is up again, the calls are, by themselves.
func TestFaults_GatewayIsDownForAWhile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	box := startSandbox(t, filepath.Join(dir, "box"))
	target, err := url.Parse(box.URL())
	require.NoError(t, err)
	target.Path = ""
	transport := &http.Transport{}
	way := &line{proxy: &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}}
	server := httptest.NewServer(way)
	t.Cleanup(func() {
		server.Close()
		transport.CloseIdleConnections()
	})
	appID, sellerID := box.IDs()
	listen := freePort(t)
	w := openNow(t, map[string]string{
		"listen": listen, "public_url": "http://" + listen,
		"alipay.gateway": server.URL + "/sandbox/alipay/gateway.do", "alipay.app_id": appID, "alipay.seller_id": sellerID,
		"alipay.private_key_file": filepath.Join(dir, "box", app.AppPrivateKey), "alipay.public_key_file": filepath.Join(dir, "box", app.GatewayPublicKey),
	})
	w.sell("cup", 1000, nil)
	orders := w.solo(3)
	for _, o := range orders[:2] { // at the cashier, so that closing them needs the gateway
		_, _, err := sandbox.Buyer{HTTP: w.http}.Open(context.Background(), o.page)
		require.NoError(t, err)
	}

	way.cut.Store(true)
	const tries = 100
	hasty, err := mallclient.NewClientWithResponses(w.shopAt, mallclient.WithHTTPClient(&http.Client{Transport: w.http.Transport.(patient).next}))
	require.NoError(t, err)
	for range tries {
		closed, err := hasty.CancelOrderWithResponse(context.Background(), orders[0].order.OrderID, bearer(orders[0].token))
		require.NoError(t, err)
		require.Equal(t, http.StatusServiceUnavailable, closed.StatusCode(), string(closed.Body))
	}
	calls := way.calls.Load()
	require.GreaterOrEqual(t, calls, int64(10), "it was called until nobody could doubt it")
	require.Less(t, calls, int64(tries/2), "then it was left alone")
	t.Logf("numbers: %d of %d tries reached the gateway that was down", calls, tries)
	later := w.solo(1)[0] // placing an order and going to pay asks the gateway nothing
	_, err = sandbox.Buyer{HTTP: w.http}.Pay(context.Background(), orders[2].page)
	require.NoError(t, err)
	orders[2].becomes(orders[2].order.OrderID, mallwire.OrderStatusShipped) // the notice says it

	way.cut.Store(false)
	for _, o := range orders[:2] {
		require.True(t, persist(func() bool {
			closed, err := w.shop().CancelOrderWithResponse(context.Background(), o.order.OrderID, bearer(o.token))
			return err == nil && closed.JSON200 != nil
		}))
		require.Equal(t, mallwire.OrderStatusClosed, o.buyer.order(o.order.OrderID).Order.Status)
	}
	_, err = sandbox.Buyer{HTTP: w.http}.Pay(context.Background(), later.page)
	require.NoError(t, err)
	later.becomes(later.order.OrderID, mallwire.OrderStatusShipped)
	report, err := app.SettledCheck(context.Background(), w.config)
	require.NoError(t, err)
	require.Empty(t, report.Violations)
}
