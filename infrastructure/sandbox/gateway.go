package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The methods that the gateway knows.
const (
	methodPage        = "alipay.trade.page.pay"
	methodWap         = "alipay.trade.wap.pay"
	methodQuery       = "alipay.trade.query"
	methodClose       = "alipay.trade.close"
	methodRefund      = "alipay.trade.refund"
	methodRefundQuery = "alipay.trade.fastpay.refund.query"
	methodBillURL     = "alipay.data.dataservice.bill.downloadurl.query"
)

// maxSkew is how far a request's timestamp may be from the gateway's clock. Alipay publishes no figure; a day
// refuses a wrong time zone's date and nothing that a working integration sends. A pay page may be older, its
// trade has an end of its own.
const maxSkew = 24 * time.Hour

// call answers one method from its biz_content: the fields of a success, or a failure.
type call func(ctx context.Context, biz []byte) (map[string]any, *failure, error)

// gateway is POST and GET /gateway.do, the one entrance of Alipay's open platform.
func (s *Sandbox) gateway(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if err := r.ParseForm(); err != nil {
		s.answer(w, "", false, nil, invalid("isv.invalid-parameter", "请求格式错误"))
		return
	}
	method := r.Form.Get("method")
	if method == methodPage || method == methodWap {
		s.openPage(w, r, method)
		return
	}
	answer, target := s.call(method, r)
	if answer == nil {
		s.answer(w, "", false, nil, unknownMethod(method))
		return
	}
	if why := s.check(r.Form); why != nil {
		s.answer(w, method, s.known(r.Form), nil, why)
		return
	}
	biz := []byte(r.Form.Get("biz_content"))
	fault, struck, err := s.callFault(r.Context(), biz, target)
	if err != nil || struck && fault.before() {
		s.misanswer(w, r, fault, method, nil, s.failed(method, err))
		return
	}
	fields, why, err := answer(r.Context(), biz)
	if err != nil {
		why = s.failed(method, err)
	}
	if struck {
		s.misanswer(w, r, fault, method, fields, why)
		return
	}
	s.answer(w, method, true, fields, why)
}

func (s *Sandbox) failed(method string, err error) *failure {
	if err == nil {
		return nil
	}
	s.cfg.Logger.Error("sandbox: request failed", "method", method, "error", err)
	return unavailable()
}

// call finds what answers a method, nil for nothing, and what scripts call it.
func (s *Sandbox) call(method string, r *http.Request) (call, Target) {
	switch method {
	case methodQuery:
		return s.queryTrade, OnQuery
	case methodClose:
		return s.closeTrade, OnClose
	case methodRefund:
		return s.refundTrade, OnRefund
	case methodRefundQuery:
		return s.queryRefund, OnRefundQuery
	case methodBillURL:
		return s.billURL(r), OnBillURL
	default:
		return nil, ""
	}
}

func unknownMethod(method string) *failure {
	if method == "" {
		return missing("isv.missing-method", "缺少方法名参数")
	}
	return invalid("isv.invalid-method", "不存在的方法名")
}

func (s *Sandbox) known(form url.Values) bool {
	return form.Get("app_id") == s.cfg.AppID
}

// check refuses a request whose common parameters or signature are wrong, in the order in which one learns most
// from the answer. https://opendocs.alipay.com/common/02km9f
func (s *Sandbox) check(form url.Values) *failure {
	for _, values := range form {
		if len(values) > 1 {
			return invalid("isv.invalid-parameter", "参数重复")
		}
	}
	for _, name := range []string{"app_id", "sign_type", "sign", "timestamp", "version", "charset"} {
		if form.Get(name) == "" {
			return missing(missingCode(name), "缺少参数 "+name)
		}
	}
	switch {
	case !s.known(form):
		return invalid("isv.invalid-app-id", "无效的AppID参数")
	case form.Get("sign_type") != "RSA2":
		return invalid("isv.invalid-signature-type", "无效的签名类型")
	case !strings.EqualFold(form.Get("charset"), "utf-8"):
		return invalid("isv.invalid-charset", "字符集错误，沙箱仅支持 utf-8")
	case !verifyRSA2(&s.cfg.Keys.App.PublicKey, canonical(form, "sign"), form.Get("sign")):
		return invalid("isv.invalid-signature", "无效签名")
	case form.Get("version") != "1.0":
		return invalid("isv.invalid-parameter", "version 应为 1.0")
	case form.Get("format") != "" && !strings.EqualFold(form.Get("format"), "JSON"):
		return invalid("isv.invalid-format", "无效的数据格式")
	}
	return s.checkTime(form.Get("timestamp"), form.Get("method"))
}

func missingCode(name string) string {
	if name == "sign" || name == "sign_type" {
		name = strings.Replace(name, "sign", "signature", 1)
	}
	return "isv.missing-" + strings.ReplaceAll(name, "_", "-")
}

func (s *Sandbox) checkTime(timestamp, method string) *failure {
	at, err := time.ParseInLocation(time.DateTime, timestamp, china())
	age := s.clock.merchant(at).Sub(at)
	isPage := method == methodPage || method == methodWap
	if err != nil || !s.cfg.Undated && (age < -maxSkew || age > maxSkew && !isPage) {
		return invalid("isv.invalid-timestamp", "非法的时间戳参数，格式为 yyyy-MM-dd HH:mm:ss，时区为东八区")
	}
	return nil
}

// answer writes {"<method>_response":{...},"sign":"..."}: the signature is over the exact bytes of the node,
// so that they are put together by hand. A request of an unknown application is answered unsigned, as nobody's
// key is known for it.
func (s *Sandbox) answer(w http.ResponseWriter, method string, signed bool, fields map[string]any, why *failure) {
	node, err := answerNode(fields, why)
	var signature string
	if err == nil && signed {
		signature, err = signRSA2(s.cfg.Keys.Gateway, node)
	}
	if err != nil {
		s.cfg.Logger.Error("sandbox: answer failed", "method", method, "error", err)
		http.Error(w, "service unavailable", http.StatusInternalServerError)
		return
	}
	writeAnswer(w, method, node, signature)
}

// writeAnswer puts an answer together; one without a signature has none.
func writeAnswer(w http.ResponseWriter, method string, node []byte, signature string) {
	name := "error"
	if method != "" {
		name = strings.ReplaceAll(method, ".", "_")
	}
	text := `{"` + name + `_response":` + string(node)
	if signature != "" {
		text += `,"sign":"` + signature + `"`
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write([]byte(text + "}")) // a caller that is gone asks again
}

func answerNode(fields map[string]any, why *failure) ([]byte, error) {
	if why != nil {
		return json.Marshal(why)
	}
	node := map[string]any{"code": "10000", "msg": "Success"}
	for name, value := range fields {
		node[name] = value
	}
	return json.Marshal(node)
}

// decode reads biz_content. Alipay takes unknown fields, so does the sandbox.
func decode(biz []byte, into any) *failure {
	if len(biz) == 0 {
		return missing("isv.missing-parameter", "缺少参数 biz_content")
	}
	var typeError *json.UnmarshalTypeError
	switch err := json.Unmarshal(biz, into); {
	case errors.As(err, &typeError):
		return badParameter(typeError.Field)
	case err != nil:
		return invalid("isv.invalid-parameter", "biz_content 不是 JSON")
	}
	return nil
}
