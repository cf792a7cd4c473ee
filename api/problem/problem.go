package problem

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// HeaderRequestID carries the request's id in and out.
const HeaderRequestID = "X-Request-Id"

// Fault is one of several things wrong with what was sent.
type Fault struct {
	Param  string `json:"param"`
	Value  string `json:"value,omitempty"`
	Detail string `json:"detail"`
}

// Problem is one refusal on its way to the caller. It is an error, so that decoding can return it.
type Problem struct {
	Code       Code
	Param      string // the field or parameter at fault, as named on the wire
	Detail     string // about this very case, in English; empty: the table's text
	Faults     []Fault
	Extra      map[string]any // further members (RFC 9457, section 3.2), by wire name
	RetryAfter time.Duration  // of 429 and 503; 0: one second
}

// Error prints code, field and detail.
func (p *Problem) Error() string {
	text := "problem: " + string(p.Code)
	if p.Param != "" {
		text += ": " + p.Param
	}
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	return text
}

// Write answers with the problem in the caller's language. A code without a row answers as Internal. The request's
// id is taken from the answer's own X-Request-Id header, which must have been set before.
func Write(w http.ResponseWriter, r *http.Request, p *Problem) {
	row, known := Lookup(p.Code)
	if !known {
		p = &Problem{Code: Internal}
		row, _ = Lookup(Internal)
	}
	lang := LanguageOf(r.Header.Get("Accept-Language"))
	body, err := json.Marshal(p.members(row, lang, w.Header().Get(HeaderRequestID)))
	if err != nil { // an Extra that JSON cannot express
		body = []byte(`{"type":"about:blank","title":"Internal error","status":500,"code":"internal"}`)
		row.Status = http.StatusInternalServerError
	}
	header := w.Header()
	header.Set("Content-Type", "application/problem+json")
	header.Set("Content-Language", string(lang))
	header.Add("Vary", "Accept-Language")
	if row.Status == http.StatusTooManyRequests || row.Status == http.StatusServiceUnavailable {
		header.Set("Retry-After", strconv.Itoa(max(1, int(p.RetryAfter.Round(time.Second)/time.Second))))
	}
	w.WriteHeader(row.Status)
	_, _ = w.Write(body) // the caller is gone; nobody is left to tell
}

func (p *Problem) members(row Row, lang Language, requestID string) map[string]any {
	text := row.text(lang)
	members := map[string]any{}
	maps.Copy(members, p.Extra)
	members["type"] = "/docs/errors#" + string(p.Code)
	members["title"] = text.Title
	members["status"] = row.Status
	members["code"] = p.Code
	members["detail"] = text.Detail
	if p.Detail != "" {
		members["detail"] = translate(p.Detail, lang, text.Detail)
	}
	if p.Param != "" {
		members["param"] = p.Param
	}
	if len(p.Faults) > 0 {
		members["faults"] = translateAll(p.Faults, lang)
	}
	if requestID != "" {
		members["request_id"] = requestID
	}
	return members
}
