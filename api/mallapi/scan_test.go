package mallapi_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/account"
)

// A pushbox lets WeChat's messages through and keeps them.
type pushbox struct {
	mu    sync.Mutex
	query url.Values
	body  []byte
}

// RoundTrip implements http.RoundTripper.
func (p *pushbox) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.query, p.body = req.URL.Query(), body
	p.mu.Unlock()
	req.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(req)
}

// A browser shows a QR code.
type browser struct {
	*shop
	id, secret, ticket string
}

func (s *shop) scan() browser {
	s.t.Helper()
	a := s.call(post("/api/mall/v1/scans", "")).want(http.StatusCreated)
	require.Equal(s.t, "waiting", a.text("status"))
	content := a.text("qr_content")
	cookie := a.header.Get("Set-Cookie")
	require.Contains(s.t, cookie, "HttpOnly")
	secret, _, _ := strings.Cut(strings.TrimPrefix(cookie, "kaituan_scan="), ";")
	return browser{s, a.text("scan_id"), secret, content[strings.LastIndex(content, "/")+1:]}
}

func (b browser) state() string {
	return b.call(get("/api/mall/v1/scans/"+b.id).with("Cookie", "kaituan_scan="+b.secret)).want(http.StatusOK).text("status")
}

func (b browser) enter() answer {
	return b.call(post("/api/mall/v1/scans/"+b.id+"/session", "").with("Cookie", "kaituan_scan="+b.secret))
}

// scanned has a person scan the code, and says something then.
func (b browser) scanned(who string, says ...string) {
	b.t.Helper()
	require.NoError(b.t, b.phone.Scan(b.t.Context(), who, b.ticket))
	for _, text := range says {
		require.NoError(b.t, b.phone.Say(b.t.Context(), who, text))
	}
}

// chat is what a person's phone shows.
func (s *shop) chat(who string) string {
	content := s.call(post("/api/mall/v1/scans", "")).want(http.StatusCreated).text("qr_content")
	at, _, _ := strings.Cut(content, "/q/")
	rsp, err := http.Get(at + "/phone?person=" + who)
	require.NoError(s.t, err)
	defer rsp.Body.Close()
	page, err := io.ReadAll(rsp.Body)
	require.NoError(s.t, err)
	return string(page)
}

func TestScan_SignsIn(t *testing.T) {
	s := openShop(t)
	b := s.scan()
	events := s.listen(get("/api/mall/v1/scans/"+b.id+"/events").with("Cookie", "kaituan_scan="+b.secret))
	require.True(t, events.next())
	b.enter().want(http.StatusConflict, "scan_pending")
	b.scanned("osim-xiaoming")
	require.True(t, events.next())
	require.Equal(t, "scanned", b.state())
	b.enter().want(http.StatusConflict, "scan_pending")
	require.Contains(t, s.chat("osim-xiaoming"), "回复「确认」登录")
	require.NoError(t, s.phone.Say(t.Context(), "osim-xiaoming", " 确认 "))
	require.Equal(t, "confirmed", b.state())

	session := b.enter().want(http.StatusCreated)
	require.Equal(t, "wx:****ming", session.text("account.login"))
	require.Contains(t, session.text("account.nickname"), "微信用户")
	require.Len(t, session.header.Values("Set-Cookie"), 2, "the session is given, the attempt's secret taken back")
	me := s.call(get("/api/mall/v1/accounts/me").as(session.text("token"))).want(http.StatusOK)

	b.enter().want(http.StatusConflict, "scan_ended")
	require.Equal(t, "used", b.state())
	s.perform(mall.TopicGreet, b.id)
	require.Contains(t, s.chat("osim-xiaoming"), "登录成功")

	again := s.scan()
	again.scanned("osim-xiaoming", "yes")
	require.Equal(t, me.text("account_id"), again.enter().want(http.StatusCreated).text("account.account_id"), "the same account")
}

// Only the browser that shows the code can go on, whoever scanned it.
func TestScan_CannotBeHijacked(t *testing.T) {
	s := openShop(t)
	b, other := s.scan(), s.scan()
	b.scanned("osim-xiaoming", "确认")
	require.Equal(t, "confirmed", b.state())
	for _, cookie := range []string{"", "kaituan_scan=" + other.secret, "kaituan_scan=", "kaituan_session=" + b.secret} {
		for _, r := range []request{
			get("/api/mall/v1/scans/" + b.id), get("/api/mall/v1/scans/" + b.id + "/events"), post("/api/mall/v1/scans/"+b.id+"/session", ""),
		} {
			if cookie != "" {
				r = r.with("Cookie", cookie)
			}
			s.call(r).want(http.StatusNotFound, "scan_not_found")
			s.call(r.as(b.secret)).want(http.StatusNotFound, "scan_not_found")
		}
	}
	foreign := post("/api/mall/v1/scans/"+b.id+"/session", "").with("Cookie", "kaituan_scan="+b.secret)
	s.call(foreign.with("Sec-Fetch-Site", "cross-site")).want(http.StatusForbidden, "cross_site")

	// A second person who sees the code cannot take it over, nor answer for the first.
	c := s.scan()
	c.scanned("osim-xiaohong")
	c.scanned("osim-laowang", "确认")
	require.Equal(t, "scanned", c.state())
	require.Contains(t, s.chat("osim-laowang"), "已失效")
	require.NoError(t, s.phone.Say(t.Context(), "osim-xiaohong", "取消"))
	require.Equal(t, "refused", c.state())
	c.enter().want(http.StatusConflict, "scan_ended")
	b.enter().want(http.StatusCreated)
}

func TestScan_Expires(t *testing.T) {
	s := openShop(t)
	waiting, asked, confirmed := s.scan(), s.scan(), s.scan()
	asked.scanned("osim-xiaoming")
	confirmed.scanned("osim-xiaohong", "确认")
	s.ahead.Add(int64(account.ScanLimit - time.Second))
	require.Equal(t, "confirmed", confirmed.state())
	s.ahead.Add(int64(2 * time.Second))
	require.NoError(t, s.phone.Say(t.Context(), "osim-xiaoming", "确认"))
	require.Contains(t, s.chat("osim-xiaoming"), "没有等待确认的登录请求")
	for _, b := range []browser{waiting, asked, confirmed} {
		require.Equal(t, "expired", b.state())
		b.enter().want(http.StatusConflict, "scan_ended")
	}
	s.ahead.Add(int64(24 * time.Hour))
	n, err := s.mall.DropScans(t.Context(), 100)
	require.NoError(t, err)
	require.Equal(t, 3+1, n, "the chat's own code too")
}

// push sends what WeChat sent last once more, or something else under its signature.
func (s *shop) push(body string) answer {
	s.pushes.mu.Lock()
	query, sent := s.pushes.query.Encode(), string(s.pushes.body)
	s.pushes.mu.Unlock()
	if body == "" {
		body = sent
	}
	return s.call(post("/callbacks/wechat?"+query, body).with("Content-Type", "text/xml"))
}

func TestWeChat_MessagesCountOnceAndCannotBeForged(t *testing.T) {
	s := openShop(t)
	b := s.scan()
	b.scanned("osim-xiaoming", "确认")
	require.Equal(t, "success", string(s.push("").want(http.StatusOK).body), "doubled: taken, without a second effect")
	require.Equal(t, "confirmed", b.state())

	c := s.scan()
	forged := "<xml><FromUserName>osim-laowang</FromUserName><CreateTime>1</CreateTime><MsgType>event</MsgType><Event>SCAN</Event><EventKey>" +
		c.id + "</EventKey></xml>"
	s.push(forged).want(http.StatusUnauthorized, "unauthenticated")
	s.call(post("/callbacks/wechat?signature=x&timestamp=1&nonce=2", forged).with("Content-Type", "text/xml")).want(http.StatusUnauthorized, "unauthenticated")
	s.call(post("/callbacks/wechat", forged).with("Content-Type", "text/xml")).want(http.StatusUnauthorized, "unauthenticated")
	require.Equal(t, "waiting", c.state())

	s.outage.Store(true)
	require.Error(t, s.phone.Scan(t.Context(), "osim-laowang", c.ticket), "the database is away: WeChat is asked to send it again")
	s.outage.Store(false)
	s.push("").want(http.StatusOK)
	require.Equal(t, "scanned", c.state())

	query := s.pushes.query.Encode()
	echo := s.call(get("/callbacks/wechat?echostr=8899&" + query)).want(http.StatusOK)
	require.Equal(t, "8899", string(echo.body))
	s.call(get("/callbacks/wechat?echostr=8899")).want(http.StatusUnauthorized, "unauthenticated")
}

func TestScan_WithoutAnOfficialAccount(t *testing.T) {
	s := openShop(t)
	s.mall.Scanner = nil
	s.call(post("/api/mall/v1/scans", "")).want(http.StatusNotFound, "scan_off")
	s.call(post("/callbacks/wechat", "<xml/>").with("Content-Type", "text/xml")).want(http.StatusUnauthorized, "unauthenticated")
	s.call(get("/callbacks/wechat")).want(http.StatusUnauthorized, "unauthenticated")
}
