package sign_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/sign"
)

func ExampleKey_Sign() {
	body := `{"buyer_id":"u_1","goods_id":"g_1"}`
	address := "https://engine.example.com/api/groupbuy/v1/trials?sku=9&explain=true&sku=10&channel=app+store"
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return
	}
	key := sign.Key{ID: "pk_demo_1", Secret: "kaituan-test-secret-0123456789abcdef"}
	key.Sign(r, []byte(body), time.Unix(1767225600, 0), "7f3c1a9e5b2d4c60") // in earnest: time.Now(), sign.NewNonce()
	fmt.Println(r.Header.Get("Authorization"))
	// Output:
	// KAITUAN-HMAC-SHA256 key_id=pk_demo_1,timestamp=1767225600,nonce=7f3c1a9e5b2d4c60,signature=f1413990e0f69005be83009837ace8abd2016bee8e6a15dc94b17f99a02b6d94
}

func ExampleVerifyWebhook() {
	secrets := []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
	handler := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "body unreadable", http.StatusBadRequest)
			return
		}
		if err := sign.VerifyWebhook(secrets, r.Header, body, time.Now()); err != nil {
			http.Error(w, string(sign.CodeOf(err)), http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusNoContent) // once the event is stored under its webhook-id
	}
	http.HandleFunc("/hook", handler)
}

// The worked examples of docs/signing.md are what this package computes.
func TestDocumentedExamples(t *testing.T) {
	text, err := os.ReadFile("../../docs/signing.md")
	require.NoError(t, err)
	doc := string(text)

	body := []byte(`{"buyer_id":"u_1","goods_id":"g_1"}`)
	query := "sku=9&explain=true&sku=10&channel=app+store"
	require.Contains(t, doc, "POST /api/groupbuy/v1/trials?"+query+"\n\n"+string(body)+"\n")
	canonical := sign.Canonical(http.MethodPost, "/api/groupbuy/v1/trials", query, 1767225600, "7f3c1a9e5b2d4c60", body)
	require.Contains(t, doc, "```\n"+canonical+"\n```")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x/api/groupbuy/v1/trials?"+query, http.NoBody)
	require.NoError(t, err)
	sign.Key{ID: "pk_demo_1", Secret: "kaituan-test-secret-0123456789abcdef"}.
		Sign(r, body, time.Unix(1767225600, 0), "7f3c1a9e5b2d4c60")
	require.Contains(t, doc, "\nAuthorization: "+r.Header.Get("Authorization")+"\n")

	event := []byte(`{"id":"evt_1","type":"team.formed"}`)
	signature, err := sign.SignWebhook([]string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, "evt_1", time.Unix(1767225600, 0), event)
	require.NoError(t, err)
	require.Contains(t, doc, "`"+signature+"`")
	for _, code := range []sign.Code{sign.Missing, sign.Malformed, sign.Expired, sign.Invalid, sign.KeyUnknown, sign.NonceReused} {
		require.Contains(t, doc, "| `"+string(code)+"` |")
	}
}
