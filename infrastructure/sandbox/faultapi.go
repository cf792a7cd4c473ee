package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// problem is a refusal of the sandbox's own API, in the form of RFC 9457.
type problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Code   string         `json:"code"`
	Detail string         `json:"detail,omitempty"`
	Faults []problemFault `json:"faults,omitempty"`
}

type problemFault struct {
	Param  string `json:"param"`
	Detail string `json:"detail"`
}

func refuseJSON(w http.ResponseWriter, status int, code, detail string, faults ...problemFault) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	p := problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail, Faults: faults}
	_ = json.NewEncoder(w).Encode(p) // a caller that is gone asks again
}

// failJSON answers with what went wrong.
func (s *Sandbox) failJSON(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, ErrInvalid):
		var faults []problemFault
		for _, f := range invalidFields(err) {
			faults = append(faults, problemFault{f.Field, f.Why()})
		}
		refuseJSON(w, http.StatusUnprocessableEntity, "invalid_script", err.Error(), faults...)
	case errors.Is(err, ErrNoScript):
		refuseJSON(w, http.StatusNotFound, "fault_not_found", "")
	case errors.Is(err, ErrNoTrade):
		refuseJSON(w, http.StatusNotFound, "trade_not_found", "")
	default:
		s.cfg.Logger.Error("sandbox: fault API failed", "error", err)
		refuseJSON(w, http.StatusInternalServerError, "internal", "")
	}
}

// ownSite lets pass only what a program or a page of the sandbox sends: no other site's page can change the sandbox
// through its visitor's browser.
func ownSite(refuse func(http.ResponseWriter, *http.Request), next http.HandlerFunc) http.HandlerFunc {
	guard := http.NewCrossOriginProtection()
	return func(w http.ResponseWriter, r *http.Request) {
		if guard.Check(r) != nil {
			refuse(w, r)
			return
		}
		next(w, r)
	}
}

func refuseSiteJSON(w http.ResponseWriter, _ *http.Request) {
	refuseJSON(w, http.StatusForbidden, "cross_site", "another site's page asked for this")
}

// decodeStrict reads one JSON value with known fields only and says that it answered when it could not.
func decodeStrict(w http.ResponseWriter, r *http.Request, into any) bool {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		refuseJSON(w, http.StatusUnsupportedMediaType, "unsupported_media_type", "want application/json")
		return false
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, end := decoder.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("more than one value")
		}
	}
	if err != nil {
		refuseJSON(w, http.StatusBadRequest, "invalid_body", err.Error())
		return false
	}
	return true
}

// listedScript is a script with what it did so far.
type listedScript struct {
	scriptView
	Seen   int  `json:"seen"`
	Struck int  `json:"struck"`
	Spent  bool `json:"spent"`
}

func toListed(s Script) listedScript {
	return listedScript{scriptView: toView(s), Seen: s.Seen, Struck: s.Struck, Spent: s.Spent()}
}

// listFaults is GET /faults, of one order with ?out_trade_no=.
func (s *Sandbox) listFaults(w http.ResponseWriter, r *http.Request) {
	list, err := s.Faults().List(r.Context())
	if no := r.URL.Query().Get("out_trade_no"); no != "" && err == nil {
		list, err = s.Faults().Of(r.Context(), no)
	}
	if err != nil {
		s.failJSON(w, err)
		return
	}
	answer := struct {
		Faults []listedScript `json:"faults"`
	}{[]listedScript{}}
	for _, script := range list {
		answer.Faults = append(answer.Faults, toListed(script))
	}
	writeJSON(w, answer)
}

// addFault is POST /faults.
func (s *Sandbox) addFault(w http.ResponseWriter, r *http.Request) {
	var v scriptView
	if !decodeStrict(w, r, &v) {
		return
	}
	if v.ID != 0 {
		s.failJSON(w, &InvalidField{"id", flawGiven, ""})
		return
	}
	script, err := s.Faults().Script(r.Context(), v.script())
	if err != nil {
		s.failJSON(w, err)
		return
	}
	w.Header().Set("Location", "faults/"+strconv.FormatInt(script.ID, 10))
	writeJSONStatus(w, http.StatusCreated, toListed(script))
}

// removeFault is DELETE /faults/{id}.
func (s *Sandbox) removeFault(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id == 0 {
		s.failJSON(w, ErrNoScript)
		return
	}
	s.done(w, s.Faults().Remove(r.Context(), id))
}

// clearFaults is DELETE /faults.
func (s *Sandbox) clearFaults(w http.ResponseWriter, r *http.Request) {
	s.done(w, s.Faults().Clear(r.Context()))
}

func (s *Sandbox) done(w http.ResponseWriter, err error) {
	if err != nil {
		s.failJSON(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// forgeNow is POST /forgeries: one forged notice at once.
func (s *Sandbox) forgeNow(w http.ResponseWriter, r *http.Request) {
	var v struct {
		OutTradeNo string `json:"out_trade_no"`
		Field      string `json:"field"`
		Value      string `json:"value"`
		Seal       Seal   `json:"seal"`
	}
	if !decodeStrict(w, r, &v) {
		return
	}
	sent, err := s.Faults().Forge(r.Context(), Script{OutTradeNo: v.OutTradeNo, Field: v.Field, Value: v.Value, Seal: v.Seal})
	if err != nil {
		s.failJSON(w, err)
		return
	}
	writeJSON(w, sent)
}

type clockView struct {
	Now     time.Time `json:"now"`
	Speed   int64     `json:"speed"`
	AheadMS int64     `json:"ahead_ms"`
}

// showClock is GET /clock.
func (s *Sandbox) showClock(w http.ResponseWriter, _ *http.Request) {
	set := s.clock.Setting()
	writeJSON(w, clockView{Now: s.now(), Speed: set.Speed, AheadMS: set.Ahead.Milliseconds()})
}

// setClock is POST /clock: reset, then jump, then speed, whichever are given.
func (s *Sandbox) setClock(w http.ResponseWriter, r *http.Request) {
	var v struct {
		Reset  bool  `json:"reset"`
		Speed  int64 `json:"speed"`
		JumpMS int64 `json:"jump_ms"`
	}
	if !decodeStrict(w, r, &v) {
		return
	}
	change := ClockChange{Reset: v.Reset, Jump: milliseconds(v.JumpMS), Speed: v.Speed}
	if err := s.clock.Change(r.Context(), change); err != nil {
		s.failJSON(w, err)
		return
	}
	s.showClock(w, r)
}
