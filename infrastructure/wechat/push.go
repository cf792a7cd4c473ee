package wechat

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"kaituan/mall"
	"kaituan/mall/account"
)

// pushWindow is how far the time of a signature may be from ours. The signature does not cover the body, so one that was
// seen by others must not serve for long.
const pushWindow = 5 * time.Minute

// maxPushes bounds the signatures that are remembered; in a window more than that are not sent to a shop's account.
const maxPushes = 100_000

// message is what WeChat posts (developers.weixin.qq.com, "Receive event pushes" and "Receive standard messages").
type message struct {
	XMLName      xml.Name `xml:"xml"`
	ToUserName   string   `xml:"ToUserName"`
	FromUserName string   `xml:"FromUserName"`
	CreateTime   int64    `xml:"CreateTime"`
	MsgType      string   `xml:"MsgType"`
	Event        string   `xml:"Event"`
	EventKey     string   `xml:"EventKey"`
	Content      string   `xml:"Content"`
	MsgID        string   `xml:"MsgId"`
}

// Genuine implements mall.Scanner. It says whether a call's signature is WeChat's and of now. The check of a callback's
// address asks no more, in the safe mode neither.
func (a *Account) Genuine(query url.Values) bool {
	if !sameSignature(signature(a.set.Token, query.Get("timestamp"), query.Get("nonce")), query.Get("signature")) {
		return false
	}
	seconds, err := strconv.ParseInt(query.Get("timestamp"), 10, 64)
	return err == nil && a.set.Clock().Sub(time.Unix(seconds, 0)).Abs() <= pushWindow
}

// Read implements mall.Scanner. A signature serves for one body: WeChat may send that again, nobody may send another.
func (a *Account) Read(query url.Values, body []byte) (mall.Push, error) {
	if !a.Genuine(query) {
		return mall.Push{}, fmt.Errorf("%w: signature", mall.ErrPushForged)
	}
	body, err := a.opened(query, body)
	if err != nil {
		return mall.Push{}, err
	}
	if !a.pushes.first(query.Get("timestamp")+" "+query.Get("nonce"), body) {
		return mall.Push{}, fmt.Errorf("%w: the signature was used for another message", mall.ErrPushForged)
	}
	var m message
	if err := xml.Unmarshal(body, &m); err != nil {
		return mall.Push{}, fmt.Errorf("%w: %w", mall.ErrPushMalformed, err)
	}
	if m.FromUserName == "" || len(m.FromUserName) > 64 || m.CreateTime <= 0 {
		return mall.Push{}, fmt.Errorf("%w: no sender or time", mall.ErrPushMalformed)
	}
	return m.push(), nil
}

// opened returns the message itself. In the safe mode only what is sealed counts: whatever stands beside it is covered by
// no signature.
func (a *Account) opened(query url.Values, body []byte) ([]byte, error) {
	if a.seal == nil {
		return body, nil
	}
	var envelope struct {
		XMLName xml.Name `xml:"xml"`
		Encrypt string   `xml:"Encrypt"`
	}
	if err := xml.Unmarshal(body, &envelope); err != nil {
		return nil, fmt.Errorf("%w: %w", mall.ErrPushMalformed, err)
	}
	signed := signature(a.set.Token, query.Get("timestamp"), query.Get("nonce"), envelope.Encrypt)
	if !sameSignature(signed, query.Get("msg_signature")) {
		return nil, fmt.Errorf("%w: signature of the sealed message", mall.ErrPushForged)
	}
	inner, err := a.seal.open(envelope.Encrypt)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", mall.ErrPushForged, err)
	}
	return inner, nil
}

// push is the message in the mall's words. Events repeat with the same sender and time, messages with the same MsgId.
func (m message) push() mall.Push {
	id := m.MsgID
	if id == "" {
		id = strconv.FormatInt(m.CreateTime, 10)
	}
	sum := sha256.Sum256([]byte(m.FromUserName + "\n" + m.MsgType + "\n" + m.Event + "\n" + m.EventKey + "\n" + id))
	p := mall.Push{ID: hex.EncodeToString(sum[:16]), Who: account.OpenID(m.FromUserName), To: m.ToUserName}
	switch {
	case m.MsgType == "event" && m.Event == "SCAN":
		p.Scene = account.ScanID(m.EventKey)
	case m.MsgType == "event" && m.Event == "subscribe": // who did not follow the account follows by scanning
		scene, _ := strings.CutPrefix(m.EventKey, "qrscene_")
		p.Scene = account.ScanID(scene)
	case m.MsgType == "text":
		p.Text = m.Content
	}
	return p
}

// pushes remembers which body each signature came with, for as long as the signature is good.
type pushes struct {
	clock func() time.Time

	mu   sync.Mutex
	seen map[string]seenPush
}

type seenPush struct {
	body  [sha256.Size]byte
	until time.Time
}

func newPushes(clock func() time.Time) *pushes {
	return &pushes{clock: clock, seen: map[string]seenPush{}}
}

// first says whether the signature came with no other body before. When there are too many, it says no.
func (p *pushes) first(signature string, body []byte) bool {
	sum, now := sha256.Sum256(body), p.clock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if was, ok := p.seen[signature]; ok && now.Before(was.until) {
		return was.body == sum
	}
	if len(p.seen) >= maxPushes {
		for old, was := range p.seen {
			if !now.Before(was.until) {
				delete(p.seen, old)
			}
		}
	}
	if len(p.seen) >= maxPushes {
		return false
	}
	p.seen[signature] = seenPush{sum, now.Add(2 * pushWindow)}
	return true
}

// cdata is a text that needs no escapes.
type cdata struct {
	Text string `xml:",cdata"`
}

// Reply implements mall.Scanner: the answer to a pushed message, which the person reads in the chat.
func (a *Account) Reply(p mall.Push, text string) ([]byte, error) {
	now := a.set.Clock().Unix()
	reply, err := xml.Marshal(struct {
		XMLName      xml.Name `xml:"xml"`
		ToUserName   cdata    `xml:"ToUserName"`
		FromUserName cdata    `xml:"FromUserName"`
		CreateTime   int64    `xml:"CreateTime"`
		MsgType      cdata    `xml:"MsgType"`
		Content      cdata    `xml:"Content"`
	}{
		ToUserName: cdata{string(p.Who)}, FromUserName: cdata{p.To}, CreateTime: now, MsgType: cdata{"text"}, Content: cdata{text},
	})
	if err != nil || a.seal == nil {
		return reply, err
	}
	sealed, nonce := a.seal.close(reply), rand.Text()
	return xml.Marshal(struct {
		XMLName      xml.Name `xml:"xml"`
		Encrypt      cdata    `xml:"Encrypt"`
		MsgSignature cdata    `xml:"MsgSignature"`
		TimeStamp    int64    `xml:"TimeStamp"`
		Nonce        cdata    `xml:"Nonce"`
	}{
		Encrypt: cdata{sealed}, TimeStamp: now, Nonce: cdata{nonce},
		MsgSignature: cdata{signature(a.set.Token, strconv.FormatInt(now, 10), nonce, sealed)},
	})
}
