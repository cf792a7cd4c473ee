package wechat_test

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	phone "kaituan/infrastructure/sandbox/wechat"
	"kaituan/infrastructure/wechat"
	"kaituan/mall"
	"kaituan/mall/account"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A pushed message as it came in.
type pushed struct {
	query url.Values
	body  []byte
}

// A world is the client against the simulator; what is pushed is kept.
type world struct {
	t       *testing.T
	key     string // of the safe mode
	account *wechat.Account
	phone   *phone.Phone
	at      atomic.Int64 // unix seconds
	fetched atomic.Int64 // tokens
	api     *httptest.Server

	mu     sync.Mutex
	pushes []pushed
	status int    // that pushes are answered with
	reply  []byte // and what
}

func open(t *testing.T) *world { return openWith(t, "") }

// testKey is an EncodingAESKey of the safe mode.
const testKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

// inEachMode runs a test with messages in clear text, and with sealed ones.
func inEachMode(t *testing.T, test func(w *world)) {
	t.Helper()
	t.Run("clear", func(t *testing.T) { test(openWith(t, "")) })
	t.Run("sealed", func(t *testing.T) { test(openWith(t, testKey)) })
}

func openWith(t *testing.T, key string) *world {
	t.Helper()
	w := &world{t: t, key: key, status: http.StatusOK}
	w.at.Store(time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC).Unix())
	shop := httptest.NewServer(http.HandlerFunc(w.take))
	t.Cleanup(shop.Close)
	simulated, err := phone.New(phone.Config{
		AppID: "wx_test", Secret: "secret", Token: "token", AESKey: key, TemplateID: "t1", BaseURL: "http://phone.example", CallbackURL: shop.URL, Now: w.now,
	})
	require.NoError(t, err)
	w.phone = simulated
	w.api = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cgi-bin/stable_token" {
			w.fetched.Add(1)
		}
		simulated.Handler().ServeHTTP(rw, r)
	}))
	t.Cleanup(w.api.Close)
	w.account = w.dial(w.api.URL)
	return w
}

func (w *world) dial(base string) *wechat.Account {
	a, err := wechat.New(wechat.Config{
		BaseURL: base, AppID: "wx_test", Secret: "secret", Token: "token", AESKey: w.key, TemplateID: "t1", Clock: w.now,
	})
	require.NoError(w.t, err)
	w.t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	return a
}

func (w *world) now() time.Time { return time.Unix(w.at.Load(), 0) }

func (w *world) take(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pushes = append(w.pushes, pushed{r.URL.Query(), body})
	if err != nil {
		w.status = http.StatusInternalServerError
	}
	rw.WriteHeader(w.status)
	_, _ = rw.Write(w.reply)
}

func (w *world) last() pushed {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pushes[len(w.pushes)-1]
}

// show makes a QR code and returns its ticket.
func (w *world) show(scene account.ScanID) string {
	content, err := w.account.Show(context.Background(), scene, 5*time.Minute)
	require.NoError(w.t, err)
	return content[strings.LastIndex(content, "/")+1:]
}

func TestShow_ReusesTheTokenAndFetchesAnotherWhenItIsVoid(t *testing.T) {
	w := open(t)
	for range 3 {
		w.show("scene-1")
	}
	require.EqualValues(t, 1, w.fetched.Load())

	// Another process has the same token.
	_, err := w.dial(w.api.URL).Show(t.Context(), "scene-2", time.Minute)
	require.NoError(t, err)
	require.EqualValues(t, 2, w.fetched.Load())
	w.show("scene-3")
	require.EqualValues(t, 2, w.fetched.Load())

	// Somebody forced a new one: ours is void, and is replaced within the same call.
	w.force()
	w.show("scene-3")
	require.EqualValues(t, 4, w.fetched.Load())

	w.at.Add(int64((phone.TokenLife - 6*time.Minute) / time.Second))
	w.show("scene-4")
	require.EqualValues(t, 4, w.fetched.Load())
	w.at.Add(90)
	w.show("scene-5")
	require.EqualValues(t, 5, w.fetched.Load(), "fetched before it ends")
	w.at.Add(int64(phone.TokenLife / time.Second))
	w.show("scene-6")
	require.EqualValues(t, 6, w.fetched.Load(), "long after")
}

// force makes the token void, as whoever has the account's secret can.
func (w *world) force() {
	rsp, err := http.Post(w.api.URL+"/cgi-bin/stable_token", "application/json",
		strings.NewReader(`{"grant_type":"client_credential","appid":"wx_test","secret":"secret","force_refresh":true}`))
	require.NoError(w.t, err)
	require.NoError(w.t, rsp.Body.Close())
}

// Callers that come at once wait for one token instead of making each other's void.
func TestShow_FetchesOneTokenForAll(t *testing.T) {
	w := open(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, err := w.account.Show(context.Background(), "scene", time.Minute)
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, w.fetched.Load())
}

func TestShow_WithoutAnAnswerIsUnknownAndTellsNoSecret(t *testing.T) {
	w := open(t)
	for name, handler := range map[string]http.HandlerFunc{
		"broken":   func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusBadGateway) },
		"garbage":  func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "{") },
		"no token": func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "{}") },
		"a refusal": func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(rw, `{"errcode":40125,"errmsg":"invalid"}`)
		},
		"never valid": func(rw http.ResponseWriter, r *http.Request) { neverValid(rw, r) },
	} {
		server := httptest.NewServer(handler)
		_, err := w.dial(server.URL).Show(t.Context(), "scene", time.Minute)
		require.ErrorIs(t, err, mall.ErrScannerUnknown, name)
		require.NotContains(t, err.Error(), "secret", name)
		server.Close()
		_, err = w.dial(server.URL).Show(t.Context(), "scene", time.Minute)
		require.ErrorIs(t, err, mall.ErrScannerUnknown, name)
		require.NotContains(t, err.Error(), "secret=", name)
	}
}

func neverValid(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/cgi-bin/stable_token" {
		_, _ = io.WriteString(rw, `{"access_token":"x","expires_in":7200}`)
		return
	}
	_, _ = io.WriteString(rw, `{"errcode":40001,"errmsg":"invalid credential"}`)
}

func TestRead_TellsScansAndTexts(t *testing.T) { inEachMode(t, tellsScansAndTexts) }

func tellsScansAndTexts(w *world) {
	t := w.t
	require.NoError(t, w.phone.Scan(t.Context(), "ming", w.show("scene-1")))
	follow := w.last()
	require.Equal(t, w.key == "", strings.Contains(string(follow.body), "qrscene_scene-1"))
	first, err := w.account.Read(follow.query, follow.body)
	require.NoError(t, err)
	require.Equal(t, mall.Push{ID: first.ID, Who: "ming", To: "wx_test", Scene: "scene-1"}, first)

	w.at.Add(1)
	require.NoError(t, w.phone.Scan(t.Context(), "ming", w.show("scene-2")))
	second, err := w.account.Read(w.last().query, w.last().body)
	require.NoError(t, err)
	require.EqualValues(t, "scene-2", second.Scene)
	require.NotEqual(t, first.ID, second.ID)

	require.NoError(t, w.phone.Say(t.Context(), "ming", "确认"))
	said, err := w.account.Read(w.last().query, w.last().body)
	require.NoError(t, err)
	require.Equal(t, "确认", said.Text)
	require.Empty(t, said.Scene)

	reply, err := w.account.Reply(said, "好的 ]]> <b>")
	require.NoError(t, err)
	require.Equal(t, w.key == "", strings.Contains(string(reply), "<ToUserName><![CDATA[ming]]></ToUserName><FromUserName><![CDATA[wx_test]]></FromUserName>"))
	w.answer(reply)
	require.NoError(t, w.phone.Say(t.Context(), "osim-xiaoming", "?"))
	require.Contains(t, w.chat(), "好的 ]]&gt; &lt;b&gt;")
	w.answer([]byte("<xml><Encrypt>AAAA</Encrypt></xml>"))
	require.Equal(t, w.key == "", w.phone.Say(t.Context(), "osim-xiaoming", "?") == nil, "WeChat takes sealed answers only")
}

func (w *world) answer(with []byte) {
	w.mu.Lock()
	w.reply = with
	w.mu.Unlock()
}

// chat is what the phone of one person shows.
func (w *world) chat() string {
	rec := httptest.NewRecorder()
	w.phone.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/phone?person=osim-xiaoming", nil))
	return rec.Body.String()
}

// The signature does not cover the body: it serves for a short time, and for one body.
func TestRead_RefusesWhatIsNotWeChats(t *testing.T) { inEachMode(t, refusesWhatIsNotWeChats) }

func refusesWhatIsNotWeChats(w *world) {
	t := w.t
	require.NoError(t, w.phone.Scan(t.Context(), "ming", w.show("scene-1")))
	good := w.last()
	_, err := w.account.Read(good.query, good.body)
	require.NoError(t, err)
	again, err := w.account.Read(good.query, good.body)
	require.NoError(t, err, "WeChat may send it again")
	require.EqualValues(t, "ming", again.Who)

	forged := []byte("<xml><ToUserName>wx_test</ToUserName><FromUserName>hong</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType></xml>")
	_, err = w.account.Read(good.query, forged)
	require.ErrorIs(t, err, mall.ErrPushForged, "a signature seen by somebody else")

	for _, name := range []string{"signature", "timestamp", "nonce"} {
		query := maps.Clone(good.query)
		query.Set(name, "1")
		_, err = w.account.Read(query, good.body)
		require.ErrorIs(t, err, mall.ErrPushForged, name)
	}
	w.at.Add(int64(5*time.Minute/time.Second) + 1)
	_, err = w.account.Read(good.query, good.body)
	require.ErrorIs(t, err, mall.ErrPushForged, "too old")
	require.False(t, w.account.Genuine(good.query))
	require.False(t, w.account.Genuine(nil))
}

func TestRead_RefusesWhatItCannotRead(t *testing.T) {
	for _, body := range []string{"", "{}", "<xml>", "<xml><CreateTime>1</CreateTime></xml>", "<xml><FromUserName>m</FromUserName></xml>",
		"<xml><FromUserName>" + strings.Repeat("m", 65) + "</FromUserName><CreateTime>1</CreateTime></xml>"} {
		w := open(t)
		require.NoError(t, w.phone.Say(t.Context(), "ming", "x"))
		_, err := w.account.Read(w.last().query, []byte(body))
		require.ErrorIs(t, err, mall.ErrPushMalformed, body)
	}
}

// In the safe mode only what is sealed counts, and it must be sealed for this account and signed.
func TestRead_RefusesWhatIsNotSealed(t *testing.T) {
	w, other, open := openWith(t, testKey), openWith(t, strings.Repeat("A", 43)), openWith(t, "")
	for _, w := range []*world{w, other, open} {
		require.NoError(t, w.phone.Say(t.Context(), "ming", "确认"))
	}
	_, err := w.account.Read(open.last().query, open.last().body)
	require.ErrorIs(t, err, mall.ErrPushForged, "in clear text")
	_, err = w.account.Read(other.last().query, other.last().body)
	require.ErrorIs(t, err, mall.ErrPushForged, "sealed with another key")

	good := w.last()
	for _, name := range []string{"msg_signature", "signature"} {
		query := maps.Clone(good.query)
		query.Set(name, "1")
		_, err = w.account.Read(query, good.body)
		require.ErrorIs(t, err, mall.ErrPushForged, name)
	}
	_, err = w.account.Read(good.query, []byte("<xml"))
	require.ErrorIs(t, err, mall.ErrPushMalformed)

	beside := strings.Replace(string(good.body), "<Encrypt>", "<FromUserName>hong</FromUserName><Encrypt>", 1)
	read, err := w.account.Read(good.query, []byte(beside))
	require.NoError(t, err)
	require.EqualValues(t, "ming", read.Who, "what stands beside the sealed message is nobody's")
}

// The sample that Tencent publishes with its own code for the safe mode.
func TestRead_OpensThePublishedSample(t *testing.T) {
	const timestamp, nonce, token = "1409735669", "1320562132", "spamtest"
	a, err := wechat.New(wechat.Config{
		BaseURL: "http://x", AppID: "wx2c2769f8efd9abc2", Secret: "s", Token: token, AESKey: testKey,
		Clock: func() time.Time { return time.Unix(1409735669, 0) },
	})
	require.NoError(t, err)
	body, err := os.ReadFile("testdata/sample.xml")
	require.NoError(t, err)
	sum := sha1.Sum([]byte(nonce + timestamp + token))
	query := url.Values{
		"timestamp": {timestamp}, "nonce": {nonce}, "signature": {hex.EncodeToString(sum[:])}, "encrypt_type": {"aes"},
		"msg_signature": {"5d197aaffba7e9b25a30732f161a50dee96bd5fa"},
	}
	read, err := a.Read(query, body)
	require.NoError(t, err)
	require.Equal(t, mall.Push{ID: read.ID, Who: "oyORnuP8q7ou2gfYjqLzSIWZf0rs", To: "gh_10f6c3c3ac5a", Text: "abcdteT"}, read)
}

func TestGreet(t *testing.T) {
	w := open(t)
	require.ErrorIs(t, w.account.Greet(t.Context(), "ming", w.now()), mall.ErrPersonGone, "does not follow the account")
	require.NoError(t, w.phone.Scan(t.Context(), "ming", w.show("scene")))
	require.NoError(t, w.account.Greet(t.Context(), "ming", w.now()))
	w.api.Close()
	require.ErrorIs(t, w.account.Greet(t.Context(), "ming", w.now()), mall.ErrScannerUnknown)
	silent, err := wechat.New(wechat.Config{BaseURL: w.api.URL, AppID: "a", Secret: "s", Token: "t"})
	require.NoError(t, err)
	require.NoError(t, silent.Greet(t.Context(), "ming", w.now()), "without a template nothing is sent")
}

// What the shop does not take is sent again, at most three times, and the person reads that something is wrong.
func TestPhone_SendsAgain(t *testing.T) {
	w := open(t)
	w.mu.Lock()
	w.status = http.StatusServiceUnavailable
	w.mu.Unlock()
	require.Error(t, w.phone.Say(t.Context(), "osim-xiaoming", "确认"))
	require.Len(t, w.pushes, 3)
	require.Contains(t, w.chat(), "服务出现故障")
}

func TestPhone_RefusesOldCodes(t *testing.T) {
	w := open(t)
	ticket := w.show("scene")
	w.at.Add(int64(5 * time.Minute / time.Second))
	require.ErrorIs(t, w.phone.Scan(t.Context(), "ming", ticket), phone.ErrNoCode)
	rec := httptest.NewRecorder()
	w.phone.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/q/"+ticket, nil))
	require.Equal(t, http.StatusGone, rec.Code)
}

func TestPhone_SpeaksTheBrowsersLanguage(t *testing.T) {
	w := open(t)
	for language, text := range map[string]string{"en-GB,en;q=0.9": "Whose phone?", "zh-CN,en": "打开谁的手机？", "": "打开谁的手机？"} {
		req := httptest.NewRequest(http.MethodGet, "/phone", nil)
		req.Header.Set("Accept-Language", language)
		rec := httptest.NewRecorder()
		w.phone.Handler().ServeHTTP(rec, req)
		require.Contains(t, rec.Body.String(), text, language)
	}
}

func TestNew_RefusesSettings(t *testing.T) {
	for _, set := range []wechat.Config{{}, {BaseURL: "x"}, {BaseURL: "http://x", AppID: "a", Secret: "s"},
		{BaseURL: "http://x", AppID: "a", Secret: "s", Token: "t", AESKey: "short"}} {
		_, err := wechat.New(set)
		require.Error(t, err)
	}
	for _, set := range []phone.Config{{}, {AppID: "a", Secret: "s", Token: "t", CallbackURL: "http://x", AESKey: "short"}} {
		_, err := phone.New(set)
		require.Error(t, err)
	}
}

func TestPhone_GivesTheTokenToTheAccountOnly(t *testing.T) {
	w := open(t)
	for body, code := range map[string]string{
		`{`: "47001", `{"grant_type":"code","appid":"wx_test","secret":"secret"}`: "40002",
		`{"grant_type":"client_credential","appid":"wx","secret":"secret"}`: "40013",
		`{"grant_type":"client_credential","appid":"wx_test","secret":"x"}`: "40125",
	} {
		rec := httptest.NewRecorder()
		w.phone.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/cgi-bin/stable_token", strings.NewReader(body)))
		require.Contains(t, rec.Body.String(), `"errcode":`+code)
	}
}
