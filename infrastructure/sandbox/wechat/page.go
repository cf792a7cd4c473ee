package wechat

import (
	"bytes"
	"embed"
	"net/http"
	"net/url"
	"slices"
)

//go:embed page
var files embed.FS

// A Person is somebody whose phone the page plays.
type Person struct {
	OpenID string
	Name   string
	Hue    string // of the picture: a class of the style sheet
}

// People are whose phones there are.
func People() []Person {
	return []Person{
		{"osim-xiaoming", "小明", "green"}, {"osim-xiaohong", "小红", "red"}, {"osim-laowang", "老王", "blue"}, {"osim-ahua", "阿花", "gold"},
	}
}

// phoneView is one state of the page. Its links are relative to the handler.
type phoneView struct {
	Words  words
	Root   string // from the page to the handler
	Ticket string
	Gone   bool // the code is too old
	People []Person
	Person Person
	Lines  []line
}

// showCode is GET /q/{ticket}: what a QR code holds.
func (p *Phone) showCode(w http.ResponseWriter, r *http.Request) {
	ticket := r.PathValue("ticket")
	p.mu.Lock()
	found, ok := p.codes[ticket]
	gone := !ok || !p.set.Now().Before(found.until)
	p.mu.Unlock()
	p.show(w, r, phoneView{Root: "../", Ticket: ticket, Gone: gone, People: People()})
}

// showPhone is GET /phone?person=...: the chat of a person with the account.
func (p *Phone) showPhone(w http.ResponseWriter, r *http.Request) {
	v := phoneView{People: People()}
	if who, ok := person(r.URL.Query().Get("person")); ok {
		p.mu.Lock()
		v.Person, v.Lines = who, slices.Clone(p.chats[who.OpenID])
		p.mu.Unlock()
	}
	p.show(w, r, v)
}

func person(openID string) (Person, bool) {
	i := slices.IndexFunc(People(), func(p Person) bool { return p.OpenID == openID })
	if i < 0 {
		return Person{}, false
	}
	return People()[i], true
}

// postScan is POST /phone/scan.
func (p *Phone) postScan(w http.ResponseWriter, r *http.Request) {
	p.act(w, r, func(openID string) error { return p.Scan(r.Context(), openID, r.PostFormValue("ticket")) })
}

// postSay is POST /phone/say.
func (p *Phone) postSay(w http.ResponseWriter, r *http.Request) {
	p.act(w, r, func(openID string) error { return p.Say(r.Context(), openID, r.PostFormValue("text")) })
}

// act does something as a person and shows the chat, in which failures are told as well.
func (p *Phone) act(w http.ResponseWriter, r *http.Request, do func(openID string) error) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	who, ok := person(r.PostFormValue("person"))
	if !ok {
		http.Error(w, "no such person", http.StatusBadRequest)
		return
	}
	if err := do(who.OpenID); err != nil {
		p.set.Log.WarnContext(r.Context(), "simulated phone", "error", err)
	}
	// Set by hand: http.Redirect resolves against the address without the prefix that the handler is mounted under.
	w.Header().Set("Location", "../phone?person="+url.QueryEscape(who.OpenID)+"#end")
	w.WriteHeader(http.StatusSeeOther)
}

func (p *Phone) show(w http.ResponseWriter, r *http.Request, v phoneView) {
	v.Words = wordsFor(r.Header.Get("Accept-Language"))
	var text bytes.Buffer
	if err := p.page.Execute(&text, v); err != nil {
		http.Error(w, "page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'self'; form-action 'self'")
	if v.Gone {
		w.WriteHeader(http.StatusGone)
	}
	_, _ = w.Write(text.Bytes()) // a browser that is gone asks again
}

func serveStyle(w http.ResponseWriter, _ *http.Request) {
	style, err := files.ReadFile("page/phone.css")
	if err != nil {
		http.Error(w, "no style", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(style) // a browser that is gone asks again
}
