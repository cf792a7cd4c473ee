package mallapi

import (
	"fmt"
	"time"

	"kaituan/api/problem"
	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// A story is what the return page tells.
type story struct {
	title  string
	lines  []string
	payURL string // where the buyer may still pay
	again  int    // seconds until the page loads itself again; 0 when there is nothing more to wait for
}

type text struct{ zh, en string }

func (t text) in(lang problem.Language) string {
	if lang == problem.English {
		return t.en
	}
	return t.zh
}

// add appends a line; its values stand in the same order in both languages.
func (s *story) add(lang problem.Language, t text, values ...any) {
	s.lines = append(s.lines, fmt.Sprintf(t.in(lang), values...))
}

func storyOfStranger(lang problem.Language) story {
	s := story{title: text{"请先登录", "Please sign in"}.in(lang)}
	s.add(lang, text{"登录后可查看付款结果。", "Sign in to see what became of your payment."})
	return s
}

func storyOfNothing(lang problem.Language) story {
	s := story{title: text{"没有这个订单", "No such order"}.in(lang)}
	s.add(lang, text{"请在“我的订单”中查看。", "Look at your list of orders."})
	return s
}

// storyOf tells where an order stands. team is the order's team if the engine told of it.
func storyOf(view mall.OrderView, team mall.Team, lang problem.Language) story {
	o := view.Order
	var s story
	switch o.Status {
	case order.Created:
		s = story{title: text{"正在确认席位…", "Confirming your seat…"}.in(lang), again: 2}
	case order.AwaitingPayment:
		s = storyOfAwaiting(view, lang)
	case order.Paid:
		s = story{title: text{"已付款，正在确认席位…", "Paid. Confirming your seat…"}.in(lang), again: 2}
	case order.Teaming:
		s = storyOfTeaming(team, lang)
	case order.ToShip:
		s = story{title: text{"已付款，等待发货", "Paid. Your goods will ship soon"}.in(lang)}
		if o.Mode == order.Group {
			s.title = text{"拼团成功，等待发货", "Your team is complete. Your goods will ship soon"}.in(lang)
		}
	case order.Shipped:
		s = story{title: text{"已发货", "Shipped"}.in(lang)}
		s.add(lang, text{"运单号：%s", "Tracking number: %s"}, o.Tracking)
	default:
		s = storyOfEnd(view, lang)
	}
	if o.Difference > 0 && o.Status.Kept() {
		s.addRefunds(view.Refunds, lang)
	}
	s.addOrder(o, lang)
	return s
}

func storyOfAwaiting(view mall.OrderView, lang problem.Language) story {
	s := story{title: text{"未付款", "Not paid"}.in(lang)}
	for _, p := range view.Payments {
		if p.Status == payment.Pending {
			s.title = text{"正在向支付宝确认付款…", "Asking Alipay about your payment…"}.in(lang)
			s.payURL, s.again = string(p.Page), 3
		}
	}
	s.add(lang, text{"如未付款，请在 %s 前完成。", "If you have not paid, do so before %s."}, clockTime(view.Order.ExpiresAt))
	return s
}

func storyOfTeaming(team mall.Team, lang problem.Language) story {
	s := story{title: text{"已付款，等待成团", "Paid. Waiting for your team"}.in(lang), again: 10}
	if missing := team.Target - team.Paid; missing > 0 {
		s.title = fmt.Sprintf(text{"已付款，还差 %d 人成团", "Paid. Waiting for %d more"}.in(lang), missing)
		s.add(lang, text{"截止 %s；到时未成团将自动退款。", "Until %s; if the team is not complete by then, you are refunded."}, clockTime(team.ExpiresAt))
	}
	return s
}

// storyOfEnd tells of orders that were closed or whose money goes back.
func storyOfEnd(view mall.OrderView, lang problem.Language) story {
	o := view.Order
	s := story{title: text{"订单已关闭", "The order is closed"}.in(lang)}
	switch {
	case o.Status == order.Refunding:
		s.title = text{"正在退款", "Your money is on its way back"}.in(lang)
	case o.Status == order.Refunded:
		s.title = text{"已退款", "You have your money back"}.in(lang)
	case len(view.Refunds) == 0:
		s.title = text{"未付款，订单已关闭", "Not paid. The order is closed"}.in(lang)
	}
	s.add(lang, text{"原因：%s", "Why: %s"}, reasonText(o.Reason, lang))
	s.addRefunds(view.Refunds, lang)
	return s
}

func (s *story) addRefunds(refunds []payment.Refund, lang problem.Language) {
	for _, r := range refunds {
		s.add(lang, text{"退款 ¥%s（%s），%s，原路退回", "Refund of CNY %s (%s), %s, the way you paid"},
			r.Amount, reasonText(r.Reason, lang), refundText(r, lang))
		if r.Status != payment.RefundSucceeded {
			s.again = 5
		}
	}
}

func (s *story) addOrder(o order.Order, lang problem.Language) {
	s.add(lang, text{"%s（%s）× %d", "%s (%s) × %d"}, o.Item.ProductName, o.Item.SKUName, o.Item.Quantity)
	if o.Amount > 0 {
		s.add(lang, text{"金额 ¥%s", "Amount CNY %s"}, o.Amount)
	}
	s.add(lang, text{"订单号 %s", "Order %s"}, o.ID)
}

func refundText(r payment.Refund, lang problem.Language) string {
	if r.Status == payment.RefundSucceeded {
		return fmt.Sprintf(text{"已于 %s 到账", "returned at %s"}.in(lang), clockTime(r.EndedAt))
	}
	return text{"处理中", "on its way"}.in(lang)
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

// clockTime prints an instant as buyers in China read it.
func clockTime(at time.Time) string {
	return at.In(time.FixedZone("CST", 8*3600)).Format("2006-01-02 15:04:05")
}
