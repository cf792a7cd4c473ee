package mallapi_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"

	"kaituan/api/openapi"
	"kaituan/infrastructure/sandbox"
)

// A request is one call of a test, written as a sentence: post(path, body).as(token).with(header, value).
type request struct {
	method, path, body string
	header             http.Header
}

func newRequest(method, path, body string) request {
	r := request{method, path, body, http.Header{}}
	if body != "" {
		r.header.Set("Content-Type", "application/json")
	}
	return r
}

func get(path string) request        { return newRequest(http.MethodGet, path, "") }
func del(path string) request        { return newRequest(http.MethodDelete, path, "") }
func post(path, body string) request { return newRequest(http.MethodPost, path, body) }
func put(path, body string) request  { return newRequest(http.MethodPut, path, body) }

func form(path string, values url.Values) request {
	r := newRequest(http.MethodPost, path, values.Encode())
	return r.with("Content-Type", "application/x-www-form-urlencoded")
}

func (r request) with(name, value string) request {
	r.header = r.header.Clone()
	r.header.Set(name, value)
	return r
}

func (r request) as(token string) request { return r.with("Authorization", "Bearer "+token) }

func (r request) cookie(token string) request { return r.with("Cookie", "kaituan_session="+token) }

// An answer is what came back, checked against mall.yaml.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

func (s *shop) call(r request) answer {
	s.t.Helper()
	req := r.http(s)
	rsp, err := http.DefaultTransport.RoundTrip(req) // no redirects, no cookie jar
	require.NoError(s.t, err)
	body, err := io.ReadAll(rsp.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, rsp.Body.Close())
	matchSpec(s.t, r.http(s), rsp, body)
	return answer{s.t, rsp.StatusCode, rsp.Header, body}
}

func (r request) http(s *shop) *http.Request {
	req, err := http.NewRequestWithContext(s.t.Context(), r.method, s.url+r.path, strings.NewReader(r.body))
	require.NoError(s.t, err)
	req.Header = r.header.Clone()
	return req
}

// want checks the status, and the problem's code if one is given.
func (a answer) want(status int, code ...string) answer {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%s", a.body)
	if len(code) > 0 {
		require.Equal(a.t, code[0], a.text("code"))
	}
	return a
}

// text returns a field of the body by its path, such as order.status or items.0.leader.
func (a answer) text(path string) string {
	a.t.Helper()
	switch value := a.value(path).(type) {
	case string:
		return value
	default:
		out, err := json.Marshal(value)
		require.NoError(a.t, err)
		return string(out)
	}
}

func (a answer) value(path string) any {
	a.t.Helper()
	var at any
	require.NoError(a.t, json.Unmarshal(a.body, &at), "%s", a.body)
	for step := range strings.SplitSeq(path, ".") {
		switch in := at.(type) {
		case map[string]any:
			at = in[step]
		case []any:
			require.NotEmpty(a.t, in, "%s: %s", path, a.body)
			at = in[0]
			if step == "last" {
				at = in[len(in)-1]
			}
		default:
			require.Fail(a.t, "no such field", "%s in %s", path, a.body)
		}
	}
	return at
}

// matchSpec holds a call that was answered with success, and every answer, against mall.yaml.
func matchSpec(t *testing.T, req *http.Request, rsp *http.Response, body []byte) {
	t.Helper()
	route, params, err := specRouter(t).FindRoute(req)
	if err != nil {
		require.Contains(t, []int{http.StatusNotFound, http.StatusMethodNotAllowed}, rsp.StatusCode, "%s %s is not in the specification", req.Method, req.URL)
		return
	}
	asked := &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true,
			ExcludeRequestBody:  req.Header.Get("Content-Type") == "text/xml",
			ExcludeResponseBody: strings.HasPrefix(rsp.Header.Get("Content-Type"), "text/xml") || strings.HasPrefix(rsp.Header.Get("Content-Type"), "text/html") || rsp.Header.Get("Content-Type") == "text/event-stream",
		},
	}
	if rsp.StatusCode < http.StatusBadRequest {
		require.NoError(t, openapi3filter.ValidateRequest(context.Background(), asked))
	}
	require.NoError(t, openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: asked, Status: rsp.StatusCode, Header: rsp.Header, Options: asked.Options,
		Body: io.NopCloser(bytes.NewReader(body)),
	}), "%s %s", req.Method, req.URL)
}

// loadSpec reads mall.yaml once for all tests.
//
//nolint:gochecknoglobals // read-only once loaded; parsing it for each call would take most of the tests' time
var loadSpec = sync.OnceValues(func() (*openapi3.T, error) {
	text, err := openapi.Spec("mall")
	if err != nil {
		return nil, err
	}
	return openapi3.NewLoader().LoadFromData(text)
})

//nolint:gochecknoglobals // see loadSpec
var loadRouter = sync.OnceValues(func() (routers.Router, error) {
	spec, err := loadSpec()
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(spec)
})

// makeKeys costs more than a whole test.
//
//nolint:gochecknoglobals // see loadSpec
var makeKeys = sync.OnceValues(func() (sandbox.Keys, error) {
	app, err1 := rsa.GenerateKey(rand.Reader, 2048)
	gateway, err2 := rsa.GenerateKey(rand.Reader, 2048)
	return sandbox.Keys{App: app, Gateway: gateway}, errors.Join(err1, err2)
})

func keys(t *testing.T) sandbox.Keys {
	t.Helper()
	k, err := makeKeys()
	require.NoError(t, err)
	return k
}

func spec(t *testing.T) *openapi3.T {
	t.Helper()
	s, err := loadSpec()
	require.NoError(t, err)
	return s
}

func specRouter(t *testing.T) routers.Router {
	t.Helper()
	r, err := loadRouter()
	require.NoError(t, err)
	return r
}

// syncBuffer collects what the server logs.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
