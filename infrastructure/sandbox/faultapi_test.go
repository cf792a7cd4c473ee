package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// api sends JSON to the sandbox's own API and reads the answer into into, unless that is nil.
func (e *env) api(method, path, body string, into any, header ...string) reply {
	e.Helper()
	req, err := http.NewRequestWithContext(e.Context(), method, e.base+path, strings.NewReader(body))
	require.NoError(e, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	rsp, text := e.do(req)
	if into != nil {
		require.NoError(e, json.Unmarshal([]byte(text), into), text)
	}
	return rsp
}

type faultList struct{ Faults []listedScript }

func TestFaultAPI_AddsListsRemoves(t *testing.T) {
	e := open(t)
	var added listedScript
	rsp := e.api(http.MethodPost, "faults", `{"out_trade_no":"o1","target":"notice","fault":"doubled","times":2}`, &added)
	require.Equal(t, http.StatusCreated, rsp.StatusCode)
	require.Equal(t, "faults/1", rsp.Header.Get("Location"))
	require.Equal(t, scriptView{ID: 1, OutTradeNo: "o1", Target: OnNotice, Fault: Doubled, Times: 2, Copies: 2}, added.scriptView, "with defaults")
	e.api(http.MethodPost, "faults", `{"target":"query","fault":"timeout_after","delay_ms":5}`, &added)

	var list faultList
	e.api(http.MethodGet, "faults", "", &list)
	require.Len(t, list.Faults, 2)
	e.api(http.MethodGet, "faults?out_trade_no=o1", "", &list)
	require.Len(t, list.Faults, 1)
	require.Equal(t, http.StatusNoContent, e.api(http.MethodDelete, "faults/1", "", nil).StatusCode)
	for _, gone := range []string{"faults/1", "faults/x", "faults/0"} {
		var p problem
		require.Equal(t, http.StatusNotFound, e.api(http.MethodDelete, gone, "", &p).StatusCode)
		require.Equal(t, "fault_not_found", p.Code)
	}
	require.Equal(t, http.StatusNoContent, e.api(http.MethodDelete, "faults", "", nil).StatusCode)
	rsp = e.api(http.MethodGet, "faults", "", &list)
	require.Empty(t, list.Faults)
	require.Equal(t, "no-store", rsp.Header.Get("Cache-Control"))
}

func TestFaultAPI_NamesEachWrongField(t *testing.T) {
	e, long := open(t), strings.Repeat("x", maxValue+1)
	for body, want := range map[string]string{
		`{"target":"post","fault":"lost"}`:                                          "target: must be one of bill, bill_url, call, close, notice, page, query, refund, refund_query",
		`{"target":"notice","fault":"unsigned"}`:                                    "fault: must be one of lost, late, doubled, held, forged",
		`{"target":"page","fault":"unsigned"}`:                                      "fault: must be one of timeout_before, timeout_after, http_error_before, http_error_after, system_error_before, system_error_after, garbage",
		`{"target":"notice","fault":"late"}`:                                        "delay_ms: is needed",
		`{"target":"notice","fault":"late","delay_ms":-1}`:                          "delay_ms: must be 1..2592000000 (720h0m0s)",
		`{"target":"notice","fault":"late","delay_ms":9223372036854775807}`:         "delay_ms: must be 1..2592000000 (720h0m0s)",
		`{"target":"query","fault":"timeout_after","delay_ms":60001}`:               "delay_ms: must be 1..60000 (1m0s)",
		`{"target":"notice","fault":"forged"}`:                                      "field: is needed",
		`{"target":"notice","fault":"forged","field":"Sign!","seal":"wax"}`:         "field: must be [a-z][a-z0-9_]{0,39}; seal: must be true, broken, missing",
		`{"target":"notice","fault":"doubled","copies":101,"percent":-1}`:           "percent: must be 1..100; copies: must be 2..100",
		`{"target":"notice","fault":"lost","status":500,"day":"2026-01-01"}`:        "status: has no meaning for notice lost; day: has no meaning for notice lost",
		`{"target":"notice","fault":"lost","times":-1,"out_trade_no":"a b"}`:        "out_trade_no: must be [0-9A-Za-z_]{1,64}; times: must be 1..1000000",
		`{"target":"query","fault":"http_error_after","status":404}`:                "status: must be 500..599",
		`{"target":"bill","fault":"line_missing","event":"closed","day":"today"}`:   "event: must be paid, refunded; day: must be yyyy-MM-dd",
		`{"target":"bill","fault":"line_extra","times":2,"amount_fen":-1}`:          "times: has no meaning for bill line_extra; amount_fen: must be 1..10000000000",
		`{"target":"bill_url","fault":"garbage","out_trade_no":"o1"}`:               "out_trade_no: has no meaning for bill_url garbage",
		`{"id":7,"target":"notice","fault":"lost"}`:                                 "id: is the sandbox's to give",
		`{"target":"notice","fault":"lost","seed":1}`:                               "seed: has no meaning for notice lost",
		`{"target":"notice","fault":"forged","field":"a","value":"` + long + `"}`:   "value: must be UTF-8, 1..512 bytes",
		`{"target":"notice","fault":"lost","instead":true,"field":"x","value":"y"}`: "field: has no meaning for notice lost; value: has no meaning for notice lost; instead: has no meaning for notice lost",
	} {
		var p problem
		rsp := e.api(http.MethodPost, "faults", body, &p)
		require.Equal(t, http.StatusUnprocessableEntity, rsp.StatusCode, body)
		require.Equal(t, "application/problem+json", rsp.Header.Get("Content-Type"))
		require.Equal(t, "invalid_script", p.Code)
		var said []string
		for _, f := range p.Faults {
			said = append(said, f.Param+": "+f.Detail)
		}
		require.Equal(t, want, strings.Join(said, "; "), body)
		require.NotEmpty(t, p.Detail)
	}
	list, err := e.box.Faults().List(t.Context())
	require.NoError(t, err)
	require.Empty(t, list)
}

func TestFaultAPI_ReadsStrictly(t *testing.T) {
	e := open(t)
	for body, code := range map[string]string{
		`{"target":"notice","fault":"lost","delay":"1m"}`: "invalid_body", `{"target":"notice"} {}`: "invalid_body",
		`not JSON`: "invalid_body", `{"times":"2"}`: "invalid_body",
	} {
		var p problem
		require.Equal(t, http.StatusBadRequest, e.api(http.MethodPost, "faults", body, &p).StatusCode)
		require.Equal(t, code, p.Code, body)
		require.NotEmpty(t, p.Detail)
	}
	for _, path := range []string{"faults", "forgeries", "clock"} {
		var p problem
		rsp := e.api(http.MethodPost, path, `{}`, &p, "Content-Type", "text/plain")
		require.Equal(t, http.StatusUnsupportedMediaType, rsp.StatusCode, path)
	}
}

// Another site's page that its visitor has open cannot change the sandbox.
func TestFaultAPI_RefusesOtherSites(t *testing.T) {
	e := open(t)
	cashier := e.openTrade("o1", "1.00")
	for method, paths := range map[string][]string{
		http.MethodPost: {"faults", "forgeries", "clock", cashier + "/faults", cashier + "/forge",
			cashier + "/clock", "books/faults", "books/clock", "books/faults/clear"},
		http.MethodDelete: {"faults", "faults/1"},
	} {
		for _, path := range paths {
			rsp := e.api(method, path, "", nil, "Sec-Fetch-Site", "cross-site")
			require.Equal(t, http.StatusForbidden, rsp.StatusCode, path)
		}
	}
	require.Equal(t, http.StatusOK, e.api(http.MethodPost, "clock", `{"speed":2}`, nil, "Sec-Fetch-Site", "same-origin").StatusCode)
}

func TestFaultAPI_KeepsAThousandScripts(t *testing.T) {
	e := open(t)
	_, err := e.box.db.write.ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < ?)
		INSERT INTO faults (out_trade_no, target, script, spent, seen, struck) SELECT 'o', 'notice', '{}', 1, 0, 0 FROM n`, MaxScripts)
	require.NoError(t, err)
	var p problem
	rsp := e.api(http.MethodPost, "faults", `{"target":"notice","fault":"lost"}`, &p)
	require.Equal(t, http.StatusUnprocessableEntity, rsp.StatusCode)
	require.Equal(t, "there are 1000 scripts already, remove some", p.Faults[0].Detail)
}

func TestForgeriesAPI(t *testing.T) {
	e, shop := open(t), newShop(t)
	e.openTrade("o1", "5.00", "notify_url", shop.URL)
	e.openTrade("silent", "5.00", "notify_url", "")
	shop.say(http.StatusBadRequest, "failure")
	var sent Sending
	rsp := e.api(http.MethodPost, "forgeries", `{"out_trade_no":"o1","field":"seller_id"}`, &sent)
	require.Equal(t, http.StatusOK, rsp.StatusCode)
	require.Equal(t, []any{http.StatusBadRequest, "failure"}, []any{sent.HTTPStatus, sent.Answer})
	form := <-shop.got
	require.Equal(t, []string{"TRADE_SUCCESS", "5.00"}, []string{form.Get("trade_status"), form.Get("total_amount")})
	require.NotEqual(t, DefaultSellerID, form.Get("seller_id"))
	require.Zero(t, e.totals().Paid, "the books know better")

	for body, want := range map[string]string{
		`{"out_trade_no":"none","field":"sign"}`:   "404 trade_not_found",
		`{"out_trade_no":"silent","field":"sign"}`: "422 invalid_script",
		`{"out_trade_no":"o1"}`:                    "422 invalid_script",
		`{}`:                                       "422 invalid_script",
	} {
		var p problem
		rsp := e.api(http.MethodPost, "forgeries", body, &p)
		require.Equal(t, want, fmt.Sprint(rsp.StatusCode, " ", p.Code), body)
	}
}

func TestClockAPI(t *testing.T) {
	e := open(t)
	var now clockView
	e.api(http.MethodGet, "clock", "", &now)
	require.Equal(t, clockView{Now: e.clock.Now().UTC(), Speed: 1}, now)
	e.api(http.MethodPost, "clock", `{"jump_ms":90000000,"speed":60}`, &now)
	require.Equal(t, clockView{Now: e.clock.Now().UTC().Add(25 * time.Hour), Speed: 60, AheadMS: 90_000_000}, now)
	e.clock.Advance(time.Minute)
	e.api(http.MethodGet, "clock", "", &now)
	require.Equal(t, int64(90_000_000+59*60_000), now.AheadMS)

	for body, param := range map[string]string{
		`{"reset":true,"speed":100001}`: "speed", `{"speed":-1}`: "speed",
		`{"reset":true,"jump_ms":34560000001}`: "jump_ms", `{"jump_ms":-9223372036854775808}`: "jump_ms",
	} {
		var p problem
		require.Equal(t, http.StatusUnprocessableEntity, e.api(http.MethodPost, "clock", body, &p).StatusCode, body)
		require.Equal(t, param, p.Faults[0].Param, body)
		require.Equal(t, int64(60), e.box.Clock().Setting().Speed, "all of a change or nothing: %s", body)
	}
	e.api(http.MethodPost, "clock", `{"reset":true}`, &now)
	require.Equal(t, clockView{Now: e.clock.Now().UTC(), Speed: 1}, now)
}

func TestFaultAPI_WithoutItsBooks(t *testing.T) {
	e := open(t)
	require.NoError(t, e.box.db.close())
	for _, path := range []string{"faults", "clock"} {
		var p problem
		rsp := e.api(http.MethodPost, path, map[string]string{"faults": `{"target":"notice","fault":"lost"}`, "clock": `{"speed":2}`}[path], &p)
		require.Equal(t, http.StatusInternalServerError, rsp.StatusCode)
		require.Equal(t, "internal", p.Code)
	}
	require.Equal(t, http.StatusInternalServerError, e.api(http.MethodGet, "faults", "", nil).StatusCode)
}
