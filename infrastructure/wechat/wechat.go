// Package wechat speaks the protocol of a WeChat official account as far as signing in by QR code needs it: the access
// token, QR codes with a scene, pushed messages and template messages. It implements mall.Scanner.
//
// Written from the public documents of developers.weixin.qq.com (offiaccount); what they leave open is said where it matters.
package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"kaituan/mall"
	"kaituan/mall/account"
)

// Config says which official account the shop is.
type Config struct {
	BaseURL    string // https://api.weixin.qq.com, or a simulator's
	AppID      string
	Secret     string
	Token      string            // what pushed messages are signed with
	AESKey     string            // of the safe mode, 43 signs; empty: messages come in clear text
	TemplateID string            // of the message after signing in; empty: none is sent
	Transport  http.RoundTripper // nil: http.DefaultTransport
	Clock      func() time.Time
}

// Answers of the API that matter (developers.weixin.qq.com, "Global return code").
const (
	codeInvalidCredential = 40001
	codeInvalidToken      = 40014
	codeExpiredToken      = 42001
	codeNotFollowing      = 43004
	codeRefusesTemplates  = 43101
)

// tokenMargin is how long before its end a token is fetched anew.
const tokenMargin = 5 * time.Minute

// timeout is how long a call of the API may take; a buyer waits for most of them.
const timeout = 5 * time.Second

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 10

// Account is an official account. It is safe for concurrent use.
type Account struct {
	set    Config
	client *http.Client
	seal   *seal // nil: messages come in clear text
	pushes *pushes

	mu    sync.Mutex // held while the token is fetched: callers that come at once fetch it once
	token string
	until time.Time
}

var _ mall.Scanner = (*Account)(nil)

// New returns an official account. Errors: a setting that is missing or no address.
func New(set Config) (*Account, error) {
	base, err := url.Parse(set.BaseURL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("wechat: %q is no address", set.BaseURL)
	}
	if set.AppID == "" || set.Secret == "" || set.Token == "" {
		return nil, errors.New("wechat: app id, secret and token are required")
	}
	sealed, err := newSeal(set.AESKey, set.AppID)
	if err != nil {
		return nil, err
	}
	if set.Clock == nil {
		set.Clock = time.Now
	}
	set.BaseURL = strings.TrimSuffix(set.BaseURL, "/")
	return &Account{set: set, client: &http.Client{Transport: set.Transport, Timeout: timeout}, seal: sealed, pushes: newPushes(set.Clock)}, nil
}

// failure is how the API says that it did not do something. It comes with status 200.
type failure struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

// Error prints the code and the message.
func (f *failure) Error() string { return fmt.Sprintf("wechat: %d %s", f.Code, f.Message) }

// Show implements mall.Scanner.
func (a *Account) Show(ctx context.Context, scene account.ScanID, valid time.Duration) (string, error) {
	var in struct {
		ExpireSeconds int    `json:"expire_seconds"`
		ActionName    string `json:"action_name"`
		ActionInfo    struct {
			Scene struct {
				SceneStr string `json:"scene_str"`
			} `json:"scene"`
		} `json:"action_info"`
	}
	in.ExpireSeconds, in.ActionName, in.ActionInfo.Scene.SceneStr = int(valid/time.Second), "QR_STR_SCENE", string(scene)
	var out struct {
		URL string `json:"url"`
	}
	if err := a.call(ctx, "/cgi-bin/qrcode/create", in, &out); err != nil {
		return "", unknown(err)
	}
	if out.URL == "" {
		return "", unknown(errors.New("wechat: a QR code without content"))
	}
	return out.URL, nil
}

// Greet implements mall.Scanner.
func (a *Account) Greet(ctx context.Context, who account.OpenID, at time.Time) error {
	if a.set.TemplateID == "" {
		return nil
	}
	type value struct {
		Value string `json:"value"`
	}
	in := struct {
		ToUser     string           `json:"touser"`
		TemplateID string           `json:"template_id"`
		Data       map[string]value `json:"data"`
	}{string(who), a.set.TemplateID, map[string]value{
		"thing1": {"开团商城"}, "time2": {at.In(time.FixedZone("CST", 8*3600)).Format("2006-01-02 15:04:05")},
	}}
	err := a.call(ctx, "/cgi-bin/message/template/send", in, &struct{}{})
	var failed *failure
	if errors.As(err, &failed) && (failed.Code == codeNotFollowing || failed.Code == codeRefusesTemplates) {
		return fmt.Errorf("%w: %w", mall.ErrPersonGone, err)
	}
	return unknown(err)
}

func unknown(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", mall.ErrScannerUnknown, err)
}

// call posts with the token. When the API does not take it, somebody forced a new one: once more with that.
func (a *Account) call(ctx context.Context, path string, in, out any) error {
	token, err := a.accessToken(ctx, "")
	if err != nil {
		return err
	}
	err = a.post(ctx, path, token, in, out)
	var failed *failure
	if !errors.As(err, &failed) || failed.Code != codeInvalidCredential && failed.Code != codeInvalidToken && failed.Code != codeExpiredToken {
		return err
	}
	if token, err = a.accessToken(ctx, token); err != nil {
		return err
	}
	return a.post(ctx, path, token, in, out)
}

// accessToken returns the token, fetching it when there is none, it is about to end, or it is the bad one. All nodes get the
// same one: asking for a stable token (developers.weixin.qq.com, "Get stable access token") makes no other void.
func (a *Account) accessToken(ctx context.Context, bad string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.token != "" && a.token != bad && a.set.Clock().Before(a.until) {
		return a.token, nil
	}
	in := map[string]string{"grant_type": "client_credential", "appid": a.set.AppID, "secret": a.set.Secret}
	var out struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"` // seconds; 7200
	}
	body, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	if err := a.do(ctx, "/cgi-bin/stable_token", body, &out); err != nil {
		return "", err
	}
	if out.AccessToken == "" {
		return "", errors.New("wechat: an answer without a token")
	}
	life := time.Duration(out.ExpiresIn) * time.Second
	a.token, a.until = out.AccessToken, a.set.Clock().Add(life-min(tokenMargin, life/2))
	return a.token, nil
}

func (a *Account) post(ctx context.Context, path, token string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return a.do(ctx, path+"?access_token="+url.QueryEscape(token), body, out)
}

// do posts. It never lets the address into an error: it holds the token.
func (a *Account) do(ctx context.Context, path string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.set.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return errors.New("wechat: the address cannot be called")
	}
	rsp, err := a.client.Do(req)
	if err != nil {
		var address *url.Error
		if errors.As(err, &address) {
			err = address.Err
		}
		return fmt.Errorf("wechat: %w", err)
	}
	defer rsp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(rsp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("wechat: %w", err)
	}
	if rsp.StatusCode != http.StatusOK {
		return fmt.Errorf("wechat: status %d", rsp.StatusCode)
	}
	var failed failure
	if err := errors.Join(json.Unmarshal(text, &failed), json.Unmarshal(text, out)); err != nil {
		return fmt.Errorf("wechat: unreadable answer: %w", err)
	}
	if failed.Code != 0 {
		return &failed
	}
	return nil
}
