// Package wechat is a simulator of WeChat for official accounts: access tokens, QR codes with a scene, pushed messages,
// template messages, and a page that plays the phone. It keeps everything in memory; codes live for minutes anyway.
// It was written from the public documents of developers.weixin.qq.com, like the client that is tested against it.
package wechat

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// TokenLife is how long an access token is good, unless another one is forced.
const TokenLife = 7200 * time.Second

// Config says which official account is simulated, and where its server is.
type Config struct {
	AppID, Secret string
	Token         string // pushed messages are signed with it
	AESKey        string // of the safe mode; empty: messages go in clear text
	TemplateID    string // the account's one template
	BaseURL       string // how browsers reach Handler; begins the content of QR codes
	CallbackURL   string // where messages are pushed
	Client        *http.Client
	Now           func() time.Time
	Log           *slog.Logger
}

// Phone is the simulator. It is safe for concurrent use.
type Phone struct {
	set  Config
	key  []byte // of the safe mode; nil: messages go in clear text
	page *template.Template

	mu       sync.Mutex
	token    string               // the newest
	tokens   map[string]time.Time // those that are good, and until when
	codes    map[string]code      // by ticket
	chats    map[string][]line
	follows  map[string]bool
	messages int64
}

// code is a QR code that was made.
type code struct {
	scene string
	until time.Time
}

// line is something that was said in the chat with the official account.
type line struct {
	Own  bool // by the person
	Card bool // a template message
	Text string
	At   time.Time
}

// maxCodes bounds what a browser that asks for codes all day can fill.
const maxCodes = 10_000

// New returns a simulator. Errors: a page that cannot be read, a setting that is missing.
func New(set Config) (*Phone, error) {
	if set.AppID == "" || set.Secret == "" || set.Token == "" || set.CallbackURL == "" {
		return nil, errors.New("sandbox/wechat: app id, secret, token and callback are required")
	}
	if set.Client == nil {
		set.Client = &http.Client{Timeout: 5 * time.Second} // as long as WeChat waits
	}
	if set.Now == nil {
		set.Now = time.Now
	}
	if set.Log == nil {
		set.Log = slog.New(slog.DiscardHandler)
	}
	key, err := aesKey(set.AESKey)
	if err != nil {
		return nil, err
	}
	page, err := template.ParseFS(files, "page/phone.html")
	if err != nil {
		return nil, fmt.Errorf("sandbox/wechat: page: %w", err)
	}
	return &Phone{set: set, key: key, page: page, tokens: map[string]time.Time{}, codes: map[string]code{}, chats: map[string][]line{}, follows: map[string]bool{}}, nil
}

// Handler serves the API below /cgi-bin and the phone below /q and /phone.
func (p *Phone) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /cgi-bin/stable_token", p.giveToken)
	mux.HandleFunc("POST /cgi-bin/qrcode/create", p.withToken(p.createCode))
	mux.HandleFunc("POST /cgi-bin/message/template/send", p.withToken(p.sendTemplate))
	mux.HandleFunc("GET /q/{ticket}", p.showCode)
	mux.HandleFunc("GET /phone", p.showPhone)
	mux.HandleFunc("POST /phone/scan", p.postScan)
	mux.HandleFunc("POST /phone/say", p.postSay)
	mux.HandleFunc("GET /phone.css", serveStyle)
	return mux
}

// giveToken is POST /cgi-bin/stable_token: the same token for all who ask, until 5 minutes before it ends or somebody
// forces another one.
func (p *Phone) giveToken(w http.ResponseWriter, r *http.Request) {
	var in struct {
		GrantType string `json:"grant_type"`
		AppID     string `json:"appid"`
		Secret    string `json:"secret"`
		Force     bool   `json:"force_refresh"`
	}
	switch err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16<<10)).Decode(&in); {
	case err != nil:
		answer(w, failure{47001, "data format error"})
	case in.GrantType != "client_credential":
		answer(w, failure{40002, "invalid grant_type"})
	case in.AppID != p.set.AppID:
		answer(w, failure{40013, "invalid appid"})
	case in.Secret != p.set.Secret:
		answer(w, failure{40125, "invalid appsecret"})
	default:
		token, left := p.tokenNow(in.Force)
		answer(w, map[string]any{"access_token": token, "expires_in": int(left / time.Second)})
	}
}

// tokenOverlap is how long the old token is good beside a new one that nobody forced.
const tokenOverlap = 5 * time.Minute

func (p *Phone) tokenNow(force bool) (string, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.set.Now()
	if force {
		clear(p.tokens)
	}
	if left := p.tokens[p.token].Sub(now); left > tokenOverlap {
		return p.token, left
	}
	for old, ends := range p.tokens {
		if !now.Before(ends) {
			delete(p.tokens, old)
		}
	}
	p.token = rand.Text()
	p.tokens[p.token] = now.Add(TokenLife)
	return p.token, TokenLife
}

type failure struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

// answer writes JSON. Failures, too, come with status 200.
func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(value) // a caller that is gone asks again
}

// withToken lets in who has a token that is good.
func (p *Phone) withToken(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		good := p.set.Now().Before(p.tokens[r.URL.Query().Get("access_token")])
		p.mu.Unlock()
		if !good {
			answer(w, failure{40001, "invalid credential, access_token is invalid or not latest"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		next(w, r)
	}
}

// createCode is POST /cgi-bin/qrcode/create for codes with a scene of text.
func (p *Phone) createCode(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ExpireSeconds int    `json:"expire_seconds"`
		ActionName    string `json:"action_name"`
		ActionInfo    struct {
			Scene struct {
				SceneStr string `json:"scene_str"`
			} `json:"scene"`
		} `json:"action_info"`
	}
	err := json.NewDecoder(r.Body).Decode(&in)
	scene := in.ActionInfo.Scene.SceneStr
	switch {
	case err != nil:
		answer(w, failure{47001, "data format error"})
		return
	case in.ActionName != "QR_STR_SCENE":
		answer(w, failure{40071, "invalid action name"})
		return
	case len(scene) < 1 || len(scene) > 64 || in.ExpireSeconds < 1 || in.ExpireSeconds > 2592000:
		answer(w, failure{40053, "invalid action info"})
		return
	}
	ticket := rand.Text()
	p.mu.Lock()
	if len(p.codes) >= maxCodes {
		clear(p.codes)
	}
	p.codes[ticket] = code{scene, p.set.Now().Add(time.Duration(in.ExpireSeconds) * time.Second)}
	p.mu.Unlock()
	answer(w, map[string]any{"ticket": ticket, "expire_seconds": in.ExpireSeconds, "url": p.set.BaseURL + "/q/" + ticket})
}

// sendTemplate is POST /cgi-bin/message/template/send.
func (p *Phone) sendTemplate(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ToUser     string `json:"touser"`
		TemplateID string `json:"template_id"`
		Data       map[string]struct {
			Value string `json:"value"`
		} `json:"data"`
	}
	switch err := json.NewDecoder(r.Body).Decode(&in); {
	case err != nil:
		answer(w, failure{47001, "data format error"})
		return
	case in.TemplateID != p.set.TemplateID:
		answer(w, failure{40037, "invalid template_id"})
		return
	case !p.following(in.ToUser):
		answer(w, failure{43004, "require subscribe"})
		return
	}
	p.write(in.ToUser, line{Card: true, Text: "登录成功：" + in.Data["thing1"].Value + "，" + in.Data["time2"].Value})
	answer(w, map[string]any{"errcode": 0, "errmsg": "ok", "msgid": p.next()})
}

func (p *Phone) following(openID string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.follows[openID]
}

// next numbers messages.
func (p *Phone) next() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.messages++
	return p.messages
}

// maxLines is how much of a chat is kept.
const maxLines = 50

func (p *Phone) write(openID string, l line) {
	l.At = p.set.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.chats[openID] = append(p.chats[openID], l)
	p.chats[openID] = p.chats[openID][max(0, len(p.chats[openID])-maxLines):]
}

// ErrNoCode says that a QR code is unknown or too old.
var ErrNoCode = errors.New("sandbox/wechat: no such QR code, or too old")

// Scan plays a person who scans a QR code: whoever does not follow the account follows it by that. Errors: ErrNoCode, the
// account's server cannot be reached.
func (p *Phone) Scan(ctx context.Context, openID, ticket string) error {
	p.mu.Lock()
	found, ok := p.codes[ticket]
	ok = ok && p.set.Now().Before(found.until)
	event := message{To: p.set.AppID, From: openID, Type: "event", Event: "subscribe", EventKey: "qrscene_" + found.scene, Ticket: ticket}
	if p.follows[openID] {
		event.Event, event.EventKey = "SCAN", found.scene
	}
	if ok {
		p.follows[openID] = true
	}
	p.mu.Unlock()
	if !ok {
		return ErrNoCode
	}
	return p.push(ctx, event)
}

// Say plays a person who writes to the account. Errors: the account's server cannot be reached.
func (p *Phone) Say(ctx context.Context, openID, text string) error {
	p.write(openID, line{Own: true, Text: text})
	return p.push(ctx, message{To: p.set.AppID, From: openID, Type: "text", Content: text, ID: p.next()})
}
