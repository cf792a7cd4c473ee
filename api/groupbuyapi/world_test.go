package groupbuyapi_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"kaituan/api/edge"
	"kaituan/api/groupbuyapi"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/openapi"
	"kaituan/api/sign"
	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/crowdstore"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/password"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

const token = "operator-token"

// world is a real engine on SQLite behind the API, with a clock that stands still.
type world struct {
	*testing.T
	db     *sqldb.DB
	engine *groupbuy.Engine
	router *gin.Engine
	spec   *openapi3.T
	match  routers.Router
	now    time.Time
	count  *atomic.Int64
	log    *bytes.Buffer
	key    sign.Key        // signs; the partner is "mall"
	called map[string]bool // operations that succeeded
}

// fixed implements the engine's small ports.
type fixed struct{ w *world }

func (f fixed) New(prefix string) string { return fmt.Sprintf("%s%026d", prefix, f.w.count.Add(1)) }
func (f fixed) KeySecret() string        { return fmt.Sprintf("secret-%032d", f.w.count.Add(1)) }
func (fixed) WebhookSecret() string      { return sign.NewSecret() }

// post is a sender whose endpoints are never there.
type post struct{}

func (post) CheckURL(url string) error {
	if strings.HasPrefix(url, "https://") {
		return nil
	}
	return errors.New("want https")
}

func (post) Send(context.Context, groupbuy.Post) groupbuy.Receipt {
	return groupbuy.Receipt{Error: "connection refused", Took: 3 * time.Millisecond}
}

func cheapHasher(t *testing.T) *password.Hasher {
	hasher, err := password.New(password.Params{MemoryKiB: 8, Passes: 1, Threads: 1, AtOnce: 4})
	require.NoError(t, err)
	return hasher
}

type setup func(*groupbuy.Deps, *groupbuyapi.Auth)

// setupToken is the one of the specification's example.
const setupToken = "8f14e45fceea167a5a36dedd4bea2543"

func noOperator(_ *groupbuy.Deps, auth *groupbuyapi.Auth) { auth.OperatorToken = "" }

func testMode(_ *groupbuy.Deps, auth *groupbuyapi.Auth) { auth.TestMode = true }

func newWorld(t *testing.T, setups ...setup) *world {
	t.Helper()
	w := &world{T: t, now: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), db: sqldbtest.Open(t, sqldb.GroupBuy), called: map[string]bool{}, count: new(atomic.Int64), log: new(bytes.Buffer)}
	w.spec, w.match = loadSpec(t)
	clock := func() time.Time { return w.now }
	log := slog.New(slog.NewJSONHandler(w.log, nil))
	deps := groupbuy.Deps{
		Store:  groupbuystore.New(w.db, groupbuystore.WithClock(clock)),
		Crowds: crowdstore.New(w.db),
		Sender: post{}, Encoder: groupbuyapi.Encoder{}, IDs: fixed{w}, Secrets: fixed{w}, Clock: clock, Log: log, Hasher: cheapHasher(t), Random: rand.Reader, Wake: func() {},
		Schedule: func(int) (time.Duration, bool) { return 0, false },
	}
	auth := groupbuyapi.Auth{
		Nonces: sign.NewMemoryNonces(10_000), OperatorToken: token, SetupToken: setupToken, PublicURL: "http://localhost:8080",
		Jobs: func(ctx context.Context) ([]edge.Job, error) { return nil, w.db.Ping(ctx) },
		Invariants: func(ctx context.Context, _ time.Time) (edge.InvariantReport, bool, error) {
			return edge.InvariantReport{StartedAt: w.now}, true, w.db.Ping(ctx)
		},
	}
	for _, change := range setups {
		change(&deps, &auth)
	}
	w.engine = groupbuy.New(deps)
	w.router = edge.New(log)
	api, err := groupbuyapi.New(w.engine, auth)
	require.NoError(t, err)
	api.Register(w.router)
	w.key = w.enrol("mall")
	return w
}

func loadSpec(t testing.TB) (*openapi3.T, routers.Router) {
	t.Helper()
	text, err := openapi.Spec("groupbuy")
	require.NoError(t, err)
	spec, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	match, err := gorillamux.NewRouter(spec)
	require.NoError(t, err)
	return spec, match
}

// enrol makes a partner with a key.
func (w *world) enrol(id partner.ID) sign.Key {
	w.Helper()
	_, err := w.engine.PutPartner(w.Context(), id, "Mall "+string(id))
	require.NoError(w, err)
	key, err := w.engine.CreateKey(w.Context(), id)
	require.NoError(w, err)
	return sign.Key{ID: string(key.ID), Secret: key.Secret}
}

// request is one call. Zero values mean the usual: signed by the mall's key, JSON.
type request struct {
	method, path string
	body         any    // a string is sent as it is, anything else as JSON
	media        string // of the body, if not JSON
	key          *sign.Key
	edit         func(*http.Request) // after signing
	at           time.Time           // of the signature
	nonce        string
}

// answer is what came back. Every answer has been held against the specification.
type answer struct {
	*testing.T
	*httptest.ResponseRecorder
}

func (w *world) call(r request) answer {
	w.Helper()
	req, body := w.build(r)
	rec := httptest.NewRecorder()
	w.router.ServeHTTP(rec, req)
	w.validate(req, body, rec)
	return answer{w.T, rec}
}

func (w *world) build(r request) (*http.Request, []byte) {
	w.Helper()
	body := bodyText(w, r.body)
	req := httptest.NewRequest(r.method, r.path, bytes.NewReader(body))
	req.Header.Set("Accept-Language", "en")
	if len(body) > 0 {
		req.Header.Set("Content-Type", cmp.Or(r.media, "application/json"))
	}
	if strings.HasPrefix(r.path, "/api/groupbuy/admin/") {
		req.Header.Set("Authorization", "Bearer "+token)
	} else {
		key, at, nonce := w.key, r.at, r.nonce
		if r.key != nil {
			key = *r.key
		}
		if at.IsZero() {
			at = w.now
		}
		if nonce == "" {
			nonce = sign.NewNonce()
		}
		key.Sign(req, body, at, nonce)
	}
	if r.edit != nil {
		r.edit(req)
	}
	return req, body
}

func bodyText(t testing.TB, body any) []byte {
	switch body := body.(type) {
	case nil:
		return nil
	case string:
		return []byte(body)
	default:
		text, err := json.Marshal(body)
		require.NoError(t, err)
		return text
	}
}

// validate holds the call against the specification: the answer must be as it says, and a request that was carried
// out must be one that it allows.
func (w *world) validate(req *http.Request, body []byte, rec *httptest.ResponseRecorder) {
	w.Helper()
	route, params, err := w.match.FindRoute(req)
	if err != nil { // not in the specification
		require.GreaterOrEqual(w, rec.Code, 400)
		return
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	for _, media := range []string{"text/csv", "application/x-ndjson"} {
		openapi3filter.RegisterBodyDecoder(media, openapi3filter.PlainBodyDecoder)
	}
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}
	asked := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route, Options: options}
	if rec.Code < 400 {
		require.NoError(w, openapi3filter.ValidateRequest(w.Context(), asked))
		w.called[route.Operation.OperationID] = true
	}
	err = openapi3filter.ValidateResponse(w.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: asked, Status: rec.Code, Header: rec.Header(), Options: options,
		Body: io.NopCloser(bytes.NewReader(rec.Body.Bytes())),
	})
	require.NoError(w, err, "%s %s answered %s", req.Method, req.URL, rec.Body)
}

func (a answer) ok(status int) answer {
	a.Helper()
	require.Equal(a, status, a.Code, a.Body.String())
	return a
}

func into[T any](a answer, status int) T {
	a.Helper()
	a.ok(status)
	var value T
	require.NoError(a, json.Unmarshal(a.Body.Bytes(), &value))
	return value
}

// refused requires a problem and returns it.
func (a answer) refused(status int, code string) wire.Problem {
	a.Helper()
	require.Equal(a, "application/problem+json", a.Header().Get("Content-Type"), a.Body.String())
	p := into[wire.Problem](a, status)
	require.Equal(a, code, p.Code, a.Body.String())
	require.Equal(a, a.Header().Get("X-Request-Id"), p.RequestID)
	require.NotEmpty(a, p.RequestID)
	require.NotEmpty(a, p.Detail)
	return p
}

func (w *world) get(path string) answer { return w.call(request{method: http.MethodGet, path: path}) }

func (w *world) post(path string, body any) answer {
	return w.call(request{method: http.MethodPost, path: path, body: body})
}

func (w *world) put(path string, body any) answer {
	return w.call(request{method: http.MethodPut, path: path, body: body})
}

type m = map[string]any

const (
	partnerSide  = "/api/groupbuy/v1"
	operatorSide = "/api/groupbuy/admin/v1"
)

func goodsInput() m {
	return m{"name": "景德镇手绘茶杯", "skus": []m{{"sku_id": "cup-blue", "name": "青花", "original_price_fen": 9900}}}
}

func (w *world) draft() m {
	return m{
		"partner_id": "mall", "name": "青花茶杯两人团", "goods": []string{"cup"}, "team_size": 2,
		"rules":     []m{{"plan": m{"kind": "reduce", "off_fen": 2000}}},
		"starts_at": w.now.Add(-time.Hour), "ends_at": w.now.Add(24 * time.Hour),
	}
}

// published registers goods and publishes an activity over them: two people, 79 yuan instead of 99.
func (w *world) published(changes ...m) string {
	w.Helper()
	w.put(partnerSide+"/goods/cup", goodsInput()).ok(200)
	draft := w.draft()
	for _, change := range changes {
		for k, v := range change {
			draft[k] = v
		}
	}
	id := into[wire.Activity](w.post(operatorSide+"/activities", draft), 201).ActivityID
	w.post(operatorSide+"/activities/"+id+"/publish", nil).ok(200)
	return id
}

func lockInput(order, activity, buyer string) m {
	return m{"out_trade_no": order, "activity_id": activity, "goods_id": "cup", "sku_id": "cup-blue", "channel": "h5", "buyer_id": buyer}
}

func (w *world) lock(order, activity, buyer, team string) wire.SeatWithTeam {
	w.Helper()
	in := lockInput(order, activity, buyer)
	if team != "" {
		in["team_id"] = team
	}
	return into[wire.SeatWithTeam](w.post(partnerSide+"/seats", in), 201)
}

func payment(w *world) m {
	return m{"amount_fen": 7900, "paid_at": w.now, "provider_no": "2026112022001400001"}
}
