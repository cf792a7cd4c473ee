package sign_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/sign"
)

// liveKeys is Keys over a map.
type liveKeys map[string]*sign.Verifier

func (k liveKeys) Verifier(_ context.Context, keyID string) (*sign.Verifier, error) {
	return k[keyID], nil
}

var errStore = errors.New("store down")

type brokenKeys struct{}

func (brokenKeys) Verifier(context.Context, string) (*sign.Verifier, error) { return nil, errStore }

type brokenNonces struct{}

func (brokenNonces) First(context.Context, string, string, time.Time) (bool, error) {
	return false, errStore
}

const (
	testKeyID  = "pk_1"
	testSecret = "a secret of the guard's tests"
)

func testNow() time.Time { return time.Unix(1_767_225_600, 0) }

func testGuard() *sign.Guard {
	keys := liveKeys{testKeyID: sign.NewVerifier(testSecret), "pk_2": sign.NewVerifier("the key after rotation")}
	return sign.NewGuard(keys, sign.NewMemoryNonces(0))
}

func signedBy(key sign.Key, body, nonce string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/api/groupbuy/v1/seats?b=2&a=1", strings.NewReader(body))
	key.Sign(r, []byte(body), testNow(), nonce)
	return r
}

func TestGuardAcceptsOnceOnly(t *testing.T) {
	guard, r := testGuard(), signedBy(sign.Key{ID: testKeyID, Secret: testSecret}, "{}", "nonce-0001")
	c, err := guard.Check(t.Context(), r, []byte("{}"), testNow())
	require.NoError(t, err)
	require.Equal(t, testKeyID, c.KeyID)

	for _, later := range []time.Duration{0, sign.Window, sign.Window + 999*time.Millisecond} {
		_, err = guard.Check(t.Context(), r, []byte("{}"), testNow().Add(later))
		require.Equal(t, sign.NonceReused, sign.CodeOf(err), "%s later", later)
	}
	_, err = guard.Check(t.Context(), r, []byte("{}"), testNow().Add(sign.Window+time.Second))
	require.Equal(t, sign.Expired, sign.CodeOf(err))
}

func TestGuardAcceptsBothKeysWhileRotating(t *testing.T) {
	guard := testGuard()
	for _, key := range []sign.Key{{ID: testKeyID, Secret: testSecret}, {ID: "pk_2", Secret: "the key after rotation"}} {
		// The same nonce under another key is another nonce.
		_, err := guard.Check(t.Context(), signedBy(key, "{}", "nonce-0001"), []byte("{}"), testNow())
		require.NoError(t, err)
	}
	crossed := sign.Key{ID: "pk_2", Secret: testSecret}
	_, err := guard.Check(t.Context(), signedBy(crossed, "{}", "nonce-0002"), []byte("{}"), testNow())
	require.Equal(t, sign.Invalid, sign.CodeOf(err))
}

func TestForgedCallDoesNotSpendTheNonce(t *testing.T) {
	guard, key := testGuard(), sign.Key{ID: testKeyID, Secret: testSecret}
	_, err := guard.Check(t.Context(), signedBy(key, "{}", "nonce-0001"), []byte("forged"), testNow())
	require.Equal(t, sign.Invalid, sign.CodeOf(err))
	_, err = guard.Check(t.Context(), signedBy(key, "{}", "nonce-0001"), []byte("{}"), testNow())
	require.NoError(t, err)
}

func TestGuardRefusesTwoHeaders(t *testing.T) {
	r := signedBy(sign.Key{ID: testKeyID, Secret: testSecret}, "", "nonce-0001")
	r.Header.Add("Authorization", r.Header.Get("Authorization"))
	_, err := testGuard().Check(t.Context(), r, nil, testNow())
	require.Equal(t, sign.Malformed, sign.CodeOf(err))
}

func TestGuardReturnsTheCredentialWithARefusal(t *testing.T) {
	r := signedBy(sign.Key{ID: testKeyID, Secret: "wrong"}, "", "nonce-0001")
	c, err := testGuard().Check(t.Context(), r, nil, testNow())
	require.Equal(t, sign.Invalid, sign.CodeOf(err))
	require.Equal(t, "nonce-0001", c.Nonce)
	require.Equal(t, testNow().Unix(), c.Timestamp)
}

func TestGuardRefusesWhenAStoreFails(t *testing.T) {
	r := signedBy(sign.Key{ID: testKeyID, Secret: testSecret}, "", "nonce-0001")
	good := liveKeys{testKeyID: sign.NewVerifier(testSecret)}
	for name, guard := range map[string]*sign.Guard{
		"keys":   sign.NewGuard(brokenKeys{}, sign.NewMemoryNonces(0)),
		"nonces": sign.NewGuard(good, brokenNonces{}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := guard.Check(t.Context(), r, nil, testNow())
			require.ErrorIs(t, err, errStore)
			require.Empty(t, sign.CodeOf(err))
		})
	}
}

func TestEmptySecretRefusesAll(t *testing.T) {
	r := signedBy(sign.Key{ID: testKeyID}, "", "nonce-0001")
	c, err := sign.Parse(r.Header.Get("Authorization"))
	require.NoError(t, err)
	err = sign.Verify(c, "", r.Method, r.URL.EscapedPath(), r.URL.RawQuery, nil, testNow())
	require.Equal(t, sign.Invalid, sign.CodeOf(err))
}

// The verifier's states are shared by goroutines; no call may see another's text.
func TestVerifierServesManyGoroutines(t *testing.T) {
	verifier := sign.NewVerifier(testSecret)
	var wrong atomic.Int64
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			body := strings.Repeat("x", i)
			r := signedBy(sign.Key{ID: testKeyID, Secret: testSecret}, body, sign.NewNonce())
			c, _ := sign.Parse(r.Header.Get("Authorization"))
			for range 200 {
				ok := verifier.Verify(c, r.Method, r.URL.EscapedPath(), r.URL.RawQuery, []byte(body), testNow())
				forged := verifier.Verify(c, r.Method, r.URL.EscapedPath(), r.URL.RawQuery, []byte(body+"y"), testNow())
				if ok != nil || sign.CodeOf(forged) != sign.Invalid {
					wrong.Add(1)
				}
			}
		})
	}
	wait.Wait()
	require.Zero(t, wrong.Load())
}

func TestSigningThroughARealServer(t *testing.T) {
	guard := testGuard()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := guard.Check(r.Context(), r, nil, testNow()); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	for _, target := range []string{"", "/", "/a%2Fb/茶", "/%e8%8c%b6?q=%e8%8c%b6+x&q=a", "/x?q=开团&&b", "/a//b/./c?", "/!$&'()*+,;=:@"} {
		t.Run(target, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+target, http.NoBody)
			require.NoError(t, err)
			sign.Key{ID: testKeyID, Secret: testSecret}.Sign(r, nil, testNow(), sign.NewNonce())
			answer, err := server.Client().Do(r)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Equal(t, http.StatusOK, answer.StatusCode)
		})
	}
}

func TestErrorNamesItsCode(t *testing.T) {
	_, err := sign.Parse("")
	require.EqualError(t, err, "sign: signature_missing: want an Authorization header that starts with KAITUAN-HMAC-SHA256")
	require.Empty(t, sign.CodeOf(nil))
}
