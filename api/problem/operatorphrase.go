package problem

// operatorPhrases are about operators and what they ask for.
func operatorPhrases() []phrase {
	return []phrase{
		{"use the link that the process printed when it started", "请使用进程启动时打印的链接"},
		{"sign in, or ask an administrator for an account", "请直接登录，或请管理员创建账号"},
		{"must not be before from", "不得早于 from"},
		{"at most 92 days at once", "一次最多 92 天"},
		{"more than 10,000 rows; ask for fewer days or for one activity", "超过 10,000 行，请减少天数或只查一个活动"},
		{"want a day such as 2026-11-20", "应为日期，例如 2026-11-20"},
		{"is too short or too long", "过短或过长"},
		{"another operator has this login", "已有操作员使用该登录名"},
		{"no operator with this login and password", "登录名或密码不正确"},
		{"the session is over; sign in again", "登录已过期，请重新登录"},
		{"is not the code that the app shows now", "不是验证器应用当前显示的验证码"},
		{"take the present one away first", "请先停用当前的两步验证"},
		{"is not the present password", "当前密码不正确"},
		{"want 2 to 64 of a-z 0-9 _ . - @, beginning with a letter or digit", "应为 2 到 64 个字符，可用 a-z 0-9 _ . - @，以字母或数字开头"},
		{"is reserved", "为保留名称"},
		{"want viewer, operator or admin", "应为 viewer（查看）、operator（操作）或 admin（管理）"},
		{"want at least 5 different characters", "至少 5 个不同的字符"},
		{"this instance has no message broker (rabbitmq.url): want an https address", "本实例未配置消息队列（rabbitmq.url），请使用 https 地址"},
		{"is another partner's queue", "为其他合作商城的队列"},
	}
}
