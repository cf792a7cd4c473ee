package sandbox

import (
	"crypto/subtle"
	"time"

	"kaituan/money"
)

// Status is a trade's state in Alipay's own words.
type Status string

// The states of a trade. TRADE_FINISHED is never reached: the sandbox lets a trade be refunded for ever.
const (
	StatusWaiting Status = "WAIT_BUYER_PAY"
	StatusSuccess Status = "TRADE_SUCCESS"
	StatusClosed  Status = "TRADE_CLOSED"
)

type closedBy string

const (
	closedByExpiry   closedBy = "expiry"
	closedByMerchant closedBy = "merchant"
	closedByRefund   closedBy = "refund"
)

// trade is one charge with everything that decides about it. Its methods are the whole of the sandbox's
// business rules: they read no clock and touch no database. Each change counts up version and each one that
// Alipay would tell the merchant about adds to told.
type trade struct {
	outTradeNo, tradeNo     string
	cashierID, payToken     string
	method                  string
	subject, body, passback string

	notifyURL, returnURL, quitURL string

	total, refunded money.Fen
	status          Status
	closed          closedBy

	createdAt, expiresAt, paidAt, refundedAt, closedAt time.Time

	version int64
	refunds []refund
	told    []notice
}

type refund struct {
	requestNo string
	amount    money.Fen
	reason    string
	at        time.Time
}

// expire closes an unpaid trade whose time is over.
func (t *trade) expire(now time.Time) {
	if t.status == StatusWaiting && !now.Before(t.expiresAt) {
		t.end(closedByExpiry, now)
	}
}

// pay is the buyer's click. The token is the one that the cashier page was shown with; a second click with it
// finds the trade paid and is no failure.
func (t *trade) pay(token string, now time.Time) *failure {
	t.expire(now)
	switch {
	case subtle.ConstantTimeCompare([]byte(token), []byte(t.payToken)) != 1:
		return invalid("isv.invalid-parameter", "付款口令无效")
	case t.paid():
		return nil
	case t.status != StatusWaiting:
		return refused("ACQ.TRADE_HAS_CLOSE", "交易已经关闭")
	}
	t.status, t.paidAt = StatusSuccess, now
	t.version++
	t.tell(now, "")
	return nil
}

// closeUnpaid is alipay.trade.close.
func (t *trade) closeUnpaid(now time.Time) *failure {
	t.expire(now)
	if t.status != StatusWaiting {
		return wrongStatus()
	}
	t.end(closedByMerchant, now)
	return nil
}

func (t *trade) end(by closedBy, now time.Time) {
	t.status, t.closed, t.closedAt = StatusClosed, by, now
	t.version++
	t.tell(now, "")
}

// refund is alipay.trade.refund. It says whether money moved: a request number that was carried out before is
// answered again and moves nothing.
func (t *trade) refund(r refund) (moved bool, why *failure) {
	t.expire(r.at)
	if earlier, found := t.findRefund(r.requestNo); found {
		if earlier.amount != r.amount {
			return false, refused("ACQ.DISCORDANT_REPEAT_REQUEST", "请求信息不一致")
		}
		return false, nil
	}
	switch {
	case !t.paid():
		return false, wrongStatus()
	case r.amount > t.total-t.refunded:
		return false, refused("ACQ.REASON_TRADE_REFUND_FEE_ERR", "退款金额无效")
	}
	t.refunds = append(t.refunds, r)
	t.refunded += r.amount
	t.refundedAt = r.at
	t.version++
	if t.refunded == t.total {
		t.status, t.closed, t.closedAt = StatusClosed, closedByRefund, r.at
	}
	t.tell(r.at, r.requestNo)
	return true, nil
}

func (t *trade) paid() bool {
	return !t.paidAt.IsZero()
}

func (t *trade) findRefund(requestNo string) (refund, bool) {
	for _, r := range t.refunds {
		if r.requestNo == requestNo {
			return r, true
		}
	}
	return refund{}, false
}
