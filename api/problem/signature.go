package problem

// signature has the codes of api/sign. Its secret_malformed is not here: that is a fault of our own configuration
// and reaches callers as internal.
var signature = map[Code]Row{
	"signature_missing": {401,
		Text{"缺少签名", "请在 Authorization 头中带上 KAITUAN-HMAC-SHA256 签名"},
		Text{"The call is not signed", "Send an Authorization header with a KAITUAN-HMAC-SHA256 signature"}},
	"signature_malformed": {401,
		Text{"签名格式不正确", "请按 key_id、timestamp、nonce、signature 四个字段书写 Authorization 头"},
		Text{"The signature does not follow the rule", "Write the Authorization header with key_id, timestamp, nonce and signature"}},
	"signature_expired": {401,
		Text{"签名已过期", "请校准服务器时钟，并用当前时间重新签名；允许误差 300 秒"},
		Text{"The signature is not fresh", "Set your clock right and sign again with the time of now; 300 seconds either way are allowed"}},
	"signature_invalid": {401,
		Text{"签名不匹配", "请核对密钥、方法、路径、查询串和请求体；测试模式会返回服务端的待签名串 canonical"},
		Text{"The signature does not match", "Check secret, method, path, query and body; test mode answers with the text the server signed"}},
	"key_unknown": {401,
		Text{"密钥不存在或已停用", "请使用有效的 key_id"},
		Text{"There is no live key of that id", "Use the key_id of a live key"}},
	"nonce_reused": {401,
		Text{"随机串已用过", "每次调用都要使用新的 nonce，重试也一样"},
		Text{"The nonce has been used", "Every call needs a new nonce, repeats too"}},
}
