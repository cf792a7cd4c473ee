package groupbuyapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuyapi"
	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
)

// While too many of one partner's commands wait, its locks are turned away before anything is spent on them: no body is
// read, no signature checked, no nonce remembered. Other partners, other calls and calls without a known key are as ever.
func TestLockSeat_IsRefusedAtTheDoorWhileCrowded(t *testing.T) {
	crowded := true
	w := newWorld(t, func(_ *groupbuy.Deps, auth *groupbuyapi.Auth) {
		auth.Crowded = func(p partner.ID) bool { return crowded && p == "mall" }
	})
	id := w.published()
	lock := request{method: http.MethodPost, path: partnerSide + "/seats", body: lockInput("ord_1", id, "ann"), nonce: "nonce-of-a-lock-1"}
	refused := w.call(lock)
	refused.refused(503, "overloaded")
	require.Equal(t, "1", refused.Header().Get("Retry-After"))
	tampered := lock
	tampered.edit = func(r *http.Request) { r.Body = unread{t} }
	req, _ := w.build(tampered)
	rec := httptest.NewRecorder()
	w.router.ServeHTTP(rec, req)
	require.Equal(t, http.StatusServiceUnavailable, rec.Code)
	require.NotContains(t, w.log.String(), "ERROR", "thousands of refusals are no thousands of errors")

	w.get(partnerSide + "/activities").ok(200)
	other := w.enrol("other")
	stranger := lock
	stranger.key = &other
	w.call(stranger).refused(404, "goods_not_found")
	nobody := lock
	nobody.edit = func(r *http.Request) { r.Header.Del("Authorization") }
	w.call(nobody).refused(401, "signature_missing")
	unknown := lock
	unknown.edit = func(r *http.Request) {
		r.Header.Set("Authorization", `KAITUAN-HMAC-SHA256 key="key_x"`)
	}
	require.Equal(t, 401, w.call(unknown).Code)

	crowded = false
	w.call(lock).ok(201) // its nonce was not spent
}

// unread is a body that must not be read.
type unread struct{ *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.Error("the body was read")
	return 0, http.ErrBodyReadAfterClose
}

func (unread) Close() error { return nil }
