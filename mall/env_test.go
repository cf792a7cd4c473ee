package mall_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock stands still unless a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// counter makes ids that grow.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) New(prefix string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return fmt.Sprintf("%s_%06d", prefix, c.n)
}

// plainHasher is as secure as no hasher; package infrastructure/password has the real one.
type plainHasher struct{}

func (plainHasher) Hash(password string) (string, error) { return "plain:" + password, nil }

func (plainHasher) Verify(hash, password string) (bool, error) {
	return hash == "plain:"+password, nil
}

// env is a shop over a real database, with a scripted engine and provider.
type env struct {
	t       *testing.T
	ctx     context.Context
	db      *sqldb.DB
	store   *mallstore.Store
	clock   *clock
	ids     *counter
	engine  *engine
	gateway *gateway
	shop    *mall.Shop
	relay   *outbox.Relay

	operator mall.Actor
	buyers   int
	keys     int
}

const (
	appID    = "2021000000000001"
	sellerID = "2088000000000001"

	teapot  catalog.ProductID = "teapot"
	red     catalog.SKUID     = "red"
	price                     = 100_00 // fen, per piece, alone
	reduced                   = 80_00  // fen, per piece, in a team
	pieces                    = 10
	deal    order.ActivityID  = "act_1"
)

func newEnv(t *testing.T) *env {
	t.Helper()
	return newEnvOver(t, sqldbtest.Open(t, sqldb.Mall))
}

// onEach runs a test on SQLite and on MySQL.
func onEach(t *testing.T, run func(t *testing.T, e *env)) {
	t.Helper()
	sqldbtest.Each(t, sqldb.Mall, func(t *testing.T, db *sqldb.DB) { run(t, newEnvOver(t, db)) })
}

func newEnvOver(t *testing.T, db *sqldb.DB) *env {
	t.Helper()
	e := &env{t: t, ctx: t.Context(), db: db, clock: &clock{now: time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)}, ids: &counter{}}
	e.store = mallstore.New(db, e.clock.Now, nil)
	e.engine, e.gateway = newEngine(e.clock.Now), newGateway(e.clock.Now)
	e.shop = e.newShop(e.store)
	e.relay = e.newRelay(e.shop)
	e.operator = mall.Actor{
		Account: "ops", Role: account.Operator, Rank: mall.RankEditor, Name: "li.lei", RequestID: "req-1", Address: "203.0.113.7",
	}
	e.stock(pieces)
	e.drain()
	return e
}

func (e *env) newShop(store mall.Store) *mall.Shop { return e.newShopWith(store, e.gateway) }

func (e *env) newShopWith(store mall.Store, provider payment.Channel) *mall.Shop {
	shop, err := mall.New(e.deps(store, provider))
	require.NoError(e.t, err)
	return shop
}

func (e *env) deps(store mall.Store, provider payment.Channel) mall.Deps {
	return mall.Deps{
		Store: store, GroupBuy: e.engine, Channel: provider, Hasher: plainHasher{},
		Clock: e.clock.Now, IDs: e.ids.New, Random: rand.Reader, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Merchant: payment.Merchant{AppID: appID, SellerID: sellerID},
		ReturnTo: func(id order.ID) string { return "https://shop.example/orders/" + string(id) },
	}
}

func (e *env) newRelay(shop *mall.Shop) *outbox.Relay {
	handlers := map[outbox.Topic]outbox.Handler{}
	for _, topic := range mall.Topics() {
		handlers[outbox.Topic(topic)] = func(ctx context.Context, m outbox.Message) error {
			return shop.Perform(ctx, mallstore.Task(m))
		}
	}
	return outbox.New(e.db, handlers, outbox.Options{Workers: 1, Now: e.clock.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
}

// drain carries out the tasks that are due.
func (e *env) drain() { require.NoError(e.t, e.relay.Drain(e.ctx)) }

// stock puts the teapot on the shelf with so many red ones.
func (e *env) stock(n int) {
	e.t.Helper()
	_, err := e.shop.SaveProduct(e.ctx, e.operator, teapotDraft(n))
	require.NoError(e.t, err)
}

func teapotDraft(n int) catalog.Draft {
	return catalog.Draft{
		ID: teapot, Name: "Teapot", Shelf: catalog.OnShelf, Pictures: []string{"/pictures/teapot.jpg"},
		SKUs: []catalog.DraftSKU{{ID: red, Name: "Red", Price: price, Stock: &n}},
	}
}

// buyer signs somebody new up.
func (e *env) buyer() mall.Actor {
	e.t.Helper()
	e.buyers++
	a, err := e.shop.SignUp(e.ctx, account.Registration{
		Login: fmt.Sprintf("1380000%04d", e.buyers), Password: "correct horse", Nickname: fmt.Sprintf("Buyer %d", e.buyers),
	}, "")
	require.NoError(e.t, err)
	return mall.Actor{Account: a.Account.ID, Role: a.Account.Role}
}

func (e *env) key() string {
	e.keys++
	return fmt.Sprintf("key-%d", e.keys)
}

func (e *env) solo() mall.OrderRequest {
	return mall.OrderRequest{Product: teapot, SKU: red, Quantity: 1, Mode: order.Solo, Expected: price, Key: e.key()}
}

// group asks for a seat in a team; the empty team opens one.
func (e *env) group(team order.TeamID) mall.OrderRequest {
	return mall.OrderRequest{
		Product: teapot, SKU: red, Quantity: 1, Mode: order.Group, Activity: deal, Team: team, Expected: reduced, Key: e.key(),
	}
}

func (e *env) place(who mall.Actor, r mall.OrderRequest) order.Order {
	e.t.Helper()
	placed, err := e.shop.PlaceOrder(e.ctx, who, r)
	require.NoError(e.t, err)
	require.Equal(e.t, order.AwaitingPayment, placed.Order.Status)
	return placed.Order
}

func (e *env) pay(who mall.Actor, o order.Order) payment.Payment {
	e.t.Helper()
	p, err := e.shop.Pay(e.ctx, who, o.ID, payment.MethodPage)
	require.NoError(e.t, err)
	return p
}

// paid places an order, pays it at the provider and hands the notice in; nothing is settled yet.
func (e *env) paid(who mall.Actor, r mall.OrderRequest) order.Order {
	e.t.Helper()
	o := e.place(who, r)
	p := e.pay(who, o)
	require.NoError(e.t, e.shop.HandlePayNotice(e.ctx, e.gateway.buyerPays(p.ID, p.Amount)))
	return e.order(o.ID)
}

func (e *env) order(id order.ID) order.Order {
	e.t.Helper()
	o, err := e.store.Order(e.ctx, "", id)
	require.NoError(e.t, err)
	return o
}

func (e *env) view(id order.ID) mall.OrderView {
	e.t.Helper()
	view, err := e.shop.Order(e.ctx, e.operator, id)
	require.NoError(e.t, err)
	return view
}

func (e *env) requireStatus(id order.ID, want order.Status) {
	e.t.Helper()
	require.Equal(e.t, want, e.order(id).Status)
}

func (e *env) requireStock(want int) {
	e.t.Helper()
	product, err := e.store.Product(e.ctx, teapot)
	require.NoError(e.t, err)
	require.Equal(e.t, want, product.SKUs[0].Stock)
}

// requireCode wants a refusal.
func requireCode(t *testing.T, want mall.Code, err error) {
	t.Helper()
	require.Equal(t, want, refusal(t, err).Code, "%v", err)
	require.Equal(t, want, mall.CodeOf(err))
}

// refusal is what err refuses.
func refusal(t *testing.T, err error) *mall.Error {
	t.Helper()
	var refused *mall.Error
	require.ErrorAs(t, err, &refused)
	return refused
}

// deliver hands in what the engine has reported so far.
func (e *env) deliver() {
	e.t.Helper()
	for _, event := range e.engine.takeEvents() {
		require.NoError(e.t, e.shop.HandleTeamEvent(e.ctx, event))
	}
}

// settle lets everything happen that needs no passing of time.
func (e *env) settle() {
	e.t.Helper()
	for range 3 {
		e.drain()
		e.deliver()
	}
}

// check wants the invariants to hold.
func (e *env) check() {
	e.t.Helper()
	violations, err := e.store.Violations(e.ctx, e.clock.Now())
	require.NoError(e.t, err)
	require.Empty(e.t, violations)
}
