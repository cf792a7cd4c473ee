package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// texts are the words of the cashier in one language.
type texts struct {
	Lang, Title, Notice, PayTo, Order, TradeNo, ExpiresAt, Left, Pay, Quit, Back, Refused, Code   string
	Waiting, Paid, Closed, Expired, Refunded, PartRefunded                                        string
	WaitingHint, PaidHint, ClosedHint, ExpiredHint, RefundedHint, PartRefundedHint, RefusedHint   string
	RefundedSum, Merchant, Minutes, Seconds, Hours, History, Books, Unaccepted, Unchanged, Return string
}

func english() texts {
	return texts{
		Lang: "en", Title: "Alipay sandbox cashier", Notice: "Simulator: no money moves",
		PayTo: "Paying", Order: "Order", TradeNo: "Trade number", ExpiresAt: "Pay before (UTC+8)", Left: "Time left",
		Pay: "Pay", Quit: "Give up", Back: "Back to the shop", Refused: "This page cannot be opened", Code: "Code",
		Waiting: "Waiting for payment", Paid: "Already paid", Closed: "Closed by the shop", Expired: "Out of time",
		Refunded: "Refunded", PartRefunded: "Partly refunded",
		WaitingHint:  "One click pays; nothing is asked and nothing is charged.",
		PaidHint:     "This payment is complete. Paying again is not possible, and not needed.",
		ClosedHint:   "The shop ended this payment. Nothing was charged.",
		ExpiredHint:  "The time for this payment is over. Nothing was charged; please order again.",
		RefundedHint: "The whole amount went back to you.", PartRefundedHint: "A part of the amount went back to you.",
		RefusedHint: "Please go back to the shop and start the payment again.",
		RefundedSum: "Refunded", Merchant: "Kaituan sandbox merchant", Hours: "h", Minutes: "min", Seconds: "s",
		History: "Notices and refunds of this order", Books: "All trades, bill and clock",
		Unaccepted: "This cannot be done", Unchanged: "Nothing was changed.", Return: "Back",
	}
}

func chinese() texts {
	return texts{
		Lang: "zh-CN", Title: "支付宝沙箱收银台", Notice: "沙箱模拟，不会产生真实扣款",
		PayTo: "付款给", Order: "订单号", TradeNo: "交易号", ExpiresAt: "付款截止（北京时间）", Left: "剩余时间",
		Pay: "确认付款", Quit: "放弃付款", Back: "返回商家", Refused: "无法打开此页面", Code: "错误码",
		Waiting: "等待付款", Paid: "已付款", Closed: "交易已被商家关闭", Expired: "订单已超时",
		Refunded: "已全额退款", PartRefunded: "已部分退款",
		WaitingHint:  "点一下即完成付款，无需密码，也不会真的扣款。",
		PaidHint:     "这笔付款已经完成，无需也无法重复付款。",
		ClosedHint:   "商家已结束这笔交易，您没有被扣款。",
		ExpiredHint:  "已超过付款时间，您没有被扣款，请重新下单。",
		RefundedHint: "全部金额已退回给您。", PartRefundedHint: "部分金额已退回给您。",
		RefusedHint: "请返回商家，重新发起付款。",
		RefundedSum: "已退金额", Merchant: "开团沙箱商户", Hours: "小时", Minutes: "分", Seconds: "秒",
		History: "这笔订单的通知和退款", Books: "全部交易、对账单与时钟",
		Unaccepted: "无法执行", Unchanged: "没有任何改动。", Return: "返回",
	}
}

// textsFor takes the first language of the header that the cashier speaks, else Chinese.
func textsFor(acceptLanguage string) texts {
	for tag := range strings.SplitSeq(strings.ToLower(acceptLanguage), ",") {
		tag = strings.TrimSpace(tag)
		if strings.HasPrefix(tag, "zh") {
			break
		}
		if strings.HasPrefix(tag, "en") {
			return english()
		}
	}
	return chinese()
}

// span prints a duration in the two largest units that matter to a waiting person.
func (t texts) span(d time.Duration) string {
	s := int64((d + time.Second - 1) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d %s %02d %s", s/3600, t.Hours, s%3600/60, t.Minutes)
	}
	return fmt.Sprintf("%d %s %02d %s", s/60, t.Minutes, s%60, t.Seconds)
}
