package alipay_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/alipay"
	"kaituan/mall/payment"
)

func paidFields() map[string]string {
	return map[string]string{
		"notify_type": "trade_status_sync", "notify_id": "n1", "notify_time": "2026-01-01 08:00:01", "app_id": "app",
		"seller_id": "2088", "out_trade_no": "p1", "trade_no": "t1", "trade_status": "TRADE_SUCCESS", "total_amount": "1.00",
		"gmt_payment": "2026-01-01 08:00:00", "charset": "utf-8",
	}
}

func TestReadNotice(t *testing.T) {
	g := openGateway(t)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	base := payment.Notice{
		NotifyID: "n1", AppID: "app", SellerID: "2088", ID: "p1", ProviderNo: "t1",
		Status: payment.TradeSucceeded, Amount: 100, PaidAt: at,
	}
	for name, c := range map[string]struct {
		set  map[string]string
		want func(*payment.Notice)
	}{
		"paid":           {nil, func(*payment.Notice) {}},
		"finished":       {map[string]string{"trade_status": "TRADE_FINISHED"}, func(*payment.Notice) {}},
		"no refund":      {map[string]string{"refund_fee": "0.00"}, func(*payment.Notice) {}},
		"empty field":    {map[string]string{"passback_params": ""}, func(*payment.Notice) {}},
		"partial refund": {map[string]string{"refund_fee": "0.40", "out_biz_no": "r1"}, func(n *payment.Notice) { n.RefundFee = 40 }},
		"full refund": {map[string]string{"refund_fee": "1.00", "trade_status": "TRADE_CLOSED"}, func(n *payment.Notice) {
			n.RefundFee, n.Status = 100, payment.TradeClosed
		}},
		"waiting": {map[string]string{"trade_status": "WAIT_BUYER_PAY", "gmt_payment": ""}, func(n *payment.Notice) {
			n.Status, n.PaidAt = payment.TradeWaiting, time.Time{}
		}},
	} {
		fields := paidFields()
		maps.Copy(fields, c.set)
		want := base
		c.want(&want)
		got, err := g.channel.ReadNotice(notice(g.keys.Gateway, fields))
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
	}
}

func TestReadNotice_SignedButMalformed(t *testing.T) {
	g := openGateway(t)
	for field, values := range map[string][]string{
		"notify_type": {"", "dback"}, "notify_id": {""}, "app_id": {""}, "seller_id": {""}, "out_trade_no": {""}, "trade_no": {""},
		"trade_status": {"", "PAID"}, "total_amount": {"", "0", "-1", "1.001", "1e2", "9999999999"},
		"gmt_payment": {"", "2026-01-01"}, "refund_fee": {"x", "-0.01", "1.01"},
	} {
		for _, value := range values {
			fields := paidFields()
			fields[field] = value
			_, err := g.channel.ReadNotice(notice(g.keys.Gateway, fields))
			require.ErrorIs(t, err, payment.ErrMalformed, "%s=%q", field, value)
		}
	}
}

func TestReadNotice_SignedByTheWrongKey(t *testing.T) {
	g := openGateway(t)
	_, err := g.channel.ReadNotice(notice(g.keys.App, paidFields()))
	require.ErrorIs(t, err, payment.ErrForged)
}

// TestReadNotice_ForeignCertificateCannotStall: in production mode the library would fetch the certificate that
// a notice names, holding the lock that every other check needs, for as long as the gateway takes.
func TestReadNotice_ForeignCertificateCannotStall(t *testing.T) {
	g := openGateway(t)
	var asked atomic.Int64
	silent := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		time.Sleep(time.Second)
	}))
	t.Cleanup(silent.Close)
	cfg := g.config(silent.URL)
	cfg.Production, cfg.NotifyURL, cfg.Timeout = true, "https://shop.example/n", time.Hour
	channel, err := alipay.New(cfg)
	require.NoError(t, err)

	genuine := notice(g.keys.Gateway, paidFields())
	done := make(chan error, 200)
	for range 100 {
		go func() {
			forged := maps.Clone(genuine)
			forged.Set("alipay_cert_sn", "0123456789abcdef0123456789abcdef")
			_, err := channel.ReadNotice(forged)
			done <- err
		}()
		go func() {
			_, err := channel.ReadNotice(genuine)
			done <- err
		}()
	}
	var forged int
	for range cap(done) {
		select {
		case err := <-done:
			if err != nil {
				require.ErrorIs(t, err, payment.ErrForged)
				forged++
			}
		case <-time.After(30 * time.Second):
			require.FailNow(t, "reading a notice hangs")
		}
	}
	require.Equal(t, 100, forged)
	require.Zero(t, asked.Load(), "no notice makes the shop ask anybody")
}

// TestAnswer_ForeignCertificateIsNotFetched: the same download waits behind answers.
func TestAnswer_ForeignCertificateIsNotFetched(t *testing.T) {
	g := openGateway(t)
	g.raw(http.StatusOK, g.signed(g.keys.Gateway, map[string]any{"code": "10000"}, `,"alipay_cert_sn":"abc"`))
	require.ErrorIs(t, g.channel.Close(t.Context(), "p1"), payment.ErrUnknown)
	require.EqualValues(t, 1, g.calls.Load())
	_, err := g.channel.ReadNotice(notice(g.keys.Gateway, paidFields()))
	require.NoError(t, err, "the configured key is still the one in use")
}

func FuzzReadNotice(f *testing.F) {
	keys := sharedKeys(f)
	channel, err := alipay.New(alipay.Config{
		AppID: "app", PrivateKeyPEM: keys.AppPrivatePEM(), AlipayPublicKeyPEM: keys.GatewayPublicPEM(),
		GatewayURL: "http://127.0.0.1:1/gateway.do", NotifyURL: "http://127.0.0.1:1/",
	})
	require.NoError(f, err)
	f.Add(notice(keys.Gateway, paidFields()).Encode(), false)
	f.Add("trade_status=TRADE_SUCCESS&total_amount=1.00&refund_fee=0.5", true)
	f.Add("sign_type=RSA2&sign=%%%&a=1&a=2&=&b", true)
	f.Fuzz(func(t *testing.T, query string, resign bool) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		if resign { // to get past the signature
			fields := paidFields()
			for name := range form {
				if name != "sign" && name != "sign_type" {
					fields[name] = form.Get(name)
				}
			}
			form = notice(keys.Gateway, fields)
		}
		got, err := channel.ReadNotice(form)
		if err == nil {
			require.True(t, got.ID != "" && got.Amount > 0 && got.RefundFee >= 0 && got.RefundFee <= got.Amount)
			require.True(t, got.Status != payment.TradeSucceeded || !got.PaidAt.IsZero())
			return
		}
		require.Equal(t, payment.Notice{}, got)
	})
}
