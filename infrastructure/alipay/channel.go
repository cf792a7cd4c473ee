// Package alipay is the mall's payment.Channel over Alipay's open gateway, the real one or the sandbox: they
// differ in keys and address only.
package alipay

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	client "github.com/smartwalle/alipay/v3"

	"kaituan/mall/payment"
	"kaituan/money"
)

// Limits of a charge: https://opendocs.alipay.com/open/028r8t
const (
	maxID      = 64  // characters
	maxSubject = 256 // characters
	maxReason  = 256 // characters

	maxAmount money.Fen = 100_000_000_00
)

// The products that a merchant signs a contract for, one per kind of page.
const (
	productPage = "FAST_INSTANT_TRADE_PAY"
	productWap  = "QUICK_WAP_WAY"
)

// Channel asks Alipay for payments. It is safe for concurrent use.
type Channel struct {
	client    *client.Client
	gateway   *url.URL
	files     *http.Client // for what the gateway points to
	notifyURL string
}

var _ payment.Channel = (*Channel)(nil)

// Page signs the address of the payment page: about a millisecond of CPU and no network.
func (c *Channel) Page(_ context.Context, charge payment.Charge) (payment.PageURL, error) {
	trade, err := c.trade(charge)
	if err != nil {
		return "", err
	}
	expires := charge.ExpiresAt.In(china()).Format(time.DateTime)
	var address *url.URL
	switch charge.Method {
	case payment.MethodPage:
		trade.ProductCode, trade.TimeExpire = productPage, expires
		address, err = c.client.TradePagePay(client.TradePagePay{Trade: trade})
	case payment.MethodPhone:
		// The library's outer field hides trade.TimeExpire in the JSON.
		trade.ProductCode = productWap
		address, err = c.client.TradeWapPay(client.TradeWapPay{Trade: trade, TimeExpire: expires, QuitURL: charge.ReturnTo})
	default:
		return "", fmt.Errorf("alipay: page: method %q is none", charge.Method)
	}
	if err != nil {
		return "", fmt.Errorf("alipay: page %s: %w", charge.ID, err)
	}
	return payment.PageURL(address.String()), nil
}

func (c *Channel) trade(charge payment.Charge) (client.Trade, error) {
	subject := plainSubject(charge.Subject)
	switch {
	case !validID(string(charge.ID)):
		return client.Trade{}, fmt.Errorf("alipay: page: id %q: want 1 to %d of A-Z a-z 0-9 _", charge.ID, maxID)
	case charge.Amount < 1 || charge.Amount > maxAmount:
		return client.Trade{}, fmt.Errorf("alipay: page %s: amount %s is out of range", charge.ID, charge.Amount)
	case subject == "":
		return client.Trade{}, fmt.Errorf("alipay: page %s: no subject", charge.ID)
	case charge.ExpiresAt.IsZero():
		return client.Trade{}, fmt.Errorf("alipay: page %s: no end", charge.ID)
	}
	return client.Trade{
		NotifyURL: c.notifyURL, ReturnURL: charge.ReturnTo, OutTradeNo: string(charge.ID),
		TotalAmount: charge.Amount.String(), Subject: subject,
	}, nil
}

// plainSubject blanks out what Alipay refuses in a subject and shortens it to what Alipay takes.
func plainSubject(subject string) string {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune("/=&", r) || r < ' ' || r == utf8.RuneError {
			return ' '
		}
		return r
	}, subject)
	return shorten(strings.Join(strings.Fields(plain), " "), maxSubject)
}

func shorten(text string, runes int) string {
	if all := []rune(text); len(all) > runes {
		return string(all[:runes])
	}
	return text
}

func validID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for _, r := range id {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '_' {
			return false
		}
	}
	return true
}

// Query asks for a trade. One that Alipay does not know is payment.TradeAbsent.
func (c *Channel) Query(ctx context.Context, id payment.ID) (payment.Trade, error) {
	rsp, err := c.client.TradeQuery(ctx, client.TradeQuery{OutTradeNo: string(id)})
	switch answered := settle(rsp != nil, err, func() client.Error { return rsp.Error }); answered.kind {
	case carriedOut:
		trade, err := readTrade(rsp, id)
		if err != nil {
			return payment.Trade{}, unknown("query", id, err)
		}
		return trade, nil
	case refused:
		if answered.code == codeNoTrade {
			return payment.Trade{Status: payment.TradeAbsent}, nil
		}
		return payment.Trade{}, unknown("query", id, answered.rejection())
	default:
		return payment.Trade{}, unknown("query", id, answered.why)
	}
}

func readTrade(rsp *client.TradeQueryRsp, id payment.ID) (payment.Trade, error) {
	status, err := readStatus(rsp.TradeStatus)
	if err != nil {
		return payment.Trade{}, err
	}
	amount, err := money.Parse(rsp.TotalAmount)
	if err != nil {
		return payment.Trade{}, err
	}
	if rsp.OutTradeNo != string(id) || amount < 1 {
		return payment.Trade{}, fmt.Errorf("answer is about %q, %s", rsp.OutTradeNo, amount)
	}
	trade := payment.Trade{Status: status, ProviderNo: rsp.TradeNo, Amount: amount}
	if rsp.SendPayDate != "" {
		if trade.PaidAt, err = readTime(rsp.SendPayDate); err != nil {
			return payment.Trade{}, err
		}
	}
	if status == payment.TradeSucceeded && trade.PaidAt.IsZero() {
		return payment.Trade{}, fmt.Errorf("paid, but not when")
	}
	return trade, nil
}

// Close ends an unpaid trade. A trade that Alipay does not know is payment.ErrAbsent and not success: Alipay
// makes a trade when the buyer opens the page, and the signed address can be opened until its time_expire.
func (c *Channel) Close(ctx context.Context, id payment.ID) error {
	rsp, err := c.client.TradeClose(ctx, client.TradeClose{OutTradeNo: string(id)})
	answered := settle(rsp != nil, err, func() client.Error { return rsp.Error })
	switch answered.kind {
	case carriedOut:
		return nil
	case refused:
		switch answered.code {
		case codeNoTrade:
			return fmt.Errorf("alipay: close %s: %w", id, payment.ErrAbsent)
		case codeWrongStatus, codeStatusInvalid, codeIllegalStatus:
			return fmt.Errorf("alipay: close %s: %w", id, payment.ErrNotClosable)
		}
		return unknown("close", id, answered.rejection())
	default:
		return unknown("close", id, answered.why)
	}
}

// Refund sends money back. When Alipay answers that this call moved nothing, it asks whether an earlier one
// did, so that a replay is answered like the first call.
func (c *Channel) Refund(ctx context.Context, r payment.RefundOrder) (payment.RefundResult, error) {
	if r.RequestNo == "" || len(r.RequestNo) > maxID || r.Amount < 1 || r.Amount > maxAmount {
		return payment.RefundResult{}, fmt.Errorf("alipay: refund %s: request %q of %s is out of range", r.ID, r.RequestNo, r.Amount)
	}
	rsp, err := c.client.TradeRefund(ctx, client.TradeRefund{
		OutTradeNo: string(r.ID), RefundAmount: r.Amount.String(), RefundReason: shorten(r.Reason, maxReason),
		OutRequestNo: string(r.RequestNo),
	})
	answered := settle(rsp != nil, err, func() client.Error { return rsp.Error })
	switch {
	case answered.kind == refused:
		return payment.RefundResult{}, answered.rejection()
	case answered.kind != carriedOut:
		return payment.RefundResult{}, unknown("refund", r.ID, answered.why)
	case rsp.FundChange == "Y":
		return payment.RefundResult{Done: true, Amount: r.Amount}, nil
	default:
		return c.QueryRefund(ctx, r.ID, r.RequestNo)
	}
}

// QueryRefund asks whether a refund arrived. Of a request or a trade that Alipay does not know, nothing did.
func (c *Channel) QueryRefund(ctx context.Context, id payment.ID, no payment.RequestNo) (payment.RefundResult, error) {
	rsp, err := c.client.TradeFastPayRefundQuery(ctx, client.TradeFastPayRefundQuery{
		OutTradeNo: string(id), OutRequestNo: string(no),
	})
	answered := settle(rsp != nil, err, func() client.Error { return rsp.Error })
	switch {
	case answered.kind == refused && answered.code == codeNoTrade:
		return payment.RefundResult{}, nil
	case answered.kind == refused:
		return payment.RefundResult{}, unknown("query refund", id, answered.rejection())
	case answered.kind != carriedOut:
		return payment.RefundResult{}, unknown("query refund", id, answered.why)
	case rsp.RefundStatus != "REFUND_SUCCESS":
		return payment.RefundResult{}, nil
	}
	amount, err := money.Parse(rsp.RefundAmount)
	if err != nil || amount < 1 || rsp.OutTradeNo != string(id) || rsp.OutRequestNo != string(no) {
		return payment.RefundResult{}, unknown("query refund", id, fmt.Errorf("answer is about %q %q, %q", rsp.OutTradeNo, rsp.OutRequestNo, rsp.RefundAmount))
	}
	return payment.RefundResult{Done: true, Amount: amount}, nil
}
