package groupbuyclient_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaituan/api/groupbuyclient"
	"kaituan/api/openapi"
	"kaituan/api/sign"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The mall's tests cannot know the engine (docs/adr/0002-import-rules.md); what the client sends is held against
// the specification here, and against the real engine by the tests of infrastructure/app.

// key signs every call.
func key() sign.Key { return sign.Key{ID: "key_1", Secret: "0123456789abcdef0123456789abcdef"} }

// Verifier implements sign.Keys for the one key.
type keys struct{}

func (keys) Verifier(_ context.Context, id string) (*sign.Verifier, error) {
	if id != key().ID {
		return nil, nil
	}
	return sign.NewVerifier(key().Secret), nil
}

// answer is what a scripted engine says.
type answer struct {
	status int
	media  string
	body   string
}

func ok(status int, body string) answer {
	return answer{status, "application/json; charset=utf-8", body}
}

func problem(status int, body string) answer { return answer{status, "application/problem+json", body} }

// engine answers every call alike, after checking that it is signed and as the specification wants it.
func engine(t *testing.T, a answer) http.Handler {
	t.Helper()
	text, err := openapi.Spec("groupbuy")
	require.NoError(t, err)
	spec, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	match, err := gorillamux.NewRouter(spec)
	require.NoError(t, err)
	guard := sign.NewGuard(keys{}, sign.NewMemoryNonces(100))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, check(guard, match, r, a))
		w.Header().Set("Content-Type", a.media)
		w.WriteHeader(a.status)
		_, _ = w.Write([]byte(a.body))
	})
}

// check says what is wrong with a call, or with the script that answers it.
func check(guard *sign.Guard, match routers.Router, r *http.Request, a answer) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if _, err := guard.Check(r.Context(), r, body, time.Now()); err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := match.FindRoute(r)
	if err != nil {
		return err
	}
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}
	asked := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options}
	return errors.Join(openapi3filter.ValidateRequest(r.Context(), asked),
		openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: asked, Status: a.status, Header: http.Header{"Content-Type": {a.media}},
			Body: io.NopCloser(bytes.NewReader([]byte(a.body))), Options: options,
		}))
}

// dial returns a client of a handler in the same process.
func dial(t *testing.T, handler http.Handler) *groupbuyclient.GroupBuy {
	t.Helper()
	client, err := groupbuyclient.New(groupbuyclient.Config{
		BaseURL: "http://engine.internal", Key: key(), Transport: groupbuyclient.InProcess(handler),
	})
	require.NoError(t, err)
	return client
}
