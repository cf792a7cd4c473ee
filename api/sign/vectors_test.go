package sign_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/sign"
)

type inboundVectors struct {
	KeyID   string          `json:"key_id"`
	Secret  string          `json:"secret"`
	Vectors []inboundVector `json:"vectors"`
}

type inboundVector struct {
	Name          string    `json:"name"`
	Secret        string    `json:"secret"` // replaces the common one when given
	Method        string    `json:"method"`
	Path          string    `json:"path"`
	Query         string    `json:"query"`
	Timestamp     int64     `json:"timestamp"`
	Nonce         string    `json:"nonce"`
	Canonical     string    `json:"canonical"`
	Signature     string    `json:"signature"`
	Authorization string    `json:"authorization"`
	Body          string    `json:"body"`
	BodyBase64    []byte    `json:"body_base64"`
	Now           int64     `json:"now"`
	Error         sign.Code `json:"error"`
}

type webhookVector struct {
	Name       string    `json:"name"`
	Secrets    []string  `json:"secrets"`
	SignedWith []string  `json:"signed_with"`
	ID         string    `json:"id"`
	Timestamp  string    `json:"timestamp"`
	Signature  string    `json:"signature"`
	Body       string    `json:"body"`
	BodyBase64 []byte    `json:"body_base64"`
	Now        int64     `json:"now"`
	Error      sign.Code `json:"error"`
}

func readJSON(t testing.TB, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into))
}

func readInbound(t testing.TB) inboundVectors {
	t.Helper()
	var file inboundVectors
	readJSON(t, "testdata/inbound.json", &file)
	for i := range file.Vectors {
		if file.Vectors[i].Secret == "" {
			file.Vectors[i].Secret = file.Secret
		}
	}
	return file
}

func bodyOf(text string, binary []byte) []byte {
	if binary != nil {
		return binary
	}
	return []byte(text)
}

// request builds what the server sees for a vector, by the standard library's own reading of a request line.
func (v inboundVector) request(t *testing.T) *http.Request {
	t.Helper()
	target := v.Path
	if target == "" {
		target = "/"
	}
	r := httptest.NewRequest(v.Method, target, nil)
	r.URL.RawQuery = v.Query
	if v.Authorization != "" {
		r.Header.Set("Authorization", v.Authorization)
	}
	return r
}

func TestInboundVectors(t *testing.T) {
	file := readInbound(t)
	require.GreaterOrEqual(t, len(file.Vectors), 30)
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			guard := sign.NewGuard(liveKeys{file.KeyID: sign.NewVerifier(v.Secret)}, sign.NewMemoryNonces(0))
			if v.Error != "" {
				guard = sign.NewGuard(liveKeys{file.KeyID: sign.NewVerifier(file.Secret)}, sign.NewMemoryNonces(0))
			}
			_, err := guard.Check(t.Context(), v.request(t), bodyOf(v.Body, v.BodyBase64), time.Unix(v.Now, 0))
			if v.Error != "" {
				require.Equal(t, v.Error, sign.CodeOf(err), "%v", err)
				return
			}
			require.NoError(t, err)
			body := bodyOf(v.Body, v.BodyBase64)
			require.Equal(t, v.Canonical, sign.Canonical(v.Method, v.Path, v.Query, v.Timestamp, v.Nonce, body))
		})
	}
}

func TestKeySignMatchesVectors(t *testing.T) {
	file := readInbound(t)
	for _, v := range file.Vectors {
		if v.Error != "" {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			r := v.request(t)
			key := sign.Key{ID: file.KeyID, Secret: v.Secret}
			key.Sign(r, bodyOf(v.Body, v.BodyBase64), time.Unix(v.Timestamp, 0), v.Nonce)
			require.Contains(t, r.Header.Get("Authorization"), "signature="+v.Signature)
			c, err := sign.Parse(r.Header.Get("Authorization"))
			require.NoError(t, err)
			require.Equal(t, v.Nonce, c.Nonce)
			require.Equal(t, v.Timestamp, c.Timestamp)
		})
	}
}

func TestWebhookVectors(t *testing.T) {
	var file struct{ Vectors []webhookVector }
	readJSON(t, "testdata/webhook.json", &file)
	require.GreaterOrEqual(t, len(file.Vectors), 30)
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			header, body := http.Header{}, bodyOf(v.Body, v.BodyBase64)
			header.Set(sign.HeaderWebhookID, v.ID)
			header.Set(sign.HeaderWebhookTimestamp, v.Timestamp)
			header.Set(sign.HeaderWebhookSignature, v.Signature)
			err := sign.VerifyWebhook(v.Secrets, header, body, time.Unix(v.Now, 0))
			require.Equal(t, v.Error, sign.CodeOf(err), "%v", err)
			if v.SignedWith == nil {
				return
			}
			require.NoError(t, err)
			var seconds int64
			require.NoError(t, json.Unmarshal([]byte(v.Timestamp), &seconds))
			list, err := sign.SignWebhook(v.SignedWith, v.ID, time.Unix(seconds, 0), body)
			require.NoError(t, err)
			require.Equal(t, v.Signature, list)
		})
	}
}
