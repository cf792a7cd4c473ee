package sandbox

// failure is the gateway's refusal of a request, a value and not an error: nothing broke.
type failure struct {
	Code    string `json:"code"`
	Msg     string `json:"msg"`
	SubCode string `json:"sub_code,omitempty"`
	SubMsg  string `json:"sub_msg,omitempty"`
}

// Common answers: https://opendocs.alipay.com/common/02km9f

func missing(subCode, subMsg string) *failure {
	return &failure{Code: "40001", Msg: "Missing Required Arguments", SubCode: subCode, SubMsg: subMsg}
}

func invalid(subCode, subMsg string) *failure {
	return &failure{Code: "40002", Msg: "Invalid Arguments", SubCode: subCode, SubMsg: subMsg}
}

func unavailable() *failure {
	return &failure{Code: "20000", Msg: "Service Currently Unavailable", SubCode: "isp.unknow-error", SubMsg: "系统繁忙"}
}

// Answers that fault scripts bring about: the gateway does not know, or not yet.

func systemError() *failure {
	return &failure{Code: "20000", Msg: "Service Currently Unavailable", SubCode: "ACQ.SYSTEM_ERROR", SubMsg: "系统错误"}
}

func inProgress() *failure {
	return &failure{Code: "10003", Msg: "order success pay inprocess"}
}

// Business answers, each method's list: https://opendocs.alipay.com/open/028r8t (and its neighbours)

func refused(subCode, subMsg string) *failure {
	return &failure{Code: "40004", Msg: "Business Failed", SubCode: subCode, SubMsg: subMsg}
}

func badParameter(what string) *failure {
	return refused("ACQ.INVALID_PARAMETER", "参数无效："+what)
}

func noTrade() *failure {
	return refused("ACQ.TRADE_NOT_EXIST", "交易不存在")
}

// noBill is for a day whose bill is not written yet, and for one on which nothing happened.
func noBill() *failure {
	return refused("isp.bill_not_exist", "账单不存在")
}

func wrongStatus() *failure {
	return refused("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
}
