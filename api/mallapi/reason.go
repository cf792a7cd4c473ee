package mallapi

import (
	"kaituan/api/problem"
	"kaituan/mall/order"
)

// text is something to say, in both languages.
type text struct{ zh, en string }

func (t text) in(lang problem.Language) string {
	if lang == problem.English {
		return t.en
	}
	return t.zh
}

// reasonText says in words why an order ended. The mall's own reasons are here; those of the engine are codes of
// the one table.
func reasonText(why order.Reason, lang problem.Language) string {
	own := map[order.Reason]text{
		order.BuyerCancelled: {"您取消了订单", "you cancelled the order"},
		order.NotPaidInTime:  {"超过支付期限", "the payment deadline has passed"},
		order.SeatLost:       {"席位已被释放", "the seat was lost"},
		order.LatePayment:    {"订单关闭后才付款", "the payment came after the order was closed"},
		order.PaidTwice:      {"重复付款", "the order was paid twice"},
		order.TeamFailed:     {"未能成团", "the team was not completed in time"},
		"team_did_not_fill":  {"未能成团", "the team was not completed in time"},
		order.RefundAsked:    {"您申请了退款", "you asked for it"},
		order.OperatorRefund: {"商家退款", "the shop gave it back"},
		order.TierReached:    {"人数达到更低价，退还差价", "your team grew to a lower price"},
	}
	if t, ok := own[why]; ok {
		return t.in(lang)
	}
	if row, ok := problem.Lookup(problem.Code(why)); ok {
		return text{row.ZH.Title, row.EN.Title}.in(lang)
	}
	return string(why)
}
