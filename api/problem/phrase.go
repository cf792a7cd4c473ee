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

		{"is not a field of this request", "不是本请求的字段"},
		{"is given twice", "重复给出"},
		{"null is not a value here; leave the field out", "不接受 null，请省略该字段"},
		{"want {}, not {}", "应为 {}，而不是 {}"},
		{"something follows the JSON value", "JSON 之后还有多余内容"},
		{"the body is empty", "请求体为空"},
		{"the JSON is broken at byte {}", "JSON 在第 {} 字节处有误"},
		{"the body ends in the middle of a value", "请求体不完整"},
		{"the body is not UTF-8", "请求体不是 UTF-8 编码"},
		{"want an instant in RFC 3339 such as 2026-11-20T08:00:00.000Z", "应为 RFC 3339 时间，如 2026-11-20T08:00:00.000Z"},
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
	for _, p := range slices.Concat(activityPhrases(), verdictPhrases(), crowdPhrases(), operatorPhrases(), phrases(), mallPhrases()) {
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
