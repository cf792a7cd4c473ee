package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gorm.io/gorm"

	"kaituan/api/groupbuyclient"
	"kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/api/mallclient"
	"kaituan/api/mallwire"
	"kaituan/infrastructure/app"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/sandbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
	"kaituan/money"
)

// sideBySide is how many tests run at once unless -parallel says otherwise: more than there are processors, because
// they spend most of their time waiting for what the system does by the clock.
const sideBySide = "4"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", sideBySide); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// patience bounds what the system does by itself.
const patience = 60 * time.Second

// pace is how often a test looks.
const pace = 20 * time.Millisecond

// world is one instance that can be stopped and started again on its data.
type world struct {
	t      *testing.T
	config config.Config
	app    *app.App
	http   *http.Client

	shopAt, engineAt string // the same address, unless the system is split
	token            string // of the operator

	books map[sqldb.Service]*sqldb.DB // connections of the test's own, see book
}

// onEachStore runs a scenario on SQLite files and on MySQL schemas, beside other tests.
func onEachStore(t *testing.T, run func(w *world)) {
	t.Helper()
	onEachStoreWith(t, nil, run)
}

// onEachStoreWith is onEachStore with settings of its own.
func onEachStoreWith(t *testing.T, set map[string]string, run func(w *world)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { run(open(t, set)) })
	t.Run("mysql", func(t *testing.T) { run(open(t, onMySQL(t, set))) })
}

// onMySQL adds two fresh schemas to settings.
func onMySQL(t *testing.T, set map[string]string) map[string]string {
	t.Helper()
	all := map[string]string{"groupbuy.db": string(sqldbtest.Schema(t)), "mall.db": string(sqldbtest.Schema(t))}
	maps.Copy(all, set)
	return all
}

// open starts an instance without demo data on free ports, once it is this test's turn to run beside others.
func open(t *testing.T, set map[string]string) *world {
	t.Helper()
	t.Parallel()
	return openNow(t, set)
}

// openNow is open for a test that has had its turn.
func openNow(t *testing.T, set map[string]string) *world {
	t.Helper()
	flags := map[string]string{
		"data": dataDir(t), "listen": freePort(t), "private_listen": freePort(t),
		"demo_data": "false", "mall.ship_after": "0s",
	}
	maps.Copy(flags, set)
	c, err := config.Load(config.Source{Flags: flags})
	require.NoError(t, err)
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	w := &world{t: t, config: c, http: &http.Client{Transport: patient{transport}, Timeout: patience}, books: map[sqldb.Service]*sqldb.DB{}}
	w.start()
	t.Cleanup(func() {
		w.stop()
		transport.CloseIdleConnections()
	})
	return w
}

// dataDir makes a data directory that holds the sandbox's keys already: making keys takes longer than many a test.
func dataDir(t *testing.T) string {
	t.Helper()
	made, err := madeKeys()
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.CopyFS(dir, made))
	return dir
}

//nolint:gochecknoglobals // written once, by sync.OnceValues
var madeKeys = sync.OnceValues(func() (fs.FS, error) {
	dir, err := os.MkdirTemp("", "kaituan-keys-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // below the temporary files in any case
	if _, err := sandbox.LoadOrCreateKeys(dir); err != nil {
		return nil, err
	}
	files := fstest.MapFS{}
	for _, path := range []string{"sandbox-app-private.pem", "sandbox-gateway-private.pem"} {
		text, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, err
		}
		files[path] = &fstest.MapFile{Data: text, Mode: 0o600}
	}
	return files, nil
})

// freePort finds an address that stays the same over restarts: pay pages carry it. It is below the ports that the
// system hands out to connections, so that none of a test beside this one takes it meanwhile.
func freePort(t *testing.T) string {
	t.Helper()
	for {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(22_000))
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		require.NoError(t, listener.Close())
		return address
	}
}

func (w *world) start() {
	w.t.Helper()
	instance, err := app.New(context.Background(), w.config, slog.New(slog.DiscardHandler))
	require.NoError(w.t, err)
	require.NoError(w.t, instance.Start(context.Background()))
	w.app = instance
	w.shopAt, w.engineAt, w.token = instance.PublicURL(), instance.PublicURL(), instance.OperatorToken()
}

func (w *world) stop() {
	w.t.Helper()
	if w.app == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(w.t, w.app.Stop(ctx))
	w.app = nil
}

// book is a connection to one of the databases, for what no operator can do: to look at rows, and to turn clocks.
func (w *world) book(service sqldb.Service) *sqldb.DB {
	w.t.Helper()
	if w.books[service] == nil {
		dsn := w.config.GroupBuy.DB
		if service == sqldb.Mall {
			dsn = w.config.Mall.DB
		}
		w.books[service] = sqldbtest.Connect(w.t, sqldb.DSN(dsn))
	}
	return w.books[service]
}

// do changes rows of a database and returns how many.
func (w *world) do(service sqldb.Service, statement string, args ...any) (rows int64) {
	w.t.Helper()
	require.NoError(w.t, w.book(service).InTx(context.Background(), func(tx *gorm.DB) error {
		done := tx.Exec(statement, args...)
		rows = done.RowsAffected
		return done.Error
	}))
	return rows
}

// endWindow lets a team's time be over now.
func (w *world) endWindow(teamID string) {
	w.t.Helper()
	require.EqualValues(w.t, 1, w.do(sqldb.GroupBuy, "UPDATE teams SET expires_at = ? WHERE id = ? AND closed_at = 0",
		time.Now().UnixMilli(), teamID))
}

// check is the last word of every scenario: whatever was under way ends, and then everything adds up.
func (w *world) check() {
	w.t.Helper()
	var report app.CheckReport
	for deadline := time.Now().Add(patience); ; {
		var err error
		report, err = app.SettledCheck(context.Background(), w.config)
		require.NoError(w.t, err)
		if len(report.Violations) == 0 || time.Now().After(deadline) {
			break
		}
	}
	require.Empty(w.t, report.Violations)
	require.True(w.t, report.Gateway)
}

func (w *world) shop() *mallclient.ClientWithResponses {
	client, err := mallclient.NewClientWithResponses(w.shopAt, mallclient.WithHTTPClient(w.http))
	require.NoError(w.t, err)
	return client
}

func (w *world) operator() *groupbuyclient.ClientWithResponses {
	client, err := groupbuyclient.NewOperator(groupbuyclient.Config{BaseURL: w.engineAt, OperatorToken: w.token, Transport: w.http.Transport})
	require.NoError(w.t, err)
	return client
}

func bearer(token string) func(context.Context, *http.Request) error {
	return func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// sell puts a product with one SKU on the shelf at 100.00 and publishes an activity over it. change may alter the
// activity before; nil leaves it a team of two at 80.00.
func (w *world) sell(product string, stock int, change func(*groupbuywire.ActivityInput)) (activityID string) {
	w.t.Helper()
	put, err := w.shop().PutProductWithResponse(context.Background(), product, mallwire.ProductInput{
		Name: product, Shelf: mallwire.OnShelf, Skus: []mallwire.SKUInput{{SKUID: "one", Name: "one", PriceFen: 100_00, Stock: &stock}},
	}, bearer(w.token))
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, put.StatusCode(), string(put.Body))
	size := 2
	in := groupbuywire.ActivityInput{
		PartnerID: "mall", Name: "group-buy of " + product, Goods: []string{product}, TeamSize: &size,
		Rules:    []groupbuywire.Rule{{Plan: groupbuywire.Plan{Kind: groupbuywire.Reduce, OffFen: 20_00}}},
		StartsAt: instant.Of(time.Now().Add(-time.Minute)), EndsAt: instant.Of(time.Now().Add(time.Hour)),
	}
	if change != nil {
		change(&in)
	}
	draft, err := w.operator().CreateActivityWithResponse(context.Background(), in)
	require.NoError(w.t, err)
	require.NotNil(w.t, draft.JSON201, string(draft.Body))
	require.Eventually(w.t, func() bool {
		published, err := w.operator().PublishActivityWithResponse(context.Background(), draft.JSON201.ActivityID)
		return err == nil && published.JSON200 != nil
	}, patience, pace)
	return draft.JSON201.ActivityID
}

// buyer is one signed-in person.
type buyer struct {
	w     *world
	token string
}

func (w *world) buyer(name string) *buyer {
	w.t.Helper()
	up, err := w.shop().SignUpWithResponse(context.Background(), mallwire.SignUpInput{Login: name + "@example.com", Password: "tea-at-4-pm", Nickname: name})
	require.NoError(w.t, err)
	require.NotNil(w.t, up.JSON201, string(up.Body))
	return &buyer{w: w, token: up.JSON201.Token}
}

func (b *buyer) tryOrder(key string, in mallwire.OrderInput) *mallclient.PlaceOrderResponse {
	b.w.t.Helper()
	placed, err := b.w.shop().PlaceOrderWithResponse(context.Background(), &mallwire.PlaceOrderParams{IdempotencyKey: key}, in, bearer(b.token))
	require.NoError(b.w.t, err)
	return placed
}

// lock places a group order, opening a team when team is empty.
func (b *buyer) lock(product, activityID, team string) mallwire.Order {
	b.w.t.Helper()
	placed := b.tryOrder(fmt.Sprintf("%s-%s", product, time.Now().Format("150405.000000000")), mallwire.OrderInput{
		Mode: mallwire.Group, ProductID: product, SKUID: "one", ActivityID: activityID, TeamID: team,
	})
	require.NotNil(b.w.t, placed.JSON201, string(placed.Body))
	if placed.JSON201.Status == mallwire.OrderStatusCreated { // the engine's answer did not come in time; it is asked again
		return b.becomes(placed.JSON201.OrderID, mallwire.OrderStatusAwaitingPayment).Order
	}
	require.Equal(b.w.t, mallwire.OrderStatusAwaitingPayment, placed.JSON201.Status)
	return *placed.JSON201
}

// payPage asks for the signed address of the pay page.
func (b *buyer) payPage(orderID string) string {
	b.w.t.Helper()
	page, err := b.w.shop().PayOrderWithResponse(context.Background(), orderID, mallwire.PaymentInput{Method: mallwire.Page}, bearer(b.token))
	require.NoError(b.w.t, err)
	require.NotNil(b.w.t, page.JSON200, string(page.Body))
	return page.JSON200.PayURL
}

// pay pays at the cashier.
func (b *buyer) pay(orderID string) {
	b.w.t.Helper()
	b.w.payAt(b.payPage(orderID))
}

// payAt pays on a page that may have been asked for long ago.
func (w *world) payAt(page string) {
	w.t.Helper()
	_, err := sandbox.Buyer{HTTP: w.http}.Pay(context.Background(), page)
	require.NoError(w.t, err)
}

func (b *buyer) order(id string) mallwire.OrderView {
	b.w.t.Helper()
	view, err := b.w.shop().GetOrderWithResponse(context.Background(), id, bearer(b.token))
	require.NoError(b.w.t, err)
	require.NotNil(b.w.t, view.JSON200, string(view.Body))
	return *view.JSON200
}

// becomes waits until an order is in a state that the system reaches by itself.
func (b *buyer) becomes(id string, want mallwire.OrderStatus) mallwire.OrderView {
	b.w.t.Helper()
	var last mallwire.OrderView
	require.Eventually(b.w.t, func() bool {
		last = b.order(id)
		return last.Order.Status == want
	}, patience, pace, "want %s", want)
	return last
}

func (b *buyer) cancel(orderID string) mallwire.Order {
	b.w.t.Helper()
	cancelled, err := b.w.shop().CancelOrderWithResponse(context.Background(), orderID, bearer(b.token))
	require.NoError(b.w.t, err)
	require.NotNil(b.w.t, cancelled.JSON200, string(cancelled.Body))
	return *cancelled.JSON200
}

// gateway is what the simulated Alipay received and sent back.
func (w *world) gateway() (received, refunded money.Fen) {
	w.t.Helper()
	rsp, err := w.http.Get(w.app.PublicURL() + "/sandbox/alipay/books")
	require.NoError(w.t, err)
	defer rsp.Body.Close()
	var books struct {
		Received money.Fen `json:"received_fen"`
		Refunded money.Fen `json:"refunded_fen"`
	}
	require.NoError(w.t, json.NewDecoder(rsp.Body).Decode(&books))
	return books.Received, books.Refunded
}

// call sends a bare request and returns the status and body.
func (w *world) call(method, path string, header http.Header, body string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequest(method, w.shopAt+path, bytes.NewBufferString(body))
	require.NoError(w.t, err)
	for name := range header {
		req.Header.Set(name, header.Get(name))
	}
	rsp, err := w.http.Do(req)
	require.NoError(w.t, err)
	defer rsp.Body.Close()
	text, err := io.ReadAll(rsp.Body)
	require.NoError(w.t, err)
	return rsp.StatusCode, string(text)
}
