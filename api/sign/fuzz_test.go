package sign_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/sign"
)

// FuzzParse: whatever is accepted prints to a header that reads back the same.
func FuzzParse(f *testing.F) {
	for _, v := range readInbound(f).Vectors {
		f.Add(v.Authorization)
	}
	f.Fuzz(func(t *testing.T, header string) {
		c, err := sign.Parse(header)
		if err != nil {
			require.Contains(t, []sign.Code{sign.Missing, sign.Malformed}, sign.CodeOf(err))
			return
		}
		again, err := sign.Parse(c.String())
		require.NoError(t, err)
		require.Equal(t, c, again)
	})
}

// FuzzVerify: no request passes with the signature of another one.
func FuzzVerify(f *testing.F) {
	for _, v := range readInbound(f).Vectors {
		f.Add(v.Method, v.Path, v.Query, []byte(v.Body), v.Timestamp)
	}
	signed := signedBy(sign.Key{ID: testKeyID, Secret: testSecret}, "{}", "nonce-0001")
	c, err := sign.Parse(signed.Header.Get("Authorization"))
	require.NoError(f, err)
	verifier := sign.NewVerifier(testSecret)
	text := sign.Canonical(signed.Method, signed.URL.EscapedPath(), signed.URL.RawQuery, c.Timestamp, c.Nonce, []byte("{}"))
	f.Fuzz(func(t *testing.T, method, path, query string, body []byte, timestamp int64) {
		claimed := c
		claimed.Timestamp = timestamp
		err := verifier.Verify(claimed, method, path, query, body, testNow())
		same := text == sign.Canonical(method, path, query, timestamp, c.Nonce, body)
		require.False(t, err == nil && !same, "accepted %q %q %q %q", method, path, query, body)
	})
}

// FuzzVerifyWebhook: no signature list passes but one that holds the right signature.
func FuzzVerifyWebhook(f *testing.F) {
	secret := "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	right, err := sign.SignWebhook([]string{secret}, "evt_1", testNow(), []byte("{}"))
	require.NoError(f, err)
	f.Add(right, []byte("{}"), int64(0))
	f.Add("v1a,x v1,AAAA "+right, []byte("{}"), int64(300))
	f.Add("v1,", []byte(""), int64(-301))
	f.Fuzz(func(t *testing.T, list string, body []byte, skew int64) {
		now := testNow().Add(time.Duration(skew%1000) * time.Second)
		err := sign.VerifyWebhook([]string{secret}, webhookHeader("evt_1", testNow(), list), body, now)
		if err == nil {
			require.True(t, bytes.Equal(body, []byte("{}")))
			require.Contains(t, list, right)
		}
	})
}
