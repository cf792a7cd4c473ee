package problem

// Codes that belong to HTTP and JSON rather than to a domain.
const (
	MalformedJSON    Code = "malformed_json"
	UnknownField     Code = "unknown_field"
	Invalid          Code = "invalid"
	UnsupportedMedia Code = "unsupported_media_type"
	BodyTooLarge     Code = "body_too_large"
	LinesRefused     Code = "lines_refused"
	BadCursor        Code = "bad_cursor"
	NotFound         Code = "not_found"
	ReportNotFound   Code = "report_not_found"
	MethodNotAllowed Code = "method_not_allowed"
	Unauthenticated  Code = "unauthenticated"
	Forbidden        Code = "forbidden"
	CrossSite        Code = "cross_site"
	RateLimited      Code = "rate_limited"
	TooManyStreams   Code = "too_many_streams"
	Overloaded       Code = "overloaded"
	Unavailable      Code = "unavailable"
	Internal         Code = "internal"
)

var general = map[Code]Row{
	MalformedJSON: {400,
		Text{"请求体不是合法的 JSON", "请检查请求体的 JSON 语法和各字段的类型"},
		Text{"The body is not the JSON that is wanted", "Check the JSON syntax and the type of each field"}},
	UnknownField: {400,
		Text{"请求体含有未知字段", "请删除 param 指出的字段，或更正其拼写"},
		Text{"The body has a field that nobody knows", "Remove the field named in param, or correct its spelling"}},
	Invalid: {400,
		Text{"参数不符合要求", "请按 param 和 faults 的提示改正"},
		Text{"A value is out of its bounds", "Correct what param and faults name"}},
	UnsupportedMedia: {415,
		Text{"不支持的内容类型", "请以 Content-Type: application/json 发送请求体"},
		Text{"Unsupported content type", "Send the body with Content-Type: application/json"}},
	BodyTooLarge: {413,
		Text{"请求体过大", "请把请求拆小，一次最多 1 MB"},
		Text{"The body is too large", "Send less at a time, at most 1 MB"}},
	LinesRefused: {422,
		Text{"文件中有不能使用的行", "请按 faults 逐行改正后重新上传；标签没有任何改变"},
		Text{"The file has lines that cannot be used", "Correct the lines that faults names and send the file again; nothing was changed"}},
	BadCursor: {400,
		Text{"游标无效", "请原样使用上一页返回的 next_cursor，或不带 cursor 从头开始"},
		Text{"The cursor is not valid", "Use next_cursor of the page before as it is, or start again without a cursor"}},
	NotFound: {404,
		Text{"没有这个地址或对象", "请检查路径；所有接口见 /docs"},
		Text{"There is no such address or object", "Check the path; every operation is listed at /docs"}},
	ReportNotFound: {404,
		Text{"没有检查报告", "检查由 worker 每分钟执行一次；请确认 worker 在运行，或换一个时间"},
		Text{"There is no report", "The worker makes one each minute: look whether it runs, or ask for another time"}},
	MethodNotAllowed: {405,
		Text{"该地址不支持此方法", "请使用 Allow 头列出的方法"},
		Text{"This address does not know the method", "Use a method that the Allow header lists"}},
	Unauthenticated: {401,
		Text{"未登录或凭证无效", "请登录，或带上有效的凭证后重试"},
		Text{"No credential, or not a valid one", "Log in, or repeat the call with a valid credential"}},
	Forbidden: {403,
		Text{"没有权限", "当前身份不能执行此操作，请联系管理员"},
		Text{"Not allowed", "This identity may not do that; ask an administrator"}},
	CrossSite: {403,
		Text{"请求来自其他网站", "请从我们自己的页面操作；程序请用 Authorization: Bearer，不要带 Cookie"},
		Text{"The call comes from another site", "Use our own pages; programs send Authorization: Bearer and no cookie"}},
	RateLimited: {429,
		Text{"请求过于频繁", "请在 Retry-After 秒后重试"},
		Text{"Too many requests", "Repeat the call after Retry-After seconds"}},
	TooManyStreams: {429,
		Text{"打开的实时连接过多", "请关闭一些页面；页面会改为定时刷新"},
		Text{"Too many streams of events are open", "Close some pages; meanwhile ask every few seconds"}},
	Overloaded: {503,
		Text{"系统繁忙", "请在 Retry-After 秒后用同样的单号重试，重复请求不会重复生效"},
		Text{"The system is busy", "Repeat the call with the same number after Retry-After seconds; a repeat has no second effect"}},
	Unavailable: {503,
		Text{"服务暂时不可用", "结果可能未知；请在 Retry-After 秒后用同样的单号重试，重复请求不会重复生效"},
		Text{"Out of service for a moment", "The outcome may be unknown; repeat the call with the same number after Retry-After seconds: a repeat has no second effect"}},
	Internal: {500,
		Text{"系统内部错误", "请稍后重试；若持续出现，请把 request_id 告诉我们"},
		Text{"Something broke on our side", "Try again later; if it stays, tell us the request_id"}},
}
