package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// cashier is GET /cashier/{id}: what the buyer sees of the trade as it is now.
func (s *Sandbox) cashier(w http.ResponseWriter, r *http.Request) {
	t, why, err := s.lookUp(r.Context(), byCashier(r.PathValue("id")))
	if s.unshown(w, r, why, err) {
		return
	}
	s.showTradePage(w, r, t)
}

// cashierPay is POST /cashier/{id}/pay with the form field token. Paid, also by an earlier click, it sends the
// browser back to the merchant with the signed return parameters.
func (s *Sandbox) cashierPay(w http.ResponseWriter, r *http.Request) {
	token := r.PostFormValue("token")
	t, why, err := s.change(r.Context(), byCashier(r.PathValue("id")), func(t *trade) *failure {
		return t.pay(token, s.now())
	})
	switch {
	case err == nil && t.outTradeNo != "" && why != nil && why.Code == "40004":
		seeOther(w, "../"+t.cashierID) // closed meanwhile: its page says so
	case err == nil && t.outTradeNo != "" && why != nil:
		s.page.refuse(w, r, http.StatusForbidden, why)
	case s.unshown(w, r, why, err):
	default:
		s.sendBack(w, r, t)
	}
}

func (s *Sandbox) sendBack(w http.ResponseWriter, r *http.Request, t trade) {
	to, err := s.returnAddress(t)
	if err != nil {
		s.unshown(w, r, nil, err)
		return
	}
	if to == "" {
		to = "../" + t.cashierID
	}
	seeOther(w, to)
}

// cashierQuit is POST /cashier/{id}/quit: the buyer leaves without paying. The trade stays as it is.
func (s *Sandbox) cashierQuit(w http.ResponseWriter, r *http.Request) {
	t, why, err := s.lookUp(r.Context(), byCashier(r.PathValue("id")))
	if s.unshown(w, r, why, err) {
		return
	}
	to := t.leaveAddress()
	if to == "" {
		to = "../" + t.cashierID
	}
	seeOther(w, to)
}

// leaveAddress is where a buyer goes who does not pay: quit_url, which only wap.pay has, else return_url
// without parameters, as nothing happened that could be signed.
func (t *trade) leaveAddress() string {
	if t.quitURL != "" {
		return t.quitURL
	}
	return t.returnURL
}

// unshown answers for a trade that is unknown or unreadable and says that it did.
func (s *Sandbox) unshown(w http.ResponseWriter, r *http.Request, why *failure, err error) bool {
	switch {
	case err != nil && !errors.Is(err, ErrNoTrade):
		s.cfg.Logger.Error("sandbox: cashier failed", "error", err)
		s.page.refuse(w, r, http.StatusInternalServerError, unavailable())
	case err != nil || why != nil:
		s.page.refuse(w, r, http.StatusNotFound, noTrade())
	default:
		return false
	}
	return true
}

// returnAddress is return_url with what Alipay adds and signs. It proves nothing about the payment, and says
// nothing of its state; a merchant asks. Empty when the merchant named no address.
func (s *Sandbox) returnAddress(t trade) (string, error) {
	if t.returnURL == "" {
		return "", nil
	}
	form := url.Values{
		"app_id": {s.cfg.AppID}, "auth_app_id": {s.cfg.AppID}, "seller_id": {s.cfg.SellerID},
		"charset": {"utf-8"}, "version": {"1.0"}, "method": {t.method + ".return"}, "timestamp": {stamp(s.now())},
		"out_trade_no": {t.outTradeNo}, "trade_no": {t.tradeNo}, "total_amount": {t.total.String()},
	}
	if err := s.signForm(form); err != nil {
		return "", err
	}
	address, fragment, _ := strings.Cut(t.returnURL, "#")
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	address += separator + form.Encode()
	if fragment != "" {
		address += "#" + fragment
	}
	return address, nil
}
