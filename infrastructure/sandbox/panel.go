package sandbox

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// panel is what a page shows of fault scripts and the clock, and the forms that change them.
type panel struct {
	Text    panelTexts
	Action  string // where its forms post to, below it: faults, forge, clock
	OfOrder bool   // about one order; what it adds is for that order alone
	Own     bool   // some of Scripts can be removed from this page
	Forge   bool   // it can send a forged notice at once
	Scripts []scriptLine
	Clock   clockLine
}

// scriptLine is one script in words.
type scriptLine struct {
	ID        int64
	What      string
	Order     string // empty: all
	Done      string
	Spent     bool
	Removable bool // from this page
}

type clockLine struct {
	Now, Ahead string
	Speed      int64
	Moved      bool // it is not the machine's
}

// panel collects what strikes an order, its own scripts and those for all; without an order, all scripts.
func (s *Sandbox) panel(ctx context.Context, lang, action, outTradeNo string) (panel, error) {
	list, err := s.Faults().List(ctx)
	if err != nil {
		return panel{}, err
	}
	text, set := panelTextsFor(lang), s.clock.Setting()
	p := panel{
		Text: text, Action: action, OfOrder: outTradeNo != "",
		Clock: clockLine{stamp(s.now()), set.Ahead.Round(time.Second).String(), set.Speed, set != ClockSetting{Speed: 1}},
	}
	for _, script := range list {
		if outTradeNo != "" && script.OutTradeNo != "" && script.OutTradeNo != outTradeNo {
			continue
		}
		own := outTradeNo == "" || script.OutTradeNo == outTradeNo
		p.Own = p.Own || own
		p.Scripts = append(p.Scripts, scriptLine{
			ID: script.ID, What: text.describe(script), Order: script.OutTradeNo, Done: text.done(script),
			Spent: script.Spent(), Removable: own,
		})
	}
	return p, nil
}

// handlePanels adds what the forms of the cashier and of the books' page do.
func (s *Sandbox) handlePanels(mux *http.ServeMux) {
	for path, act := range map[string]panelAct{
		"/faults": s.addFromForm, "/faults/{fault}/remove": s.removeFromForm, "/faults/clear": s.clearFromForm,
		"/clock": s.clockFromForm,
	} {
		mux.HandleFunc("POST /cashier/{id}"+path, s.onPanel(act))
		mux.HandleFunc("POST /books"+path, s.onPanel(act))
	}
	mux.HandleFunc("POST /cashier/{id}/forge", s.onPanel(s.forgeFromForm))
}

// panelAct carries out a form of a panel, for one order or, without a number, for all.
type panelAct func(r *http.Request, outTradeNo string) error

// onPanel finds out whose page a form is on, carries the form out and goes back to the page.
func (s *Sandbox) onPanel(act panelAct) http.HandlerFunc {
	return ownSite(s.page.refuseSite, func(w http.ResponseWriter, r *http.Request) {
		page, outTradeNo := "books", ""
		if id := r.PathValue("id"); id != "" {
			t, why, err := s.lookUp(r.Context(), byCashier(id))
			if s.unshown(w, r, why, err) {
				return
			}
			page, outTradeNo = "cashier/"+t.cashierID, t.outTradeNo
		}
		page = strings.Repeat("../", depth(r)) + page
		if err := r.ParseForm(); err != nil {
			s.refuseForm(w, r, page, &InvalidField{"form", flawUnread, ""})
			return
		}
		if err := act(r, outTradeNo); err != nil {
			s.refuseForm(w, r, page, err)
			return
		}
		seeOther(w, page)
	})
}

// depth is how many directories below the prefix a request's path is.
func depth(r *http.Request) int { return strings.Count(strings.Trim(r.URL.Path, "/"), "/") }

func (s *Sandbox) addFromForm(r *http.Request, outTradeNo string) error {
	script, err := formScript(r.PostForm)
	if err != nil {
		return err
	}
	script.OutTradeNo = outTradeNo
	_, err = s.Faults().Script(r.Context(), script)
	return err
}

// removeFromForm ends one script; on an order's page only the order's own. One that is gone already is no mistake.
func (s *Sandbox) removeFromForm(r *http.Request, outTradeNo string) error {
	id, err := strconv.ParseInt(r.PathValue("fault"), 10, 64)
	if err != nil || id == 0 {
		return &InvalidField{"fault", flawUnread, ""}
	}
	_, err = s.Faults().remove(r.Context(), outTradeNo, id)
	return err
}

func (s *Sandbox) clearFromForm(r *http.Request, outTradeNo string) error {
	_, err := s.Faults().remove(r.Context(), outTradeNo, 0)
	return err
}

func (s *Sandbox) forgeFromForm(r *http.Request, outTradeNo string) error {
	_, err := s.Faults().Forge(r.Context(), Script{OutTradeNo: outTradeNo, Field: r.PostForm.Get("field")})
	return err
}

func (s *Sandbox) clockFromForm(r *http.Request, _ string) error {
	jump, err := formNumber(r.PostForm, "jump")
	if err != nil {
		return err
	}
	speed, err := formNumber(r.PostForm, "speed")
	if err != nil {
		return err
	}
	return s.clock.Change(r.Context(), ClockChange{
		Reset: r.PostForm.Get("reset") == "1", Jump: times(jump, unit(r.PostForm)), Speed: speed,
	})
}

// formScript reads a form of a panel. Its fields are those of the API, but for the delay, which has a unit.
func formScript(form url.Values) (Script, error) {
	count, err := formNumber(form, "times")
	if err != nil {
		return Script{}, err
	}
	delay, err := formNumber(form, "delay")
	if err != nil {
		return Script{}, err
	}
	return Script{
		Target: Target(form.Get("target")), Fault: Fault(form.Get("fault")), Event: Event(form.Get("event")),
		Times: int(count), Delay: times(delay, unit(form)), Field: form.Get("field"), Instead: form.Get("instead") == "1",
		Day: form.Get("day"),
	}, nil
}

func formNumber(form url.Values, name string) (int64, error) {
	text := strings.TrimSpace(form.Get(name))
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, &InvalidField{name, flawUnread, ""}
	}
	return n, nil
}

// unit is what a form counts its time in.
func unit(form url.Values) time.Duration {
	switch form.Get("unit") {
	case "h":
		return time.Hour
	case "min":
		return time.Minute
	default:
		return time.Second
	}
}

// times keeps a product that is too large for a duration too large.
func times(n int64, unit time.Duration) time.Duration {
	return milliseconds(n * unit.Milliseconds())
}

// refuseForm says on a page why a form was not carried out.
func (s *Sandbox) refuseForm(w http.ResponseWriter, r *http.Request, back string, err error) {
	wrong := invalidFields(err)
	if len(wrong) == 0 {
		s.page.refuse(w, r, http.StatusInternalServerError, s.failed("panel", err))
		return
	}
	text := textsFor(r.Header.Get("Accept-Language"))
	var lines []string
	for _, f := range wrong {
		why := f.Why()
		if text.Lang != "en" {
			why = f.whyChinese()
		}
		lines = append(lines, f.Field+": "+why)
	}
	write(w, s.page.refused, http.StatusUnprocessableEntity, view{
		Text: text, Failure: invalid("invalid_script", strings.Join(slices.Compact(lines), "; ")), Back: back,
		Assets: strings.Repeat("../", depth(r)) + "assets/",
	})
}

func (p *pages) refuseSite(w http.ResponseWriter, r *http.Request) {
	p.refuse(w, r, http.StatusForbidden, invalid("cross_site", "请求来自其他网站 / another site's page asked for this"))
}
