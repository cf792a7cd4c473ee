package groupbuyapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wire "kaituan/api/groupbuywire"
	"kaituan/api/sign"
)

// refusal is one bad call and what it must be answered with.
type refusal struct {
	name   string
	call   request
	status int
	code   string
	param  string
}

func (w *world) refuseAll(cases []refusal) {
	for _, tc := range cases {
		w.Run(tc.name, func(t *testing.T) {
			inner := *w
			inner.T = t
			p := inner.call(tc.call).refused(tc.status, tc.code)
			require.Equal(t, tc.param, p.Param)
		})
	}
}

func with(in m, changes ...any) m {
	out := m{}
	for k, v := range in {
		out[k] = v
	}
	for i := 0; i < len(changes); i += 2 {
		out[changes[i].(string)] = changes[i+1]
	}
	return out
}

func TestBodies_AreReadStrictly(t *testing.T) {
	w := newWorld(t)
	id := w.published()
	good := lockInput("ord_1", id, "u1")
	seats := func(body any) request {
		return request{method: http.MethodPost, path: partnerSide + "/seats", body: body}
	}
	goods := func(body any) request {
		return request{method: http.MethodPut, path: partnerSide + "/goods/cup", body: body}
	}
	w.refuseAll([]refusal{
		{"empty", seats(""), 400, "malformed_json", ""},
		{"broken off", seats(`{"out_trade_no":`), 400, "malformed_json", ""},
		{"not JSON", seats(`out_trade_no=1`), 400, "malformed_json", ""},
		{"an array", seats(`[]`), 400, "malformed_json", ""},
		{"null", seats(`null`), 400, "malformed_json", ""},
		{"something behind", seats(`{} {}`), 400, "invalid", "activity_id"},
		{"trailing comma", goods(`{"name":"x","skus":[],}`), 400, "malformed_json", ""},
		{"unknown field", seats(with(good, "price_fen", 1)), 400, "unknown_field", "price_fen"},
		{"another spelling", seats(with(good, "Quantity", 1)), 400, "unknown_field", "Quantity"},
		{"unknown field inside", goods(m{"name": "x", "skus": []m{{"sku_id": "a", "name": "b", "original_price_fen": 1, "stock": 1}}}), 400, "unknown_field", "skus[0].stock"},
		{"field twice", goods(`{"name":"x","name":"y","skus":[]}`), 400, "malformed_json", "name"},
		{"text for a number", seats(with(good, "quantity", "1")), 400, "malformed_json", "quantity"},
		{"number for a text", seats(with(good, "buyer_id", 1)), 400, "malformed_json", "buyer_id"},
		{"fraction of a fen", seats(with(good, "expected_price_fen", 79.5)), 400, "malformed_json", "expected_price_fen"},
		{"null for a field", seats(with(good, "team_id", nil)), 400, "malformed_json", "team_id"},
		{"missing field", seats(m{"out_trade_no": "x"}), 400, "invalid", "activity_id"},
		{"object for an array", goods(m{"name": "x", "skus": m{}}), 400, "malformed_json", "skus"},
		{"wrong time", request{method: http.MethodPost, path: partnerSide + "/seats/x/payment",
			body: m{"amount_fen": 1, "paid_at": "yesterday", "provider_no": "1"}}, 400, "malformed_json", "paid_at"},
		{"body where none is wanted", request{method: http.MethodPost, path: partnerSide + "/seats/x/release", body: m{"why": "no"}}, 400, "unknown_field", "why"},
		{"other media type", request{method: http.MethodPost, path: partnerSide + "/seats", body: good, edit: func(r *http.Request) {
			r.Header.Set("Content-Type", "text/plain")
		}}, 415, "unsupported_media_type", ""},
		{"too large", seats(`{"buyer_id":"` + strings.Repeat("x", 1<<20) + `"}`), 413, "body_too_large", ""},
	})
	w.get(partnerSide+"/seats/ord_1").refused(404, "seat_not_found")
}

func TestPartners_AreToldTheirMistakes(t *testing.T) {
	w := newWorld(t)
	id := w.published(m{"limits": m{"total": 1}})
	other := w.enrol("other")
	held := w.lock("ord_1", id, "u1", "")
	seat := partnerSide + "/seats/ord_1"
	lock := func(changes ...any) request {
		return request{method: http.MethodPost, path: partnerSide + "/seats", body: with(lockInput("ord_2", id, "u2"), changes...)}
	}
	pay := func(changes ...any) request {
		return request{method: http.MethodPost, path: seat + "/payment", body: with(payment(w), changes...)}
	}
	refund := func(changes ...any) request {
		return request{method: http.MethodPost, path: seat + "/refunds", body: with(m{"out_request_no": "rf_1"}, changes...)}
	}
	get := func(path string) request { return request{method: http.MethodGet, path: partnerSide + path} }
	as := func(r request) request { r.key = &other; return r }
	w.refuseAll([]refusal{
		{"unknown goods", lock("goods_id", "plate"), 404, "goods_not_found", ""},
		{"unknown SKU", lock("sku_id", "cup-red"), 404, "goods_not_found", ""},
		{"unknown activity", lock("activity_id", "act_0"), 404, "activity_not_found", "activity_id"},
		{"unknown team", lock("team_id", "team_0"), 404, "team_not_found", ""},
		{"impossible team", lock("team_id", "team 0"), 400, "invalid", "team_id"},
		{"nothing", lock("quantity", 0), 400, "invalid", "quantity"},
		{"too many", lock("quantity", 2), 422, "quantity_exceeded", "quantity"},
		{"no price", lock("expected_price_fen", 0), 400, "invalid", "expected_price_fen"},
		{"another price", lock("expected_price_fen", 7899), 409, "price_changed", "expected_price_fen"},
		{"number taken", lock("out_trade_no", "ord_1"), 409, "idempotency_mismatch", ""},
		{"over the limit", lock("buyer_id", "u1"), 422, "limit_total", ""},
		{"one fen less", pay("amount_fen", 7899), 422, "amount_mismatch", ""},
		{"one fen more", pay("amount_fen", 7901), 422, "amount_mismatch", ""},
		{"no amount", pay("amount_fen", 0), 400, "invalid", "amount_fen"},
		{"no refund is due", request{method: http.MethodPost, path: seat + "/refunds/rf_1/confirm"}, 409, "seat_not_refunding", ""},
		{"refund of an unpaid seat", refund(), 409, "seat_not_paid", ""},
		{"refund without a number", refund("out_request_no", ""), 400, "invalid", "out_request_no"},
		{"refund with too many words", refund("reason", strings.Repeat("退", 201)), 400, "invalid", "reason"},
		{"refund of somebody else's seat", as(refund()), 404, "seat_not_found", ""},
		{"somebody else's seat", as(get("/seats/ord_1")), 404, "seat_not_found", ""},
		{"somebody else's payment", as(pay()), 404, "seat_not_found", ""},
		{"somebody else's release", as(request{method: http.MethodPost, path: seat + "/release"}), 404, "seat_not_found", ""},
		{"somebody else's team", as(get("/teams/" + held.Team.TeamID)), 404, "team_not_found", ""},
		{"somebody else's activity", as(get("/activities/" + id)), 404, "activity_not_found", ""},
		{"somebody else's goods", as(lock()), 404, "goods_not_found", ""},
		{"unknown seat", get("/seats/ord_9"), 404, "seat_not_found", ""},
		{"impossible number", get("/seats/ord%209"), 400, "invalid", "out_trade_no"},
		{"unknown delivery", get("/deliveries/dlv_0"), 404, "delivery_not_found", ""},
		{"replay of an unknown delivery", request{method: http.MethodPost, path: partnerSide + "/deliveries/dlv_0/replay"}, 404, "delivery_not_found", ""},
		{"bad cursor", get("/events?cursor=***"), 400, "bad_cursor", "cursor"},
		{"cursor to nowhere good", get("/deliveries?cursor=JyBvciAx"), 400, "bad_cursor", "cursor"},
		{"limit too low", get("/events?limit=0"), 400, "invalid", "limit"},
		{"limit too high", get("/deliveries?limit=101"), 400, "invalid", "limit"},
		{"limit that is no number", get("/events?limit=ten"), 400, "invalid", "limit"},
		{"unknown status", get("/deliveries?status=lost"), 400, "invalid", "status"},
		{"impossible channel", get("/activities?channel=a%20b"), 400, "invalid", "channel"},
		{"impossible buyer", get("/goods/cup/teams?buyer_id="), 400, "invalid", "buyer_id"},
		{"too many open teams", get("/goods/cup/teams?limit=1000"), 400, "invalid", "limit"},
		{"too many teams in a trial", request{method: http.MethodPost, path: partnerSide + "/trials", body: m{
			"buyer_id": "u1", "channel": "h5", "items": []m{{"goods_id": "cup", "sku_id": "cup-blue"}}, "teams_limit": 101}}, 400, "invalid", "teams_limit"},
		{"no such address", get("/seat/ord_1"), 404, "not_found", ""},
		{"no such method", request{method: http.MethodDelete, path: seat}, 405, "method_not_allowed", ""},
	})
	require.Equal(t, wire.Held, into[wire.SeatWithTeam](w.get(seat), 200).Seat.Status, "nothing has changed")
	w.get(partnerSide+"/seats/ord_2").refused(404, "seat_not_found")

	p := w.call(lock("expected_price_fen", 1)).refused(409, "price_changed")
	require.EqualValues(t, 7900, p.CurrentPriceFen)
	w.call(pay()).ok(200)
	w.post(seat+"/release", nil).refused(409, "seat_paid")
	w.call(pay("provider_no", "another")).refused(409, "idempotency_mismatch")
}

func TestOperators_AreToldTheirMistakes(t *testing.T) {
	w := newWorld(t)
	id := w.published()
	draft := func(changes ...any) request {
		return request{method: http.MethodPost, path: operatorSide + "/activities", body: with(w.draft(), append([]any{"name", "other"}, changes...)...)}
	}
	do := func(method, path string, body any) request {
		return request{method: method, path: operatorSide + path, body: body}
	}
	w.refuseAll([]refusal{
		{"impossible partner", do("PUT", "/partners/a%20b", m{"name": "x"}), 400, "invalid", "partner_id"},
		{"partner without a name", do("PUT", "/partners/mall", m{"name": ""}), 400, "invalid", "name"},
		{"partner with a long name", do("PUT", "/partners/mall", m{"name": strings.Repeat("名", 201)}), 400, "invalid", "name"},
		{"keys of nobody", do("GET", "/partners/nobody/keys", nil), 404, "partner_not_found", ""},
		{"key for nobody", do("POST", "/partners/nobody/keys", nil), 404, "partner_not_found", ""},
		{"unknown key", do("POST", "/partners/mall/keys/key_0/revoke", nil), 404, "key_not_found", ""},
		{"endpoints of nobody", do("GET", "/partners/nobody/endpoints", nil), 404, "partner_not_found", ""},
		{"endpoint for nobody", do("POST", "/partners/nobody/endpoints", m{"url": "https://example.com"}), 404, "partner_not_found", ""},
		{"endpoint without https", do("POST", "/partners/mall/endpoints", m{"url": "http://169.254.169.254/"}), 422, "endpoint_url", "url"},
		{"endless address", do("POST", "/partners/mall/endpoints", m{"url": "https://" + strings.Repeat("x", 2000)}), 400, "invalid", "url"},
		{"unknown endpoint", do("PATCH", "/partners/mall/endpoints/ep_0", m{"status": "disabled"}), 404, "endpoint_not_found", ""},
		{"unknown endpoint status", do("PATCH", "/partners/mall/endpoints/ep_0", m{"status": "asleep"}), 400, "invalid", "status"},
		{"draft for nobody", draft("partner_id", "nobody"), 404, "partner_not_found", ""},
		{"name taken", draft("name", w.draft()["name"]), 409, "name_taken", "name"},
		{"unknown plan", draft("rules", []m{{"plan": m{"kind": "free"}}}), 400, "invalid", "rules[0].plan.kind"},
		{"unknown activity", do("GET", "/activities/act_0", nil), 404, "activity_not_found", ""},
		{"publishing nothing", do("POST", "/activities/act_0/publish", nil), 404, "activity_not_found", ""},
		{"pausing nothing", do("POST", "/activities/act_0/pause", nil), 404, "activity_not_found", ""},
		{"ending nothing", do("POST", "/activities/act_0/end", nil), 404, "activity_not_found", ""},
		{"rewriting nothing", do("PUT", "/activities/act_0", w.draft()), 404, "activity_not_found", ""},
		{"rewriting what is published", do("PUT", "/activities/"+id, w.draft()), 409, "activity_state", ""},
		{"publishing twice", do("POST", "/activities/"+id+"/publish", nil), 409, "activity_state", ""},
		{"bad cursor", do("GET", "/activities?cursor=.", nil), 400, "bad_cursor", "cursor"},
		{"unknown status", do("GET", "/activities?status=gone", nil), 400, "invalid", "status"},
		{"impossible owner", do("GET", "/activities?partner_id=a%20b", nil), 400, "invalid", "partner_id"},
	})

	w.post(operatorSide+"/partners/mall/keys", nil).ok(201)
	w.post(operatorSide+"/partners/mall/keys", nil).refused(409, "too_many_keys")

	empty := into[wire.Activity](w.post(operatorSide+"/activities", m{"partner_id": "mall", "name": "empty"}), 201)
	p := w.post(operatorSide+"/activities/"+empty.ActivityID+"/publish", nil).refused(422, "activity_invalid")
	var params []string
	for _, fault := range p.Faults {
		params = append(params, fault.Param)
	}
	require.Subset(t, params, []string{"goods", "team_size", "starts_at", "rules"}, "everything at once")
}

func TestSignatures_AreChecked(t *testing.T) {
	w := newWorld(t)
	id := w.published()
	seats := request{method: http.MethodPost, path: partnerSide + "/seats", body: lockInput("ord_1", id, "u1")}
	change := func(edit func(*http.Request)) request { r := seats; r.edit = edit; return r }
	signed := func(key sign.Key) request { r := seats; r.key = &key; return r }
	at := func(offset time.Duration) request { r := seats; r.at = w.now.Add(offset); return r }
	w.refuseAll([]refusal{
		{"none", change(func(r *http.Request) { r.Header.Del("Authorization") }), 401, "signature_missing", ""},
		{"an operator's token", change(func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }), 401, "signature_missing", ""},
		{"two", change(func(r *http.Request) { r.Header.Add("Authorization", "Bearer x") }), 401, "signature_malformed", ""},
		{"malformed", change(func(r *http.Request) { r.Header.Set("Authorization", sign.Scheme+" key_id=x") }), 401, "signature_malformed", ""},
		{"unknown key", signed(sign.Key{ID: "key_0", Secret: "x"}), 401, "key_unknown", ""},
		{"wrong secret", signed(sign.Key{ID: w.key.ID, Secret: "guess"}), 401, "signature_invalid", ""},
		{"another path", change(func(r *http.Request) { r.URL.Path = partnerSide + "/trials" }), 401, "signature_invalid", ""},
		{"another query", change(func(r *http.Request) { r.URL.RawQuery = "limit=1" }), 401, "signature_invalid", ""},
		{"too old", at(-301 * time.Second), 401, "signature_expired", ""},
		{"too early", at(301 * time.Second), 401, "signature_expired", ""},
	})
	w.get(partnerSide+"/seats/ord_1").refused(404, "seat_not_found")

	once := seats
	once.nonce = "0123456789abcdef"
	w.call(once).ok(201)
	w.call(once).refused(401, "nonce_reused")

	w.post(operatorSide+"/partners/mall/keys/"+w.key.ID+"/revoke", nil).ok(200)
	w.call(seats).refused(401, "key_unknown")
}

func TestSignatures_CoverTheBody(t *testing.T) {
	w := newWorld(t)
	id := w.published()
	cheap, _ := w.build(request{method: http.MethodPost, path: partnerSide + "/seats", body: lockInput("ord_1", id, "u1")})
	r := request{method: http.MethodPost, path: partnerSide + "/seats", body: lockInput("ord_1", id, "u2")}
	r.edit = func(req *http.Request) { req.Header.Set("Authorization", cheap.Header.Get("Authorization")) }
	p := w.call(r).refused(401, "signature_invalid")
	require.Empty(t, p.Canonical, "the canonical string is for test mode only")
}

func TestTestMode_ShowsWhatTheServerSigned(t *testing.T) {
	w := newWorld(t, testMode)
	wrong := sign.Key{ID: w.key.ID, Secret: "guess"}
	p := w.call(request{method: http.MethodGet, path: partnerSide + "/events?limit=3&cursor=", key: &wrong, nonce: "0123456789"}).
		refused(401, "signature_invalid")
	require.Equal(t, sign.Canonical("GET", partnerSide+"/events", "limit=3&cursor=", w.now.Unix(), "0123456789", nil), p.Canonical)
}

func TestOperatorToken_IsChecked(t *testing.T) {
	tests := map[string]string{"none": "", "wrong": "Bearer operator-toke", "longer": "Bearer " + token + "x", "other scheme": "Basic " + token, "a partner's": sign.Scheme + " x"}
	w := newWorld(t)
	for name, header := range tests {
		t.Run(name, func(t *testing.T) {
			answer := w.call(request{method: http.MethodGet, path: operatorSide + "/partners", edit: func(r *http.Request) { r.Header.Set("Authorization", header) }})
			answer.refused(401, "unauthenticated")
			require.Equal(t, "Bearer", answer.Header().Get("WWW-Authenticate"))
		})
	}
	w.get(operatorSide + "/partners").ok(200)
}

func TestOperatorToken_EmptyLetsNobodyIn(t *testing.T) {
	w := newWorld(t, noOperator)
	for _, header := range []string{"", "Bearer", "Bearer "} {
		w.call(request{method: http.MethodGet, path: operatorSide + "/partners", edit: func(r *http.Request) { r.Header.Set("Authorization", header) }}).
			refused(401, "unauthenticated")
	}
}
