package sandbox

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

//go:embed page
var pageFiles embed.FS

// pages renders what a buyer sees. There is no inline style or script, and everything works without script.
type pages struct {
	trade   *template.Template
	refused *template.Template
	books   *template.Template
	details *template.Template
}

// view is one cashier page. All its links are relative to /cashier/{id}.
type view struct {
	Text        texts
	State       string
	ID, Token   string
	Subject     string
	Amount      string
	Refunded    string
	OutTradeNo  string
	TradeNo     string
	ExpiresAt   string
	SecondsLeft int64
	Speed       int64 // of the clock by which they pass
	Left        string
	Back        string
	Failure     *failure
	Assets      string
	Panel       panel
}

func newPages() (*pages, error) {
	parsed, err := template.New("").Funcs(template.FuncMap{"stamp": stamp}).ParseFS(pageFiles, "page/*.html")
	if err != nil {
		return nil, fmt.Errorf("sandbox: pages: %w", err)
	}
	return &pages{
		trade: parsed.Lookup("cashier.html"), refused: parsed.Lookup("refused.html"), books: parsed.Lookup("books.html"),
		details: parsed.Lookup("trade.html"),
	}, nil
}

// asset is GET /assets/{name}.
func (p *pages) asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	text, err := pageFiles.ReadFile("page/" + name)
	if err != nil || path.Ext(name) == ".html" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(text) // a browser that is gone asks again
}

func (s *Sandbox) showTradePage(w http.ResponseWriter, r *http.Request, t trade) {
	now := s.now()
	left := max(t.expiresAt.Sub(now), 0)
	text := textsFor(r.Header.Get("Accept-Language"))
	v := view{
		Text: text, State: t.look(), ID: t.cashierID, Subject: t.subject, Amount: t.total.String(),
		Refunded: t.refunded.String(), OutTradeNo: t.outTradeNo, TradeNo: t.tradeNo, ExpiresAt: stamp(t.expiresAt),
		SecondsLeft: int64((left + time.Second - 1) / time.Second), Left: text.span(left), Back: t.leaveAddress(),
		Assets: "../assets/", Speed: s.clock.Setting().Speed,
	}
	var err error
	if v.Panel, err = s.panel(r.Context(), text.Lang, t.cashierID, t.outTradeNo); err != nil {
		s.unshown(w, r, nil, err)
		return
	}
	v.Panel.Forge = t.notifyURL != ""
	if t.status == StatusWaiting {
		v.Token = t.payToken
	} else if t.paid() {
		back, err := s.returnAddress(t)
		if err != nil {
			s.unshown(w, r, nil, err)
			return
		}
		v.Back = back
	}
	write(w, s.page.trade, http.StatusOK, v, t.returnURL, t.quitURL)
}

// look is which of its pages a trade has now.
func (t *trade) look() string {
	switch {
	case t.status == StatusWaiting:
		return "waiting"
	case t.closed == closedByExpiry:
		return "expired"
	case t.closed == closedByMerchant:
		return "closed"
	case t.refunded == t.total:
		return "refunded"
	case t.refunded > 0:
		return "part_refunded"
	default:
		return "paid"
	}
}

// refuse shows why a page could not be opened, with the code that a developer searches for.
func (p *pages) refuse(w http.ResponseWriter, r *http.Request, status int, why *failure) {
	v := view{Text: textsFor(r.Header.Get("Accept-Language")), Failure: why, Assets: strings.Repeat("../", depth(r)) + "assets/"}
	write(w, p.refused, status, v)
}

// write sends a page that loads nothing but its own assets and posts nowhere but here and, because browsers
// apply the rule to the redirect that follows, to the merchant.
func write(w http.ResponseWriter, page *template.Template, status int, v any, merchant ...string) {
	var text bytes.Buffer
	if err := page.Execute(&text, v); err != nil {
		http.Error(w, "page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	// Pictures, because browsers look for the icon of the shop that they came from.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "+
		"frame-ancestors 'none'; form-action 'self'"+origins(merchant))
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes()) // a browser that is gone asks again
}

// origins lists the merchant's origins for the policy. A host with a character that would end the directive is
// left out.
func origins(addresses []string) string {
	var list strings.Builder
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err == nil && u.Host != "" && !strings.ContainsAny(u.Host, " ;,'\"") {
			list.WriteString(" " + u.Scheme + "://" + u.Host)
		}
	}
	return list.String()
}
