package mall

import (
	"errors"
	"strconv"

	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/money"
)

// Code is a stable, lower-snake name of what went wrong.
type Code string

// The codes of the mall. A refused group purchase carries the engine's own code instead, such as team_full.
const (
	CodeInvalid          Code = "invalid"              // input breaks a rule; Faults or Param say which
	CodeCursorInvalid    Code = "bad_cursor"           // not a cursor that a list returned
	CodeLoginTaken       Code = "login_taken"          // somebody has this phone number or e-mail address
	CodeCredentialsWrong Code = "credentials_wrong"    // no such account, or not its password
	CodeSessionExpired   Code = "session_expired"      // no such session, or not any more
	CodeForbidden        Code = "forbidden"            // not this role's business
	CodeProductNotFound  Code = "product_not_found"    // absent or off the shelf
	CodeSKUNotFound      Code = "sku_not_found"        // the product has no such specification
	CodeSoldOut          Code = "sold_out"             // the shop has fewer pieces left than asked for
	CodeBuyAloneOff      Code = "buy_alone_off"        // sold in teams only, for the time being
	CodePriceChanged     Code = "price_changed"        // not the price that the buyer saw
	CodeIdempotency      Code = "idempotency_mismatch" // the same key came with other input
	CodeOrderNotFound    Code = "order_not_found"      // absent, or somebody else's
	CodeOrderNotReady    Code = "order_not_ready"      // the engine has not answered yet: ask again
	CodeOrderPaid        Code = "order_paid"           // too late to pay or to cancel
	CodeOrderClosed      Code = "order_closed"         // closed, or its payment deadline has passed
	CodeOrderUnpaid      Code = "order_unpaid"         // nothing to refund: it can be cancelled
	CodeAfterSale        Code = "after_sale_needed"    // the goods are on their way: the money cannot simply go back
	CodePaymentUnknown   Code = "payment_unknown"      // the provider gave no answer: try again
	CodePaymentNotFound  Code = "payment_not_found"    // no such payment
	CodeNoticeForged     Code = "notice_forged"        // no valid signature of the provider
	CodeNoticeMalformed  Code = "notice_malformed"     // signed, but not readable
	CodeNoticeMismatch   Code = "notice_mismatch"      // signed, but not what the payment says
	CodeTeamNotFound     Code = "team_not_found"       // the engine knows no such team
	CodeGroupUnavailable Code = "groupbuy_unavailable" // the engine gave no answer: try again
	CodeScanOff          Code = "scan_off"             // the shop has no official account
	CodeScanUnknown      Code = "scan_unavailable"     // the scanning app's provider gave no answer: try again
	CodeScanNotFound     Code = "scan_not_found"       // absent, or begun in another browser
	CodeScanPending      Code = "scan_pending"         // not confirmed on the phone yet
	CodeScanEnded        Code = "scan_ended"           // refused, used or too late
	CodeRefundNotFound   Code = "refund_not_found"     // no such refund
	CodeRefundNotFailed  Code = "refund_not_failed"    // only failed refunds are redone by hand

	CodeBillNotFound       Code = "bill_not_found"       // no bill of this day was asked for
	CodeDifferenceNotFound Code = "difference_not_found" // no such difference
	CodeDifferenceEnded    Code = "difference_ended"     // it is settled already
	CodeActionNotPossible  Code = "action_not_possible"  // not about a difference of this kind
	CodeRefundRefused      Code = "refund_refused"       // the provider will not send the money back
)

// Codes returns every code that an Error of the mall itself may carry.
func Codes() []Code {
	return []Code{
		CodeInvalid, CodeCursorInvalid, CodeLoginTaken, CodeCredentialsWrong, CodeSessionExpired, CodeForbidden,
		CodeProductNotFound, CodeSKUNotFound, CodeSoldOut, CodeBuyAloneOff, CodePriceChanged, CodeIdempotency, CodeOrderNotFound,
		CodeOrderNotReady, CodeOrderPaid, CodeOrderClosed, CodeOrderUnpaid, CodeAfterSale, CodePaymentUnknown, CodePaymentNotFound, CodeNoticeForged,
		CodeNoticeMalformed, CodeNoticeMismatch, CodeTeamNotFound, CodeGroupUnavailable, CodeScanOff, CodeScanUnknown,
		CodeScanNotFound, CodeScanPending, CodeScanEnded, CodeRefundNotFound,
		CodeRefundNotFailed, CodeBillNotFound, CodeDifferenceNotFound, CodeDifferenceEnded, CodeActionNotPossible, CodeRefundRefused,
	}
}

// Error is a refusal: the mall understood, and nothing that the caller asked for was done.
type Error struct {
	Code         Code
	Param        string // the field that is wrong, as named on the wire; may be empty
	Detail       string
	Faults       []Fault   // of CodeInvalid: everything that is wrong
	CurrentPrice money.Fen // of CodePriceChanged, per piece
}

// Fault is one thing wrong with the input.
type Fault struct {
	Param  string // the field, as named on the wire
	Detail string // what would be right
}

// Error prints the code, the field and the detail.
func (e *Error) Error() string {
	text := "mall: " + string(e.Code)
	if len(e.Faults) > 0 {
		for _, f := range e.Faults {
			text += "; " + f.Param + ": " + f.Detail
		}
		return text
	}
	if e.Param != "" {
		text += ": " + e.Param
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// CodeOf returns the code of a refusal, or "" when err is none.
func CodeOf(err error) Code {
	if refusal, ok := errors.AsType[*Error](err); ok {
		return refusal.Code
	}
	return ""
}

func refuse(code Code, detail string) *Error { return &Error{Code: code, Detail: detail} }

// priceChanged tells the buyer the price that counts now.
func priceChanged(current money.Fen) *Error {
	return &Error{
		Code: CodePriceChanged, Param: "expected_price_fen", CurrentPrice: current,
		Detail: "the price is " + strconv.FormatInt(int64(current), 10) + " fen",
	}
}

func invalid(param, detail string) *Error {
	return &Error{Code: CodeInvalid, Param: param, Detail: detail, Faults: []Fault{{param, detail}}}
}

func invalidDraft(faults []catalog.Fault) error {
	all := make([]Fault, len(faults))
	for i, f := range faults {
		all[i] = Fault(f)
	}
	return invalidAll(all)
}

func invalidRegistration(faults []account.Fault) error {
	all := make([]Fault, len(faults))
	for i, f := range faults {
		all[i] = Fault(f)
	}
	return invalidAll(all)
}

func invalidAll(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	return &Error{Code: CodeInvalid, Param: faults[0].Param, Detail: faults[0].Detail, Faults: faults}
}
