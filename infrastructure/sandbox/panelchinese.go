package sandbox

func chinesePanel() panelTexts {
	return panelTexts{
		Lang: "zh-CN", Panel: "测试面板：设定故障", PanelHint: "只对这笔订单生效，看商家能否正确应对。",
		GlobalHint: "在这里添加的故障对所有订单生效。",
		Notices:    "通知", Late: "通知延迟", Forged: "伪造通知", Answers: "网关应答", Bill: "对账单", Clock: "时钟",
		Fault: "故障", Times: "次数（留空为一直）", Delay: "延迟", Field: "错误字段", Call: "接口", Lines: "明细", Any: "全部",
		Day: "日期（留空为每天）", Jump: "快进", Go: "快进", OfDay: "日期", Speed: "倍速 ×", Seconds: "秒", Minutes: "分钟", Hours: "小时",
		Comes: "发送方式", Beside: "在真通知之前发送", Instead: "代替真通知",
		Add: "添加", Remove: "移除", Clear: "全部移除", SendNow: "立即发送",
		SendHint: "“立即发送”马上告诉商家订单已付款，商家不应相信。",
		Set:      "设置", Reset: "恢复本机时间", Show: "查看",
		Scripted: "已设定", None: "目前一切正常。", Spent: "已用完", Struck: "已生效次数 / 可生效次数", AllOrders: "全部订单",
		Now: "北京时间", Machine: "与本机时间一致。", Ahead: "比本机时间快",
		ClockHint: "对整个沙箱生效，途中到期的事会立即发生。",
		Books:     "支付宝沙箱账本",
		Received:  "收款", Refunded: "退款", Trades: "交易", Paid: "已付", Refunds: "退款笔数", Latest: "最近交易",
		Empty: "还没有交易。买家打开付款页面时交易才开始。",
		Trade: "交易", Order: "订单号", TradeNo: "交易号", Status: "状态", Amount: "金额", PaidAt: "付款时间", Time: "时间",
		Request: "请求号", Kind: "类型", Sent: "通知", Attempt: "次", HTTP: "HTTP", Answer: "商家应答", Next: "下次发送",
		Fields: "字段", Extras: "重复与伪造的通知", ExtrasHint: "由故障脚本在正常计划之外发送。",
		NoNotices: "还没有通知。", Copy: "重复", NoAnswer: "无应答",
		BillHint: "商家从次日 9:00 起下载到的内容，包含设定的差异。",
		NoLines:  "这一天没有账目。", More: "行未显示",
		targets: map[string]string{
			"notice": "通知", "page": "支付页面", "call": "所有接口", "query": "交易查询", "close": "交易关闭",
			"refund": "退款", "refund_query": "退款查询", "bill_url": "账单地址", "bill": "对账单",
		},
		faults: map[string]string{
			"lost": "丢失", "late": "延迟", "doubled": "重复发送", "held": "乱序：晚于下一条", "forged": "伪造",
			"timeout_before": "超时，未处理", "timeout_after": "超时，已处理",
			"http_error_before": "HTTP 5xx，未处理", "http_error_after": "HTTP 5xx，已处理",
			"system_error_before": "SYSTEM_ERROR，未处理", "system_error_after": "SYSTEM_ERROR，已处理",
			"in_progress_before": "10003 处理中，未处理", "in_progress_after": "10003 处理中，已处理",
			"garbage": "乱码，已处理", "unsigned": "无签名，已处理", "wrongly_signed": "签名错误，已处理", "refused": "拒绝：卖家余额不足",
			"line_missing": "缺一行", "line_extra": "多一行", "line_duplicated": "重复一行", "amount_changed": "金额不同",
		},
		events: map[string]string{"paid": "付款", "refunded": "退款", "closed": "关闭"},
		states: map[string]string{"pending": "待发送", "held": "被扣留", "delivered": "已成功应答", "given_up": "已放弃"},
	}
}
