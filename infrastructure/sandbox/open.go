package sandbox

import (
	"crypto/rand"
	"encoding/hex"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kaituan/money"
)

// Limits of a charge: https://opendocs.alipay.com/open/028r8t
const (
	maxNumber   = 64  // characters
	maxSubject  = 256 // characters
	maxBody     = 128 // characters
	maxAddress  = 256 // bytes
	maxPassback = 512 // bytes

	maxAmount     money.Fen = 100_000_000_00
	defaultExpiry           = 15 * 24 * time.Hour
)

// charge is the biz_content of page.pay and wap.pay.
type charge struct {
	OutTradeNo     string `json:"out_trade_no"`
	TotalAmount    string `json:"total_amount"`
	Subject        string `json:"subject"`
	Body           string `json:"body"`
	ProductCode    string `json:"product_code"`
	TimeoutExpress string `json:"timeout_express"`
	TimeExpire     string `json:"time_expire"`
	PassbackParams string `json:"passback_params"`
	QuitURL        string `json:"quit_url"`
}

// openPage is alipay.trade.page.pay and alipay.trade.wap.pay: the buyer's browser arrives with the merchant's
// signed charge and is sent on to the cashier. The trade begins here, not when the merchant signed.
func (s *Sandbox) openPage(w http.ResponseWriter, r *http.Request, method string) {
	why := s.check(r.Form)
	var fresh trade
	if why == nil {
		fresh, why = s.newTrade(r.Form, method)
	}
	if why != nil {
		s.page.refuse(w, r, http.StatusBadRequest, why)
		return
	}
	fault, struck, err := s.db.strikeOne(r.Context(), fresh.outTradeNo, OnPage)
	if err == nil && struck && fault.before() {
		s.mispage(w, r, fault)
		return
	}
	t := fresh
	if err == nil {
		t, err = s.db.open(r.Context(), fresh)
	}
	switch {
	case err != nil:
		s.page.refuse(w, r, http.StatusInternalServerError, s.failed(method, err))
		return
	case struck:
		s.mispage(w, r, fault)
		return
	}
	if t.total != fresh.total {
		s.page.refuse(w, r, http.StatusConflict, refused("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改：金额与首次请求不一致"))
		return
	}
	seeOther(w, "cashier/"+t.cashierID)
}

// seeOther redirects to an address relative to the request's own, which http.Redirect would resolve against the
// path without the prefix that the handler is mounted under.
func seeOther(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
}

func (s *Sandbox) newTrade(form url.Values, method string) (trade, *failure) {
	var c charge
	if why := decode([]byte(form.Get("biz_content")), &c); why != nil {
		return trade{}, why
	}
	if why := c.check(method); why != nil {
		return trade{}, why
	}
	now := s.now()
	expires, why := c.expiry(now, s.merchantTime(form.Get("timestamp")))
	if why != nil {
		return trade{}, why
	}
	for _, name := range []string{"notify_url", "return_url"} {
		if !validAddress(form.Get(name)) {
			return trade{}, badParameter(name)
		}
	}
	amount, _ := yuan(c.TotalAmount, maxAmount)
	return trade{
		outTradeNo: c.OutTradeNo, tradeNo: newTradeNo(now), cashierID: randomHex(), payToken: randomHex(), method: method,
		subject: c.Subject, body: c.Body, passback: c.PassbackParams, notifyURL: form.Get("notify_url"),
		returnURL: form.Get("return_url"), quitURL: c.QuitURL, total: amount, status: StatusWaiting,
		createdAt: now, expiresAt: expires,
	}, nil
}

func (c charge) check(method string) *failure {
	product := map[string]string{methodPage: "FAST_INSTANT_TRADE_PAY", methodWap: "QUICK_WAP_WAY"}[method]
	_, amountOK := yuan(c.TotalAmount, maxAmount)
	switch {
	case !validNumber(c.OutTradeNo):
		return badParameter("out_trade_no")
	case !amountOK:
		return refused("ACQ.TOTAL_FEE_EXCEED", "订单总金额不在允许范围内")
	case c.Subject == "" || utf8.RuneCountInString(c.Subject) > maxSubject || strings.ContainsAny(c.Subject, "/=&"):
		return badParameter("subject")
	case utf8.RuneCountInString(c.Body) > maxBody:
		return badParameter("body")
	case c.ProductCode != product:
		return badParameter("product_code 应为 " + product)
	case len(c.PassbackParams) > maxPassback:
		return badParameter("passback_params")
	case !validAddress(c.QuitURL):
		return badParameter("quit_url")
	default:
		return nil
	}
}

func validNumber(no string) bool {
	if no == "" || len(no) > maxNumber {
		return false
	}
	for _, r := range no {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '_' {
			return false
		}
	}
	return true
}

// validAddress takes no address at all or an absolute one.
func validAddress(address string) bool {
	if address == "" {
		return true
	}
	u, err := url.Parse(address)
	return err == nil && len(address) <= maxAddress && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// merchantTime is what the clock of the merchant that signed the charge shows now.
func (s *Sandbox) merchantTime(timestamp string) time.Time {
	at, err := time.ParseInLocation(time.DateTime, timestamp, china())
	if err != nil || s.cfg.Undated {
		return s.now()
	}
	return s.clock.merchant(at)
}

// expiry is when an unpaid trade ends: time_expire if given, else timeout_express, else 15 days. time_expire is
// the merchant's time, whose clock may be behind ours: the trade gets as long as it is from there.
func (c charge) expiry(now, merchant time.Time) (time.Time, *failure) {
	switch {
	case c.TimeExpire != "":
		at, why := parseExpire(c.TimeExpire, merchant)
		return at.Add(now.Sub(merchant)), why
	case c.TimeoutExpress == "":
		return now.Add(defaultExpiry), nil
	case c.TimeoutExpress == "1c":
		y, m, d := now.In(china()).Date()
		return time.Date(y, m, d+1, 0, 0, 0, 0, china()), nil
	default:
		return parseTimeout(c.TimeoutExpress, now)
	}
}

// parseExpire also takes the form without seconds, which wap.pay had first.
func parseExpire(text string, now time.Time) (time.Time, *failure) {
	layout := time.DateTime
	if len(text) == len("2006-01-02 15:04") {
		layout = "2006-01-02 15:04"
	}
	at, err := time.ParseInLocation(layout, text, china())
	switch {
	case err != nil:
		return time.Time{}, badParameter("time_expire")
	case !now.Before(at):
		return time.Time{}, refused("ACQ.TRADE_HAS_CLOSE", "订单已超时，请重新下单")
	}
	return at, nil
}

// parseTimeout reads 1m to 15d in whole minutes, hours or days.
func parseTimeout(text string, now time.Time) (time.Time, *failure) {
	parts := regexp.MustCompile(`^([1-9][0-9]{0,4})([mhd])$`).FindStringSubmatch(text)
	if parts == nil {
		return time.Time{}, badParameter("timeout_express")
	}
	n, err := strconv.Atoi(parts[1])
	unit := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[parts[2]]
	if span := time.Duration(n) * unit; err == nil && span <= defaultExpiry {
		return now.Add(span), nil
	}
	return time.Time{}, badParameter("timeout_express")
}

// newTradeNo looks like Alipay's: the date, a fixed block, digits.
func newTradeNo(now time.Time) string {
	n, err := rand.Int(rand.Reader, big.NewInt(1e15))
	if err != nil {
		panic("sandbox: no randomness: " + err.Error())
	}
	digits := "000000000000000" + n.String()
	return now.In(china()).Format("20060102") + "22001" + digits[len(digits)-15:]
}

func randomHex() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process rather than return an error
	return hex.EncodeToString(raw)
}
