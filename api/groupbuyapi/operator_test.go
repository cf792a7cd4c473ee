package groupbuyapi_test

import (
	encoding "encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuyapi"
	wire "kaituan/api/groupbuywire"
	"kaituan/groupbuy"
	"kaituan/groupbuy/operator"
	"kaituan/groupbuy/partner"
)

const goodPassword = "correct horse battery"

// desk plays what operators do besides activities.
func desk(w *world, teamID string) {
	setUp(w)
	made := w.hire("li.lei", "admin")
	require.Equal(w, wire.RoleAdmin, made.Role)
	token := w.signIn("Li.Lei", goodPassword)
	by := bearing(token)
	require.Equal(w, made, into[wire.OperatorAccount](w.call(request{method: http.MethodGet, path: operatorSide + "/operators/me", edit: by}), 200))
	require.Len(w, into[wire.OperatorList](w.call(request{method: http.MethodGet, path: operatorSide + "/operators", edit: by}), 200).Items, 2)

	settings := operatorSide + "/settings"
	require.Equal(w, wire.Settings{RolloutPercent: 100}, into[wire.Settings](w.get(settings), 200))
	changed := into[wire.Settings](w.call(request{method: http.MethodPut, path: settings, body: m{"downgraded": false, "rollout_percent": 50}, edit: by}), 200)
	require.Equal(w, 50, changed.RolloutPercent)
	entry := into[wire.AuditPage](w.get(operatorSide+"/audit?limit=1&action=settings.changed"), 200).Items[0]
	require.Equal(w, made.OperatorID, entry.ActorID)
	require.JSONEq(w, `{"rollout_percent":100}`, string(entry.Before))
	require.JSONEq(w, `{"rollout_percent":50}`, string(entry.After))

	found(w, teamID)
	figures(w)
	replays(w)

	renamed := into[wire.OperatorAccount](w.call(request{method: http.MethodPatch, path: operatorSide + "/operators/" + made.OperatorID, body: m{"name": "李雷雷"}}), 200)
	require.Equal(w, "李雷雷", renamed.Name)
	held := w.protect(token)
	require.True(w, w.ownFactor(token).On)
	w.call(request{method: http.MethodPost, path: ownFactor + "/remove", body: m{"current_password": goodPassword, "code": held.recovery[0]}, edit: by}).ok(204)
	w.call(request{method: http.MethodDelete, path: operatorSide + "/operators/" + made.OperatorID + "/second-factor"}).ok(204)
	token = w.signIn("li.lei", goodPassword)
	by = bearing(token)
	w.call(request{method: http.MethodPut, path: operatorSide + "/operators/me/password", edit: by,
		body: m{"current_password": goodPassword, "password": "staple battery horse"}}).ok(204)
	w.call(request{method: http.MethodGet, path: operatorSide + "/operators/me", edit: by}).refused(401, "unauthenticated")
	token = w.signIn("li.lei", "staple battery horse")
	w.call(request{method: http.MethodDelete, path: operatorSide + "/sessions", edit: bearing(token)}).ok(204)
	w.call(request{method: http.MethodGet, path: operatorSide + "/operators/me", edit: bearing(token)}).refused(401, "unauthenticated")
}

// setUp makes the first operator, once.
func setUp(w *world) {
	w.Helper()
	path := operatorSide + "/setup"
	needed := func() bool {
		return into[wire.Setup](w.call(request{method: http.MethodGet, path: path, edit: noCredential}), 200).Needed
	}
	first := func(token string) answer {
		return w.call(request{method: http.MethodPost, path: path, edit: noCredential,
			body: m{"token": token, "login": "Han.Meimei", "name": "韩梅梅", "password": goodPassword}})
	}
	require.True(w, needed())
	first(setupToken+"x").refused(401, "unauthenticated")
	require.True(w, needed())
	session := into[wire.OperatorSession](first(setupToken), 201)
	require.Equal(w, wire.RoleAdmin, session.Operator.Role)
	require.Equal(w, "han.meimei", session.Operator.Login)
	require.False(w, needed())
	w.call(request{method: http.MethodGet, path: operatorSide + "/operators", edit: bearing(session.Token)}).ok(200)
	first(setupToken).refused(409, "setup_done")
	entry := into[wire.AuditPage](w.get(operatorSide+"/audit?limit=1&action=operator.created"), 200).Items[0]
	require.Equal(w, "bootstrap", entry.ActorID)
}

func found(w *world, teamID string) {
	teams := into[wire.FoundTeamPage](w.get(operatorSide+"/teams?team_id="+teamID), 200).Items
	require.Len(w, teams, 1)
	require.Equal(w, "mall", teams[0].PartnerID)
	file := into[wire.TeamFile](w.get(operatorSide+"/teams/"+teamID), 200)
	require.Len(w, file.Seats, 2)
	require.NotEmpty(w, file.Timeline)
	seats := into[wire.FoundSeatPage](w.get(operatorSide+"/seats?out_trade_no=ord_1"), 200).Items
	require.Len(w, seats, 1)
	one := into[wire.SeatFile](w.get(operatorSide+"/seats/mall/ord_1"), 200)
	require.Equal(w, seats[0].Seat, one.Seat)
	var story []string
	for _, moment := range one.Timeline {
		require.Equal(w, one.Seat.SeatID, moment.Subject)
		story = append(story, moment.To+moment.EventType)
	}
	require.Equal(w, []string{"held", "paid", "seat.held", "seat.paid"}, story, "the clock of this test stands still")
}

// replays sends a partner's dead delivery again. The scenario has left one pending.
func replays(w *world) {
	list := operatorSide + "/partners/mall/deliveries"
	page := into[wire.DeliveryList](w.get(list+"?limit=1&status=pending"), 200)
	require.Len(w, page.Items, 1)
	id := page.Items[0].DeliveryID
	require.NoError(w, w.engine.SendDelivery(w.Context(), partner.DeliveryID(id)))
	require.Equal(w, wire.Dead, into[wire.DeliveryWithAttempts](w.get(list+"/"+id), 200).Delivery.Status)
	require.Equal(w, wire.Pending, into[wire.Delivery](w.post(list+"/"+id+"/replay", nil), 202).Status)
	w.post(list+"/"+id+"/replay", nil).refused(409, "delivery_pending")
	w.get(operatorSide+"/partners/other/deliveries/"+id).refused(404, "delivery_not_found")
	entry := into[wire.AuditPage](w.get(operatorSide+"/audit?action=delivery.replayed"), 200).Items
	require.Len(w, entry, 1, "the partner's own replay is not an operator's")
	require.Equal(w, id, entry[0].Subject)
}

func figures(w *world) {
	days := "?from=2026-11-20&to=2026-11-20"
	rows := into[wire.ActivityFiguresList](w.get(operatorSide+"/statistics"+days), 200).Items
	require.NotEmpty(w, rows)
	require.Equal(w, "2026-11-20", rows[0].Day)
	answer := w.get(operatorSide + "/statistics.csv" + days + "&by=activity").ok(200)
	require.Equal(w, "text/csv; charset=utf-8", answer.Header().Get("Content-Type"))
	text, marked := strings.CutPrefix(answer.Body.String(), "\ufeff")
	require.True(w, marked)
	lines, err := encoding.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(w, err)
	require.Len(w, lines, 1+len(rows))
	require.Empty(w, lines[1][2], "a row over several days has no day")
}

func bearing(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

func (w *world) hire(login, role string) wire.OperatorAccount {
	w.Helper()
	return into[wire.OperatorAccount](w.post(operatorSide+"/operators", m{
		"login": login, "name": "李雷", "role": role, "password": goodPassword,
	}), 201)
}

func (w *world) signIn(login, password string) string {
	w.Helper()
	return into[wire.OperatorSession](w.call(request{method: http.MethodPost, path: operatorSide + "/sessions",
		body: m{"login": login, "password": password}, edit: noCredential}), 201).Token
}

func noCredential(r *http.Request) { r.Header.Del("Authorization") }

// Every route lets in exactly the roles that the specification says: the table of routes is compared with it by what
// it does.
func TestRoles_AreThoseOfTheSpecification(t *testing.T) {
	w := newWorld(t)
	tried := 0
	eachOperation(w.spec, func(method, path string, operation *openapi3.Operation) {
		if operation.Security == nil || len(*operation.Security) == 0 {
			require.NotContains(t, operation.Extensions, "x-role", operation.OperationID)
			return
		}
		least, ok := operation.Extensions["x-role"].(string)
		require.True(t, ok, "%s has no x-role", operation.OperationID)
		for _, role := range operator.Roles() {
			login := fmt.Sprintf("%s.%d", role, tried) // the call before may have changed its password
			w.hire(login, string(role))
			body, _ := example(operation)
			a := w.call(request{method: method, path: fill(operation, path, w.spec), body: body, edit: bearing(w.signIn(login, goodPassword))})
			require.Equal(t, !role.May(operator.Role(least)), a.Code == http.StatusForbidden, "%s as %s: %d", operation.OperationID, role, a.Code)
			require.NotEqual(t, http.StatusUnauthorized, a.Code, operation.OperationID)
			tried++
		}
		w.call(request{method: method, path: fill(operation, path, w.spec), edit: bearing("nonsense")}).refused(401, "unauthenticated")
	})
	require.Greater(t, tried, 3*25)
}

// Whatever an operator changes is in the audit under the operator's name, and the chain holds.
func TestAudit_NamesTheOperatorOfEveryWrite(t *testing.T) {
	w := newWorld(t)
	w.published()
	who := w.hire("han.meimei", "admin")
	before := into[wire.AuditPage](w.get(operatorSide+"/audit?limit=100"), 200).Items
	token := w.signIn("han.meimei", goodPassword)
	call := func(method, path string, body any, status int) {
		t.Helper()
		w.call(request{method: method, path: operatorSide + path, body: body, edit: func(r *http.Request) {
			bearing(token)(r)
			r.Header.Set("X-Request-Id", "req-of-this-test")
			r.RemoteAddr = "203.0.113.7:4711"
		}}).ok(status)
	}
	call(http.MethodPut, "/partners/p9", m{"name": "云朵"}, 200)
	call(http.MethodPut, "/partners/p9", m{"name": "云朵商城"}, 200)
	call(http.MethodPut, "/partners/p9", m{"name": "云朵商城"}, 200) // no change, no entry
	call(http.MethodPost, "/partners/p9/keys", nil, 201)
	call(http.MethodPost, "/partners/p9/endpoints", m{"url": "https://p9.example.com"}, 201)
	call(http.MethodPost, "/activities", m{"partner_id": "p9", "name": "草稿"}, 201)
	call(http.MethodPut, "/settings", m{"downgraded": true, "rollout_percent": 0}, 200)
	call(http.MethodPost, "/operators", m{"login": "new.one", "name": "新人", "role": "viewer", "password": goodPassword}, 201)

	page := w.get(operatorSide + "/audit?limit=100&actor_id=" + who.OperatorID).ok(200)
	var actions []string
	for _, entry := range into[wire.AuditPage](page, 200).Items {
		actions = append(actions, entry.Action)
		require.Equal(t, "han.meimei", entry.Actor)
		require.Equal(t, wire.RoleAdmin, entry.Role)
		if entry.Action != "session.started" {
			require.Equal(t, "req-of-this-test", entry.RequestID)
			require.Equal(t, "203.0.113.7", entry.Address)
		}
	}
	require.Equal(t, []string{
		"operator.created", "settings.changed", "activity.created", "endpoint.created", "key.created", "partner.renamed", "partner.created",
		"session.started",
	}, actions)
	for _, secret := range []string{"whsec_", "secret-0", "argon2id", goodPassword, token} {
		require.NotContains(t, page.Body.String(), secret)
	}
	all := into[wire.AuditPage](w.get(operatorSide+"/audit?limit=100"), 200).Items
	require.Len(t, all, len(before)+len(actions))
	for i := range len(all) - 1 {
		require.Equal(t, all[i+1].Hash, all[i].Previous)
	}
	found, err := w.engine.Store.(groupbuy.Checker).Violations(t.Context(), w.now)
	require.NoError(t, err)
	require.Empty(t, found)
}

// A change that is refused leaves no entry behind.
func TestAudit_KnowsNothingOfRefusals(t *testing.T) {
	w := newWorld(t)
	count := func() int { return len(into[wire.AuditPage](w.get(operatorSide+"/audit?limit=100"), 200).Items) }
	before := count()
	w.put(operatorSide+"/settings", m{"downgraded": false, "rollout_percent": 101}).refused(400, "invalid")
	w.post(operatorSide+"/partners/nobody/keys", nil).refused(404, "partner_not_found")
	w.hire("li.lei", "viewer")
	w.post(operatorSide+"/operators", m{"login": "LI.LEI", "name": "x", "role": "viewer", "password": goodPassword}).refused(409, "name_taken")
	require.Equal(t, before+1, count())
}

func TestAudit_IsPagedAndFiltered(t *testing.T) {
	w := newWorld(t)
	w.hire("li.lei", "viewer")
	start := into[wire.AuditPage](w.get(operatorSide+"/audit"), 200).Items
	first := into[wire.AuditPage](w.get(operatorSide+"/audit?limit=1"), 200)
	require.True(t, first.HasMore)
	second := into[wire.AuditPage](w.get(operatorSide+"/audit?limit=1&cursor="+first.NextCursor), 200)
	require.Equal(t, start[1], second.Items[0])
	require.Len(t, into[wire.AuditPage](w.get(operatorSide+"/audit?actor_id=bootstrap"), 200).Items, 1)
	require.Empty(t, into[wire.AuditPage](w.get(operatorSide+"/audit?to="+w.now.Format(time.RFC3339)), 200).Items)
	require.Len(t, into[wire.AuditPage](w.get(operatorSide+"/audit?from="+w.now.Format(time.RFC3339)), 200).Items, len(start))
	w.get(operatorSide+"/audit?cursor=YWJj").refused(400, "bad_cursor")
	w.get(operatorSide+"/audit?subject=a%20b").refused(400, "invalid")
	w.get(operatorSide+"/audit?from=yesterday").refused(400, "invalid")
}

func TestSignIn_AnswersAlikeForUnknownAndDisabled(t *testing.T) {
	w := newWorld(t)
	gone := w.hire("gone", "viewer")
	w.hire("li.lei", "viewer")
	token := w.signIn("gone", goodPassword)
	w.call(request{method: http.MethodPatch, path: operatorSide + "/operators/" + gone.OperatorID, body: m{"status": "disabled"}}).ok(200)
	w.call(request{method: http.MethodGet, path: operatorSide + "/settings", edit: bearing(token)}).refused(401, "unauthenticated")
	var told []wire.Problem
	for _, in := range []m{
		{"login": "nobody", "password": goodPassword}, {"login": "li.lei", "password": "wrong horse battery"},
		{"login": "gone", "password": goodPassword}, {"login": "bootstrap", "password": token}, {"login": "li.lei", "password": strings.Repeat("长", 512)},
	} {
		p := w.call(request{method: http.MethodPost, path: operatorSide + "/sessions", body: in, edit: noCredential}).refused(401, "unauthenticated")
		p.RequestID = ""
		told = append(told, p)
	}
	for _, p := range told {
		require.Equal(t, told[0], p)
	}
}

func TestSession_EndsByDisuseAndByAge(t *testing.T) {
	w := newWorld(t)
	w.hire("li.lei", "viewer")
	token := w.signIn("li.lei", goodPassword)
	me := request{method: http.MethodGet, path: operatorSide + "/operators/me", edit: bearing(token)}
	for range 14 { // used every 50 minutes, until it is too old
		w.now = w.now.Add(50 * time.Minute)
		w.call(me).ok(200)
	}
	w.now = w.now.Add(50 * time.Minute)
	w.call(me).refused(401, "unauthenticated")
	me.edit = bearing(w.signIn("li.lei", goodPassword))
	w.now = w.now.Add(operator.IdleLimit)
	w.call(me).refused(401, "unauthenticated")
	n, err := w.engine.DropSessions(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 2, n)
}

func TestCookie_IsTakenFromOurOwnPagesOnly(t *testing.T) {
	w := newWorld(t)
	w.hire("li.lei", "admin")
	a := w.call(request{method: http.MethodPost, path: operatorSide + "/sessions", body: m{"login": "li.lei", "password": goodPassword}, edit: noCredential}).ok(201)
	set := a.Result().Cookies()[0]
	require.Equal(t, "kaituan_operator", set.Name)
	require.True(t, set.HttpOnly)
	put := func(header, value string) answer {
		return w.call(request{method: http.MethodPut, path: operatorSide + "/settings", body: m{"downgraded": false, "rollout_percent": 100}, edit: func(r *http.Request) {
			noCredential(r)
			r.AddCookie(set)
			r.Header.Set(header, value)
		}})
	}
	put("Sec-Fetch-Site", "same-origin").ok(200)
	put("Origin", "http://localhost:8080").ok(200)
	put("Sec-Fetch-Site", "cross-site").refused(403, "cross_site")
	put("Origin", "https://evil.example").refused(403, "cross_site")
	secure := newWorld(t, func(_ *groupbuy.Deps, auth *groupbuyapi.Auth) { auth.PublicURL = "https://mall.example.com" })
	secure.hire("li.lei", "admin")
	a = secure.call(request{method: http.MethodPost, path: operatorSide + "/sessions", body: m{"login": "li.lei", "password": goodPassword}, edit: noCredential}).ok(201)
	require.Equal(t, "__Host-kaituan-op", a.Result().Cookies()[0].Name)
	require.True(t, a.Result().Cookies()[0].Secure)
}

func TestOperators_RefuseWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	p := w.post(operatorSide+"/operators", m{"login": "a b", "name": "x", "role": "viewer", "password": "aaaaaaaaaaaa"}).refused(400, "invalid")
	require.Len(t, p.Faults, 2)
	w.call(request{method: http.MethodPatch, path: operatorSide + "/operators/op_gone", body: m{"name": "x"}}).refused(404, "operator_not_found")
	w.put(operatorSide+"/operators/me/password", m{"current_password": "x", "password": goodPassword}).refused(404, "operator_not_found")
	w.hire("li.lei", "viewer")
	by := bearing(w.signIn("li.lei", goodPassword))
	own := request{method: http.MethodPut, path: operatorSide + "/operators/me/password", edit: by}
	own.body = m{"current_password": "wrong horse battery", "password": "another good password"}
	require.Equal(t, "current_password", w.call(own).refused(400, "invalid").Param)
	own.body = m{"current_password": goodPassword, "password": "li.lei li.lei"}
	require.Equal(t, "password", w.call(own).refused(400, "invalid").Param)
}

func TestStatistics_RefuseWhatIsNoQuestion(t *testing.T) {
	w := newWorld(t)
	for query, param := range map[string]string{
		"": "from", "?from=2026-11-20": "to", "?from=20.11.2026&to=2026-11-20": "from", "?from=2026-11-20&to=2026-11-31": "to",
		"?from=2026-11-20&to=2026-11-19": "to", "?from=2026-01-01&to=2026-11-20": "to", "?from=2026-11-20&to=2026-11-20&by=hour": "by",
		"?from=2026-11-20&to=2026-11-20&activity_id=a%20b": "activity_id",
	} {
		for _, path := range []string{"/statistics", "/statistics.csv"} {
			require.Equal(t, param, w.get(operatorSide+path+query).refused(400, "invalid").Param, path+query)
		}
	}
	require.Equal(t, "is required", w.get(operatorSide+"/statistics").refused(400, "invalid").Detail)
	require.Equal(t, "has the wrong type", w.get(operatorSide+"/partners/mall/deliveries?limit=many").refused(400, "invalid").Detail)
	require.Empty(t, into[wire.ActivityFiguresList](w.get(operatorSide+"/statistics?from=2026-11-20&to=2026-11-20"), 200).Items)
}

func TestStatisticsCSV_NeverHoldsAFormula(t *testing.T) {
	w := newWorld(t)
	id := w.published(m{"name": `=HYPERLINK("https://evil.example")`})
	w.lock("ord_1", id, "u1", "")
	text := w.get(operatorSide + "/statistics.csv?from=2026-11-20&to=2026-11-20").ok(200).Body.String()
	lines, err := encoding.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, `'=HYPERLINK("https://evil.example")`, lines[1][1])
}

func TestSearch_RefusesAndPages(t *testing.T) {
	w := newWorld(t)
	id := w.published(m{"limits": m{}})
	for _, order := range []string{"ord_1", "ord_2", "ord_3"} {
		w.lock(order, id, "u_"+order, "")
	}
	first := into[wire.FoundTeamPage](w.get(operatorSide+"/teams?limit=2&status=forming&activity_id="+id), 200)
	require.True(t, first.HasMore)
	rest := into[wire.FoundTeamPage](w.get(operatorSide+"/teams?limit=2&cursor="+first.NextCursor), 200)
	require.Len(t, rest.Items, 1)
	require.Len(t, into[wire.FoundTeamPage](w.get(operatorSide+"/teams?leader_id=u_ord_2"), 200).Items, 1)
	require.Len(t, into[wire.FoundTeamPage](w.get(operatorSide+"/teams?goods_id=cup&partner_id=mall"), 200).Items, 3)
	require.Empty(t, into[wire.FoundTeamPage](w.get(operatorSide+"/teams?goods_id=pot"), 200).Items)
	require.Len(t, into[wire.FoundSeatPage](w.get(operatorSide+"/seats?buyer_id=u_ord_3&status=held"), 200).Items, 1)
	page := into[wire.FoundSeatPage](w.get(operatorSide+"/seats?limit=2"), 200)
	require.Len(t, into[wire.FoundSeatPage](w.get(operatorSide+"/seats?limit=2&cursor="+page.NextCursor), 200).Items, 1)
	require.Len(t, into[wire.FoundSeatPage](w.get(operatorSide+"/seats?team_id="+first.Items[0].Team.TeamID), 200).Items, 1)
	w.get(operatorSide+"/teams?status=strange").refused(400, "invalid")
	w.get(operatorSide+"/seats?out_trade_no=a%20b").refused(400, "invalid")
	w.get(operatorSide+"/teams/team_gone").refused(404, "team_not_found")
	w.get(operatorSide+"/seats/mall/ord_9").refused(404, "seat_not_found")
}
