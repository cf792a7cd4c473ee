package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// clock is a test's own time, which only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now().Truncate(time.Second)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// env is a sandbox behind a prefix on a real listener. Nothing is sent until a test starts it.
type env struct {
	*testing.T
	box    *Sandbox
	clock  *clock
	base   string
	client *http.Client
}

// madeKeys are every test's: two RSA pairs cost more than a whole test.
//
//nolint:gochecknoglobals // written once, by sync.OnceValues
var madeKeys = sync.OnceValues(func() (Keys, error) {
	app, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return Keys{}, err
	}
	gateway, err := rsa.GenerateKey(rand.Reader, keyBits)
	return Keys{App: app, Gateway: gateway}, err
})

func testKeys(t *testing.T) Keys {
	t.Helper()
	keys, err := madeKeys()
	require.NoError(t, err)
	return keys
}

func open(t *testing.T, change ...func(*Config)) *env {
	t.Helper()
	c := newClock()
	cfg := Config{Path: filepath.Join(t.TempDir(), "sandbox.db"), Keys: testKeys(t), Now: c.Now}
	for _, f := range change {
		f(&cfg)
	}
	box, err := New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	server := httptest.NewServer(http.StripPrefix("/box", box.Handler()))
	t.Cleanup(server.Close)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &env{T: t, box: box, clock: c, base: server.URL + "/box/", client: client}
}

// request is a signed request as a merchant sends it; set changes it before it is signed.
func (e *env) request(method string, biz any, set ...string) url.Values {
	e.Helper()
	content, err := json.Marshal(biz)
	require.NoError(e, err)
	form := url.Values{
		"app_id": {DefaultAppID}, "method": {method}, "format": {"JSON"}, "charset": {"utf-8"}, "sign_type": {"RSA2"},
		"timestamp": {stamp(e.clock.Now())}, "version": {"1.0"}, "biz_content": {string(content)},
	}
	for i := 0; i < len(set); i += 2 {
		form.Set(set[i], set[i+1])
	}
	signature, err := signRSA2(e.box.cfg.Keys.App, canonical(form, "sign"))
	require.NoError(e, err)
	form.Set("sign", signature)
	return form
}

type said map[string]string

// ask posts a request and returns the answer's node and whether it is signed, after checking the signature.
func (e *env) ask(form url.Values) (node said, signed bool) {
	e.Helper()
	rsp, body := e.post("gateway.do", form)
	require.Equal(e, http.StatusOK, rsp.StatusCode, body)
	var raw map[string]json.RawMessage
	require.NoError(e, json.Unmarshal([]byte(body), &raw), body)
	name := strings.ReplaceAll(form.Get("method"), ".", "_") + "_response"
	if raw[name] == nil {
		name = "error_response"
	}
	require.NoError(e, json.Unmarshal(raw[name], &node), body)
	var signature string
	if raw["sign"] != nil {
		require.NoError(e, json.Unmarshal(raw["sign"], &signature))
		require.True(e, verifyRSA2(&e.box.cfg.Keys.Gateway.PublicKey, raw[name], signature), body)
	}
	return node, signature != ""
}

func (e *env) call(method string, biz any) said {
	e.Helper()
	node, signed := e.ask(e.request(method, biz))
	require.True(e, signed)
	return node
}

// reply is what came back, already read and closed.
type reply struct {
	*testing.T
	StatusCode int
	Header     http.Header
	from       *url.URL
}

// Location is where a browser would go.
func (r reply) Location() *url.URL {
	r.Helper()
	require.NotEmpty(r, r.Header.Get("Location"))
	to, err := r.from.Parse(r.Header.Get("Location"))
	require.NoError(r, err)
	return to
}

func (e *env) get(path string, header ...string) (reply, string) {
	e.Helper()
	req, err := http.NewRequestWithContext(e.Context(), http.MethodGet, e.base+path, nil)
	require.NoError(e, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return e.do(req)
}

func (e *env) post(path string, form url.Values) (reply, string) {
	e.Helper()
	req, err := http.NewRequestWithContext(e.Context(), http.MethodPost, e.base+path, strings.NewReader(form.Encode()))
	require.NoError(e, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return e.do(req)
}

func (e *env) do(req *http.Request) (reply, string) {
	e.Helper()
	rsp, err := e.client.Do(req)
	require.NoError(e, err)
	defer func() { _ = rsp.Body.Close() }()
	body, err := io.ReadAll(rsp.Body)
	require.NoError(e, err)
	return reply{T: e.T, StatusCode: rsp.StatusCode, Header: rsp.Header, from: req.URL}, string(body)
}

type biz map[string]any

func charged(no, amount string) biz {
	return biz{
		"out_trade_no": no, "total_amount": amount, "subject": "茶壶", "product_code": "FAST_INSTANT_TRADE_PAY",
		"timeout_express": "15m",
	}
}

const shopReturn = "https://shop.example/paid?from=app#top"

// page is the address of a charge's pay page, relative to base.
func (e *env) page(b biz, set ...string) string {
	e.Helper()
	set = append([]string{"return_url", shopReturn, "notify_url", "http://127.0.0.1:1/notify"}, set...)
	return "gateway.do?" + e.request(methodPage, b, set...).Encode()
}

// openTrade lets a buyer open the page of a charge and returns the cashier's path.
func (e *env) openTrade(no, amount string, set ...string) string {
	e.Helper()
	rsp, body := e.get(e.page(charged(no, amount), set...))
	require.Equal(e, http.StatusSeeOther, rsp.StatusCode, body)
	return rsp.Header.Get("Location")
}

func (e *env) token(cashier string) string {
	e.Helper()
	_, body := e.get(cashier)
	_, token := formOf(body)
	require.NotEmpty(e, token)
	return token
}

// payTrade opens and pays a charge and returns the cashier's path.
func (e *env) payTrade(no, amount string, set ...string) string {
	e.Helper()
	cashier := e.openTrade(no, amount, set...)
	rsp, body := e.post(cashier+"/pay", url.Values{"token": {e.token(cashier)}})
	require.Equal(e, http.StatusSeeOther, rsp.StatusCode, body)
	return cashier
}

func (e *env) totals() Totals {
	e.Helper()
	totals, err := e.box.Books().Totals(context.Background())
	require.NoError(e, err)
	return totals
}
