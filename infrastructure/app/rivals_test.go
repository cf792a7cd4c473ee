package app_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuywire"
	"kaituan/api/mallwire"
	"kaituan/api/openapi"
	"kaituan/infrastructure/sandbox"
	"kaituan/money"
)

// The tests TestRivals_* play, through the whole system, what group-buy systems are known to get wrong;
// docs/rivals.md lists them.

// The last two members pay at the same moment; whoever's payment is counted second forms the team.
func TestRivals_LastTwoPayAtOnce(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 100, nil)
		anna, bert := w.buyer("anna"), w.buyer("bert")
		for range 3 {
			opened := anna.lock("cup", activityID, "")
			joined := bert.lock("cup", activityID, opened.TeamID)
			pages := []string{anna.payPage(opened.OrderID), bert.payPage(joined.OrderID)}
			var both sync.WaitGroup
			errs := make([]error, len(pages))
			for i, page := range pages {
				both.Go(func() { _, errs[i] = sandbox.Buyer{HTTP: w.http}.Pay(context.Background(), page) })
			}
			both.Wait()
			require.Equal(w.t, make([]error, len(pages)), errs)
			anna.becomes(opened.OrderID, mallwire.OrderStatusShipped)
			bert.becomes(joined.OrderID, mallwire.OrderStatusShipped)
		}
		w.check()
	})
}

// A payment that comes when its seat went to somebody else is neither swallowed nor sold twice: it goes back.
func TestRivals_LateMoneyForALostSeatGoesBack(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 10, nil)
		anna, bert, carl := w.buyer("anna"), w.buyer("bert"), w.buyer("carl")
		opened := anna.lock("cup", activityID, "")
		anna.pay(opened.OrderID)
		anna.becomes(opened.OrderID, mallwire.OrderStatusTeaming)
		lost := bert.lock("cup", activityID, opened.TeamID)
		page := bert.payPage(lost.OrderID)
		bert.cancel(lost.OrderID)
		taken := carl.lockOnceFree("cup", activityID, opened.TeamID)
		carl.pay(taken.OrderID)
		anna.becomes(opened.OrderID, mallwire.OrderStatusShipped)
		carl.becomes(taken.OrderID, mallwire.OrderStatusShipped)

		w.payAt(page)
		view := bert.refunded(lost.OrderID)
		require.Equal(w.t, mallwire.OrderStatusClosed, view.Order.Status)
		require.NotEmpty(w.t, view.Refunds[0].Reason, "the buyer is told why")
		received, refunded := w.gateway()
		require.Equal(w.t, [2]money.Fen{240_00, 80_00}, [2]money.Fen{received, refunded})
		w.check()
	})
}

// lockOnceFree takes the last seat of a team as soon as somebody else has let go of it.
func (b *buyer) lockOnceFree(product, activityID, team string) (order mallwire.Order) {
	b.w.t.Helper()
	tries := 0
	require.Eventually(b.w.t, func() bool {
		tries++
		placed := b.tryOrder(fmt.Sprintf("%s-%d", team, tries), mallwire.OrderInput{
			Mode: mallwire.Group, ProductID: product, SKUID: "one", ActivityID: activityID, TeamID: team,
		})
		if placed.JSON201 != nil {
			order = *placed.JSON201
		}
		return placed.JSON201 != nil
	}, patience, pace)
	return order
}

// refunded waits for an order's one refund to be done.
func (b *buyer) refunded(orderID string) (view mallwire.OrderView) {
	b.w.t.Helper()
	require.Eventually(b.w.t, func() bool {
		view = b.order(orderID)
		return len(view.Refunds) == 1 && view.Refunds[0].Status == mallwire.RefundStatusSucceeded
	}, patience, pace)
	return view
}

// Every operation of both specifications that is not for everybody refuses whoever brings no credential, and the two
// callbacks take nothing by GET.
func TestRivals_NobodyUnsignedGetsIn(t *testing.T) {
	w := open(t, nil)
	asked := 0
	for _, service := range []string{"groupbuy", "mall"} {
		text, err := openapi.Spec(service)
		require.NoError(t, err)
		spec, err := openapi3.NewLoader().LoadFromData(text)
		require.NoError(t, err)
		for path, item := range spec.Paths.Map() {
			for method, operation := range item.Operations() {
				if public(spec, operation) {
					continue
				}
				path := regexp.MustCompile(`\{[a-z_]+\}`).ReplaceAllString(path, "x1")
				status, body := w.call(method, path, http.Header{"Content-Type": {"application/json"}}, `{}`)
				require.Equal(t, http.StatusUnauthorized, status, "%s %s: %s", method, path, body)
				asked++
			}
		}
	}
	require.Greater(t, asked, 30)
	for _, path := range []string{"/callbacks/groupbuy", "/callbacks/alipay"} {
		status, body := w.call(http.MethodGet, path, nil, "")
		require.Equal(t, http.StatusMethodNotAllowed, status, body)
	}
}

// public says whether an operation may be called without a credential.
func public(spec *openapi3.T, operation *openapi3.Operation) bool {
	security := spec.Security
	if operation.Security != nil {
		security = *operation.Security
	}
	for _, way := range security {
		if len(way) == 0 {
			return true
		}
	}
	return len(security) == 0
}

// Whom the engine turns away has an order that is closed and cannot be paid, at no price.
func TestRivals_RefusedSeatIsNoOrderToPay(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 10, nil)
		anna, bert, carl := w.buyer("anna"), w.buyer("bert"), w.buyer("carl")
		opened := anna.lock("cup", activityID, "")
		bert.lock("cup", activityID, opened.TeamID)
		placed := carl.tryOrder("late", mallwire.OrderInput{Mode: mallwire.Group, ProductID: "cup", SKUID: "one", ActivityID: activityID, TeamID: opened.TeamID})
		require.NotNil(w.t, placed.ApplicationProblemJSONDefault, string(placed.Body))
		require.Equal(w.t, "team_full", placed.ApplicationProblemJSONDefault.Code)

		list, err := w.shop().ListOrdersWithResponse(context.Background(), nil, bearer(carl.token))
		require.NoError(w.t, err)
		require.NotNil(w.t, list.JSON200, string(list.Body))
		require.Len(w.t, list.JSON200.Items, 1)
		refused := list.JSON200.Items[0]
		require.Equal(w.t, mallwire.OrderStatusClosed, refused.Status)
		require.Equal(w.t, mallwire.Group, refused.Mode)
		page, err := w.shop().PayOrderWithResponse(context.Background(), refused.OrderID, mallwire.PaymentInput{Method: mallwire.Page}, bearer(carl.token))
		require.NoError(w.t, err)
		require.Nil(w.t, page.JSON200)
		w.check()
	})
}

// Who has an unpaid seat in one team and joins another pays for the other, on a page of its own.
func TestRivals_EachTeamHasItsOwnPayPage(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 10, nil)
		anna, bert, carl := w.buyer("anna"), w.buyer("bert"), w.buyer("carl")
		a, b := anna.lock("cup", activityID, ""), bert.lock("cup", activityID, "")
		inA := carl.lock("cup", activityID, a.TeamID)
		pageA := carl.payPage(inA.OrderID)
		inB := carl.lock("cup", activityID, b.TeamID)
		pageB := carl.payPage(inB.OrderID)
		require.NotEqual(w.t, inA.OrderID, inB.OrderID)
		require.NotEqual(w.t, pageA, pageB)
		require.Equal(w.t, b.TeamID, inB.TeamID)

		w.payAt(pageB)
		carl.becomes(inB.OrderID, mallwire.OrderStatusTeaming)
		require.Equal(w.t, mallwire.OrderStatusAwaitingPayment, carl.order(inA.OrderID).Order.Status)
		bert.pay(b.OrderID)
		carl.becomes(inB.OrderID, mallwire.OrderStatusShipped)
		bert.becomes(b.OrderID, mallwire.OrderStatusShipped)
		require.Equal(w.t, mallwire.OrderStatusAwaitingPayment, carl.order(inA.OrderID).Order.Status)
		w.check()
	})
}

// A team that falls short: everybody who paid gets back what they paid, on their own trade; who had not paid owes
// nothing; and nobody counts or shows the team as a success or as open.
func TestRivals_EachMemberGetsTheirOwnMoneyBack(t *testing.T) {
	w := open(t, nil)
	size := 4
	activityID := w.sell("cup", 10, func(in *groupbuywire.ActivityInput) { in.TeamSize = &size })
	anna, bert, carl := w.buyer("anna"), w.buyer("bert"), w.buyer("carl")
	orders := []mallwire.Order{anna.lock("cup", activityID, "")}
	orders = append(orders, bert.lock("cup", activityID, orders[0].TeamID), carl.lock("cup", activityID, orders[0].TeamID))
	anna.pay(orders[0].OrderID)
	bert.pay(orders[1].OrderID)
	anna.becomes(orders[0].OrderID, mallwire.OrderStatusTeaming)
	bert.becomes(orders[1].OrderID, mallwire.OrderStatusTeaming)
	w.stop()
	breakBook(t, filepath.Join(w.config.Data, "groupbuy.db"), "UPDATE teams SET expires_at = opened_at + 1")
	w.start()

	for i, b := range []*buyer{anna, bert} {
		view := b.becomes(orders[i].OrderID, mallwire.OrderStatusRefunded)
		require.Len(t, view.Refunds, 1)
		require.Equal(t, view.Payments[0].PaymentID, view.Refunds[0].PaymentID)
		trade := w.trade(view.Payments[0].PaymentID)
		require.Equal(t, [2]money.Fen{80_00, 80_00}, [2]money.Fen{trade.Amount, trade.Refunded})
		require.Len(t, trade.Refunds, 1)
		require.Equal(t, view.Refunds[0].RefundNo, trade.Refunds[0].OutRequestNo)
	}
	require.Empty(t, carl.becomes(orders[2].OrderID, mallwire.OrderStatusClosed).Refunds)
	page, err := w.shop().GetProductWithResponse(context.Background(), "cup")
	require.NoError(t, err)
	require.NotNil(t, page.JSON200, string(page.Body))
	require.Empty(t, page.JSON200.Teams)
	require.NotNil(t, page.JSON200.Statistics)
	require.Zero(t, page.JSON200.Statistics.TeamsFormed)
	w.check()
}
