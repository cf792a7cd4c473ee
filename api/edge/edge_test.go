package edge_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"kaituan/api/edge"
	"kaituan/api/instant"
	"kaituan/api/problem"
)

// served is one request to a router with the given handler at /thing/:id.
func served(t *testing.T, handler gin.HandlerFunc, req *http.Request) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	var log bytes.Buffer
	router := edge.New(slog.New(slog.NewJSONHandler(&log, nil)))
	router.POST("/thing/:id", handler)
	rec := httptest.NewRecorder()
	router.ServeHTTP(rec, req)
	var line map[string]any
	require.NoError(t, json.Unmarshal(log.Bytes(), &line), "one line per request: %s", log.String())
	return rec, line
}

func post(path, body string) *http.Request {
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Language", "en")
	return req
}

func done(c *gin.Context) { c.Status(http.StatusNoContent) }

func TestRequestID_IsKeptWhenUsable(t *testing.T) {
	tests := map[string]bool{
		"mall-42": true, strings.Repeat("x", 64): true,
		"": false, "a b": false, "a\"b": false, strings.Repeat("x", 65): false, "日志": false,
	}
	for id, kept := range tests {
		req := post("/thing/1", "")
		req.Header.Set("X-Request-Id", id)
		rec, line := served(t, func(c *gin.Context) { c.String(200, edge.RequestID(c)) }, req)
		got := rec.Header().Get("X-Request-Id")
		require.Equal(t, kept, got == id, id)
		require.NotEmpty(t, got)
		require.Equal(t, got, rec.Body.String())
		require.Equal(t, got, line["request_id"])
	}
}

func TestLog_TellsTheRequest(t *testing.T) {
	_, line := served(t, func(c *gin.Context) {
		edge.SetCaller(c, "account", "acc_1")
		c.Status(http.StatusNoContent)
	}, post("/thing/secret-id?token=secret-query", ""))
	require.Equal(t, "/thing/:id", line["route"])
	require.Equal(t, "acc_1", line["account"])
	require.EqualValues(t, 204, line["status"])
	require.Equal(t, "INFO", line["level"])
	require.NotContains(t, line, "path")
	text, err := json.Marshal(line)
	require.NoError(t, err)
	require.NotContains(t, string(text), "secret")
}

func TestUnknown_IsAProblem(t *testing.T) {
	rec, line := served(t, done, post("/"+strings.Repeat("x", 500)+"?token=secret", ""))
	require.Equal(t, 404, rec.Code)
	require.Contains(t, rec.Body.String(), `"code":"not_found"`)
	require.Len(t, line["path"], 100)

	rec, line = served(t, done, httptest.NewRequest(http.MethodDelete, "/thing/1", nil))
	require.Equal(t, 405, rec.Code)
	require.Equal(t, "POST", rec.Header().Get("Allow"))
	require.Equal(t, "method_not_allowed", line["code"])
}

func TestHeaders_AreSafe(t *testing.T) {
	rec, _ := served(t, done, post("/thing/1", ""))
	require.Equal(t, "nosniff", rec.Header().Get("X-Content-Type-Options"))
	require.Equal(t, "no-store", rec.Header().Get("Cache-Control"))
	require.Equal(t, "no-referrer", rec.Header().Get("Referrer-Policy"))
	require.Contains(t, rec.Header().Get("Content-Security-Policy"), "default-src 'none'")
}

func TestPanic_IsAProblem(t *testing.T) {
	rec, line := served(t, func(*gin.Context) { panic("oops") }, post("/thing/1", ""))
	require.Equal(t, 500, rec.Code)
	require.Contains(t, rec.Body.String(), `"code":"internal"`)
	require.NotContains(t, rec.Body.String(), "oops")
	require.Contains(t, line["error"], "oops")
	require.Contains(t, line["error"], "edge_test.go", "with its stack")

	rec, line = served(t, func(c *gin.Context) { c.String(200, "half"); panic("oops") }, post("/thing/1", ""))
	require.Equal(t, "half", rec.Body.String(), "what is sent cannot be taken back")
	require.Contains(t, line["error"], "oops")
}

func TestPanic_ThatCutsTheConnectionGoesOn(t *testing.T) {
	router := edge.New(slog.New(slog.DiscardHandler))
	router.POST("/thing/:id", func(*gin.Context) { panic(http.ErrAbortHandler) })
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { router.ServeHTTP(httptest.NewRecorder(), post("/thing/1", "")) })
}

func TestFail_TellsProblemsAndHidesTheRest(t *testing.T) {
	rec, line := served(t, func(c *gin.Context) { edge.Fail(c, &problem.Problem{Code: "team_full"}) }, post("/thing/1", ""))
	require.Equal(t, 422, rec.Code)
	require.NotContains(t, line, "error")

	rec, line = served(t, func(c *gin.Context) { edge.Fail(c, errors.New("hunter2")) }, post("/thing/1", ""))
	require.Equal(t, 500, rec.Code)
	require.NotContains(t, rec.Body.String(), "hunter2")
	require.Equal(t, "hunter2", line["error"])
	require.Equal(t, "ERROR", line["level"])

	rec, line = served(t, func(c *gin.Context) {
		edge.FailBecause(c, &problem.Problem{Code: problem.Unavailable}, errors.New("hunter2"))
	}, post("/thing/1", ""))
	require.Equal(t, 503, rec.Code)
	require.Equal(t, "hunter2", line["error"])
}

type color string

func (c color) Valid() bool { return c == "red" }

type inner struct {
	N int64 `json:"n"`
}

type outer struct {
	Name   string       `json:"name"`
	At     instant.Time `json:"at,omitempty,omitzero"`
	Color  color        `json:"color,omitempty,omitzero"`
	Flag   bool         `json:"flag,omitempty"`
	Maybe  *int         `json:"maybe,omitempty"`
	Inner  inner        `json:"inner,omitempty,omitzero"`
	Inners []inner      `json:"inners,omitempty"`
}

func TestUnmarshal_ReadsAModel(t *testing.T) {
	var got outer
	require.NoError(t, edge.Unmarshal([]byte(` {"name":"a","at":"2026-11-20T08:00:00Z","color":"red","flag":true,"maybe":0,
		"inner":{"n":9007199254740993},"inners":[{"n":1},{"n":-2}]} `), &got))
	require.Equal(t, "2026-11-20T08:00:00.000Z", got.At.String())
	require.Equal(t, int64(9007199254740993), got.Inner.N)
	require.Equal(t, []inner{{1}, {-2}}, got.Inners)
	require.Equal(t, 0, *got.Maybe, "zero is not nothing")
}

func TestUnmarshal_Refuses(t *testing.T) {
	tests := map[string]struct{ code, param, detail string }{
		``:                              {"malformed_json", "", "the body is empty"},
		`  `:                            {"malformed_json", "", "the body is empty"},
		`{`:                             {"malformed_json", "", "the body ends in the middle of a value"},
		`{"name":`:                      {"malformed_json", "", "the body ends in the middle of a value"},
		`{"name":"a"`:                   {"malformed_json", "", "the body ends in the middle of a value"},
		`{"inners":[`:                   {"malformed_json", "", "the body ends in the middle of a value"},
		`{"a":`:                         {"malformed_json", "", "the body ends in the middle of a value"},
		`{"a":1`:                        {"malformed_json", "", "the body ends in the middle of a value"},
		`{"name":"a","inner":{}`:        {"malformed_json", "", "the body ends in the middle of a value"},
		`{"a":1,}`:                      {"malformed_json", "", "the JSON is broken at byte 7"},
		"{\"name\":\"\xff\"}":           {"malformed_json", "", "the body is not UTF-8"},
		`{"at":"noon"}`:                 {"malformed_json", "at", "want an instant in RFC 3339 such as 2026-11-20T08:00:00.000Z"},
		`{"at":7}`:                      {"malformed_json", "at", "want an instant in RFC 3339 such as 2026-11-20T08:00:00.000Z"},
		`{"name" "a"}`:                  {"malformed_json", "", "the JSON is broken at byte 8"},
		`{"name":"a",}`:                 {"malformed_json", "", "the JSON is broken at byte 12"},
		`{'name':"a"}`:                  {"malformed_json", "", "the JSON is broken at byte 1"},
		`{"name":"a"}{}`:                {"malformed_json", "", "something follows the JSON value"},
		`{"name":"a"} x`:                {"malformed_json", "", "something follows the JSON value"},
		`[]`:                            {"malformed_json", "", "want object, not array"},
		`"a"`:                           {"malformed_json", "", "want object, not string"},
		`1`:                             {"malformed_json", "", "want object, not number"},
		`true`:                          {"malformed_json", "", "want object, not boolean"},
		`null`:                          {"malformed_json", "", "want object, not null"},
		`{"name":1}`:                    {"malformed_json", "name", "want string, not number"},
		`{"name":{}}`:                   {"malformed_json", "name", "want string, not object"},
		`{"name":null}`:                 {"malformed_json", "name", "null is not a value here; leave the field out"},
		`{"inner":null}`:                {"malformed_json", "inner", "null is not a value here; leave the field out"},
		`{"maybe":null}`:                {"malformed_json", "maybe", "null is not a value here; leave the field out"},
		`{"flag":"true"}`:               {"malformed_json", "flag", "want boolean, not string"},
		`{"maybe":1.5}`:                 {"malformed_json", "maybe", "want integer, not number 1.5"},
		`{"maybe":1e400}`:               {"malformed_json", "maybe", "want integer, not number 1e400"},
		`{"inner":[]}`:                  {"malformed_json", "inner", "want object, not array"},
		`{"inners":{}}`:                 {"malformed_json", "inners", "want array, not object"},
		`{"inners":[{"n":1},{"n":""}]}`: {"malformed_json", "inners[1].n", "want integer, not string"},
		`{"name":"a","name":"b"}`:       {"malformed_json", "name", "is given twice"},
		`{"Name":"a"}`:                  {"unknown_field", "Name", "is not a field of this request"},
		`{"inner":{"m":1}}`:             {"unknown_field", "inner.m", "is not a field of this request"},
		`{}`:                            {"invalid", "name", "is required"},
		`{"name":"a","inner":{}}`:       {"invalid", "inner.n", "is required"},
		`{"name":"a","color":"blue"}`:   {"invalid", "color", "is not one of the values that the specification lists"},
	}
	for body, want := range tests {
		t.Run(body, func(t *testing.T) {
			var told *problem.Problem
			require.ErrorAs(t, edge.Unmarshal([]byte(body), &outer{}), &told)
			require.Equal(t, want, struct{ code, param, detail string }{string(told.Code), told.Param, told.Detail})
		})
	}
}

func TestDecode_BoundsTheBody(t *testing.T) {
	decode := func(c *gin.Context) {
		if err := edge.Decode(c, &outer{}); err != nil {
			edge.Fail(c, err)
		}
	}
	rec, _ := served(t, decode, post("/thing/1", `{"name":"`+strings.Repeat("x", edge.MaxBody)+`"}`))
	require.Equal(t, 413, rec.Code)
	rec, _ = served(t, decode, post("/thing/1", `{"name":"`+strings.Repeat("x", edge.MaxBody-11)+`"}`))
	require.Equal(t, 200, rec.Code)
	generous := func(c *gin.Context) {
		edge.AllowBody(c, 2*edge.MaxBody)
		decode(c)
	}
	for size, want := range map[int]int{2*edge.MaxBody - 11: 200, 2*edge.MaxBody - 10: 413} {
		rec, _ = served(t, generous, post("/thing/1", `{"name":"`+strings.Repeat("x", size)+`"}`))
		require.Equal(t, want, rec.Code, size)
	}
	for media, want := range map[string]int{"application/json; charset=utf-8": 200, "text/json": 415, "": 415, "application/x-www-form-urlencoded": 415} {
		req := post("/thing/1", `{"name":"a"}`)
		req.Header.Set("Content-Type", media)
		rec, _ = served(t, decode, req)
		require.Equal(t, want, rec.Code, media)
	}
}

func TestNoBody_LetsAnEmptyObjectPass(t *testing.T) {
	for body, want := range map[string]int{"": 200, "{}": 200, `{"x":1}`: 400, "x": 400, strings.Repeat("x", edge.MaxBody+1): 413} {
		rec, _ := served(t, func(c *gin.Context) {
			if err := edge.NoBody(c); err != nil {
				edge.Fail(c, err)
			}
		}, post("/thing/1", body))
		require.Equal(t, want, rec.Code)
	}
}

// Whatever the strict decoder accepts, the ordinary one reads to the same value.
func FuzzUnmarshal(f *testing.F) {
	f.Add(`{"name":"a","at":"2026-11-20T08:00:00Z","color":"red","maybe":0,"inner":{"n":1},"inners":[{"n":1}]}`)
	f.Add(` { "name" : "a\tb" , "flag" : false , "maybe" : -9223372036854775808 , "inners" : [ { "n" : -0 } , { "n" : 01 } ] } `)
	f.Add(`{"name":"a"}{}`)
	f.Add(`{"name":"\ud800"}`)
	f.Add(`[[[[`)
	f.Fuzz(func(t *testing.T, body string) {
		var strict, ordinary outer
		err := edge.Unmarshal([]byte(body), &strict)
		if err != nil {
			var told *problem.Problem
			require.ErrorAs(t, err, &told)
			return
		}
		require.NoError(t, json.Unmarshal([]byte(body), &ordinary))
		require.True(t, reflect.DeepEqual(ordinary, strict), "%+v is not %+v", strict, ordinary)
	})
}
