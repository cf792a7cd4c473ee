package groupbuyapi_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuyapi"
	wire "kaituan/api/groupbuywire"
	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/money"
)

// The life of one team, through every operation of the specification.
func TestOperations_PlayAWholeGroupBuy(t *testing.T) {
	w := newWorld(t)
	configure(w)
	id := activityLife(w)
	prices(w, id)
	team := teamLife(w, id)
	lateAndLost(w, id)
	givenBack(w, id)
	openTeams(w, id)
	events(w, team)
	crowds(w)
	desk(w, team)
	for path, item := range w.spec.Paths.Map() {
		for method, operation := range item.Operations() {
			require.True(t, w.called[operation.OperationID], "%s %s never succeeded", method, path)
		}
	}
}

func configure(w *world) {
	p := into[wire.Partner](w.put(operatorSide+"/partners/other", m{"name": "云朵商城"}), 200)
	require.Equal(w, "云朵商城", p.Name)
	require.Len(w, into[wire.PartnerList](w.get(operatorSide+"/partners"), 200).Items, 2)
	require.Empty(w, into[wire.JobList](w.get(operatorSide+"/jobs"), 200).Items, "no worker runs here")
	require.True(w, into[wire.InvariantReport](w.get(operatorSide+"/invariants"), 200).Holds)

	made := into[wire.KeyWithSecret](w.post(operatorSide+"/partners/other/keys", nil), 201)
	require.NotEmpty(w, made.Secret)
	require.Equal(w, w.now, made.Key.CreatedAt.Time)
	keys := w.get(operatorSide + "/partners/other/keys")
	require.NotContains(w, keys.Body.String(), made.Secret)
	require.Len(w, into[wire.KeyList](keys, 200).Items, 1)
	revoked := into[wire.Key](w.post(operatorSide+"/partners/other/keys/"+made.Key.KeyID+"/revoke", m{}), 200)
	require.False(w, revoked.RevokedAt.IsZero())

	endpoints := operatorSide + "/partners/mall/endpoints"
	endpoint := into[wire.EndpointWithSecret](w.post(endpoints, m{"url": "https://mall.example.com/callbacks/groupbuy"}), 201)
	require.Contains(w, endpoint.Secret, "whsec_")
	require.Equal(w, w.now, endpoint.Endpoint.CreatedAt.Time)
	one := endpoints + "/" + endpoint.Endpoint.EndpointID
	rotated := into[wire.EndpointWithSecret](w.call(request{method: http.MethodPatch, path: one, body: m{"rotate_secret": true}}), 200)
	require.Equal(w, 2, rotated.Endpoint.Secrets)
	require.NotEqual(w, endpoint.Secret, rotated.Secret)
	dropped := into[wire.EndpointWithSecret](w.call(request{method: http.MethodPatch, path: one, body: m{"drop_old_secret": true, "status": "enabled"}}), 200)
	require.Equal(w, 1, dropped.Endpoint.Secrets)
	require.Empty(w, dropped.Secret)
	list := w.get(endpoints)
	require.NotContains(w, list.Body.String(), "whsec_")
	require.Len(w, into[wire.EndpointList](list, 200).Items, 1)
}

func activityLife(w *world) string {
	goods := into[wire.Goods](w.put(partnerSide+"/goods/cup", goodsInput()), 200)
	require.Equal(w, money.Fen(9900), goods.Skus[0].OriginalPriceFen)

	bare := into[wire.Activity](w.post(operatorSide+"/activities", m{"partner_id": "mall", "name": "草稿"}), 201)
	require.Equal(w, wire.Draft, bare.Status)
	rewritten := w.draft()
	rewritten["name"], rewritten["stock"] = "青花茶杯", []m{{"goods_id": "cup", "sku_id": "cup-blue", "pieces": 100}}
	one := operatorSide + "/activities/" + bare.ActivityID
	require.Equal(w, 2, into[wire.Activity](w.put(one, rewritten), 200).TeamSize)
	dry := into[wire.DryRun](w.post(one+"/trial", m{"buyer_id": "u1001", "channel": "h5", "items": []m{{"goods_id": "cup", "sku_id": "cup-blue"}}}), 200)
	require.Equal(w, wire.Draft, dry.Status)
	require.Equal(w, money.Fen(7900), dry.Quotes[0].PayPriceFen)
	require.True(w, dry.Quotes[0].Joinable, "as if it were published")
	w.post(one+"/publish", nil).ok(200)
	more := m{"name": "青花茶杯（加量）", "stock": []m{{"goods_id": "cup", "sku_id": "cup-blue", "pieces": 200}}}
	changed := into[wire.Activity](w.call(request{method: http.MethodPatch, path: one, body: more}), 200)
	require.Equal(w, "青花茶杯（加量）", changed.Name)
	require.Equal(w, 200, changed.Stock[0].Pieces)
	copied := into[wire.Activity](w.post(one+"/copy", m{"name": "第二期"}), 201)
	require.Equal(w, wire.Draft, copied.Status)
	require.Equal(w, changed.Rules, copied.Rules)
	for _, step := range []struct{ move, status string }{{"pause", "paused"}, {"end", "ended"}, {"archive", "archived"}} {
		require.Equal(w, wire.ActivityStatus(step.status), into[wire.Activity](w.post(one+"/"+step.move, nil), 200).Status)
	}
	require.Equal(w, wire.Archived, into[wire.Activity](w.get(one), 200).Status)

	id := w.published(m{"limits": m{"total": 5}})
	page := into[wire.ActivityPage](w.get(operatorSide+"/activities?limit=1"), 200)
	require.True(w, page.HasMore)
	require.Equal(w, id, page.Items[0].ActivityID)
	page = into[wire.ActivityPage](w.get(operatorSide+"/activities?partner_id=mall&limit=2&cursor="+page.NextCursor), 200)
	require.False(w, page.HasMore)
	require.Equal(w, []string{copied.ActivityID, bare.ActivityID}, []string{page.Items[0].ActivityID, page.Items[1].ActivityID})
	require.Len(w, into[wire.ActivityPage](w.get(operatorSide+"/activities?status=archived"), 200).Items, 1)

	require.Len(w, into[wire.ActivityList](w.get(partnerSide+"/activities?channel=h5"), 200).Items, 1)
	require.Equal(w, id, into[wire.Activity](w.get(partnerSide+"/activities/"+id), 200).ActivityID)
	return id
}

func prices(w *world, id string) {
	trial := into[wire.Trial](w.post(partnerSide+"/trials", m{
		"buyer_id": "u1001", "channel": "h5", "teams_limit": 3, "statistics": true,
		"items": []m{{"goods_id": "cup", "sku_id": "cup-blue"}, {"goods_id": "unknown", "sku_id": "x"}},
	}), 200)
	require.Equal(w, id, trial.Quotes[0].Activity.ActivityID)
	require.Equal(w, money.Fen(7900), trial.Quotes[0].PayPriceFen)
	require.Equal(w, money.Fen(2000), trial.Quotes[0].DeductionFen)
	require.True(w, trial.Quotes[0].Joinable)
	require.Equal(w, "unknown", trial.Quotes[1].GoodsID)
	require.Equal(w, wire.TrialReason("goods_not_found"), trial.Quotes[1].Reason)
	require.NotNil(w, trial.Goods[0].Statistics, "statistics of nothing are zeros, not nothing")
}

func teamLife(w *world, id string) string {
	opened := w.lock("ord_1", id, "u1001", "")
	require.True(w, opened.Seat.Opened)
	require.Equal(w, wire.Held, opened.Seat.Status)
	team := opened.Team.TeamID
	first := into[wire.Settlement](w.post(partnerSide+"/seats/ord_1/payment", payment(w)), 200)
	require.Equal(w, wire.SettlementOutcomeJoined, first.Outcome)

	w.lock("ord_2", id, "u1002", team)
	second := w.post(partnerSide+"/seats/ord_2/payment", payment(w))
	require.Empty(w, second.Header().Get("Idempotency-Replayed"))
	require.Equal(w, wire.SettlementOutcomeFormed, into[wire.Settlement](second, 200).Outcome)
	again := w.post(partnerSide+"/seats/ord_2/payment", payment(w))
	require.Equal(w, "true", again.Header().Get("Idempotency-Replayed"))
	require.Equal(w, wire.SettlementOutcomeFormed, into[wire.Settlement](again, 200).Outcome)
	repeated := w.post(partnerSide+"/seats", lockInput("ord_1", id, "u1001")).ok(201)
	require.Equal(w, "true", repeated.Header().Get("Idempotency-Replayed"))

	seen := into[wire.TeamWithSeats](w.get(partnerSide+"/teams/"+team), 200)
	require.Equal(w, wire.TeamStatusFormed, seen.Team.Status)
	require.Len(w, seen.Seats, 2)
	require.True(w, seen.Seats[0].Leader)
	require.Equal(w, wire.Paid, into[wire.SeatWithTeam](w.get(partnerSide+"/seats/ord_2"), 200).Seat.Status)
	return team
}

func lateAndLost(w *world, id string) {
	w.lock("ord_3", id, "u1003", "")
	released := into[wire.SeatWithTeam](w.post(partnerSide+"/seats/ord_3/release", nil), 200)
	require.Equal(w, wire.Released, released.Seat.Status)
	late := into[wire.Settlement](w.post(partnerSide+"/seats/ord_3/payment", payment(w)), 200)
	require.Equal(w, wire.SettlementOutcomeRefundRequired, late.Outcome)
	require.Equal(w, "team_not_forming", late.Reason)
	confirm := partnerSide + "/seats/ord_3/refunds/rf_1/confirm"
	require.Equal(w, "rf_1", into[wire.SeatWithTeam](w.post(confirm, nil), 200).Seat.RefundNo)
	require.Equal(w, "true", w.post(confirm, nil).ok(200).Header().Get("Idempotency-Replayed"))
}

func givenBack(w *world, id string) {
	w.lock("ord_back", id, "u1005", "")
	w.post(partnerSide+"/seats/ord_back/payment", payment(w)).ok(200)
	ask := m{"out_request_no": "rf_2", "reason": "买错了"}
	back := into[wire.SeatWithTeam](w.post(partnerSide+"/seats/ord_back/refunds", ask), 200)
	require.Equal(w, wire.Refunding, back.Seat.Status)
	require.Equal(w, wire.TeamStatusFailed, back.Team.Status, "nobody is left")
	again := w.post(partnerSide+"/seats/ord_back/refunds", ask).ok(200)
	require.Equal(w, "true", again.Header().Get("Idempotency-Replayed"))
	w.post(partnerSide+"/seats/ord_back/refunds/rf_2/confirm", nil).ok(200)
}

func openTeams(w *world, id string) {
	w.lock("ord_4", id, "u1004", "")
	require.Empty(w, into[wire.OpenTeamList](w.get(partnerSide+"/goods/cup/teams"), 200).Items, "its leader has not paid")
	own := into[wire.OpenTeamList](w.get(partnerSide+"/goods/cup/teams?buyer_id=u1004"), 200).Items
	require.True(w, own[0].Own)
	w.post(partnerSide+"/seats/ord_4/payment", payment(w)).ok(200)
	listed := w.get(partnerSide + "/goods/cup/teams?buyer_id=u9&limit=5")
	require.Equal(w, "u***4", into[wire.OpenTeamList](listed, 200).Items[0].Leader)
	require.NotContains(w, listed.Body.String(), "u1004")
}

func events(w *world, team string) {
	tested := into[wire.Event](w.post(partnerSide+"/webhook-tests", nil), 202)
	require.Equal(w, "webhook.test", tested.Type)
	types, last := eventTypes(w, team)
	require.Equal(w, []string{"team.opened", "seat.held", "seat.paid", "seat.held", "seat.paid", "team.formed"}, types)
	empty := into[wire.EventList](w.get(partnerSide+"/events?cursor="+last), 200)
	require.Empty(w, empty.Items)
	require.Equal(w, last, empty.NextCursor, "the end of the log is a place to go on from")

	require.NoError(w, w.engine.Dispatch(w.Context(), "m", groupbuy.News{Event: partner.EventID(tested.ID)}))
	pending := into[wire.DeliveryList](w.get(partnerSide+"/deliveries?status=pending"), 200).Items
	require.Len(w, pending, 1)
	one := partnerSide + "/deliveries/" + pending[0].DeliveryID
	w.post(one+"/replay", nil).refused(409, "delivery_pending")
	require.NoError(w, w.engine.SendDelivery(w.Context(), partner.DeliveryID(pending[0].DeliveryID)))
	log := into[wire.DeliveryWithAttempts](w.get(one), 200)
	require.Equal(w, wire.Dead, log.Delivery.Status)
	require.Equal(w, "connection refused", log.Attempts[0].Error)
	require.Equal(w, wire.Pending, into[wire.Delivery](w.post(one+"/replay", nil), 202).Status)
}

// eventTypes reads the whole log in small pages.
func eventTypes(w *world, team string) (types []string, cursor string) {
	for more := true; more; {
		page := into[wire.EventList](w.get(partnerSide+"/events?limit=3&cursor="+cursor), 200)
		for _, e := range page.Items {
			if e.Data.Team.TeamID == team {
				types = append(types, e.Type)
			}
		}
		more, cursor = page.HasMore, page.NextCursor
	}
	return types, cursor
}

func TestEncoder_WritesTheEventOfTheSpecification(t *testing.T) {
	w := newWorld(t)
	id := w.published()
	w.lock("ord_1", id, "u1", "")
	logged, err := w.engine.Events(t.Context(), "mall", "", 100)
	require.NoError(t, err)
	schema := w.spec.Components.Schemas["Event"].Value
	for _, event := range logged {
		body, err := groupbuyapi.Encoder{}.Encode(event)
		require.NoError(t, err)
		var value any
		require.NoError(t, json.Unmarshal(body, &value))
		require.NoError(t, schema.VisitJSON(value), string(body))
	}
	require.Len(t, logged, 3, "published, opened, held")
}

func TestInstants_AreUTCWithThreeDecimals(t *testing.T) {
	w := newWorld(t)
	w.now = time.Date(2026, 11, 20, 16, 0, 0, 120_000_000, time.FixedZone("CST", 8*3600))
	answer := w.put(partnerSide+"/goods/cup", goodsInput()).ok(200)
	require.Contains(t, answer.Body.String(), `"updated_at":"2026-11-20T08:00:00.120Z"`)
}
