package app_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuywire"
	"kaituan/api/mallwire"
	"kaituan/infrastructure/demo"
	"kaituan/infrastructure/sandbox"
	"kaituan/money"
)

func TestApp_PlaysTheWholeStory(t *testing.T) {
	onEachStore(t, func(w *world) {
		w.sell("cup", 10, nil)
		site, err := demo.NewSite(demo.Address{Server: w.app.PublicURL(), OperatorToken: w.app.OperatorToken()})
		require.NoError(w.t, err)
		story := demo.Story{Site: site, Out: io.Discard}
		require.NoError(w.t, story.Play(context.Background()))
		received, refunded := w.gateway()
		require.Equal(w.t, money.Fen(260_00), received) // two at 80.00, one alone at 100.00
		require.Zero(w.t, refunded)
		site.Close()
		w.check()
	})
}

func TestApp_ReplaysRealOrders(t *testing.T) {
	const lines = 150
	onEachStore(t, func(w *world) {
		history := head(w.t, "../demo/testdata/online-retail-10k.csv", lines)
		site, err := demo.NewSite(demo.Address{Server: w.app.PublicURL(), OperatorToken: w.app.OperatorToken()})
		require.NoError(w.t, err)
		var out strings.Builder
		replay := demo.Replay{Site: site, Out: &out, Workers: 4, Report: func(int, int, time.Duration) {}}
		require.NoError(w.t, replay.Run(context.Background(), strings.NewReader(history)), out.String())
		require.Contains(w.t, out.String(), "reconciliation")
		require.NotContains(w.t, out.String(), "DIFFERENT")
		site.Close()
		w.check()
	})
}

func head(t *testing.T, path string, lines int) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.Join(strings.SplitAfterN(string(text), "\n", lines+1)[:lines], "")
}

// A restart in the middle loses nothing: a held seat, a pay page that is open, a webhook that was not taken.
func TestApp_GoesOnAfterARestart(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 10, nil)
		endpoint := newEndpoint(w)
		anna, bert := w.buyer("anna"), w.buyer("bert")

		opened := anna.lock("cup", activityID, "")
		anna.pay(opened.OrderID)
		anna.becomes(opened.OrderID, mallwire.OrderStatusTeaming)
		joined := bert.lock("cup", activityID, opened.TeamID)
		page := bert.payPage(joined.OrderID)
		endpoint.wait("seat.paid", 0)

		w.stop()
		endpoint.accept()
		w.start()

		require.Equal(w.t, mallwire.OrderStatusAwaitingPayment, bert.order(joined.OrderID).Order.Status)
		require.Equal(w.t, page, bert.payPage(joined.OrderID), "the page that was signed before")
		w.payAt(page)
		anna.becomes(opened.OrderID, mallwire.OrderStatusShipped)
		bert.becomes(joined.OrderID, mallwire.OrderStatusShipped)
		endpoint.wait("seat.paid", 2)
		endpoint.wait("team.formed", 1)
		w.check()
	})
}

// endpoint is a second webhook address of the mall's partner, which takes nothing until it is told to.
type endpoint struct {
	t        *testing.T
	mu       sync.Mutex
	taking   bool
	attempts map[string]int
	taken    map[string]map[string]bool // webhook ids by event type
}

func newEndpoint(w *world) *endpoint {
	w.t.Helper()
	e := &endpoint{t: w.t, attempts: map[string]int{}, taken: map[string]map[string]bool{}}
	server := httptest.NewServer(e)
	w.t.Cleanup(server.Close)
	w.stop()
	w.config.GroupBuy.AllowHosts = []string{strings.TrimPrefix(server.URL, "http://")}
	w.start()
	created, err := w.operator().CreateEndpointWithResponse(context.Background(), "mall", groupbuywire.EndpointInput{URL: server.URL + "/hook"})
	require.NoError(w.t, err)
	require.NotNil(w.t, created.JSON201, string(created.Body))
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, rest, _ := strings.Cut(string(body), `"type":"`)
	kind, _, _ := strings.Cut(rest, `"`)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.attempts[kind]++
	if !e.taking {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if e.taken[kind] == nil {
		e.taken[kind] = map[string]bool{}
	}
	e.taken[kind][r.Header.Get("webhook-id")] = true
}

func (e *endpoint) accept() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.taking = true
}

// wait waits until so many events of a kind were taken, or with 0 until one was tried.
func (e *endpoint) wait(kind string, taken int) {
	e.t.Helper()
	require.Eventually(e.t, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.attempts[kind] > 0 && len(e.taken[kind]) >= taken
	}, patience, pace, "%s taken %d times", kind, taken)
}

func TestApp_ShortTeamIsRefundedByItself(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 10, nil)
		anna := w.buyer("anna")
		order := anna.lock("cup", activityID, "")
		anna.pay(order.OrderID)
		anna.becomes(order.OrderID, mallwire.OrderStatusTeaming)
		w.endWindow(order.TeamID)
		view := anna.becomes(order.OrderID, mallwire.OrderStatusRefunded)
		require.Len(w.t, view.Refunds, 1)
		require.Equal(w.t, money.Fen(80_00), view.Refunds[0].AmountFen)
		require.Equal(w.t, "team_did_not_fill", view.Refunds[0].Reason)
		received, refunded := w.gateway()
		require.Equal(w.t, received, refunded)
		w.seatBecomes(anna, order.OrderID, "refunded")
		w.check()
	})
}

// seatBecomes waits for the engine's side of an order, as its team's page shows it.
func (w *world) seatBecomes(b *buyer, orderID string, want mallwire.SeatStatus) {
	w.t.Helper()
	team := b.order(orderID).Order.TeamID
	require.Eventually(w.t, func() bool {
		view, err := w.shop().GetTeamWithResponse(context.Background(), team, bearer(b.token))
		if err != nil || view.JSON200 == nil {
			return false
		}
		for _, m := range view.JSON200.Members {
			if m.Self {
				return m.Status == want
			}
		}
		return false
	}, patience, pace, "seat %s", want)
}

// Cancelling closes the trade at Alipay and frees the seat; the page that the buyer kept sells nothing any more.
func TestApp_CancelledOrderCannotBePaid(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 1, nil)
		anna, bert := w.buyer("anna"), w.buyer("bert")
		order := anna.lock("cup", activityID, "")
		page := anna.payPage(order.OrderID)
		_, _, err := sandbox.Buyer{HTTP: w.http}.Open(context.Background(), page)
		require.NoError(w.t, err)
		require.Equal(w.t, mallwire.OrderStatusClosed, anna.cancel(order.OrderID).Status)
		_, err = sandbox.Buyer{HTTP: w.http}.Pay(context.Background(), page)
		require.ErrorIs(w.t, err, sandbox.ErrNotPayable)

		w.seatBecomes(anna, order.OrderID, "released")
		again := bert.lock("cup", activityID, "") // the only piece is back
		require.NotEqual(w.t, order.TeamID, again.TeamID)
		w.check()
	})
}

// A page that was never opened is unknown to Alipay and can still be paid after the order was closed: the money
// goes back by itself.
func TestApp_LatePaymentGoesBack(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 10, nil)
		anna := w.buyer("anna")
		order := anna.lock("cup", activityID, "")
		page := anna.payPage(order.OrderID)
		require.Equal(w.t, mallwire.OrderStatusClosed, anna.cancel(order.OrderID).Status)
		w.payAt(page)
		require.Eventually(w.t, func() bool {
			view := anna.order(order.OrderID)
			return len(view.Refunds) == 1 && view.Refunds[0].Status == mallwire.RefundStatusSucceeded
		}, patience, pace)
		require.Equal(w.t, mallwire.OrderStatusClosed, anna.order(order.OrderID).Order.Status)
		received, refunded := w.gateway()
		require.Equal(w.t, money.Fen(80_00), received)
		require.Equal(w.t, received, refunded)
		w.check()
	})
}

// An unpaid seat falls back at its deadline, and with it the order and the piece.
func TestApp_UnpaidOrderCloses(t *testing.T) {
	onEachStore(t, func(w *world) {
		ttl := int64(1)
		activityID := w.sell("cup", 1, func(in *groupbuywire.ActivityInput) { in.SeatTTLSeconds = &ttl })
		anna, bert := w.buyer("anna"), w.buyer("bert")
		order := anna.lock("cup", activityID, "")
		view := anna.becomes(order.OrderID, mallwire.OrderStatusClosed)
		require.NotEmpty(w.t, view.Order.Reason)
		w.seatBecomes(anna, order.OrderID, "released")
		bert.lock("cup", activityID, "")
		w.check()
	})
}

// The loser of the last seat learns it before paying, and never gets a full-price order instead.
func TestApp_LastSeatIsTakenOnce(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 100, nil)
		leader := w.buyer("leader")
		opened := leader.lock("cup", activityID, "")
		leader.pay(opened.OrderID)
		leader.becomes(opened.OrderID, mallwire.OrderStatusTeaming)
		const crowd = 12
		var mu sync.Mutex
		var won int
		reasons := map[string]int{}
		var group sync.WaitGroup
		for i := range crowd {
			b := w.buyer("crowd" + string(rune('a'+i)))
			group.Go(func() {
				placed := b.tryOrder("last", mallwire.OrderInput{Mode: mallwire.Group, ProductID: "cup", SKUID: "one", ActivityID: activityID, TeamID: opened.TeamID})
				mu.Lock()
				defer mu.Unlock()
				if placed.JSON201 != nil {
					won++
				} else {
					reasons[placed.ApplicationProblemJSONDefault.Code]++
				}
			})
		}
		group.Wait()
		require.Equal(w.t, 1, won)
		require.Equal(w.t, map[string]int{"team_full": crowd - 1}, reasons)
		w.check()
	})
}

// Nobody from outside can say that a team is formed, or that an order is paid.
func TestApp_ForgedNewsChangesNothing(t *testing.T) {
	w := open(t, nil)
	activityID := w.sell("cup", 10, nil)
	anna := w.buyer("anna")
	order := anna.lock("cup", activityID, "")
	json := http.Header{"Content-Type": {"application/json"}}
	event := `{"id":"evt_forged","type":"team.formed","at":"2026-11-20T08:00:00.000Z","data":{"team":{"team_id":"` + order.TeamID + `"}}}`
	status, body := w.call(http.MethodPost, "/callbacks/groupbuy", json, event)
	require.Equal(t, http.StatusUnauthorized, status, body)
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	_, body = w.call(http.MethodPost, "/callbacks/alipay", form, "out_trade_no=pay_x&trade_status=TRADE_SUCCESS&total_amount=80.00&sign=AAAA&sign_type=RSA2")
	require.NotEqual(t, "success", body)
	require.Equal(t, mallwire.OrderStatusAwaitingPayment, anna.order(order.OrderID).Order.Status)
	w.check()
}

func TestApp_KeepsItsSecretsToItself(t *testing.T) {
	w := open(t, nil)
	for _, name := range []string{"secrets.json", "seal.key", "sandbox.db", "groupbuy.db", "mall.db"} {
		info, err := os.Stat(filepath.Join(w.config.Data, name))
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, "%s is readable by others", name)
	}
}
