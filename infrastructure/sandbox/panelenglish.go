package sandbox

func englishPanel() panelTexts {
	return panelTexts{
		Lang: "en", Panel: "Test panel: what goes wrong", PanelHint: "For this order alone. The shop must cope with all of it.",
		GlobalHint: "What is added here strikes every order.",
		Notices:    "Notice", Late: "Notice comes late", Forged: "Forged notice", Answers: "Gateway's answers", Bill: "Bill", Clock: "Clock",
		Fault: "Fault", Times: "Times (empty: always)", Delay: "By", Field: "Wrong field", Call: "Call", Lines: "Lines", Any: "all",
		Day: "Day (empty: each)", Jump: "Jump by", Go: "Jump", OfDay: "Day", Speed: "Speed ×", Seconds: "seconds", Minutes: "minutes", Hours: "hours",
		Comes: "It comes", Beside: "before the true one", Instead: "instead of the true one",
		Add: "Add", Remove: "Remove", Clear: "Remove all", SendNow: "Send now",
		SendHint: "“Send now” tells the shop at once that the order was paid. It must not believe it.",
		Set:      "Set", Reset: "Back to the machine's time", Show: "Show",
		Scripted: "Scripted", None: "Nothing goes wrong.", Spent: "spent", Struck: "Struck, of how often it may", AllOrders: "all orders",
		Now: "UTC+8", Machine: "The machine's own time.", Ahead: "Ahead of the machine by",
		ClockHint: "The whole sandbox's: what falls due on the way happens at once.",
		Books:     "Alipay sandbox books",
		Received:  "Received", Refunded: "Refunded", Trades: "Trades", Paid: "Paid", Refunds: "Refunds", Latest: "Latest trades",
		Empty: "No trade yet. One begins when a buyer opens a pay page.",
		Trade: "Trade", Order: "Order", TradeNo: "Trade number", Status: "Status", Amount: "Amount", PaidAt: "Paid at", Time: "Time",
		Request: "Request", Kind: "Kind", Sent: "Notices", Attempt: "No.", HTTP: "HTTP", Answer: "The shop's answer", Next: "Next",
		Fields: "Fields", Extras: "Further copies and forgeries", ExtrasHint: "Sent beside the schedule by fault scripts.",
		NoNotices: "No notice yet.", Copy: "copy", NoAnswer: "none",
		BillHint: "As the merchant downloads it from 09:00 of the next day on, scripted differences included.",
		NoLines:  "Nothing happened on this day.", More: "more lines",
		targets: map[string]string{
			"notice": "Notice", "page": "pay page", "call": "every call", "query": "trade.query", "close": "trade.close",
			"refund": "trade.refund", "refund_query": "refund.query", "bill_url": "bill address", "bill": "Bill",
		},
		faults: map[string]string{
			"lost": "lost", "late": "late", "doubled": "doubled", "held": "reordered: after the next one", "forged": "forged",
			"timeout_before": "no answer, not done", "timeout_after": "no answer, but done",
			"http_error_before": "HTTP 5xx, not done", "http_error_after": "HTTP 5xx, but done",
			"system_error_before": "SYSTEM_ERROR, not done", "system_error_after": "SYSTEM_ERROR, but done",
			"in_progress_before": "10003 in progress, not done", "in_progress_after": "10003 in progress, but done",
			"garbage": "garbage, but done", "unsigned": "unsigned, but done", "wrongly_signed": "wrongly signed, but done", "refused": "refused: the seller has not enough money",
			"line_missing": "line missing", "line_extra": "line too many", "line_duplicated": "line twice", "amount_changed": "amount changed",
		},
		events: map[string]string{"paid": "payments", "refunded": "refunds", "closed": "closings"},
		states: map[string]string{"pending": "to be sent", "held": "held back", "delivered": "answered with success", "given_up": "given up"},
	}
}
