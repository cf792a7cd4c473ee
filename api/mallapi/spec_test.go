package mallapi_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"kaituan/api/edge"
	"kaituan/api/mallapi"
	"kaituan/api/problem"
	"kaituan/mall"
)

// routes returns every route of the API as "METHOD /path/{name}".
func routes(t *testing.T) map[string]bool {
	t.Helper()
	api, err := mallapi.New(nil, nil, mallapi.Settings{PublicURL: "http://shop.example"})
	require.NoError(t, err)
	router := edge.New(slog.New(slog.DiscardHandler))
	api.Register(router)
	found := map[string]bool{}
	for _, r := range router.Routes() {
		var steps []string
		for step := range strings.SplitSeq(r.Path, "/") {
			if name, param := strings.CutPrefix(step, ":"); param {
				step = "{" + name + "}"
			}
			steps = append(steps, step)
		}
		found[r.Method+" "+strings.Join(steps, "/")] = true
	}
	return found
}

func TestRouter_HasTheRoutesOfTheSpecification(t *testing.T) {
	want := map[string]bool{}
	for path, item := range spec(t).Paths.Map() {
		for method := range item.Operations() {
			want[method+" "+path] = true
		}
	}
	require.Equal(t, want, routes(t))
}

func TestSpec_IsValid(t *testing.T) {
	require.NoError(t, spec(t).Validate(t.Context()))
}

// An operation of the specification, ready to be called with its examples.
type operation struct {
	method, path string
	*openapi3.Operation
	params openapi3.Parameters
}

func operations(t *testing.T) []operation {
	t.Helper()
	var all []operation
	for path, item := range spec(t).Paths.Map() {
		for method, op := range item.Operations() {
			all = append(all, operation{method, path, op, append(append(openapi3.Parameters{}, item.Parameters...), op.Parameters...)})
		}
	}
	return all
}

// example is the operation's example as a request without a credential.
func (o operation) example(t *testing.T) request {
	t.Helper()
	r := newRequest(o.method, o.path, "")
	for _, p := range o.params {
		value, _ := p.Value.Example.(string)
		switch p.Value.In {
		case "path":
			require.NotEmpty(t, value, "%s: %s has no example", o.OperationID, p.Value.Name)
			r.path = strings.ReplaceAll(r.path, "{"+p.Value.Name+"}", value)
		case "header":
			require.NotEmpty(t, value, "%s: %s has no example", o.OperationID, p.Value.Name)
			r = r.with(p.Value.Name, value)
		case "query":
			if value != "" {
				r.path += "?" + p.Value.Name + "=" + value
			}
		}
	}
	if o.RequestBody == nil {
		return r
	}
	for media, content := range o.RequestBody.Value.Content {
		require.NotNil(t, content.Example, "%s has no example", o.OperationID)
		if text, ok := content.Example.(string); ok {
			r.body = text
			return r.with("Content-Type", media)
		}
		body, err := json.Marshal(content.Example)
		require.NoError(t, err)
		r.body = string(body)
		r = r.with("Content-Type", media)
	}
	return r
}

// needs returns the security schemes that let a caller in: "session", "operator", "webhook" or none.
func (o operation) needs(t *testing.T) string {
	t.Helper()
	required := spec(t).Security
	if o.Security != nil {
		required = *o.Security
	}
	name := ""
	for _, alternative := range required {
		if len(alternative) == 0 {
			return ""
		}
		for scheme := range alternative {
			if scheme != "bearer" && scheme != "desk" {
				name = scheme
			}
		}
	}
	return name
}

// The specification and the router agree about who may call.
func TestEveryOperation_AsksForTheCredentialOfTheSpecification(t *testing.T) {
	s := openShop(t)
	s.stock()
	buyer := s.signUp()
	for _, op := range operations(t) {
		t.Run(op.OperationID, func(t *testing.T) {
			s.in(t)
			bare := s.call(op.example(t))
			switch op.needs(t) {
			case "session":
				bare.want(http.StatusUnauthorized, "session_expired")
				s.call(op.example(t).as("no-such-token")).want(http.StatusUnauthorized, "session_expired")
				s.call(op.example(t).as(operatorToken)).want(http.StatusUnauthorized, "session_expired")
				s.call(op.example(t).cookie("no-such-token")).want(http.StatusUnauthorized, "session_expired")
			case "operator":
				bare.want(http.StatusUnauthorized, "unauthenticated")
				s.call(op.example(t).as(buyer)).want(http.StatusUnauthorized, "unauthenticated")
				s.call(op.example(t).cookie(buyer)).want(http.StatusUnauthorized, "unauthenticated")
			case "wechat":
				bare.want(http.StatusUnauthorized, "unauthenticated")
			case "webhook":
				bare.want(http.StatusUnauthorized, "signature_missing")
			default:
				require.NotContains(t, string(bare.body), "session_expired")
				require.NotContains(t, string(bare.body), "unauthenticated")
			}
		})
	}
}

// Every write by cookie from another site is refused, whatever it is.
func TestEveryWrite_ByCookieFromAnotherSiteIsRefused(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	for _, op := range operations(t) {
		if op.method == http.MethodGet || strings.HasPrefix(op.path, "/callbacks/") {
			continue
		}
		t.Run(op.OperationID, func(t *testing.T) {
			s.in(t)
			r := op.example(t).cookie(token)
			if op.needs(t) == "operator" {
				r = op.example(t).with("Cookie", "kaituan_operator="+adminSession)
			}
			s.call(r.with("Sec-Fetch-Site", "cross-site")).want(http.StatusForbidden, "cross_site")
			s.call(r.with("Sec-Fetch-Site", "same-site")).want(http.StatusForbidden, "cross_site")
			s.call(r.with("Origin", "https://evil.example")).want(http.StatusForbidden, "cross_site")
			s.call(r.with("Origin", "null")).want(http.StatusForbidden, "cross_site")
		})
	}
	s.call(get("/api/mall/v1/accounts/me").cookie(token)).want(http.StatusOK)
}

// Every example of a body works as it stands, once what it is about exists.
func TestEveryBody_ExampleIsAccepted(t *testing.T) {
	s := openShop(t)
	for _, op := range operations(t) {
		if op.RequestBody == nil || strings.HasPrefix(op.path, "/callbacks/") {
			continue
		}
		r := op.example(t)
		switch op.OperationID {
		case "putProduct":
			s.call(r.as(operatorToken)).want(http.StatusOK)
		case "signUp":
			s.call(r).want(http.StatusCreated)
		}
	}
	for _, op := range operations(t) {
		r := op.example(t)
		switch op.OperationID {
		case "signIn":
			s.call(r).want(http.StatusCreated)
		case "placeOrder":
			s.call(r.as(s.signUp())).want(http.StatusCreated)
		case "payOrder":
			token := s.signUp()
			r.path = "/api/mall/v1/orders/" + s.order(token, soloOrder) + "/payment"
			s.call(r.as(token)).want(http.StatusOK)
		case "receiveAlipay":
			r = form(r.path, map[string][]string{"sign_type": {"RSA2"}, "sign": {"forged"}})
			require.Equal(t, "failure", string(s.call(r).want(http.StatusOK).body))
		case "receiveGroupBuy":
			s.call(signed(t, r.body)).want(http.StatusNoContent)
		}
	}
}

// Every operation with a body refuses what the specification does not know.
func TestEveryBody_IsReadStrictly(t *testing.T) {
	s := openShop(t)
	s.stock()
	buyer := s.signUp()
	for _, op := range operations(t) {
		if op.RequestBody == nil || strings.HasPrefix(op.path, "/callbacks/") {
			continue
		}
		t.Run(op.OperationID, func(t *testing.T) {
			s.in(t)
			r := op.example(t)
			switch op.needs(t) {
			case "session":
				r = r.as(buyer)
			case "operator":
				r = r.as(operatorToken)
			}
			refused := func(body string, status int, code string) {
				t.Helper()
				r.body = body
				s.call(r).want(status, code)
			}
			refused(`{`, http.StatusBadRequest, "malformed_json")
			refused(`[]`, http.StatusBadRequest, "malformed_json")
			refused(``, http.StatusBadRequest, "malformed_json")
			refused(`{}`, http.StatusBadRequest, "invalid")
			refused(strings.Replace(op.example(t).body, "{", `{"user_id":"acc_1",`, 1), http.StatusBadRequest, "unknown_field")
			refused(`{"a":"`+strings.Repeat("x", edge.MaxBody)+`"}`, http.StatusRequestEntityTooLarge, "body_too_large")
			r = r.with("Content-Type", "text/plain")
			refused(op.example(t).body, http.StatusUnsupportedMediaType, "unsupported_media_type")
		})
	}
}

// Every code that the mall refuses with has a status and texts, but those that Alipay alone would see.
func TestProblems_CoverTheMall(t *testing.T) {
	silent := []mall.Code{mall.CodeNoticeForged, mall.CodeNoticeMalformed, mall.CodeNoticeMismatch, mall.CodePaymentNotFound}
	for _, code := range mall.Codes() {
		_, known := problem.Lookup(problem.Code(code))
		if known {
			require.NotContains(t, silent, code)
			continue
		}
		require.Contains(t, silent, code, "add it to api/problem/mall.go")
	}
}

func TestRouter_AnswersUnknownAddressesWithProblems(t *testing.T) {
	s := openShop(t)
	s.call(get("/api/mall/v1/secrets")).want(http.StatusNotFound, "not_found")
	s.call(del("/api/mall/v1/products")).want(http.StatusMethodNotAllowed, "method_not_allowed")
}

// Each operator route takes the role that the specification names, and no lower one.
func TestEveryOperatorRoute_AsksForItsRole(t *testing.T) {
	s := openShop(t)
	s.stock()
	sessions := map[string]string{"viewer": viewerSession, "operator": editorSession, "admin": adminSession}
	for _, op := range operations(t) {
		role, ok := op.Extensions["x-role"].(string)
		if op.needs(t) != "operator" {
			require.False(t, ok, op.OperationID)
			continue
		}
		require.Contains(t, sessions, role, op.OperationID)
		t.Run(op.OperationID, func(t *testing.T) {
			s.in(t)
			for has, session := range sessions {
				bearing, browser := op.example(t).as(session), op.example(t).with("Cookie", "kaituan_operator="+session)
				if mall.Rank(has).May(mall.Rank(role)) {
					require.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, s.call(bearing).status, has)
					require.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, s.call(browser).status, has)
					continue
				}
				s.call(bearing).want(http.StatusForbidden, "forbidden")
				s.call(browser).want(http.StatusForbidden, "forbidden")
			}
		})
	}
}
