package mallapi_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaituan/api/edge"
	"kaituan/api/mallapi"
	"kaituan/infrastructure/alipay"
	"kaituan/infrastructure/live"
	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/password"
	"kaituan/infrastructure/sandbox"
	phone "kaituan/infrastructure/sandbox/wechat"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
	"kaituan/infrastructure/wechat"
	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

const (
	operatorToken = "operator-token-of-the-tests"
	webhookSecret = "whsec_dGhpcyBpcyB0aGUgc2VjcmV0IG9mIHRoZSB0ZXN0cw=="
)

// A shop is the mall over HTTP with everything real behind it, SQLite and the Alipay client against the sandbox,
// but the engine.
type shop struct {
	t      *testing.T
	mall   *mall.Shop
	engine *engine
	url    string
	log    *syncBuffer
	// notices are what Alipay sends; tests deliver them.
	notices postbox
	gateway *httptest.Server
	channel payment.Channel
	ahead   atomic.Int64 // of the clock
	outage  atomic.Bool  // of the database, as far as writing goes
	buyers  int
	jobs    edge.Jobs
	bill    []payment.BillLine // of every day

	invariants edge.InvariantReports
	live       *live.Hub

	phone   *phone.Phone
	scanner mall.Scanner
	pushes  pushbox
	pages   hearer
}

// mostStreams is how many streams a buyer may have open at once.
const mostStreams = 5

// streamFor is how long streams of events live: long enough for the first event.
const streamFor = 300 * time.Millisecond

func openShop(t *testing.T) *shop { return openShopAt(t, "") }

// openShopAt tells the shop another public address than the one it listens on.
func openShopAt(t *testing.T, publicURL string) *shop {
	t.Helper()
	s := &shop{t: t, log: &syncBuffer{}, notices: make(postbox, 16)}
	s.engine = newEngine(s.now)
	var handler atomic.Value // http.Handler; Alipay's notices need the address before the shop exists
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.Load().(http.Handler).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	if publicURL == "" {
		publicURL = server.URL
	}

	box := s.openSandbox()
	s.gateway = httptest.NewServer(http.StripPrefix("/sandbox/alipay", box.Handler()))
	t.Cleanup(s.gateway.Close)
	channel, err := alipay.New(alipay.Config{
		AppID: box.AppID(), PrivateKeyPEM: keys(t).AppPrivatePEM(), AlipayPublicKeyPEM: keys(t).GatewayPublicPEM(),
		GatewayURL: s.gateway.URL + "/sandbox/alipay/gateway.do", NotifyURL: server.URL + "/callbacks/alipay",
	})
	require.NoError(t, err)
	s.channel = channel

	s.openPhone()
	store := mallstore.New(sqldbtest.Open(t, sqldb.Mall), s.now, nil)
	s.mall = s.newMall(outage{store, &s.outage}, otherBill{channel, s}, payment.Merchant{AppID: box.AppID(), SellerID: box.SellerID()})
	s.live = live.New(store.Marks, live.Options{Every: 5 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, s.live.Start(context.Background()))
	t.Cleanup(func() { require.NoError(t, s.live.Stop(context.Background())) })
	api, err := mallapi.New(s.mall, store, mallapi.Settings{
		Streams: edge.NewStreams(map[edge.Policy]int{edge.StreamsOfBuyer: mostStreams}, func(edge.Policy) {}),
		Staff:   s.engine, Live: s.live, StreamFor: streamFor, Pages: &s.pages,
		PublicURL: publicURL, OperatorToken: operatorToken, WebhookSecrets: []string{webhookSecret},
		Jobs: func(ctx context.Context) ([]edge.Job, error) { return s.jobs.List(ctx) },
		Invariants: func(ctx context.Context, before time.Time) (edge.InvariantReport, bool, error) {
			return s.invariants.Last(ctx, before)
		},
	})
	require.NoError(t, err)
	router := edge.New(slog.New(slog.NewTextHandler(s.log, nil)))
	api.Register(router)
	handler.Store(http.Handler(router))
	return s
}

// openPhone makes the shop an official account of the simulated WeChat.
func (s *shop) openPhone() {
	var err error
	var handler atomic.Value // http.Handler; the simulator needs to know its own address
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.Load().(http.Handler).ServeHTTP(w, r)
	}))
	s.t.Cleanup(server.Close)
	s.phone, err = phone.New(phone.Config{
		AppID: "gh_shop", Secret: "secret", Token: "token", TemplateID: "t1", BaseURL: server.URL, CallbackURL: s.url + "/callbacks/wechat",
		Client: &http.Client{Transport: &s.pushes}, Now: s.now,
	})
	require.NoError(s.t, err)
	handler.Store(s.phone.Handler())
	s.scanner, err = wechat.New(wechat.Config{
		BaseURL: server.URL, AppID: "gh_shop", Secret: "secret", Token: "token", TemplateID: "t1", Clock: s.now,
	})
	require.NoError(s.t, err)
}

func (s *shop) openSandbox() *sandbox.Sandbox {
	box, err := sandbox.New(sandbox.Config{
		Path: filepath.Join(s.t.TempDir(), "sandbox.db"), Keys: keys(s.t), Now: s.now,
		HTTPClient: &http.Client{Transport: s.notices},
	})
	require.NoError(s.t, err)
	require.NoError(s.t, box.Start(context.Background()))
	s.t.Cleanup(func() { require.NoError(s.t, box.Close()) })
	return box
}

func (s *shop) newMall(store mall.Store, channel payment.Channel, merchant payment.Merchant) *mall.Shop {
	hasher, err := password.New(password.Params{MemoryKiB: 64, Passes: 1, Threads: 1, AtOnce: 4})
	require.NoError(s.t, err)
	var made atomic.Int64
	shop, err := mall.New(mall.Deps{
		Store: store, GroupBuy: s.engine, Channel: channel, Hasher: hasher, Clock: s.now, Random: rand.Reader,
		Scanner:  s.scanner,
		IDs:      func(prefix string) string { return fmt.Sprintf("%s_%08d", prefix, made.Add(1)) },
		Log:      slog.New(slog.NewTextHandler(io.Discard, nil)),
		Merchant: merchant, ReturnTo: func(id order.ID) string { return s.url + mallapi.ReturnPath(string(id)) },
	})
	require.NoError(s.t, err)
	return shop
}

// outage cuts the shop off from its database.
type outage struct {
	mall.Store
	now *atomic.Bool
}

func (o outage) InTx(ctx context.Context, fn func(context.Context, mall.Tx) error) error {
	if o.now.Load() {
		return mall.ErrUnavailable
	}
	return o.Store.InTx(ctx, fn)
}

func (o outage) Together(ctx context.Context, hold mall.Hold, fn func(mall.PurchaseTx) error) error {
	if o.now.Load() {
		return mall.ErrUnavailable
	}
	return o.Store.Together(ctx, hold, fn)
}

// A postbox keeps what Alipay posts to the shop and says that it arrived.
type postbox chan url.Values

// RoundTrip implements http.RoundTripper.
func (p postbox) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.ParseForm(); err != nil {
		return nil, err
	}
	p <- req.PostForm
	return &http.Response{
		StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("success")), Request: req,
	}, nil
}

// in lets a subtest fail for itself.
func (s *shop) in(t *testing.T) {
	t.Helper()
	before := s.t
	s.t = t
	t.Cleanup(func() { s.t = before })
}

func (s *shop) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

// stock puts the cup on the shelf.
func (s *shop) stock() {
	s.t.Helper()
	s.call(put("/api/mall/admin/v1/products/cup", cupInput).as(operatorToken)).want(http.StatusOK)
}

const cupInput = `{"name":"景德镇手绘茶杯","description":"一杯一画","pictures":["/cup.png"],"shelf":"on_shelf",
	"skus":[{"sku_id":"cup-blue","name":"青花","price_fen":9900,"stock":50}]}`

// signUp makes a buyer and returns the token.
func (s *shop) signUp() string {
	s.t.Helper()
	s.buyers++
	body := fmt.Sprintf(`{"login":"1380013%04d","password":"tea-at-4-pm","nickname":"张小明%d"}`, s.buyers, s.buyers)
	return s.call(post("/api/mall/v1/accounts", body)).want(http.StatusCreated).text("token")
}

const (
	soloOrder  = `{"mode":"solo","product_id":"cup","sku_id":"cup-blue"}`
	groupOrder = `{"mode":"group","product_id":"cup","sku_id":"cup-blue","activity_id":"act_tea"}`
)

// order places an order and returns its id.
func (s *shop) order(token, body string) string {
	s.t.Helper()
	s.buyers++
	key := fmt.Sprintf("key-%d", s.buyers)
	return s.call(post("/api/mall/v1/orders", body).as(token).with("Idempotency-Key", key)).want(http.StatusCreated).text("order_id")
}

// pay pays an order at the cashier, without the notice getting through.
func (s *shop) pay(token, orderID string) {
	s.t.Helper()
	page := s.call(post("/api/mall/v1/orders/"+orderID+"/payment", `{"method":"page"}`).as(token)).want(http.StatusOK).text("pay_url")
	_, err := sandbox.Buyer{HTTP: http.DefaultClient}.Pay(s.t.Context(), page)
	require.NoError(s.t, err)
}

// paid pays an order and lets the shop learn of it; settle also tells the engine.
func (s *shop) paid(token, orderID string) {
	s.t.Helper()
	s.pay(token, orderID)
	s.call(post("/api/mall/v1/orders/"+orderID+"/payment/check", "").as(token)).want(http.StatusOK)
}

func (s *shop) settle(orderID string) {
	s.t.Helper()
	s.perform(mall.TopicSettle, orderID)
}

// perform carries out a task that the outbox holds.
func (s *shop) perform(topic mall.Topic, subject string) {
	s.t.Helper()
	require.NoError(s.t, s.mall.Perform(context.Background(), mall.Task{Topic: topic, Subject: subject}))
}

func (s *shop) status(token, orderID string) string {
	s.t.Helper()
	return s.call(get("/api/mall/v1/orders/" + orderID).as(token)).want(http.StatusOK).text("order.status")
}
