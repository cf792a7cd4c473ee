package alipay_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/alipay"
	"kaituan/infrastructure/sandbox"
)

// gateway answers every call as a test says.
type gateway struct {
	channel *alipay.Channel
	keys    sandbox.Keys
	calls   atomic.Int64
	answer  atomic.Value // func(w http.ResponseWriter, method string)
	url     string
	file    atomic.Value // []byte: the bill
}

func openGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{keys: sharedKeys(t)}
	g.node(map[string]any{"code": "20000"})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.calls.Add(1)
		switch r.URL.Path {
		case "/bill.zip":
			_, _ = w.Write(g.file.Load().([]byte))
			return
		case "/gone":
			http.NotFound(w, r)
			return
		case "/moved":
			http.Redirect(w, r, "/bill.zip", http.StatusFound)
			return
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("PK"))
			return
		}
		g.answer.Load().(func(http.ResponseWriter, string))(w, r.FormValue("method"))
	}))
	t.Cleanup(server.Close)
	g.url = server.URL
	channel, err := alipay.New(g.config(server.URL))
	require.NoError(t, err)
	g.channel = channel
	return g
}

func (g *gateway) config(address string) alipay.Config {
	return alipay.Config{
		AppID: "app", PrivateKeyPEM: g.keys.AppPrivatePEM(), AlipayPublicKeyPEM: g.keys.GatewayPublicPEM(),
		GatewayURL: address, NotifyURL: "http://shop.example/callbacks/alipay", Timeout: 300 * time.Millisecond,
	}
}

// raw answers with a body whose METHOD stands for the method's node.
func (g *gateway) raw(status int, body string) {
	g.answer.Store(func(w http.ResponseWriter, method string) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(strings.ReplaceAll(body, "METHOD", strings.ReplaceAll(method, ".", "_")+"_response")))
	})
}

// node answers with a node that the gateway's key signs.
func (g *gateway) node(fields any) {
	g.raw(http.StatusOK, g.signed(g.keys.Gateway, fields, ""))
}

func (g *gateway) signed(key *rsa.PrivateKey, fields any, more string) string {
	node, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return `{"METHOD":` + string(node) + more + `,"sign":"` + sign(key, node) + `"}`
}

func sign(key *rsa.PrivateKey, content []byte) string {
	digest := sha256.Sum256(content)
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// notice is a signed form of the given fields.
func notice(key *rsa.PrivateKey, fields map[string]string) url.Values {
	var pairs []string
	form := url.Values{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		form.Set(name, fields[name])
		if fields[name] != "" {
			pairs = append(pairs, name+"="+fields[name])
		}
	}
	form.Set("sign", sign(key, []byte(strings.Join(pairs, "&"))))
	form.Set("sign_type", "RSA2")
	return form
}
