package problem

import (
	"slices"
	"strings"
)

// A phrase is a detail that domains write in English, and its Chinese twin. "{}" stands for a value and keeps its
// place in the order.
type phrase struct{ en, zh string }

// phrases cover what partners and operators meet while entering data. A test finds every detail in the engine's
// source that has none.
func phrases() []phrase {
	return []phrase{
		{"want 0 (nobody) to 100 (everybody) percent", "应为 0（无人）到 100（所有人）的百分数"},
		{"want 0 (off) to {}, the team size", "应为 0（关闭）到 {}（成团人数）"},
		{"want 0 (off) to {}, at most the team size", "应为 0（关闭）到 {}，且不超过成团人数"},
		{"want at most {} buyers, not {}; use a tag for more", "最多 {} 个买家，现有 {} 个；更多请使用人群标签"},
		{"want at most {} tiers", "最多 {} 个阶梯"},
		{"want {} to {} rules", "应为 {} 到 {} 条价格规则"},
		{"want one rule without a tag, for buyers of no tag", "至少要有一条不带标签的规则，供没有标签的买家使用"},
		{"want more people than the {} of the step before, at most {}", "人数应多于上一档的 {} 人，且不超过 {} 人"},
		{"want less than the {} of the step before, not {}, for SKU {} of goods {}", "应低于上一档的 {}，而不是 {}（规格 {}，商品 {}）"},
		{"leaves no price after the leader discount for SKU {} of goods {} at {}", "规格 {}（商品 {}，原价 {}）减去团长优惠后价格不足 1 分"},
		{"the same goes for {} more", "另有 {} 项存在同样的问题"},
		{"the partner has no tag {}", "该合作商城没有标签 {}"},
		{"buyer {} is in deny_buyers as well", "买家 {} 同时在 deny_buyers 中"},
		{"channel {} is in blocked_channels as well", "渠道 {} 同时在 blocked_channels 中"},
		{"want later than {}; end the activity to stop it", "应晚于 {}；要提前停止请结束活动"},
		{"names a SKU that the activity does not limit", "该规格在活动中没有限量"},
		{"want more than the {} of now, at most {}", "应多于现在的 {}，且不超过 {}"},
		{"a {} activity cannot be changed; copy it", "状态为 {} 的活动不能修改，请复制后再改"},
		{"want goods and a SKU that the partner registered", "应为合作商城已登记的商品和规格"},
		{"want an activity over these goods that is not a draft", "应为包含该商品且不是草稿的活动"},
		{"the switch that turns every group-buy off", "关闭全部拼团的降级开关"},
		{"want a bucket below {} of the activity and below {} of all", "分桶应小于活动的 {} 和全局的 {}"},
		{"is for {}; blocked: {}", "适用渠道：{}；屏蔽渠道：{}"},
		{"{} buyers are allowed (0: all), {} are denied", "允许名单 {} 人（0 为不限），拒绝名单 {} 人"},
		{"teams are opened while it is published, from {} to {}", "已发布期间可开团，自 {} 至 {}"},
		{"is for everybody", "对所有人开放"},
		{"want a member of every tag named", "应属于列出的每个人群标签"},
		{"anybody may open a team", "任何人都可以开团"},
		{"want a joiner without a paid order", "参团者应没有已支付的订单"},
		{"at most {} seats held or paid (0: no limit)", "占用或已支付的席位最多 {} 个（0 为不限）"},
		{"is not limited", "不限量"},
		{"pieces left of {}", "总量 {} 件中的剩余件数"},
		{"the lowest that applies, for everybody", "适用规则中的最低价，所有人可用"},
		{"the lowest that applies, for members of {}; the buyer is {}", "适用规则中的最低价，标签 {} 的成员可用；该买家：{}"},
		{"for everybody", "所有人可用"},
		{"for members of {}; the buyer is {}", "标签 {} 的成员可用；该买家：{}"},
		{"for the seat that opens a team", "适用于开团的席位"},
		{"a member who opens a team fills it alone", "标签成员开团后一人即成团"},
		{"is required", "必填"},
		{"is listed twice", "重复出现"},
		{"want 1 to 64 of A-Z a-z 0-9 _ . -", "应为 1 到 64 个字符，可用 A-Z a-z 0-9 _ . -"},
		{"want 0 (no limit) or more", "应为 0（不限）或正整数"},
		{"want 1 second to 30 days", "应为 1 秒到 30 天"},
		{"want 1 to 9999 basis points, what the buyer still pays: 8500 is 85 %", "应为 1 到 9999 个基点，即买家仍需支付的比例：8500 表示 85 %"},
		{"want reduce, threshold, percent or fixed", "应为 reduce（直减）、threshold（满减）、percent（折扣）或 fixed（N 元购）"},
		{"want at least {} fen", "至少 {} 分"},
		{"want at least {}", "至少 {}"},
		{"want {} to {} characters", "应为 {} 到 {} 个字符"},
		{"want at most {} bytes on a line", "每行最多 {} 字节"},
		{"want at most {} lines at once", "一次最多 {} 行"},
		{"want at most {} MB at once", "一次最多 {} MB"},
		{"want Content-Type: {}", "应为 Content-Type: {}"},
		{"is not the JSON that is wanted", "不是所需的 JSON"},
		{"is not a line of CSV", "不是合法的 CSV 行"},
		{"want {} fields, not {}", "应有 {} 个字段，而不是 {} 个"},
		{"want the tag's partner {}", "应为标签所属的合作商城 {}"},
		{"want UTF-8 with a first line that names the column buyer_id", "应为 UTF-8 编码，且首行含 buyer_id 列名"},
		{"want {} to {} buyers, not {}", "应为 {} 到 {} 个买家，而不是 {}"},
		{"want {} to {} orders, not {}", "应为 {} 到 {} 单，而不是 {}"},
		{"want {} to {} fen, not {}", "应为 {} 到 {} 分，而不是 {}"},
		{"want {} to {} days, not {}", "应为 {} 到 {} 天，而不是 {}"},
		{"want {} to {} minutes, not {}", "应为 {} 到 {} 分钟，而不是 {}"},
		{"want {} to {} conditions, not {}", "应为 {} 到 {} 个条件，而不是 {}"},
		{"want all or any", "应为 all（全部满足）或 any（任一满足）"},
		{"want order_count or spend", "应为 order_count（订单数）或 spend（消费额）"},
		{"want either days or from and to", "days 与 from、to 只能给出一种"},
		{"must be after from", "必须晚于 from"},
		{"want rule or manual", "应为 rule（规则）或 manual（手工）"},
		{"a manual tag lists the buyers of one partner", "手工标签必须指定一个合作商城"},
		{"a manual tag has no rule", "手工标签没有规则"},
		{"a manual tag has no schedule", "手工标签没有计划"},
		{"want either daily_at or every_minutes", "daily_at 与 every_minutes 只能给出一种"},
		{"want hh:mm from 00:00 to 23:59, in UTC+8", "应为 00:00 到 23:59 的 hh:mm，按东八区"},
		{"want at most {} buyers at once", "一次最多 {} 个买家"},
		{"want paid or refunded", "应为 paid（已付）或 refunded（已退）"},
		{"want an instant from 1990 until tomorrow, not {}", "应为 1990 年到明天之间的时刻，而不是 {}"},
		{"the order is known with buyer {}", "该订单已记录为买家 {}"},
		{"want at least the {} fen that were refunded", "不能少于已退的 {} 分"},
		{"want at most the {} fen that were paid", "不能超过已付的 {} 分"},
		{"the order is known as {} with {} fen", "该订单已记录为 {}，金额 {} 分"},
		{"the order is known as {} at {}", "该订单已记录为 {}，时间 {}"},
		{"want {} to {} fen", "应为 {} 到 {} 分"},
		{"want {} to {} people", "应为 {} 到 {} 人"},
		{"want {} to {} pieces", "应为 {} 到 {} 件"},
		{"want {} to {} items", "应为 {} 到 {} 项"},
		{"want {} to {} goods", "应为 {} 到 {} 个商品"},
		{"want {} to {} SKUs", "应为 {} 到 {} 个规格"},
		{"want {} to {}", "应为 {} 到 {}"},
		{"at most {}", "最多 {}"},
		{"must be after starts_at", "必须晚于 starts_at"},
		{"goods {} are not registered by the partner", "商品 {} 未由该合作商城登记"},
		{"names a SKU outside the activity's goods", "该规格不在活动商品之内"},
		{"activity {} ({}) covers some of the same goods and channels at the same time", "活动 {}（{}）在同一时间覆盖了部分相同的商品和渠道"},
		{"leaves no price for SKU {} of goods {} at {}", "规格 {}（商品 {}，原价 {}）优惠后价格不足 1 分"},
		{"only a draft can be rewritten; this one is {}", "只有草稿可以改写，当前状态为 {}"},
		{"a draft stays with its partner {}", "草稿不能更换合作商城 {}"},
		{"a {} activity cannot become {}", "状态为 {} 的活动不能变为 {}"},
		{"the partner has another activity of that name", "该合作商城已有同名活动"},
		{"somebody else saved it in between; read it again", "他人已先保存，请重新读取"},
		{"revoke one of the two live keys first", "请先停用两个有效密钥之一"},
		{"it is on its way already", "正在推送中"},
		{"exists with another secret; a new secret needs a new id", "该编号已有不同的密文，请为新密文使用新的编号"},
		{"has the wrong type", "类型不正确"},

		{"must not be before from", "不得早于 from"},
		{"at most 92 days at once", "一次最多 92 天"},
		{"more than 10,000 rows; ask for fewer days or for one activity", "超过 10,000 行，请减少天数或只查一个活动"},
		{"want a day such as 2026-11-20", "应为日期，例如 2026-11-20"},
		{"is too short or too long", "过短或过长"},
		{"another operator has this login", "已有操作员使用该登录名"},
		{"no operator with this login and password", "登录名或密码不正确"},
		{"the session is over; sign in again", "登录已过期，请重新登录"},
		{"is not the present password", "当前密码不正确"},
		{"want 2 to 64 of a-z 0-9 _ . - @, beginning with a letter or digit", "应为 2 到 64 个字符，可用 a-z 0-9 _ . - @，以字母或数字开头"},
		{"is reserved", "为保留名称"},
		{"want viewer, operator or admin", "应为 viewer（查看）、operator（操作）或 admin（管理）"},
		{"want at least 5 different characters", "至少 5 个不同的字符"},

		{"is not a field of this request", "不是本请求的字段"},
		{"is given twice", "重复给出"},
		{"null is not a value here; leave the field out", "不接受 null，请省略该字段"},
		{"want {}, not {}", "应为 {}，而不是 {}"},
		{"something follows the JSON value", "JSON 之后还有多余内容"},
		{"the body is empty", "请求体为空"},
		{"the JSON is broken at byte {}", "JSON 在第 {} 字节处有误"},
		{"the body ends in the middle of a value", "请求体不完整"},
		{"is not one of the values that the specification lists", "不是规范列出的取值"},
	}
}

// Say puts an English text of the domains, such as the detail of a verdict, into a language; one without a twin stays
// English.
func Say(english string, lang Language) string {
	if lang == Chinese {
		if text, ok := chinese(english); ok {
			return text
		}
	}
	return english
}

// translate puts an English detail into lang. One without a twin is given behind the table's general text.
func translate(detail string, lang Language, general string) string {
	if lang == English {
		return detail
	}
	if text, ok := chinese(detail); ok {
		return text
	}
	return general + "（" + detail + "）"
}

func translateAll(faults []Fault, lang Language) []Fault {
	if lang == English {
		return faults
	}
	out := make([]Fault, len(faults))
	for i, fault := range faults {
		out[i] = fault
		if text, ok := chinese(fault.Detail); ok {
			out[i].Detail = text
		}
	}
	return out
}

func chinese(detail string) (string, bool) {
	for _, p := range slices.Concat(phrases(), mallPhrases()) {
		if values, ok := p.match(detail); ok {
			return p.fill(values), true
		}
	}
	return "", false
}

// match returns the values that stand for "{}" in the English phrase, if the detail is that phrase.
func (p phrase) match(detail string) ([]string, bool) {
	parts := strings.Split(p.en, "{}")
	rest, ok := strings.CutPrefix(detail, parts[0])
	if !ok || len(parts) == 1 && rest != "" {
		return nil, false
	}
	var values []string
	for i, part := range parts[1:] {
		at := strings.Index(rest, part)
		if i == len(parts)-2 { // the last one ends the text
			at = len(rest) - len(part)
		}
		if at < 1 || !strings.HasPrefix(rest[at:], part) {
			return nil, false
		}
		values = append(values, rest[:at])
		rest = rest[at+len(part):]
	}
	return values, true
}

func (p phrase) fill(values []string) string {
	text := p.zh
	for _, value := range values {
		before, after, _ := strings.Cut(text, "{}")
		text = before + value + after
	}
	return text
}
