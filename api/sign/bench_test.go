package sign_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/sign"
)

func BenchmarkVerify(b *testing.B) {
	body := strings.Repeat("x", 512)
	r := signedBy(sign.Key{ID: testKeyID, Secret: testSecret}, body, "nonce-0001")
	bytes, path := []byte(body), r.URL.EscapedPath()
	verifier := sign.NewVerifier(testSecret)
	for _, query := range []string{"", "limit=20&cursor=abc&channel=app"} {
		r.URL.RawQuery = query
		sign.Key{ID: testKeyID, Secret: testSecret}.Sign(r, bytes, testNow(), "nonce-0001")
		header := r.Header.Get("Authorization")
		b.Run("query="+query, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c, err := sign.Parse(header)
				require.NoError(b, err)
				if err := verifier.Verify(c, r.Method, path, query, bytes, testNow()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSign(b *testing.B) {
	r := signedBy(sign.Key{ID: testKeyID, Secret: testSecret}, "", "nonce-0001")
	body, key := []byte(strings.Repeat("x", 512)), sign.Key{ID: testKeyID, Secret: testSecret}
	b.ReportAllocs()
	for b.Loop() {
		key.Sign(r, body, testNow(), "nonce-0001")
	}
}

func BenchmarkMemoryNonces(b *testing.B) {
	nonces, now := sign.NewMemoryNonces(1<<20), testNow()
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			_, _ = nonces.First(b.Context(), testKeyID, sign.NewNonce(), now)
		}
	})
}

func BenchmarkVerifyWebhook(b *testing.B) {
	secret, body := sign.NewSecret(), []byte(strings.Repeat("x", 2048))
	signature, err := sign.SignWebhook([]string{secret}, "evt_1", testNow(), body)
	require.NoError(b, err)
	header := webhookHeader("evt_1", testNow(), signature)
	b.ReportAllocs()
	for b.Loop() {
		if err := sign.VerifyWebhook([]string{secret}, header, body, testNow()); err != nil {
			b.Fatal(err)
		}
	}
}
