package sandbox

import (
	"context"
	"errors"
	"unicode/utf8"

	"kaituan/money"
)

// ref names a trade in a request; trade_no is preferred when both are given.
type ref struct {
	OutTradeNo string `json:"out_trade_no"`
	TradeNo    string `json:"trade_no"`
}

func (r ref) key() (key, *failure) {
	switch {
	case r.TradeNo != "":
		return byTradeNo(r.TradeNo), nil
	case r.OutTradeNo != "":
		return byOutTradeNo(r.OutTradeNo), nil
	default:
		return key{}, badParameter("out_trade_no 和 trade_no 不能同时为空")
	}
}

// queryTrade is alipay.trade.query: https://opendocs.alipay.com/open/028woa
func (s *Sandbox) queryTrade(ctx context.Context, biz []byte) (map[string]any, *failure, error) {
	var req ref
	if why := decode(biz, &req); why != nil {
		return nil, why, nil
	}
	k, why := req.key()
	if why != nil {
		return nil, why, nil
	}
	t, why, err := s.lookUp(ctx, k)
	if why != nil || err != nil {
		return nil, why, err
	}
	fields := map[string]any{
		"trade_no": t.tradeNo, "out_trade_no": t.outTradeNo, "trade_status": t.status,
		"total_amount": t.total.String(), "point_amount": "0.00",
	}
	if t.paid() {
		fields["send_pay_date"] = stamp(t.paidAt)
		fields["buyer_user_id"], fields["buyer_logon_id"], fields["buyer_user_type"] = BuyerID, buyerLogon, "PRIVATE"
		for _, name := range []string{"receipt_amount", "buyer_pay_amount", "invoice_amount"} {
			fields[name] = t.total.String()
		}
	}
	return fields, nil, nil
}

const buyerLogon = "san***@kaituan.test"

// closeTrade is alipay.trade.close: https://opendocs.alipay.com/open/028wob
func (s *Sandbox) closeTrade(ctx context.Context, biz []byte) (map[string]any, *failure, error) {
	var req ref
	if why := decode(biz, &req); why != nil {
		return nil, why, nil
	}
	k, why := req.key()
	if why != nil {
		return nil, why, nil
	}
	t, why, err := s.change(ctx, k, func(t *trade) *failure { return t.closeUnpaid(s.now()) })
	if why != nil || err != nil {
		return nil, why, err
	}
	return map[string]any{"trade_no": t.tradeNo, "out_trade_no": t.outTradeNo}, nil, nil
}

type refundRequest struct {
	ref
	Amount    string `json:"refund_amount"`
	RequestNo string `json:"out_request_no"`
	Reason    string `json:"refund_reason"`
}

// refundTrade is alipay.trade.refund: https://opendocs.alipay.com/open/028sm9
func (s *Sandbox) refundTrade(ctx context.Context, biz []byte) (map[string]any, *failure, error) {
	var req refundRequest
	if why := decode(biz, &req); why != nil {
		return nil, why, nil
	}
	k, why := req.key()
	if why != nil {
		return nil, why, nil
	}
	amount, ok := yuan(req.Amount, maxAmount)
	if !ok || len(req.RequestNo) > 64 || utf8.RuneCountInString(req.Reason) > 256 {
		return nil, badParameter("refund_amount, out_request_no 或 refund_reason"), nil
	}
	var moved bool
	t, why, err := s.change(ctx, k, func(t *trade) *failure {
		var why *failure
		moved, why = s.decideRefund(t, req, amount)
		return why
	})
	if why != nil || err != nil {
		return nil, why, err
	}
	return refundAnswer(t, moved), nil, nil
}

// decideRefund fills in a missing request number: only a refund of the whole may come without one, and its
// number is the merchant's order number then.
func (s *Sandbox) decideRefund(t *trade, req refundRequest, amount money.Fen) (bool, *failure) {
	no := req.RequestNo
	if no == "" {
		no = t.outTradeNo
		if amount != t.total {
			return false, refused("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "撤销或退款金额与订单金额不一致")
		}
	}
	return t.refund(refund{requestNo: no, amount: amount, reason: req.Reason, at: s.now()})
}

func refundAnswer(t trade, moved bool) map[string]any {
	change := "N"
	if moved {
		change = "Y"
	}
	return map[string]any{
		"trade_no": t.tradeNo, "out_trade_no": t.outTradeNo, "fund_change": change, "refund_fee": t.refunded.String(),
		"buyer_user_id": BuyerID, "buyer_logon_id": buyerLogon, "gmt_refund_pay": stamp(t.refundedAt),
	}
}

// queryRefund is alipay.trade.fastpay.refund.query: https://opendocs.alipay.com/open/028sma. A request number
// that was never carried out is a success without refund_status.
func (s *Sandbox) queryRefund(ctx context.Context, biz []byte) (map[string]any, *failure, error) {
	var req refundRequest
	if why := decode(biz, &req); why != nil {
		return nil, why, nil
	}
	k, why := req.key()
	if why != nil {
		return nil, why, nil
	}
	if req.RequestNo == "" {
		return nil, badParameter("out_request_no"), nil
	}
	t, why, err := s.lookUp(ctx, k)
	if why != nil || err != nil {
		return nil, why, err
	}
	r, found := t.findRefund(req.RequestNo)
	if !found {
		return nil, nil, nil
	}
	return map[string]any{
		"trade_no": t.tradeNo, "out_trade_no": t.outTradeNo, "out_request_no": r.requestNo, "refund_status": "REFUND_SUCCESS",
		"total_amount": t.total.String(), "refund_amount": r.amount.String(), "gmt_refund_pay": stamp(r.at),
	}, nil, nil
}

// change is a gateway call that may move a trade; whoever must hear of it is told at once.
func (s *Sandbox) change(ctx context.Context, k key, decide func(*trade) *failure) (trade, *failure, error) {
	t, why, err := s.db.change(ctx, k, decide)
	if errors.Is(err, ErrNoTrade) {
		return trade{}, noTrade(), nil
	}
	if len(t.told) > 0 {
		s.nudge()
	}
	return t, why, err
}

// lookUp reads a trade as it is now: one whose time is over is closed first.
func (s *Sandbox) lookUp(ctx context.Context, k key) (trade, *failure, error) {
	t, err := find(ctx, s.db.read, k)
	if errors.Is(err, ErrNoTrade) {
		return trade{}, noTrade(), nil
	}
	if err != nil || t.status != StatusWaiting || s.now().Before(t.expiresAt) {
		return t, nil, err
	}
	return s.change(ctx, k, func(t *trade) *failure {
		t.expire(s.now())
		return nil
	})
}
