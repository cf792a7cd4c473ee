package alipay

import (
	"fmt"
	"strings"
	"time"

	client "github.com/smartwalle/alipay/v3"

	"kaituan/mall/payment"
)

// Sub codes that decide something here; each method's page of https://opendocs.alipay.com/open lists its own.
const (
	codeNoTrade       = "ACQ.TRADE_NOT_EXIST"
	codeWrongStatus   = "ACQ.TRADE_STATUS_ERROR"
	codeStatusInvalid = "ACQ.REASON_TRADE_STATUS_INVALID"
	codeIllegalStatus = "ACQ.REASON_ILLEGAL_STATUS"
)

// systemError ends the sub codes that settle nothing. Alipay's lists have it as ACQ., AQC. and aop.ACQ.
const systemError = "SYSTEM_ERROR"

type kind int

const (
	unsettled kind = iota // the request may or may not have been carried out
	carriedOut
	refused
)

// answer is what an answer of the gateway settles.
type answer struct {
	kind    kind
	code    string
	message string
	why     error // of unsettled
}

// settle sorts an answer. Whatever the library reports as an error settles nothing: no answer, garbage, a wrong
// signature or none, since an unsigned refusal may be anybody's. A signed refusal settles, unless its code says
// that Alipay itself does not know: 20000, 40005 (too many calls), 10003 (in progress) or a system error.
func settle(readable bool, err error, read func() client.Error) answer {
	if err != nil || !readable {
		return answer{why: fmt.Errorf("no signed answer: %w", orEmpty(err))}
	}
	head := read()
	said := answer{code: head.SubCode, message: head.SubMsg}
	switch head.Code {
	case client.CodeSuccess:
		said.kind = carriedOut
	case client.CodeBusinessFailed, client.CodeInvalidParam, client.CodeMissingParam, client.CodeInsufficientConditions,
		client.CodePermissionDenied, client.CodeInvalidAuthToken:
		said.kind = refused
	}
	if strings.HasSuffix(head.SubCode, systemError) {
		said.kind = unsettled
	}
	if said.kind == unsettled {
		said.why = fmt.Errorf("code %s %s: %s", head.Code, head.SubCode, head.SubMsg)
	}
	return said
}

func orEmpty(err error) error {
	if err == nil {
		return fmt.Errorf("empty")
	}
	return err
}

func (a answer) rejection() *payment.Rejection {
	return &payment.Rejection{Code: a.code, Message: a.message}
}

func unknown(what string, id payment.ID, why error) error {
	return fmt.Errorf("alipay: %s %s: %w: %w", what, id, payment.ErrUnknown, why)
}

func readStatus(status client.TradeStatus) (payment.TradeStatus, error) {
	switch status {
	case client.TradeStatusWaitBuyerPay:
		return payment.TradeWaiting, nil
	case client.TradeStatusSuccess, client.TradeStatusFinished:
		return payment.TradeSucceeded, nil
	case client.TradeStatusClosed:
		return payment.TradeClosed, nil
	default:
		return "", fmt.Errorf("trade_status %q is none", status)
	}
}

// china is the zone of every time that Alipay writes or reads.
func china() *time.Location {
	return time.FixedZone("CST", 8*60*60)
}

func readTime(text string) (time.Time, error) {
	at, err := time.ParseInLocation(time.DateTime, text, china())
	return at.UTC(), err
}
