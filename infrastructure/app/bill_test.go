package app_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallwire"
	"kaituan/infrastructure/sqldb"
	"kaituan/money"
)

// box sends a word to the sandbox's own API.
func (w *world) box(method, path, body string, want int) {
	w.t.Helper()
	status, answer := w.call(method, "/sandbox/alipay"+path, http.Header{"Content-Type": {"application/json"}}, body)
	require.Equal(w.t, want, status, answer)
}

// matched has a day's bill matched and returns its differences once it was.
func (w *world) matched(day string) []mallwire.BillDifference {
	w.t.Helper()
	asked := time.Now()
	run, err := w.shop().RunBillWithResponse(context.Background(), day, bearer(w.token))
	require.NoError(w.t, err)
	require.NotNil(w.t, run.JSON202, string(run.Body))
	require.Eventually(w.t, func() bool {
		list, err := w.shop().ListBillsWithResponse(context.Background(), nil, bearer(w.token))
		require.NoError(w.t, err)
		for _, b := range list.JSON200.Items {
			if b.Day == day && b.MatchedAt.After(asked) {
				return true
			}
		}
		return false
	}, patience, pace)
	list, err := w.shop().ListBillDifferencesWithResponse(context.Background(), day, nil, bearer(w.token))
	require.NoError(w.t, err)
	return list.JSON200.Items
}

// A payment of which neither notice nor answer ever came is found in the bill and seated by itself. What the bill alone
// knows is told with a proposal, and ends with an operator's word.
func TestApp_BillFindsWhatNobodyTold(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 10, nil)
		anna := w.buyer("anna")
		order := anna.lock("cup", activityID, "")
		page := anna.payPage(order.OrderID)
		w.box(http.MethodPost, "/faults", `{"target":"notice","fault":"lost"}`, http.StatusCreated)
		far := time.Now().Add(24 * time.Hour).UnixMilli()
		require.EqualValues(w.t, 1, w.do(sqldb.Mall, "UPDATE payments SET next_ask_at = ? WHERE order_id = ?", far, order.OrderID))
		w.payAt(page)
		view := anna.order(order.OrderID)
		require.Equal(w.t, mallwire.OrderStatusAwaitingPayment, view.Order.Status, "neither notice nor question")

		day := time.Now().In(time.FixedZone("CST", 8*3600)).Format(time.DateOnly)
		w.box(http.MethodPost, "/faults", `{"target":"bill","fault":"line_extra","amount_fen":500,"day":"`+day+`"}`, http.StatusCreated)
		w.box(http.MethodPost, "/clock", `{"jump_ms":129600000}`, http.StatusOK) // past nine in the morning
		found := w.matched(day)
		anna.becomes(order.OrderID, mallwire.OrderStatusTeaming)
		require.Len(w.t, found, 2)
		slices.SortFunc(found, func(a, b mallwire.BillDifference) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
		require.Equal(w.t, mallwire.PaymentUnbooked, found[0].Kind)
		require.Equal(w.t, mallwire.Repaired, found[0].Status)
		require.Equal(w.t, order.OrderID, found[0].OrderID)
		require.Equal(w.t, mallwire.PaymentUnknown, found[1].Kind)
		require.Equal(w.t, money.Fen(5_00), found[1].AlipayFen)
		require.Equal(w.t, mallwire.DifferenceProposalIdentify, found[1].Proposal)

		resolved, err := w.shop().ResolveBillDifferenceWithResponse(context.Background(), found[1].DifferenceID,
			mallwire.ResolutionInput{Action: mallwire.DifferenceActionAccept, Note: "a till of ours"}, bearer(w.token))
		require.NoError(w.t, err)
		require.NotNil(w.t, resolved.JSON200, string(resolved.Body))
		require.Equal(w.t, mallwire.Resolved, resolved.JSON200.Status)

		w.endWindow(order.TeamID)
		anna.becomes(order.OrderID, mallwire.OrderStatusRefunded)
		w.check()
	})
}
