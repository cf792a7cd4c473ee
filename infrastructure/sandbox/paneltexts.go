package sandbox

import (
	"fmt"
	"strings"
)

// choice is one line of a select element.
type choice struct {
	Value, Label string
}

// panelTexts are the words of the test panel, the books and a trade's page in one language.
type panelTexts struct {
	Lang, Panel, PanelHint, GlobalHint                                             string
	Notices, Late, Forged, Answers, Bill, Clock                                    string
	Fault, Times, Delay, Field, Call, Lines, Any, Day, Jump, Speed                 string
	Seconds, Minutes, Hours, Beside, Instead, Comes                                string
	Add, Remove, Clear, SendNow, SendHint, Set, Reset, Show                        string
	Scripted, None, Spent, Struck, AllOrders, Now, Machine, Ahead, ClockHint       string
	Books, Received, Refunded, Trades, Paid, Refunds, Latest, Empty                string
	Trade, Order, TradeNo, Status, Amount, PaidAt, Time, Request, Kind             string
	Sent, Attempt, HTTP, Answer, Next, Fields, Extras, ExtrasHint, NoNotices, Copy string
	BillHint, NoLines, More, NoAnswer, Go, OfDay                                   string

	targets, faults, events, states map[string]string
}

func choices[T ~string](labels map[string]string, values ...T) []choice {
	var list []choice
	for _, v := range values {
		list = append(list, choice{string(v), labels[string(v)]})
	}
	return list
}

// NoticeFaults are the faults of notices that need nothing else; Late and Forged have forms of their own.
func (t panelTexts) NoticeFaults() []choice { return choices(t.faults, Lost, Doubled, Held) }

// Forgeries are the fields to forge.
func (t panelTexts) Forgeries() []choice {
	var list []choice
	for _, f := range []string{"total_amount", "out_trade_no", "trade_no", "app_id", "seller_id", "trade_status", "notify_id", "sign"} {
		list = append(list, choice{f, f})
	}
	return list
}

// Calls are the calls to choose from: of an order's page those that are about an order.
func (t panelTexts) Calls(ofOrder bool) []choice {
	if ofOrder {
		return choices(t.targets, OnQuery, OnClose, OnRefund, OnRefundQuery, OnCall)
	}
	return choices(t.targets, OnQuery, OnClose, OnRefund, OnRefundQuery, OnBillURL, OnPage, OnCall)
}

// CallFaults are the faults of answers.
func (t panelTexts) CallFaults() []choice { return choices(t.faults, faultsOf()[OnCall]...) }

// BillFaults are the faults of bills.
func (t panelTexts) BillFaults() []choice { return choices(t.faults, faultsOf()[OnBill]...) }

// Events are the kinds of lines of a bill.
func (t panelTexts) Events() []choice { return choices(t.events, Paid, Refunded) }

// State says what became of a notice.
func (t panelTexts) State(state string) string { return t.states[state] }

// Event says what a line of a bill is.
func (t panelTexts) Event(e Event) string { return t.events[string(e)] }

// describe says in a few words what a script does.
func (t panelTexts) describe(s Script) string {
	parts := []string{t.targets[string(s.Target)], t.faults[string(s.Fault)]}
	add := func(given bool, format string, values ...any) {
		if given {
			parts = append(parts, fmt.Sprintf(format, values...))
		}
	}
	add(s.Event != "", "%s", t.events[string(s.Event)])
	add(s.Field != "" && s.Value != "", "%s=%s", s.Field, s.Value)
	add(s.Field != "" && s.Value == "", "%s", s.Field)
	add(s.Instead, "%s", t.Instead)
	add(s.Delay > 0, "%s", s.Delay)
	add(s.Copies > 0, "× %d", s.Copies)
	add(s.Status > 0, "%d", s.Status)
	add(s.Amount > 0, "¥%s", s.Amount)
	add(s.Percent > 0, "%d %%", s.Percent)
	add(s.Day != "", "%s", s.Day)
	return strings.Join(parts, " · ")
}

// done says how often a script struck, and how often it may. Scripts of bills strike in every download.
func (t panelTexts) done(s Script) string {
	limit := "∞"
	if s.Times > 0 {
		limit = fmt.Sprint(s.Times)
	}
	if s.Target == OnBill {
		return limit
	}
	return fmt.Sprintf("%d / %s", s.Struck, limit)
}

func panelTextsFor(lang string) panelTexts {
	if lang == "en" {
		return englishPanel()
	}
	return chinesePanel()
}
