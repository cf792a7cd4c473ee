package problem

// mallPhrases are the mall's details and their Chinese twins. Detailed ones stand before those that match more.
func mallPhrases() []phrase {
	return []phrase{
		{"1 to 64 of A-Z a-z 0-9 _ . -, only in mode group", "应为 1 到 64 个字符，可用 A-Z a-z 0-9 _ . -，且仅用于拼团"},
		{"1 to 64 of A-Z a-z 0-9 _ . -", "应为 1 到 64 个字符，可用 A-Z a-z 0-9 _ . -"},
		{"only in mode group", "仅用于拼团（mode 为 group）"},
		{"not negative", "不能为负"},
		{"unique within the product", "在商品内不能重复"},
		{"at least 4 different characters", "至少 4 种不同字符"},
		{"must not contain the login", "不能包含账号"},
		{"a phone number or an e-mail address", "应为手机号或邮箱"},
		{"an address of at most 500 bytes", "应为不超过 500 字节的地址"},
		{"the order must not exceed {} yuan", "订单金额不能超过 {} 元"},
		{"the price is {} fen", "现价为 {} 分"},
		{"the refund is {}", "退款单状态为 {}"},
		{"used before for another purchase", "已用于另一次购买"},
		{"not enough pieces left", "库存不足"},
		{"{} to {} characters", "应为 {} 到 {} 个字符"},
		{"{} to {} bytes", "应为 {} 到 {} 个字节"},
		{"at most {} characters", "最多 {} 个字符"},
		{"{} or {}", "应为 {} 或 {}"},
		{"{} to {}", "应为 {} 到 {}"},
	}
}
