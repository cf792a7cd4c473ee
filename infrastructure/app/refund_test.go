package app_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuyclient"
	"kaituan/api/groupbuywire"
	"kaituan/api/mallclient"
	"kaituan/api/mallwire"
	"kaituan/money"
)

// onEachStoreUnshipped is onEachStore with a warehouse that sends nothing while the test runs.
func onEachStoreUnshipped(t *testing.T, run func(w *world)) {
	t.Helper()
	onEachStoreWith(t, map[string]string{"mall.ship_after": "1h"}, run)
}

func (b *buyer) tryRefund(orderID string) *mallclient.RefundOrderResponse {
	b.w.t.Helper()
	back, err := b.w.shop().RefundOrderWithResponse(context.Background(), orderID, mallwire.RefundInput{Reason: "changed my mind"}, bearer(b.token))
	require.NoError(b.w.t, err)
	return back
}

// refund asks for an order's money back and waits until it is, to the fen, and the engine knows.
func (b *buyer) refund(engine *groupbuyclient.ClientWithResponses, orderID string) {
	b.w.t.Helper()
	back := b.tryRefund(orderID)
	require.NotNil(b.w.t, back.JSON200, string(back.Body))
	require.Equal(b.w.t, mallwire.OrderStatusRefunding, back.JSON200.Status)
	b.wholeBack(engine, orderID)
}

func (b *buyer) wholeBack(engine *groupbuyclient.ClientWithResponses, orderID string) mallwire.OrderView {
	b.w.t.Helper()
	view := b.becomes(orderID, mallwire.OrderStatusRefunded)
	var seat groupbuywire.Seat
	require.Eventually(b.w.t, func() bool {
		told, err := engine.GetSeatWithResponse(context.Background(), orderID)
		if err != nil || told.JSON200 == nil {
			return false
		}
		seat = told.JSON200.Seat
		return seat.Status == groupbuywire.Refunded
	}, patience, pace)
	last := view.Refunds[len(view.Refunds)-1]
	require.Equal(b.w.t, last.RefundNo, seat.RefundNo)
	require.Equal(b.w.t, last.RefundNo, seat.AskedNo)
	require.Zero(b.w.t, seat.OwedFen)
	var sum money.Fen
	for _, r := range view.Refunds {
		require.Equal(b.w.t, mallwire.RefundStatusSucceeded, r.Status)
		sum += r.AmountFen
	}
	require.Equal(b.w.t, view.Order.AmountFen, sum)
	return view
}

func (w *world) requireGateway(received, refunded money.Fen) {
	w.t.Helper()
	gotReceived, gotRefunded := w.gateway()
	require.Equal(w.t, [2]money.Fen{received, refunded}, [2]money.Fen{gotReceived, gotRefunded}, "received and refunded")
}

// The leader wants the money back before the team is complete: the lead goes on, another takes the place, and the team
// forms.
func TestApp_LeaderLeavesAndAnotherComes(t *testing.T) {
	onEachStoreUnshipped(t, func(w *world) {
		activityID := w.sell("cup", 2, nil)
		engine := w.partner()
		anna, bert, cora := w.buyer("anna"), w.buyer("bert"), w.buyer("cora")
		opened := anna.lock("cup", activityID, "")
		anna.pay(opened.OrderID)
		anna.becomes(opened.OrderID, mallwire.OrderStatusTeaming)
		second := bert.lock("cup", activityID, opened.TeamID)
		full := cora.tryOrder("full", mallwire.OrderInput{Mode: mallwire.Group, ProductID: "cup", SKUID: "one", ActivityID: activityID, TeamID: opened.TeamID})
		require.NotEqual(w.t, http.StatusCreated, full.StatusCode(), "no piece and no place is left")

		anna.refund(engine, opened.OrderID)
		require.Equal(w.t, mallwire.TeamStatusForming, bert.team(opened.TeamID).Team.Status)
		require.True(w.t, bert.team(opened.TeamID).Members[0].Leader)
		bert.pay(second.OrderID)
		bert.becomes(second.OrderID, mallwire.OrderStatusTeaming)
		third := cora.lock("cup", activityID, opened.TeamID)
		cora.pay(third.OrderID)
		cora.becomes(third.OrderID, mallwire.OrderStatusToShip)
		bert.becomes(second.OrderID, mallwire.OrderStatusToShip)
		require.Equal(w.t, "true", anna.tryRefund(opened.OrderID).HTTPResponse.Header.Get("Idempotency-Replayed"))
		w.requireGateway(240_00, 80_00)
		w.check()
	})
}

// A member leaves after the team formed: the others have their goods all the same. Even if nobody is left, it formed.
func TestApp_MembersLeaveAFormedTeam(t *testing.T) {
	onEachStoreUnshipped(t, func(w *world) {
		activityID := w.sell("cup", 2, nil)
		engine := w.partner()
		buyers := []*buyer{w.buyer("anna"), w.buyer("bert")}
		ids := w.together("cup", activityID, buyers)
		for i, b := range buyers {
			b.becomes(ids[i], mallwire.OrderStatusToShip)
		}
		team := buyers[0].order(ids[0]).Order.TeamID
		for i, b := range buyers {
			b.refund(engine, ids[i])
			told, err := engine.GetTeamWithResponse(context.Background(), team)
			require.NoError(w.t, err)
			require.Equal(w.t, groupbuywire.TeamStatusFormed, told.JSON200.Team.Status)
			require.Equal(w.t, i+1, told.JSON200.Team.Refunded)
		}
		ids = w.together("cup", activityID, buyers) // both pieces are to be had again
		for i, b := range buyers {
			b.becomes(ids[i], mallwire.OrderStatusToShip)
		}
		w.requireGateway(320_00, 160_00)
		w.check()
	})
}

// The only member leaves: the team has failed, and nobody joins it any more.
func TestApp_LastMemberLeaves(t *testing.T) {
	onEachStoreUnshipped(t, func(w *world) {
		activityID := w.sell("cup", 5, nil)
		engine := w.partner()
		anna, bert := w.buyer("anna"), w.buyer("bert")
		opened := anna.lock("cup", activityID, "")
		anna.pay(opened.OrderID)
		anna.becomes(opened.OrderID, mallwire.OrderStatusTeaming)
		anna.refund(engine, opened.OrderID)
		require.Equal(w.t, mallwire.TeamStatusFailed, anna.team(opened.TeamID).Team.Status)
		late := bert.tryOrder("late", mallwire.OrderInput{Mode: mallwire.Group, ProductID: "cup", SKUID: "one", ActivityID: activityID, TeamID: opened.TeamID})
		require.Equal(w.t, "team_not_forming", late.ApplicationProblemJSONDefault.Code)
		w.requireGateway(80_00, 80_00)
		w.check()
	})
}

// The leader's wish to have the money back meets the last payment (F15): the team is formed without its leader's order,
// or goes on without the leader. Nobody's money is lost either way, and nobody's goods are.
func TestApp_RefundAgainstTheLastPayment(t *testing.T) {
	onEachStoreUnshipped(t, func(w *world) {
		const rounds = 15
		activityID := w.sell("cup", 1000, nil)
		engine := w.partner()
		anna, bert, cora := w.buyer("anna"), w.buyer("bert"), w.buyer("cora")
		formed := 0
		for range rounds {
			opened := anna.lock("cup", activityID, "")
			anna.pay(opened.OrderID)
			anna.becomes(opened.OrderID, mallwire.OrderStatusTeaming)
			second := bert.lock("cup", activityID, opened.TeamID)
			page := bert.payPage(second.OrderID)
			var both sync.WaitGroup
			both.Go(func() { w.payAt(page) })
			both.Go(func() { anna.tryRefund(opened.OrderID) })
			both.Wait()
			anna.wholeBack(engine, opened.OrderID)
			if w.settledAs(engine, second.OrderID) == groupbuywire.SettlementOutcomeFormed {
				formed++
			} else {
				third := cora.lock("cup", activityID, opened.TeamID)
				cora.pay(third.OrderID)
				cora.becomes(third.OrderID, mallwire.OrderStatusToShip)
			}
			bert.becomes(second.OrderID, mallwire.OrderStatusToShip)
		}
		w.t.Logf("the payment came first in %d of %d rounds", formed, rounds)
		w.requireGateway(money.Fen(3*rounds-formed)*80_00, rounds*80_00)
		w.check()
	})
}

// settledAs waits for the engine's answer to a payment.
func (w *world) settledAs(engine *groupbuyclient.ClientWithResponses, orderID string) (outcome groupbuywire.SettlementOutcome) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		told, err := engine.GetSeatWithResponse(context.Background(), orderID)
		if err != nil || told.JSON200 == nil {
			return false
		}
		outcome = told.JSON200.Seat.Settlement
		return outcome != ""
	}, patience, pace)
	return outcome
}

// Everything is asked back while the difference to a lower price is on its way: together they are what was paid.
func TestApp_RefundWithADifference(t *testing.T) {
	onEachStoreUnshipped(t, func(w *world) {
		activityID := w.sell("cup", 10, twoThenThree)
		engine := w.partner()
		buyers := []*buyer{w.buyer("anna"), w.buyer("bert"), w.buyer("cora")}
		ids := w.together("cup", activityID, buyers)
		for i, b := range buyers {
			b.becomes(ids[i], mallwire.OrderStatusToShip)
		}
		buyers[0].refund(engine, ids[0])
		for i, b := range buyers[1:] {
			w.settled(engine, b.differenceBack(ids[i+1]))
		}
		buyers[1].refund(engine, ids[1]) // after the difference
		w.requireGateway(240_00, 80_00+80_00+10_00)
		w.check()
	})
}

// An order that was bought alone, and one whose refund was asked for at the engine, under the number given there.
func TestApp_RefundWithoutATeamAndFromTheEngine(t *testing.T) {
	onEachStoreUnshipped(t, func(w *world) {
		activityID := w.sell("cup", 10, nil)
		engine := w.partner()
		anna := w.buyer("anna")
		alone := anna.tryOrder("alone", mallwire.OrderInput{Mode: mallwire.Solo, ProductID: "cup", SKUID: "one"}).JSON201
		require.Equal(w.t, "order_unpaid", anna.tryRefund(alone.OrderID).ApplicationProblemJSONDefault.Code)
		anna.pay(alone.OrderID)
		anna.becomes(alone.OrderID, mallwire.OrderStatusToShip)
		back, err := w.shop().AdminRefundOrderWithResponse(context.Background(), alone.OrderID, mallwire.RefundInput{Reason: "out of stock"}, bearer(w.token))
		require.NoError(w.t, err)
		require.NotNil(w.t, back.JSON200, string(back.Body))
		require.Equal(w.t, "operator_refund", anna.becomes(alone.OrderID, mallwire.OrderStatusRefunded).Order.Reason)

		opened := anna.lock("cup", activityID, "")
		anna.pay(opened.OrderID)
		anna.becomes(opened.OrderID, mallwire.OrderStatusTeaming)
		asked, err := engine.RefundSeatWithResponse(context.Background(), opened.OrderID, groupbuywire.RefundInput{OutRequestNo: "desk-1", Reason: "by phone"})
		require.NoError(w.t, err)
		require.NotNil(w.t, asked.JSON200, string(asked.Body))
		view := anna.wholeBack(engine, opened.OrderID)
		require.Equal(w.t, "desk-1", view.Refunds[0].RefundNo)
		require.Equal(w.t, "by phone", view.Order.Detail)
		w.requireGateway(180_00, 180_00)
		w.check()
	})
}

// A restart right after the request loses nothing and pays nobody twice.
func TestApp_RefundSurvivesARestart(t *testing.T) {
	onEachStoreUnshipped(t, func(w *world) {
		activityID := w.sell("cup", 10, nil)
		anna := w.buyer("anna")
		ids := make([]string, 3)
		for i := range ids {
			order := anna.lock("cup", activityID, "")
			anna.pay(order.OrderID)
			anna.becomes(order.OrderID, mallwire.OrderStatusTeaming)
			ids[i] = order.OrderID
		}
		for _, id := range ids {
			require.NotNil(w.t, anna.tryRefund(id).JSON200)
		}
		w.stop()
		w.start()
		engine := w.partner()
		for _, id := range ids {
			anna.wholeBack(engine, id)
		}
		w.requireGateway(240_00, 240_00)
		w.check()
	})
}

// Goods that were sent need an after-sale; nobody else's money is asked back.
func TestApp_RefundRefused(t *testing.T) {
	w := open(t, nil)
	w.sell("cup", 10, nil)
	anna, bert := w.buyer("anna"), w.buyer("bert")
	order := anna.tryOrder("alone", mallwire.OrderInput{Mode: mallwire.Solo, ProductID: "cup", SKUID: "one"}).JSON201
	anna.pay(order.OrderID)
	anna.becomes(order.OrderID, mallwire.OrderStatusShipped)
	for name, c := range map[string]struct {
		who  *buyer
		id   string
		code string
	}{
		"sent":            {anna, order.OrderID, "after_sale_needed"},
		"somebody else's": {bert, order.OrderID, "order_not_found"},
	} {
		require.Equal(t, c.code, c.who.tryRefund(c.id).ApplicationProblemJSONDefault.Code, name)
	}
	w.requireGateway(100_00, 0)
	w.check()
}
