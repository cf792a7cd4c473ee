package app_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuywire"
	"kaituan/api/mallwire"
	"kaituan/infrastructure/sqldb"
	"kaituan/money"
)

// tally counts by a word, from many goroutines.
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func (t *tally) add(word string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil {
		t.n = map[string]int{}
	}
	t.n[word]++
}

func (t *tally) all() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.n)
}

// rush has everybody ask for a seat at once, in teams of their own when team is empty, and counts the answers.
func rush(people []*buyer, key, activityID, team string) (answers map[string]int, orders []string) {
	var said tally
	orders = make([]string, len(people))
	atOnce(len(people), func(i int) {
		var answer string
		answer, orders[i] = people[i].insist(key, mallwire.OrderInput{
			Mode: mallwire.Group, ProductID: "cup", SKUID: "one", ActivityID: activityID, TeamID: team,
		})
		said.add(answer)
	})
	return said.all(), orders
}

// insist orders under one key until the answer is one that lasts, as a browser does that is told to come back, and
// returns it: the order's state, or the code of the refusal.
func (b *buyer) insist(key string, in mallwire.OrderInput) (answer, orderID string) {
	shop := b.w.shop()
	persist(func() bool {
		placed, err := shop.PlaceOrderWithResponse(context.Background(), &mallwire.PlaceOrderParams{IdempotencyKey: key}, in, bearer(b.token))
		switch {
		case err != nil:
			answer = err.Error()
			return false
		case placed.JSON201 != nil:
			answer, orderID = string(placed.JSON201.Status), placed.JSON201.OrderID
		case placed.ApplicationProblemJSONDefault != nil:
			answer = placed.ApplicationProblemJSONDefault.Code
		default:
			answer = placed.Status()
		}
		return placed.StatusCode() != http.StatusServiceUnavailable && answer != string(mallwire.OrderStatusCreated)
	})
	return answer, orderID
}

const crowd = 200

// Two hundred want the last seat of a team (F17): one gets it, the others hear so before they pay.
func TestFaults_TwoHundredForTheLastSeat(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 1000, nil)
		people := w.crowd(crowd + 1)
		opened := people[crowd].lock("cup", activityID, "")
		answers, orders := rush(people[:crowd], "last", activityID, opened.TeamID)
		require.Equal(w.t, map[string]int{"awaiting_payment": 1, "team_full": crowd - 1}, answers)
		people[crowd].pay(opened.OrderID)
		for i, id := range orders {
			if id != "" {
				people[i].pay(id)
				people[i].becomes(id, mallwire.OrderStatusShipped)
			}
		}
		people[crowd].becomes(opened.OrderID, mallwire.OrderStatusShipped)
		require.Equal(w.t, crowd-1, w.count(sqldb.Mall, "SELECT count(*) FROM orders WHERE status = 'closed' AND reason = 'team_full'"))
		w.requireGateway(160_00, 0)
		w.check()
	})
}

// Two hundred want the last piece (F17), each in a team of their own.
func TestFaults_TwoHundredForTheLastPiece(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 1, nil)
		answers, _ := rush(w.crowd(crowd), "last", activityID, "")
		require.Equal(w.t, map[string]int{"awaiting_payment": 1, "sold_out": crowd - 1}, answers)
		w.check()
	})
}

// One buyer clicks fifty times (F17): on "buy", on "pay", and at the cashier. There is one order, one payment, and it is
// paid once. With another key each time it is the activity's limit that holds.
func TestFaults_FiftyClicks(t *testing.T) {
	onEachStore(t, func(w *world) {
		const clicks = 50
		activityID := w.sell("cup", 1000, func(in *groupbuywire.ActivityInput) { in.Limits.Total = 1 })
		anna := w.crowd(1)[0]
		clicking := make([]*buyer, clicks)
		for i := range clicking {
			clicking[i] = anna
		}
		answers, orders := rush(clicking, "click", activityID, "")
		require.Equal(w.t, map[string]int{"awaiting_payment": clicks}, answers)
		id := orders[0]
		var pages, paid tally
		atOnce(clicks, func(i int) {
			persist(func() bool {
				page, err := w.shop().PayOrderWithResponse(w.t.Context(), orders[i], mallwire.PaymentInput{Method: mallwire.Page}, bearer(anna.token))
				if err != nil || page.JSON200 == nil {
					return false
				}
				pages.add(page.JSON200.PayURL)
				return true
			})
		})
		page := anna.payPage(id)
		require.Equal(w.t, map[string]int{page: clicks}, pages.all())
		atOnce(clicks, func(int) { paid.add(fmt.Sprint(w.payOnce(page))) })
		require.Equal(w.t, map[string]int{"true": clicks}, paid.all())
		anna.becomes(id, mallwire.OrderStatusTeaming)
		w.requireGateway(80_00, 0)

		var more tally
		atOnce(clicks, func(i int) {
			answer, _ := anna.insist(fmt.Sprintf("again-%d", i), mallwire.OrderInput{Mode: mallwire.Group, ProductID: "cup", SKUID: "one", ActivityID: activityID})
			more.add(answer)
		})
		require.Equal(w.t, map[string]int{"limit_total": clicks}, more.all())
		require.Equal(w.t, money.Fen(80_00), anna.order(id).Order.AmountFen)
		w.check()
	})
}
