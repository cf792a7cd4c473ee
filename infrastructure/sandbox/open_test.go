package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOpen_ShowsTheSameTradeAgain(t *testing.T) {
	e := open(t)
	first := e.openTrade("o1", "9.90")
	require.Equal(t, first, e.openTrade("o1", "9.9"))
	rsp, body := e.get(e.page(charged("o1", "9.91")))
	require.Equal(t, http.StatusConflict, rsp.StatusCode)
	require.Contains(t, body, "ACQ.CONTEXT_INCONSISTENT")
	require.Equal(t, Totals{Trades: 1, Waiting: 1}, e.totals())
}

func TestOpen_TakesAPost(t *testing.T) {
	e := open(t)
	address, err := url.Parse(e.page(charged("o1", "1.00")))
	require.NoError(t, err)
	rsp, _ := e.post("gateway.do", address.Query())
	require.Equal(t, http.StatusSeeOther, rsp.StatusCode)
}

func TestOpen_Refuses(t *testing.T) {
	e := open(t)
	for name, c := range map[string]struct {
		field string
		value any
		code  string
	}{
		"no number":         {"out_trade_no", "", "ACQ.INVALID_PARAMETER"},
		"strange number":    {"out_trade_no", "a-b", "ACQ.INVALID_PARAMETER"},
		"long number":       {"out_trade_no", strings.Repeat("a", 65), "ACQ.INVALID_PARAMETER"},
		"free":              {"total_amount", "0.00", "ACQ.TOTAL_FEE_EXCEED"},
		"three decimals":    {"total_amount", "1.001", "ACQ.TOTAL_FEE_EXCEED"},
		"too much":          {"total_amount", "100000000.01", "ACQ.TOTAL_FEE_EXCEED"},
		"number for amount": {"total_amount", 1.5, "ACQ.INVALID_PARAMETER"},
		"no subject":        {"subject", "", "ACQ.INVALID_PARAMETER"},
		"strange subject":   {"subject", "a/b", "ACQ.INVALID_PARAMETER"},
		"long subject":      {"subject", strings.Repeat("茶", 257), "ACQ.INVALID_PARAMETER"},
		"long body":         {"body", strings.Repeat("茶", 129), "ACQ.INVALID_PARAMETER"},
		"other product":     {"product_code", "QUICK_WAP_WAY", "ACQ.INVALID_PARAMETER"},
		"long passback":     {"passback_params", strings.Repeat("p", 513), "ACQ.INVALID_PARAMETER"},
		"script to quit to": {"quit_url", "javascript:alert(1)", "ACQ.INVALID_PARAMETER"},
		"no time":           {"timeout_express", "soon", "ACQ.INVALID_PARAMETER"},
		"half hours":        {"timeout_express", "1.5h", "ACQ.INVALID_PARAMETER"},
		"zero":              {"timeout_express", "0m", "ACQ.INVALID_PARAMETER"},
		"sixteen days":      {"timeout_express", "16d", "ACQ.INVALID_PARAMETER"},
		"no date":           {"time_expire", "tomorrow", "ACQ.INVALID_PARAMETER"},
		"over":              {"time_expire", "2020-01-01 00:00:00", "ACQ.TRADE_HAS_CLOSE"},
	} {
		t.Run(name, func(t *testing.T) {
			b := charged("o1", "1.00")
			b[c.field] = c.value
			rsp, body := e.get(e.page(b))
			require.Equal(t, http.StatusBadRequest, rsp.StatusCode)
			require.Contains(t, body, c.code)
		})
	}
	for _, set := range [][]string{
		{"return_url", "javascript:alert(1)"}, {"notify_url", "/relative"}, {"notify_url", "http://x/" + strings.Repeat("x", 256)},
		{"app_id", "1"}, {"timestamp", "2090-01-01 00:00:00"},
	} {
		rsp, _ := e.get(e.page(charged("o1", "1.00"), set...))
		require.Equal(t, http.StatusBadRequest, rsp.StatusCode, set)
	}
	require.Zero(t, e.totals().Trades)
}

func TestOpen_AnOldSignatureStillOpens(t *testing.T) {
	e := open(t)
	page := e.page(biz{"out_trade_no": "o1", "total_amount": "1", "subject": "茶", "product_code": "FAST_INSTANT_TRADE_PAY"})
	e.clock.Advance(3 * 24 * time.Hour)
	rsp, _ := e.get(page)
	require.Equal(t, http.StatusSeeOther, rsp.StatusCode)
}

func TestExpiry(t *testing.T) {
	now := time.Date(2026, 3, 1, 15, 30, 0, 0, time.UTC) // 23:30 in China
	for name, c := range map[string]struct {
		charge charge
		want   time.Time
	}{
		"default":         {charge{}, now.Add(15 * 24 * time.Hour)},
		"minutes":         {charge{TimeoutExpress: "90m"}, now.Add(90 * time.Minute)},
		"hours":           {charge{TimeoutExpress: "2h"}, now.Add(2 * time.Hour)},
		"days":            {charge{TimeoutExpress: "15d"}, now.Add(15 * 24 * time.Hour)},
		"this day":        {charge{TimeoutExpress: "1c"}, now.Add(30 * time.Minute)},
		"absolute":        {charge{TimeExpire: "2026-03-02 00:00:05"}, now.Add(30*time.Minute + 5*time.Second)},
		"without seconds": {charge{TimeExpire: "2026-03-02 00:01"}, now.Add(31 * time.Minute)},
		"absolute first":  {charge{TimeExpire: "2026-03-02 00:00:00", TimeoutExpress: "1m"}, now.Add(30 * time.Minute)},
	} {
		got, why := c.charge.expiry(now, now)
		require.Nil(t, why, name)
		require.True(t, c.want.Equal(got), "%s: %s", name, got)
	}
}

// FuzzNewTrade: whatever a merchant signs, a trade that comes of it is within every limit.
func FuzzNewTrade(f *testing.F) {
	keys, err := madeKeys()
	require.NoError(f, err)
	box, err := New(Config{Path: f.TempDir() + "/sandbox.db", Keys: keys})
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, box.Close()) })
	f.Add(`{"out_trade_no":"o","total_amount":"0.01","subject":"s","product_code":"FAST_INSTANT_TRADE_PAY","timeout_express":"1c"}`, "http://x/")
	f.Add(`{"out_trade_no":"o","total_amount":"1e9","time_expire":"2090-01-01 00:00"}`, "javascript:1")
	f.Add(`[`, "")
	f.Fuzz(func(t *testing.T, content, address string) {
		before := box.now()
		tr, why := box.newTrade(url.Values{"biz_content": {content}, "return_url": {address}}, methodPage)
		if why != nil {
			require.NotEmpty(t, why.SubCode)
			return
		}
		require.True(t, validNumber(tr.outTradeNo) && tr.total >= 1 && tr.total <= maxAmount)
		require.True(t, tr.expiresAt.After(before) && !tr.paid() && tr.status == StatusWaiting)
		_, err := box.returnAddress(tr)
		require.NoError(t, err)
	})
}

func TestTimeLeft(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 min 00 s", time.Millisecond: "0 min 01 s", 15 * time.Minute: "15 min 00 s", 26*time.Hour + 5*time.Minute: "26 h 05 min",
	} {
		require.Equal(t, want, english().span(d))
	}
}
