package mallapi_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/sign"
)

// signed is an event of the engine as its webhooks carry it.
func signed(t *testing.T, body string) request {
	t.Helper()
	return signedWith(t, webhookSecret, body, time.Now())
}

func signedWith(t *testing.T, secret, body string, at time.Time) request {
	t.Helper()
	signature, err := sign.SignWebhook([]string{secret}, "evt_1", at, []byte(body))
	require.NoError(t, err)
	return post("/callbacks/groupbuy", body).with(sign.HeaderWebhookID, "evt_1").
		with(sign.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10)).with(sign.HeaderWebhookSignature, signature)
}

// event is a team event with a field that a newer engine might send.
func event(id, kind, teamID string) string {
	return fmt.Sprintf(`{"id":%q,"type":%q,"at":"2026-11-20T08:00:00.000Z","later":1,
		"data":{"team":{"team_id":%q,"activity_id":"act_tea","goods_id":"cup","status":"formed","target":2,"held":0,"paid":2,
		"leader_id":"a","opened_at":"2026-11-20T07:00:00.000Z","expires_at":"2026-11-21T07:00:00.000Z"}}}`, id, kind, teamID)
}

func TestGroupBuyCallback_ShipsATeamThatFormed(t *testing.T) {
	s := openShop(t)
	s.stock()
	leader, member := s.signUp(), s.signUp()
	first := s.order(leader, groupOrder)
	s.paid(leader, first)
	s.settle(first)
	require.Equal(t, "teaming", s.status(leader, first))
	second := s.order(member, `{"mode":"group","product_id":"cup","sku_id":"cup-blue","activity_id":"act_tea","team_id":"team_1"}`)

	s.call(signed(t, event("evt_2", "team.formed", "team_1"))).want(http.StatusNoContent)
	require.Equal(t, "to_ship", s.status(leader, first))
	require.Equal(t, "awaiting_payment", s.status(member, second), "nobody gets goods for a claim that a team formed")
	s.call(signed(t, event("evt_2", "team.formed", "team_1"))).want(http.StatusNoContent)
	require.Equal(t, "to_ship", s.status(leader, first))
}

func TestGroupBuyCallback_TakesWhatItDoesNotKnow(t *testing.T) {
	s := openShop(t)
	for _, body := range []string{
		event("evt_3", "team.painted", "team_9"), event("evt_4", "team.formed", "team_of_nobody"),
		`{"id":"evt_5","type":"seat.released","at":"2026-11-20T08:00:00Z","data":{"seat":{"out_trade_no":"ord_of_nobody"}}}`,
	} {
		s.call(signed(t, body)).want(http.StatusNoContent)
	}
}

func TestGroupBuyCallback_RefusesForgeries(t *testing.T) {
	s := openShop(t)
	s.stock()
	leader := s.signUp()
	id := s.order(leader, groupOrder)
	s.paid(leader, id)
	s.settle(id)
	body := event("evt_6", "team.formed", "team_1")
	other := "whsec_b3RoZXIgc2VjcmV0IG9mIHNvbWVib2R5IGVsc2UgISE="
	genuine := signed(t, body)

	s.call(post("/callbacks/groupbuy", body)).want(http.StatusUnauthorized, "signature_missing")
	s.call(signedWith(t, other, body, time.Now())).want(http.StatusUnauthorized, "signature_invalid")
	s.call(signedWith(t, webhookSecret, body, time.Now().Add(-time.Hour))).want(http.StatusUnauthorized, "signature_expired")
	swapped := genuine
	swapped.body = event("evt_6", "team.formed", "team_2")
	s.call(swapped).want(http.StatusUnauthorized, "signature_invalid")
	s.call(genuine.with(sign.HeaderWebhookTimestamp, "soon")).want(http.StatusUnauthorized, "signature_malformed")
	require.Equal(t, "teaming", s.status(leader, id))
}

func TestGroupBuyCallback_RefusesWhatItCannotRead(t *testing.T) {
	s := openShop(t)
	s.call(signed(t, `{"id":`)).want(http.StatusBadRequest, "malformed_json")
	s.call(signed(t, `{"id":"","type":"team.formed","at":"2026-11-20T08:00:00.000Z","data":{}}`)).want(http.StatusBadRequest, "invalid")
}

func TestGroupBuyCallback_AsksForARepeatWithoutTheDatabase(t *testing.T) {
	s := openShop(t)
	s.outage.Store(true)
	a := s.call(signed(t, event("evt_7", "team.formed", "team_1"))).want(http.StatusServiceUnavailable, "unavailable")
	require.NotEmpty(t, a.header.Get("Retry-After"))
}

// notice waits for what Alipay sends.
func (s *shop) notice() url.Values {
	s.t.Helper()
	select {
	case form := <-s.notices:
		return form
	case <-time.After(10 * time.Second):
		require.FailNow(s.t, "no notice came")
		return nil
	}
}

func (s *shop) deliver(notice url.Values) string {
	s.t.Helper()
	a := s.call(form("/callbacks/alipay", notice)).want(http.StatusOK)
	require.Equal(s.t, "text/plain; charset=utf-8", a.header.Get("Content-Type"))
	return string(a.body)
}

func TestAlipayCallback_BooksAPayment(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	id := s.order(token, soloOrder)
	s.pay(token, id)
	notice := s.notice()
	require.Equal(t, "awaiting_payment", s.status(token, id))

	require.Equal(t, "success", s.deliver(notice))
	require.Equal(t, "to_ship", s.status(token, id))
	for range 3 { // Alipay repeats until it reads success
		require.Equal(t, "success", s.deliver(notice))
	}
	view := s.call(get("/api/mall/v1/orders/" + id).as(token))
	require.Equal(t, "succeeded", view.text("payments.0.status"))
	require.NotEmpty(t, view.text("payments.0.provider_no"))
	require.Equal(t, "[]", view.text("refunds"))
}

func TestAlipayCallback_RefusesForgeries(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	id := s.order(token, soloOrder)
	s.pay(token, id)
	genuine := s.notice()
	for field, value := range map[string]string{
		"total_amount": "0.01", "out_trade_no": "pay_00000099", "app_id": "9021000100000002", "seller_id": "2088100100000002",
		"sign": "Zm9yZ2Vk", "alipay_cert_sn": "0123456789abcdef0123456789abcdef",
	} {
		forged := maps.Clone(genuine)
		forged.Set(field, value)
		require.Equal(t, "failure", s.deliver(forged), field)
	}
	require.Equal(t, "failure", s.deliver(url.Values{"notify_id": {"1"}}))
	a := s.call(post("/callbacks/alipay", `{"trade_status":"TRADE_SUCCESS"}`).with("Content-Type", "application/x-www-form-urlencoded"))
	require.Equal(t, "failure", string(a.body))
	require.Equal(t, "awaiting_payment", s.status(token, id))
	require.Contains(t, s.log.String(), "notice_forged", "why is in the log")
	require.NotContains(t, s.log.String(), genuine.Get("sign"))
}

// A notice with a genuine signature that does not fit the payment changes nothing: wrong amount, another seller, a
// payment that is not ours.
func TestAlipayCallback_RefusesGenuineNoticesThatDoNotFit(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	id := s.order(token, soloOrder)
	s.pay(token, id)
	genuine := s.notice()
	for field, value := range map[string]string{
		"total_amount": "98.99", "app_id": "9021000100000002", "seller_id": "2088100100000002", "out_trade_no": "pay_00000099",
	} {
		require.Equal(t, "failure", s.deliver(resign(t, genuine, field, value)), field)
	}
	require.Equal(t, "awaiting_payment", s.status(token, id))
	require.Contains(t, s.log.String(), "notice_mismatch")
	require.Equal(t, "success", s.deliver(genuine))
}

// resign changes a field of a notice and signs it as Alipay would.
func resign(t *testing.T, notice url.Values, field, value string) url.Values {
	t.Helper()
	changed := maps.Clone(notice)
	changed.Set(field, value)
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		if value := changed.Get(name); value != "" && name != "sign" && name != "sign_type" {
			pairs = append(pairs, name+"="+value)
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(pairs, "&")))
	signature, err := rsa.SignPKCS1v15(rand.Reader, keys(t).Gateway, crypto.SHA256, sum[:])
	require.NoError(t, err)
	changed.Set("sign", base64.StdEncoding.EncodeToString(signature))
	return changed
}

func TestAlipayCallback_AnswersFailureWithoutTheDatabase(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	s.pay(token, s.order(token, soloOrder))
	notice := s.notice()
	s.outage.Store(true)
	require.Equal(t, "failure", s.deliver(notice))
}
