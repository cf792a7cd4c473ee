package wechat

import (
	"crypto/sha1" //nolint:gosec // the protocol's own hash
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
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

// Genuine implements mall.Scanner. It says whether a call's signature is WeChat's and of now. It is what the check of a callback's address asks.
func (a *Account) Genuine(query url.Values) bool {
	parts := []string{a.set.Token, query.Get("timestamp"), query.Get("nonce")}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // the protocol's own hash
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(query.Get("signature"))) != 1 {
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

// Reply implements mall.Scanner: the answer to a pushed message, which the person reads in the chat.
func (a *Account) Reply(p mall.Push, text string) ([]byte, error) {
	type cdata struct {
		Text string `xml:",cdata"`
	}
	return xml.Marshal(struct {
		XMLName      xml.Name `xml:"xml"`
		ToUserName   cdata    `xml:"ToUserName"`
		FromUserName cdata    `xml:"FromUserName"`
		CreateTime   int64    `xml:"CreateTime"`
		MsgType      cdata    `xml:"MsgType"`
		Content      cdata    `xml:"Content"`
	}{
		ToUserName: cdata{string(p.Who)}, FromUserName: cdata{p.To}, CreateTime: a.set.Clock().Unix(),
		MsgType: cdata{"text"}, Content: cdata{text},
	})
}
