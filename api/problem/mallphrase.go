package problem

import "slices"

// mallPhrases are the mall's details and their Chinese twins. Detailed ones stand before those that match more.
func mallPhrases() []phrase { return slices.Concat(mallInputs(), mallStates(), billPhrases()) }

// mallInputs say what a field may hold.
func mallInputs() []phrase {
	return []phrase{
		{"1 to 64 of A-Z a-z 0-9 _ . -, only in mode group", "应为 1 到 64 个字符，可用 A-Z a-z 0-9 _ . -，且仅用于拼团"},
		{"1 to 64 of A-Z a-z 0-9 _ . -", "应为 1 到 64 个字符，可用 A-Z a-z 0-9 _ . -"},
		{"only in mode group", "仅用于拼团（mode 为 group）"},
		{"not negative", "不能为负"},
		{"unique within the product", "在商品内不能重复"},
		{"at least 4 different characters", "至少 4 种不同字符"},
		{"must not contain the login", "不能包含账号"},
		{"a phone number or an e-mail address", "应为手机号或邮箱"},
		{"an https or http address or a path on this site, at most 500 bytes", "应为 https 或 http 地址，或本站路径，不超过 500 字节"},
		{"page or phone", "应为 page 或 phone"},
		{"solo or group", "应为 solo 或 group"},
		{"on_shelf or off_shelf", "应为 on_shelf 或 off_shelf"},
		{"running, formed or failed", "应为 running、formed 或 failed"},
		{"to_pay, teaming, to_ship, shipped, refunded or closed", "应为 to_pay、teaming、to_ship、shipped、refunded 或 closed"},
		{"the order must not exceed {} yuan", "订单金额不能超过 {} 元"},
		{"the price is {} fen", "现价为 {} 分"},
		{"at most {} characters", "最多 {} 个字符"},
		{"{} to {} characters, on one line", "应为 {} 到 {} 个字符，且只有一行"},
		{"{} to {} characters", "应为 {} 到 {} 个字符"},
		{"1 to 64 bytes", "应为 1 到 64 个字节"},
		{"1 to {}", "应为 1 到 {}"},
		{"0 to {}", "应为 0 到 {}"},
	}
}

// mallStates say why something cannot be done now.
func mallStates() []phrase {
	return []phrase{
		{"sign in first", "请先登录"},
		{"the shop has no official account", "本店没有公众号"},
		{"WeChat gave no answer, try again in a moment", "微信暂未响应，请稍后重试"},
		{"no such attempt, or it was begun in another browser", "扫码登录不存在，或由其他浏览器发起"},
		{"it is {}", "当前状态为 {}"},
		{"sign in again", "请重新登录"},
		{"sign in instead", "请直接登录"},
		{"no account with this login and password", "账号或密码不正确"},
		{"for operators only", "仅限运营人员"},
		{"take the cursor from the list", "请使用列表返回的 next_cursor"},
		{"no such product", "没有这个商品"},
		{"sold in teams only at present", "活动期间只能拼团购买"},
		{"not on sale any more", "商品已下架"},
		{"the product has no such specification", "商品没有该规格"},
		{"not enough pieces left", "库存不足"},
		{"used before for another purchase", "已用于另一次购买"},
		{"look at the product's price again, then order", "请重新查看商品价格后再下单"},
		{"no such order", "没有这个订单"},
		{"no such team", "没有这个团"},
		{"no such refund", "没有这个退款单"},
		{"the refund is {}", "退款单状态为 {}"},
		{"the provider says {}", "支付宝答复 {}"},
		{"the seat is not confirmed yet, try again in a moment", "席位确认中，请稍后重试"},
		{"the order is paid", "订单已支付"},
		{"nothing was paid, the order can be cancelled", "订单未支付，可以直接取消"},
		{"the goods are on their way", "商品已发出"},
		{"the order is closed or its payment deadline has passed", "订单已关闭或已过支付期限"},
		{"the order was closed or paid in this moment", "订单刚刚关闭或支付"},
		{"it is not certain that the payment is closed, try again in a moment", "尚不能确定支付已关闭，请稍后重试"},
		{"the provider gave no answer, ask again in a moment", "支付宝暂未答复，请稍后再查"},
		{"the group-buy engine gave no answer, try again in a moment", "拼团服务暂未答复，请稍后重试"},
	}
}

// billPhrases are of the daily bill and of reports.
func billPhrases() []phrase {
	return []phrase{
		{"no bill of this day was asked for", "没有该日的账单，请先发起对账"},
		{"no look at the invariants is on record", "尚无一致性检查记录，请稍后再看"},
		{"no such difference", "没有这条对账差异"},
		{"the difference is {}", "差异状态为 {}"},
		{"a difference of kind {} cannot be ended by {}", "{} 类差异不能以 {} 处理"},
		{"a day that has begun", "应为今天或以前的日期"},
		{"a day such as 2026-05-01", "应为日期，如 2026-05-01"},
		{"open, repaired, gone or resolved", "应为 open、repaired、gone 或 resolved"},
		{"ask, refund or accept", "应为 ask、refund 或 accept"},
	}
}
