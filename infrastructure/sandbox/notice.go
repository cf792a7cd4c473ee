package sandbox

import (
	"encoding/json"
	"net/url"
	"time"
)

// notice is one message for the merchant, the same until it is answered: only notify_time, and with it the
// signature, differ from one sending to the next.
type notice struct {
	id       string
	trade    string
	url      string
	fields   map[string]string
	attempts int
	at       time.Time
}

// retryGaps are the waits between the sendings of one notice, as published:
// https://opendocs.alipay.com/open/203/105286 (4m,10m,10m,1h,2h,6h,15h).
func retryGaps() []time.Duration {
	return []time.Duration{
		4 * time.Minute, 10 * time.Minute, 10 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 15 * time.Hour,
	}
}

// tell keeps a notice of what the trade has just become, unless the merchant gave no address for them.
func (t *trade) tell(now time.Time, refundNo string) {
	if t.notifyURL == "" {
		return
	}
	t.told = append(t.told, notice{
		id:    now.In(china()).Format("20060102") + randomHex(),
		trade: t.outTradeNo, url: t.notifyURL, fields: t.noticeFields(refundNo), at: now,
	})
}

// noticeFields are the business fields of a notice; the sender adds the application's and the signature.
// refund_fee is the sum of all refunds so far and out_biz_no the request that this notice is about.
func (t *trade) noticeFields(refundNo string) map[string]string {
	fields := map[string]string{
		"notify_type": "trade_status_sync", "trade_no": t.tradeNo, "out_trade_no": t.outTradeNo,
		"trade_status": string(t.status), "total_amount": t.total.String(),
		"subject": t.subject, "body": t.body, "passback_params": t.passback,
		"gmt_create": stamp(t.createdAt), "gmt_close": stamp(t.closedAt), "out_biz_no": refundNo,
	}
	if t.paid() {
		amount := t.total.String()
		fields["buyer_id"] = BuyerID
		fields["gmt_payment"] = stamp(t.paidAt)
		fields["receipt_amount"], fields["buyer_pay_amount"], fields["invoice_amount"] = amount, amount, amount
		fields["point_amount"] = "0.00"
		fields["fund_bill_list"] = fundBill(amount)
	}
	if refundNo != "" {
		fields["refund_fee"] = t.refunded.String()
		fields["gmt_refund"] = t.refundedAt.In(china()).Format("2006-01-02 15:04:05.000")
	}
	for name, value := range fields {
		if value == "" {
			delete(fields, name)
		}
	}
	return fields
}

func fundBill(amount string) string {
	bill, err := json.Marshal([]map[string]string{{"amount": amount, "fundChannel": "ALIPAYACCOUNT"}})
	if err != nil {
		panic("sandbox: a list of strings is always JSON: " + err.Error())
	}
	return string(bill)
}

// noticeForm is the signed form of one sending.
func (s *Sandbox) noticeForm(n notice, now time.Time) (url.Values, error) {
	form := url.Values{}
	for name, value := range n.fields {
		form.Set(name, value)
	}
	form.Set("notify_id", n.id)
	form.Set("notify_time", stamp(now))
	form.Set("app_id", s.cfg.AppID)
	form.Set("auth_app_id", s.cfg.AppID)
	form.Set("seller_id", s.cfg.SellerID)
	form.Set("charset", "utf-8")
	form.Set("version", "1.0")
	return form, s.signForm(form)
}

// china is the zone of every time that Alipay writes or reads.
func china() *time.Location {
	return time.FixedZone("CST", 8*60*60)
}

// stamp prints an instant as Alipay does; the zero instant is the empty text.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(china()).Format(time.DateTime)
}
