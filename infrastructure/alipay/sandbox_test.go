package alipay_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaituan/infrastructure/alipay"
	"kaituan/infrastructure/sandbox"
	"kaituan/mall/malltest"
	"kaituan/mall/payment"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestChannel_OverTheSandbox(t *testing.T) {
	keys := sharedKeys(t)
	malltest.RunChannel(t, func(t *testing.T) malltest.ChannelEnv { return openSandbox(t, keys) })
}

// newKeys makes keys that nobody else has. It costs more than a whole test.
func newKeys(t testing.TB) sandbox.Keys {
	t.Helper()
	keys, err := sandbox.LoadOrCreateKeys(t.TempDir())
	require.NoError(t, err)
	return keys
}

//nolint:gochecknoglobals // written once, by sync.OnceValues
var madeKeys = sync.OnceValues(func() (keys sandbox.Keys, err error) {
	dir, err := os.MkdirTemp("", "kaituan-keys-*")
	if err != nil {
		return keys, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // below the temporary files in any case
	return sandbox.LoadOrCreateKeys(dir)
})

// sharedKeys are every test's that does not need its own.
func sharedKeys(t testing.TB) sandbox.Keys {
	t.Helper()
	keys, err := madeKeys()
	require.NoError(t, err)
	return keys
}

func openSandbox(t *testing.T, keys sandbox.Keys) malltest.ChannelEnv {
	t.Helper()
	var ahead atomic.Int64
	notices := make(chan url.Values, 16)
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ParseForm() == nil {
			notices <- r.PostForm
		}
		_, _ = w.Write([]byte("success"))
	}))
	t.Cleanup(shop.Close)
	box, err := sandbox.New(sandbox.Config{
		Path: filepath.Join(t.TempDir(), "sandbox.db"), Keys: keys,
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	})
	require.NoError(t, err)
	require.NoError(t, box.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	gateway := httptest.NewServer(http.StripPrefix("/sandbox/alipay", box.Handler()))
	t.Cleanup(gateway.Close)

	channel, err := alipay.New(alipay.Config{
		AppID: box.AppID(), PrivateKeyPEM: keys.AppPrivatePEM(), AlipayPublicKeyPEM: keys.GatewayPublicPEM(),
		GatewayURL: gateway.URL + "/sandbox/alipay/gateway.do", NotifyURL: shop.URL + "/callbacks/alipay",
	})
	require.NoError(t, err)
	return buyerEnv(malltest.ChannelEnv{
		Channel: channel, AppID: box.AppID(), SellerID: box.SellerID(),
		Advance: func(d time.Duration) { ahead.Add(int64(d)) },
		Now:     box.Clock().Now,
		Jump:    func(d time.Duration) { require.NoError(t, box.Clock().Jump(context.Background(), d)) },
		Notice: func(t *testing.T) url.Values {
			t.Helper()
			select {
			case form := <-notices:
				return form
			case <-time.After(10 * time.Second):
				require.FailNow(t, "no notice came")
				return nil
			}
		},
	})
}

func buyerEnv(e malltest.ChannelEnv) malltest.ChannelEnv {
	buyer := sandbox.Buyer{HTTP: http.DefaultClient}
	e.Open = func(t *testing.T, page payment.PageURL) {
		t.Helper()
		_, _, err := buyer.Open(t.Context(), string(page))
		require.NoError(t, err)
	}
	e.Pay = func(t *testing.T, page payment.PageURL) url.Values {
		t.Helper()
		to, err := buyer.Pay(t.Context(), string(page))
		require.NoError(t, err)
		address, err := url.Parse(to)
		require.NoError(t, err)
		return address.Query()
	}
	e.Payable = func(t *testing.T, page payment.PageURL) bool {
		t.Helper()
		_, body, err := buyer.Open(t.Context(), string(page))
		require.NoError(t, err)
		return strings.Contains(body, `name="token"`)
	}
	return e
}
