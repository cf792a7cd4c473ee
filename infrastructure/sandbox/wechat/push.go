package wechat

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// message is what is pushed to the account's server.
type message struct {
	XMLName  xml.Name `xml:"xml"`
	To       string   `xml:"ToUserName"`
	From     string   `xml:"FromUserName"`
	At       int64    `xml:"CreateTime"` // seconds
	Type     string   `xml:"MsgType"`
	Event    string   `xml:"Event,omitempty"`
	EventKey string   `xml:"EventKey,omitempty"`
	Ticket   string   `xml:"Ticket,omitempty"`
	Content  string   `xml:"Content,omitempty"`
	ID       int64    `xml:"MsgId,omitempty"`
}

// attempts is how often a message is pushed that nobody takes.
const attempts = 3

// push sends a message, again when it fails, and writes the answer into the person's chat.
func (p *Phone) push(ctx context.Context, m message) (err error) {
	m.At = p.set.Now().Unix()
	body, err := xml.Marshal(m)
	if err != nil {
		return err
	}
	for range attempts {
		var reply string
		if reply, err = p.post(ctx, body); err == nil {
			if reply != "" {
				p.write(m.From, line{Text: reply})
			}
			return nil
		}
		p.set.Log.WarnContext(ctx, "the official account's server takes no message", "error", err)
	}
	p.write(m.From, line{Text: "该公众号提供的服务出现故障，请稍后再试"}) // what WeChat itself says then
	return err
}

// post sends a message once and returns the text that the server answers with.
func (p *Phone) post(ctx context.Context, body []byte) (string, error) {
	query, body, err := p.sign(body)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.set.CallbackURL+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "text/xml")
	rsp, err := p.set.Client.Do(req)
	if err != nil {
		return "", err
	}
	defer rsp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(rsp.Body, 64<<10))
	switch {
	case err != nil:
		return "", err
	case rsp.StatusCode != http.StatusOK:
		return "", fmt.Errorf("status %d", rsp.StatusCode)
	case len(text) == 0 || string(text) == "success":
		return "", nil
	}
	if p.key != nil {
		if text, err = p.decrypt(text); err != nil {
			return "", err
		}
	}
	var reply struct {
		XMLName xml.Name `xml:"xml"`
		Content string   `xml:"Content"`
	}
	if err := xml.Unmarshal(text, &reply); err != nil {
		return "", fmt.Errorf("unreadable answer: %w", err)
	}
	return reply.Content, nil
}

// sign makes the parameters by which the server knows that it is WeChat that calls, and what is sent.
func (p *Phone) sign(body []byte) (url.Values, []byte, error) {
	timestamp, nonce := strconv.FormatInt(p.set.Now().Unix(), 10), rand.Text()
	query := url.Values{"timestamp": {timestamp}, "nonce": {nonce}, "signature": {p.digest(timestamp, nonce)}}
	if p.key == nil {
		return query, body, nil
	}
	text, err := p.encrypt(body)
	if err != nil {
		return nil, nil, err
	}
	query.Set("encrypt_type", "aes")
	query.Set("msg_signature", p.digest(timestamp, nonce, text))
	body, err = xml.Marshal(sealed{To: p.set.AppID, Encrypt: text})
	return query, body, err
}
