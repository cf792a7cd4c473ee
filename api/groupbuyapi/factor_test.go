package groupbuyapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/edge"
	"kaituan/api/groupbuyapi"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/limit"
	"kaituan/groupbuy"
	"kaituan/groupbuy/operator"
	"kaituan/infrastructure/cache/memory"
)

const ownFactor = operatorSide + "/operators/me/second-factor"

// app is what the operator holds in the hand.
type app struct {
	secret   operator.FactorSecret
	recovery []string
}

func (w *world) shown(of app) string {
	w.Helper()
	code, err := of.secret.Code(w.now.Unix() / 30)
	require.NoError(w, err)
	return code
}

func (w *world) later(by time.Duration) { w.now = w.now.Add(by) }

// protect sets up the second factor of whose token it is.
func (w *world) protect(token string) app {
	w.Helper()
	drawn := into[wire.SecondFactorSecret](w.call(request{method: http.MethodPost, path: ownFactor, body: m{"current_password": goodPassword}, edit: bearing(token)}), 201)
	held := app{secret: operator.FactorSecret(drawn.Secret)}
	require.Contains(w, drawn.URI, "secret="+drawn.Secret)
	held.recovery = into[wire.RecoveryCodes](w.call(request{method: http.MethodPut, path: ownFactor, body: m{"code": w.shown(held)}, edit: bearing(token)}), 200).RecoveryCodes
	require.Len(w, held.recovery, operator.RecoveryCodes)
	return held
}

func (w *world) signInWith(login, password, code string) answer {
	w.Helper()
	return w.call(request{method: http.MethodPost, path: operatorSide + "/sessions",
		body: m{"login": login, "password": password, "code": code}, edit: noCredential})
}

func (w *world) ownFactor(token string) wire.SecondFactor {
	w.Helper()
	return into[wire.SecondFactor](w.call(request{method: http.MethodGet, path: ownFactor, edit: bearing(token)}), 200)
}

func TestSecondFactor_IsAskedForAndCountsOnce(t *testing.T) {
	w := newWorld(t)
	w.hire("li.lei", "admin")
	token, elsewhere := w.signIn("li.lei", goodPassword), w.signIn("li.lei", goodPassword)
	require.False(t, w.ownFactor(token).On)
	held := w.protect(token)
	require.Equal(t, wire.SecondFactor{On: true, RecoveryCodesLeft: 10, Since: w.ownFactor(token).Since}, w.ownFactor(token))
	w.call(request{method: http.MethodGet, path: ownFactor, edit: bearing(elsewhere)}).refused(401, "unauthenticated")

	w.signInWith("li.lei", "a wrong password", w.shown(held)).refused(401, "unauthenticated")
	w.signInWith("li.lei", goodPassword, "").refused(401, "second_factor_required")
	w.signInWith("li.lei", goodPassword, w.shown(held)).refused(401, "second_factor_wrong") // it proved the app before
	w.later(operator.FactorPeriod)
	w.signInWith("li.lei", goodPassword, "000 000").refused(401, "second_factor_wrong")
	require.True(t, into[wire.OperatorSession](w.signInWith("li.lei", goodPassword, w.shown(held)), 201).Operator.SecondFactor)
	w.signInWith("li.lei", goodPassword, w.shown(held)).refused(401, "second_factor_wrong")

	token = into[wire.OperatorSession](w.signInWith("li.lei", goodPassword, held.recovery[3]), 201).Token
	w.signInWith("li.lei", goodPassword, held.recovery[3]).refused(401, "second_factor_wrong")
	require.Equal(t, 9, w.ownFactor(token).RecoveryCodesLeft)
	entry := into[wire.AuditPage](w.get(operatorSide+"/audit?limit=1&action=second_factor.recovery_code_used"), 200).Items[0]
	require.Equal(t, "li.lei", entry.Actor)
	added := into[wire.AuditPage](w.get(operatorSide+"/audit?limit=1&action=second_factor.added"), 200).Items[0]
	for _, told := range []string{string(added.Before), string(added.After), string(entry.Before), string(entry.After), w.log.String()} {
		require.NotContains(t, told, held.secret)
		require.NotContains(t, told, held.recovery[3])
	}
}

func TestSecondFactor_IsTakenAwayByWhoHasIt(t *testing.T) {
	w := newWorld(t)
	w.hire("li.lei", "viewer")
	token := w.signIn("li.lei", goodPassword)
	post := func(path string, body m) answer {
		return w.call(request{method: http.MethodPost, path: path, body: body, edit: bearing(token)})
	}
	prove := func(code string) answer {
		return w.call(request{method: http.MethodPut, path: ownFactor, body: m{"code": code}, edit: bearing(token)})
	}
	prove("123456").refused(400, "invalid") // none was started
	post(ownFactor, m{"current_password": "a wrong password"}).refused(400, "invalid")
	post(ownFactor, m{"current_password": goodPassword}).ok(201)
	prove("abc").refused(400, "invalid")
	into[wire.OperatorSession](w.signInWith("li.lei", goodPassword, ""), 201) // not asked for before it is proven
	held := w.protect(token)
	post(ownFactor, m{"current_password": goodPassword}).refused(409, "second_factor_on")
	prove(w.shown(held)).refused(409, "second_factor_on")

	w.later(operator.FactorPeriod)
	post(ownFactor+"/remove", m{"current_password": "a wrong password", "code": w.shown(held)}).refused(400, "invalid")
	post(ownFactor+"/remove", m{"current_password": goodPassword}).refused(400, "invalid")
	post(ownFactor+"/remove", m{"current_password": goodPassword, "code": w.shown(held)}).ok(204)
	require.False(t, w.ownFactor(token).On)
	w.signIn("li.lei", goodPassword)
	// The instance's token has no account.
	w.call(request{method: http.MethodPost, path: ownFactor, body: m{"current_password": goodPassword}}).refused(404, "operator_not_found")
	w.call(request{method: http.MethodPut, path: ownFactor, body: m{"code": "123456"}}).refused(404, "operator_not_found")
}

func TestSecondFactor_IsResetByAnAdministrator(t *testing.T) {
	w := newWorld(t)
	who := w.hire("li.lei", "operator")
	token := w.signIn("li.lei", goodPassword)
	w.protect(token)
	require.True(t, into[wire.OperatorList](w.get(operatorSide+"/operators"), 200).Items[0].SecondFactor)
	reset := func(id string) answer {
		return w.call(request{method: http.MethodDelete, path: operatorSide + "/operators/" + id + "/second-factor"})
	}
	reset("op_nobody").refused(404, "operator_not_found")
	reset(who.OperatorID).ok(204)
	w.call(request{method: http.MethodGet, path: ownFactor, edit: bearing(token)}).refused(401, "unauthenticated")
	w.signIn("li.lei", goodPassword)
	entry := into[wire.AuditPage](w.get(operatorSide+"/audit?limit=1&action=second_factor.reset"), 200).Items[0]
	require.Equal(t, who.OperatorID, entry.Subject)
	require.Equal(t, "bootstrap", entry.ActorID)
}

// Where the instance asks a role for a second factor, whoever has the role and none can do nothing but set one up.
func TestSecondFactor_IsDueWhereTheInstanceAsksForIt(t *testing.T) {
	w := newWorld(t, func(deps *groupbuy.Deps, _ *groupbuyapi.Auth) { deps.FactorFor = operator.Editor })
	w.hire("viewer", "viewer")
	w.hire("editor", "operator")
	settings := func(token string) answer {
		return w.call(request{method: http.MethodGet, path: operatorSide + "/settings", edit: bearing(token)})
	}
	settings(w.signIn("viewer", goodPassword)).ok(200)
	token := w.signIn("editor", goodPassword)
	settings(token).refused(403, "second_factor_due")
	me := into[wire.OperatorAccount](w.call(request{method: http.MethodGet, path: operatorSide + "/operators/me", edit: bearing(token)}), 200)
	require.True(t, me.SecondFactorDue)
	require.True(t, w.ownFactor(token).Required)
	w.protect(token)
	settings(token).ok(200)
	w.get(operatorSide + "/settings").ok(200) // the instance's token owes none
}

// Tries at the code are metered as tries at the password are: six digits are not many.
func TestSecondFactor_CannotBeGuessed(t *testing.T) {
	const burst = 8
	w := newWorld(t, func(deps *groupbuy.Deps, auth *groupbuyapi.Auth) {
		auth.Limits = edge.NewLimits(memory.NewMeter(1000, deps.Clock), map[edge.Policy]limit.Rate{edge.PerLogin: {PerSecond: 0.01, Burst: burst}}, func(edge.Policy) {})
	})
	w.hire("li.lei", "admin")
	token := w.signIn("li.lei", goodPassword)
	held := w.protect(token)
	w.later(30 * time.Minute)
	refused := 0
	for range 100 {
		a := w.call(request{method: http.MethodPost, path: operatorSide + "/sessions", edit: from("203.0.113.7"),
			body: m{"login": "li.lei", "password": goodPassword, "code": "000000"}})
		if a.Code == http.StatusTooManyRequests {
			refused++
		}
	}
	require.Equal(t, 100-burst, refused)
	a := w.call(request{method: http.MethodPost, path: operatorSide + "/sessions", edit: from("198.51.100.9"),
		body: m{"login": "li.lei", "password": goodPassword, "code": w.shown(held)}})
	a.refused(429, "rate_limited")
	a = w.call(request{method: http.MethodPut, path: ownFactor, body: m{"code": "000000"}, edit: func(r *http.Request) {
		from("198.51.100.9")(r)
		bearing(token)(r)
	}})
	a.refused(429, "rate_limited")
}

func from(address string) func(*http.Request) {
	return func(r *http.Request) {
		noCredential(r)
		r.RemoteAddr = address + ":4711"
	}
}
