package groupbuyapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	wire "kaituan/api/groupbuywire"
	"kaituan/money"
)

// everything is a draft with every rule that the engine knows.
func (w *world) everything() m {
	draft := w.draft()
	for field, value := range (m{
		"rules":               []m{{"plan": m{"kind": "reduce", "off_fen": 2000}}, {"plan": m{"kind": "percent", "share_bp": 5000}, "tag": "paid_buyers"}},
		"leader_discount_fen": 100,
		"tiers":               []m{{"size": 4, "plan": m{"kind": "reduce", "off_fen": 3000}}, {"size": 6, "plan": m{"kind": "fixed", "price_fen": 5000}}},
		"allow_buyers":        []string{"u1002", "u1001", "u1003"}, "deny_buyers": []string{"u9"}, "blocked_channels": []string{"live"},
		"rollout_percent": 100, "new_buyers_only": true, "instant_tag": "paid_buyers", "min_real": 1, "buy_alone": false,
		"limits": m{"open": 1}, "stock": []m{{"goods_id": "cup", "sku_id": "cup-blue", "pieces": 10}},
	}) {
		draft[field] = value
	}
	return draft
}

func asksFor(buyer string, changes ...any) any {
	return with(m{"buyer_id": buyer, "channel": "h5", "items": []m{{"goods_id": "cup", "sku_id": "cup-blue"}}}, changes...)
}

func TestRules_FromDraftToSeat(t *testing.T) {
	w := newWorld(t)
	w.put(partnerSide+"/goods/cup", goodsInput()).ok(200)
	created := into[wire.Activity](w.post(operatorSide+"/activities", w.everything()), 201)
	require.Equal(t, []string{"u1001", "u1002", "u1003"}, created.AllowBuyers, "in order")
	require.False(t, created.BuyAlone)
	one := operatorSide + "/activities/" + created.ActivityID
	read := into[wire.Activity](w.get(one), 200)
	require.Equal(t, created, read)
	require.Equal(t, created.Tiers, into[wire.Activity](w.put(one, w.everything()), 200).Tiers)
	w.post(one+"/publish", nil).ok(200)

	quote := into[wire.Trial](w.post(partnerSide+"/trials", asksFor("u1001", "explain", true)), 200).Quotes[0]
	require.Equal(t, [3]money.Fen{9900, 7800, 100}, [3]money.Fen{quote.OriginalPriceFen, quote.PayPriceFen, quote.LeaderDiscountFen})
	require.Equal(t, []wire.TierPrice{{Size: 2, PriceFen: 7800}, {Size: 4, PriceFen: 6800}, {Size: 6, PriceFen: 4900}}, quote.Tiers)
	require.False(t, quote.BuyAlone)
	require.Len(t, quote.Verdicts, 8+4+2+2)
	denied := into[wire.Trial](w.post(partnerSide+"/trials", asksFor("u9")), 200).Quotes[0]
	require.Equal(t, wire.TrialReason("buyer_denied"), denied.Reason)
	require.Empty(t, denied.Verdicts)

	stale := lockInput("ord_1", created.ActivityID, "u1001")
	stale["expected_price_fen"] = 7900
	changed := w.post(partnerSide+"/seats", stale).refused(409, "price_changed")
	require.Equal(t, money.Fen(7800), changed.CurrentPriceFen)
	seat := w.lock("ord_1", created.ActivityID, "u1001", "").Seat
	require.Equal(t, [2]money.Fen{7800, 100}, [2]money.Fen{seat.PayPriceFen, seat.LeaderDiscountFen})
	again := into[wire.Trial](w.post(partnerSide+"/trials", asksFor("u1001", "explain", true)), 200).Quotes[0]
	require.Equal(t, wire.TrialReason("limit_open"), again.Reason)

	for _, seen := range []answer{w.get(partnerSide + "/activities/" + created.ActivityID), w.get(partnerSide + "/activities"), w.get(operatorSide + "/activities"), w.get(partnerSide + "/events")} {
		require.NotContains(t, seen.ok(200).Body.String(), "u1003", "lists of buyers are for operators who ask for the activity")
	}
}

func TestDryRun_AtAnotherTime(t *testing.T) {
	w := newWorld(t)
	w.put(partnerSide+"/goods/cup", goodsInput()).ok(200)
	id := into[wire.Activity](w.post(operatorSide+"/activities", w.everything()), 201).ActivityID
	path := operatorSide + "/activities/" + id + "/trial"
	over := into[wire.DryRun](w.post(path, asksFor("u1001", "at", w.now.Add(48*time.Hour))), 200)
	require.Equal(t, wire.TrialReason("activity_not_open"), over.Quotes[0].Reason)
	joins := into[wire.DryRun](w.post(path, asksFor("u1001", "joining", true)), 200)
	require.Equal(t, wire.TrialReason("new_buyers_only"), joins.Quotes[0].Reason, "nobody knows yet who ever paid")
	require.Equal(t, money.Fen(7900), joins.Quotes[0].PayPriceFen, "the leader's discount is for who opens")
	w.post(operatorSide+"/activities/act_0/trial", asksFor("u1001")).refused(404, "activity_not_found")
}

// An operator who reads Chinese gets Chinese reasons.
func TestVerdicts_AreInTheCallersLanguage(t *testing.T) {
	w := newWorld(t)
	w.put(partnerSide+"/goods/cup", goodsInput()).ok(200)
	for _, change := range []m{{}, {"allow_buyers": []string{}, "channels": []string{"h5"}, "new_buyers_only": false, "audience": m{"see": "paid_buyers"}}} {
		draft := w.everything()
		draft["name"] = fmt.Sprint(len(change))
		for field, value := range change {
			draft[field] = value
		}
		id := into[wire.Activity](w.post(operatorSide+"/activities", draft), 201).ActivityID
		for _, joining := range []bool{false, true} {
			run := func(language string) []wire.Verdict {
				r := request{method: http.MethodPost, path: operatorSide + "/activities/" + id + "/trial", body: asksFor("u1001", "joining", joining)}
				r.edit = func(req *http.Request) { req.Header.Set("Accept-Language", language) }
				return into[wire.DryRun](w.call(r), 200).Quotes[0].Verdicts
			}
			for _, v := range run("zh") {
				require.True(t, strings.ContainsFunc(v.Detail, func(r rune) bool { return unicode.Is(unicode.Han, r) }), "%s: %q", v.Rule, v.Detail)
			}
			for _, v := range run("en") {
				require.False(t, strings.ContainsFunc(v.Detail, func(r rune) bool { return unicode.Is(unicode.Han, r) }), "%s: %q", v.Rule, v.Detail)
			}
		}
	}
}

func TestRules_BadInput(t *testing.T) {
	w := newWorld(t)
	buyers := make([]string, 100_000)
	for i := range buyers {
		buyers[i] = fmt.Sprintf("customer-%d", i)
	}
	for _, test := range []struct {
		field string
		value any
		param string
	}{
		{"deny_buyers", buyers, "deny_buyers"},
		{"allow_buyers", []string{"ann", "b b"}, "allow_buyers[1]"},
		{"rollout_percent", 101, "rollout_percent"},
		{"rollout_percent", -1, "rollout_percent"},
		{"rollout_percent", "half", "rollout_percent"},
		{"tiers", []m{{"size": 1, "plan": m{"kind": "reduce"}}}, "tiers[0].size"},
		{"tiers", []m{{"size": 4}}, "tiers[0].plan"},
		{"rules", []m{{"plan": m{"kind": "percent", "share_bp": 10001}}}, "rules[0].plan.share_bp"},
		{"rules", slices.Repeat([]m{{"plan": m{"kind": "reduce"}}}, 21), "rules"},
		{"audience", m{"see": "a b"}, "audience.see"},
		{"plan", m{"kind": "reduce", "off_fen": 1}, "plan"}, // there is one way to say a price
	} {
		t.Run(test.param, func(t *testing.T) {
			a := w.post(operatorSide+"/activities", with(w.draft(), test.field, test.value))
			require.Equal(t, 400, a.Code, a.Body.String())
			require.Equal(t, test.param, into[wire.Problem](a, 400).Param)
		})
	}
	p := w.post(operatorSide+"/activities", with(w.draft(), "deny_buyers", buyers)).refused(400, "invalid")
	require.Contains(t, p.Detail, "100000")
	p = w.post(operatorSide+"/activities", with(w.draft(), "rollout_percent", 101)).refused(400, "invalid")
	require.Equal(t, []wire.Fault{{Param: "rollout_percent", Value: "101", Detail: "want 0 (nobody) to 100 (everybody) percent"}}, p.Faults)
	p = w.post(operatorSide+"/activities", with(w.draft(), "deny_buyers", buyers)).refused(400, "invalid")
	require.Contains(t, p.Detail, "10000 ")
}

func TestPublish_TellsEveryFaultOfTheRules(t *testing.T) {
	w := newWorld(t)
	w.put(partnerSide+"/goods/cup", goodsInput()).ok(200)
	bad := w.everything()
	bad["rules"] = []m{{"plan": m{"kind": "reduce", "off_fen": 9900}, "tag": "nobody"}}
	bad["tiers"] = []m{{"size": 2, "plan": m{"kind": "reduce", "off_fen": 1}}}
	bad["min_real"], bad["ends_at"], bad["audience"] = 3, w.now.Add(-2*time.Hour), m{"join": "gone"}
	bad["allow_buyers"] = []string{"u9"}
	id := into[wire.Activity](w.post(operatorSide+"/activities", bad), 201).ActivityID
	publish := request{method: http.MethodPost, path: operatorSide + "/activities/" + id + "/publish"}
	publish.edit = func(r *http.Request) { r.Header.Set("Accept-Language", "zh") }
	p := w.call(publish).refused(422, "activity_invalid")
	var params []string
	for _, fault := range p.Faults {
		params = append(params, fault.Param)
		require.NotRegexp(t, `[a-z]{3,} [a-z]{3,}`, fault.Detail, "no Chinese for it")
	}
	require.ElementsMatch(t, []string{"rules", "rules[0].plan", "tiers[0].size", "min_real", "ends_at", "audience.join", "rules[0].tag", "allow_buyers[0]"}, params)
}

func TestChangeActivity_OnTheWire(t *testing.T) {
	w := newWorld(t)
	id := w.published(m{"stock": []m{{"goods_id": "cup", "sku_id": "cup-blue", "pieces": 10}}})
	patch := func(body m) answer {
		return w.call(request{method: http.MethodPatch, path: operatorSide + "/activities/" + id, body: body})
	}
	p := patch(m{"ends_at": w.now, "stock": []m{{"goods_id": "cup", "sku_id": "cup-blue", "pieces": 10}}}).refused(422, "activity_invalid")
	require.Len(t, p.Faults, 2)
	patch(m{"team_size": 3}).refused(400, "unknown_field")
	into[wire.Activity](patch(m{}), 200)
	w.post(operatorSide+"/activities/"+id+"/archive", nil).refused(409, "activity_state")
	w.post(operatorSide+"/activities/"+id+"/end", nil).ok(200)
	patch(m{"name": "x"}).refused(409, "activity_state")
}
