package mallapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall/account"
)

const (
	accountInput = `{"login":"138 0013-8000","password":"tea-at-4-pm","nickname":"张小明"}`
	signInInput  = `{"login":"13800138000","password":"tea-at-4-pm"}`
)

func TestSignUp_SignsIn(t *testing.T) {
	s := openShop(t)
	a := s.call(post("/api/mall/v1/accounts", accountInput)).want(http.StatusCreated)
	require.Equal(t, "138****8000", a.text("account.login"))
	require.Equal(t, "buyer", a.text("account.role"))
	for _, r := range []request{
		get("/api/mall/v1/accounts/me").as(a.text("token")),
		get("/api/mall/v1/accounts/me").cookie(a.text("token")),
		get("/api/mall/v1/accounts/me").with("Authorization", "bearer "+a.text("token")),
	} {
		me := s.call(r).want(http.StatusOK)
		require.Equal(t, a.text("account.account_id"), me.text("account_id"))
		require.Equal(t, "张小明", me.text("nickname"))
	}
	require.Contains(t, s.log.String(), "account="+a.text("account.account_id"))
	require.NotContains(t, s.log.String(), a.text("token"))
	require.NotContains(t, s.log.String(), "13800138000")
}

func TestSignUp_Refuses(t *testing.T) {
	s := openShop(t)
	s.call(post("/api/mall/v1/accounts", accountInput)).want(http.StatusCreated)
	s.call(post("/api/mall/v1/accounts", signInInput)).want(http.StatusConflict, "login_taken")
	a := s.call(post("/api/mall/v1/accounts", `{"login":"tea","password":"short"}`)).want(http.StatusBadRequest, "invalid")
	require.Len(t, a.value("faults"), 2)
	require.Equal(t, "login", a.text("faults.0.param"))
	require.Equal(t, "应为手机号或邮箱", a.text("faults.0.detail"))
	a = s.call(post("/api/mall/v1/accounts", `{"login":"tea","password":"short"}`).with("Accept-Language", "en")).want(http.StatusBadRequest)
	require.Equal(t, "a phone number or an e-mail address", a.text("faults.0.detail"))
}

func TestSignIn_KnowsNoDifferenceBetweenStrangersAndWrongPasswords(t *testing.T) {
	s := openShop(t)
	s.call(post("/api/mall/v1/accounts", accountInput)).want(http.StatusCreated)
	for _, body := range []string{
		`{"login":"13800138000","password":"coffee-at-4"}`, `{"login":"13900139000","password":"tea-at-4-pm"}`, `{"login":"x","password":"y"}`,
	} {
		a := s.call(post("/api/mall/v1/sessions", body)).want(http.StatusUnauthorized, "credentials_wrong")
		require.Empty(t, a.header.Get("Set-Cookie"))
	}
}

func TestSignIn_EndsTheSessionBefore(t *testing.T) {
	s := openShop(t)
	old := s.call(post("/api/mall/v1/accounts", accountInput)).text("token")
	next := s.call(post("/api/mall/v1/sessions", signInInput).cookie(old)).want(http.StatusCreated).text("token")
	s.call(get("/api/mall/v1/accounts/me").cookie(old)).want(http.StatusUnauthorized, "session_expired")
	s.call(get("/api/mall/v1/accounts/me").cookie(next)).want(http.StatusOK)
}

func TestSignOut_EndsTheSession(t *testing.T) {
	s := openShop(t)
	token := s.signUp()
	a := s.call(del("/api/mall/v1/sessions/current").cookie(token)).want(http.StatusNoContent)
	require.Contains(t, a.header.Get("Set-Cookie"), "Max-Age=0")
	s.call(get("/api/mall/v1/accounts/me").cookie(token)).want(http.StatusUnauthorized, "session_expired")
	s.call(del("/api/mall/v1/sessions/current").cookie(token)).want(http.StatusUnauthorized, "session_expired")
}

func TestSession_Expires(t *testing.T) {
	s := openShop(t)
	token := s.signUp()
	s.ahead.Store(int64(account.IdleLimit - time.Minute))
	s.call(get("/api/mall/v1/accounts/me").as(token)).want(http.StatusOK)
	s.ahead.Store(int64(2 * account.IdleLimit))
	s.call(get("/api/mall/v1/accounts/me").as(token)).want(http.StatusUnauthorized, "session_expired")
}

func TestSession_CookieOverHTTP(t *testing.T) {
	s := openShop(t)
	cookie := s.call(post("/api/mall/v1/accounts", accountInput)).header.Get("Set-Cookie")
	require.True(t, strings.HasPrefix(cookie, "kaituan_session="), cookie)
	require.NotContains(t, cookie, "Secure")
	requireCookie(t, cookie)
}

func TestSession_CookieOverHTTPS(t *testing.T) {
	s := openShopAt(t, "https://shop.example")
	a := s.call(post("/api/mall/v1/accounts", accountInput).with("Origin", "https://shop.example")).want(http.StatusCreated)
	cookie := a.header.Get("Set-Cookie")
	require.True(t, strings.HasPrefix(cookie, "__Host-kaituan="), cookie)
	require.Contains(t, cookie, "; Secure")
	requireCookie(t, cookie)
	s.call(get("/api/mall/v1/accounts/me").with("Cookie", "__Host-kaituan="+a.text("token"))).want(http.StatusOK)
	s.call(get("/api/mall/v1/accounts/me").cookie(a.text("token"))).want(http.StatusUnauthorized)
}

func requireCookie(t *testing.T, cookie string) {
	t.Helper()
	for _, want := range []string{"Path=/", "HttpOnly", "SameSite=Lax"} {
		require.Contains(t, cookie, "; "+want)
	}
	require.NotContains(t, cookie, "Domain")
}

// The shop's own pages and programs may write; see also TestEveryWrite_ByCookieFromAnotherSiteIsRefused.
func TestOrigin_OfOurOwnPagesIsTaken(t *testing.T) {
	s := openShop(t)
	token := s.signUp()
	r := post("/api/mall/v1/sessions", signInInput)
	s.call(r.cookie(token).with("Sec-Fetch-Site", "same-origin")).want(http.StatusUnauthorized, "credentials_wrong")
	s.call(r.cookie(token).with("Origin", s.url)).want(http.StatusUnauthorized, "credentials_wrong")
	s.call(r.as(token).with("Origin", "https://partner.example")).want(http.StatusUnauthorized, "credentials_wrong")
}
