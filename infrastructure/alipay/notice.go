package alipay

import (
	"context"
	"fmt"
	"net/url"
	"time"

	client "github.com/smartwalle/alipay/v3"

	"kaituan/mall/payment"
	"kaituan/money"
)

// ReadNotice checks a notice's signature with the configured key of Alipay and reads it. It never asks the
// network: a notice that names a certificate is not from the party that the key belongs to and is refused
// before the library, which would go and fetch that certificate, sees it. The signed return address of a
// payment page is no notice and is refused as malformed.
func (c *Channel) ReadNotice(form url.Values) (payment.Notice, error) {
	clean := url.Values{}
	for name, values := range form {
		if len(values) > 1 {
			return payment.Notice{}, fmt.Errorf("%w: %s is given twice", payment.ErrMalformed, name)
		}
		if form.Get(name) != "" {
			clean[name] = values // the signed text has no empty values
		}
	}
	if clean.Has("alipay_cert_sn") || clean.Get("sign_type") != "RSA2" {
		return payment.Notice{}, fmt.Errorf("%w: not signed with RSA2 by the configured key", payment.ErrForged)
	}
	said, err := c.client.DecodeNotification(context.Background(), clean)
	if err != nil {
		return payment.Notice{}, fmt.Errorf("%w: %w", payment.ErrForged, err)
	}
	notice, err := readNotice(said)
	if err != nil {
		return payment.Notice{}, fmt.Errorf("%w: %w", payment.ErrMalformed, err)
	}
	return notice, nil
}

func readNotice(said *client.Notification) (payment.Notice, error) {
	switch {
	case said.NotifyType != client.NotifyTypeTradeStatusSync:
		return payment.Notice{}, fmt.Errorf("notify_type %q is not handled", said.NotifyType)
	case said.NotifyId == "" || said.AppId == "" || said.SellerId == "" || said.OutTradeNo == "" || said.TradeNo == "":
		return payment.Notice{}, fmt.Errorf("one of notify_id, app_id, seller_id, out_trade_no, trade_no is missing")
	}
	notice := payment.Notice{
		NotifyID: said.NotifyId, AppID: said.AppId, SellerID: said.SellerId,
		ID: payment.ID(said.OutTradeNo), ProviderNo: said.TradeNo,
	}
	var err error
	if notice.Status, err = readStatus(said.TradeStatus); err != nil {
		return payment.Notice{}, err
	}
	if notice.Amount, err = readAmount("total_amount", said.TotalAmount); err != nil {
		return payment.Notice{}, err
	}
	if said.RefundFee != "" {
		if notice.RefundFee, err = readRefundFee(said.RefundFee, notice.Amount); err != nil {
			return payment.Notice{}, err
		}
	}
	notice.PaidAt, err = readPaidAt(said.GmtPayment, notice.Status)
	if err != nil {
		return payment.Notice{}, err
	}
	return notice, nil
}

func readAmount(name, text string) (money.Fen, error) {
	amount, err := money.Parse(text)
	if err == nil && (amount < 1 || amount > maxAmount) {
		err = fmt.Errorf("%s is out of range", text)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return amount, nil
}

// readRefundFee takes 0.00, which some notices of a payment carry.
func readRefundFee(text string, paid money.Fen) (money.Fen, error) {
	fee, err := money.Parse(text)
	if err == nil && (fee < 0 || fee > paid) {
		err = fmt.Errorf("%s is out of range", text)
	}
	if err != nil {
		return 0, fmt.Errorf("refund_fee: %w", err)
	}
	return fee, nil
}

func readPaidAt(text string, status payment.TradeStatus) (time.Time, error) {
	switch {
	case text == "" && status == payment.TradeSucceeded:
		return time.Time{}, fmt.Errorf("paid, but no gmt_payment")
	case text == "":
		return time.Time{}, nil
	}
	at, err := readTime(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("gmt_payment: %w", err)
	}
	return at, nil
}
