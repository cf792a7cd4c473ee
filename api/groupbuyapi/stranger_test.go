package groupbuyapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	wire "kaituan/api/groupbuywire"
	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
)

// A partner finds nothing of another one's, whatever it calls: activities, teams, seats, refunds, deliveries, events.
func TestEveryPartnerOperation_FindsNothingOfOthers(t *testing.T) {
	w := newWorld(t)
	activityID := w.published()
	seat := w.lock("ord_1", activityID, "ann", "")
	w.post(partnerSide+"/seats/ord_1/payment", payment(w)).ok(200)
	w.post(operatorSide+"/partners/mall/endpoints", m{"url": "https://mall.example.com"}).ok(201)
	delivery := w.firstDelivery()

	own := map[string]string{
		"{activity_id}": activityID, "{team_id}": seat.Team.TeamID, "{out_trade_no}": "ord_1", "{delivery_id}": delivery,
		"{goods_id}": "cup", "{out_request_no}": "ord_1-r",
	}
	stranger := w.enrol("stranger")
	tried := 0
	eachOperation(w.spec, func(method, path string, operation *openapi3.Operation) {
		if operation.Security != nil || !strings.Contains(path, "{") || path == partnerSide+"/goods/{goods_id}" { // which it would register as its own
			return
		}
		for name, value := range own {
			path = strings.ReplaceAll(path, name, value)
		}
		require.NotContains(t, path, "{")
		body, _ := example(operation)
		a := w.call(request{method: method, path: path, body: body, key: &stranger})
		if strings.HasSuffix(path, "/goods/cup/teams") { // a list
			require.Empty(t, into[wire.OpenTeamList](a, 200).Items)
		} else {
			require.Equal(t, http.StatusNotFound, a.Code, "%s: %s", operation.OperationID, a.Body)
		}
		tried++
	})
	require.Greater(t, tried, 8)
	for _, list := range []string{"/activities", "/events", "/deliveries"} {
		a := w.call(request{method: http.MethodGet, path: partnerSide + list, key: &stranger}).ok(200)
		require.Contains(t, a.Body.String(), `"items":[]`, list)
	}
	require.Equal(t, wire.SeatStatus("paid"), into[wire.SeatWithTeam](w.get(partnerSide+"/seats/ord_1"), 200).Seat.Status)
}

// firstDelivery asks for a test of the webhook and returns its delivery.
func (w *world) firstDelivery() string {
	w.Helper()
	tested := into[wire.Event](w.post(partnerSide+"/webhook-tests", nil), 202)
	require.NoError(w, w.engine.Dispatch(w.Context(), "m", groupbuy.News{Event: partner.EventID(tested.ID)}))
	all := into[wire.DeliveryList](w.get(partnerSide+"/deliveries"), 200).Items
	require.NotEmpty(w, all)
	return all[0].DeliveryID
}
