package wechat

import "strings"

// words are the texts of the page around the chat. The chat itself is what the account's server says.
type words struct {
	Lang, Title, Note, Scan, Gone, WhoScans, Phone, WhoOpens, Account, Yes, No string
}

// wordsFor returns English for browsers that prefer it, else Chinese.
func wordsFor(acceptLanguage string) words {
	if strings.HasPrefix(strings.ToLower(acceptLanguage), "en") {
		return words{
			Lang: "en", Title: "A simulated phone · WeChat", Note: "Simulator: this plays WeChat on a phone. Tencent is not asked.",
			Scan: "Scan the code", Gone: "The code is too old. Ask for a new one on the page.", WhoScans: "Whose phone scans it?",
			Phone: "A simulated phone", WhoOpens: "Whose phone?", Account: "Official account", Yes: "Yes (确认)", No: "No (取消)",
		}
	}
	return words{
		Lang: "zh-CN", Title: "模拟手机 · 微信", Note: "模拟器：这里扮演手机上的微信，不会联系腾讯。",
		Scan: "扫描二维码", Gone: "二维码已过期，请在网页上刷新。", WhoScans: "用谁的手机扫描？",
		Phone: "模拟手机", WhoOpens: "打开谁的手机？", Account: "公众号", Yes: "确认", No: "取消",
	}
}
