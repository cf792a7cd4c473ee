package payment

import (
	"context"
	"errors"
	"net/url"
	"time"

	"kaituan/money"
)

// Channel is a payment provider as the mall needs it. Every method that asks the provider may return
// ErrUnknown: the request may or may not have been carried out, and only asking again tells. A *Rejection says
// that the provider understood and refused. No other error means that anything happened at the provider.
type Channel interface {
	// Page returns the signed address where the buyer pays. It asks nobody; the provider first hears of the
	// charge when the buyer opens the page. Errors: a Charge that cannot be signed.
	Page(ctx context.Context, c Charge) (PageURL, error)
	// Query asks for the state of a charge. Errors: ErrUnknown.
	Query(ctx context.Context, id ID) (Trade, error)
	// Close ends a charge that is not paid, so that it can never be paid. Errors: ErrUnknown, ErrNotClosable
	// (paid or already ended: query again), ErrAbsent (nothing to close yet; see there).
	Close(ctx context.Context, id ID) error
	// Refund sends money back. The same RequestNo is carried out once, however often it is asked.
	// Errors: ErrUnknown, *Rejection.
	Refund(ctx context.Context, r RefundOrder) (RefundResult, error)
	// QueryRefund asks whether a refund arrived. Errors: ErrUnknown.
	QueryRefund(ctx context.Context, id ID, requestNo RequestNo) (RefundResult, error)
	// ReadNotice checks the signature and form of a pushed notice and returns what it claims. The caller still
	// compares the claim with the payment it knows. Errors: ErrForged, ErrMalformed.
	ReadNotice(form url.Values) (Notice, error)
	// Bill calls each with every line of the bill of a day, as the provider orders them, until each returns an error,
	// which Bill returns. After any error the lines that were seen count for nothing. Errors: ErrBillNotReady,
	// ErrUnknown, *BillFault.
	Bill(ctx context.Context, day Day, each func(BillLine) error) error
}

// ID names one payment. It is the out_trade_no at the provider.
type ID string

// RequestNo names one refund intent for ever. It is the out_request_no at the provider.
type RequestNo string

// PageURL is a signed address of the provider's payment page.
type PageURL string

// Method is the kind of page that the buyer pays on.
type Method string

// The payment pages.
const (
	MethodPage  Method = "page"  // a desktop browser: alipay.trade.page.pay
	MethodPhone Method = "phone" // a phone browser: alipay.trade.wap.pay
)

// Charge is what a buyer is asked to pay.
type Charge struct {
	ID        ID
	Method    Method
	Subject   string // shown to the buyer
	Amount    money.Fen
	ExpiresAt time.Time // the provider refuses payment from then on
	ReturnTo  string    // where the provider sends the buyer's browser afterwards; proves nothing
}

// TradeStatus is a charge's state at the provider.
type TradeStatus string

// The states of a charge at the provider.
const (
	TradeAbsent    TradeStatus = "absent"    // the provider knows no such charge; it may still come to know it
	TradeWaiting   TradeStatus = "waiting"   // WAIT_BUYER_PAY
	TradeSucceeded TradeStatus = "succeeded" // TRADE_SUCCESS or TRADE_FINISHED
	TradeClosed    TradeStatus = "closed"    // TRADE_CLOSED: never paid in time, or refunded in full
)

// Trade is the provider's own account of a charge.
type Trade struct {
	Status     TradeStatus
	ProviderNo string // the provider's trade number; empty while absent
	Amount     money.Fen
	PaidAt     time.Time // zero unless paid
}

// RefundOrder asks for money to be sent back.
type RefundOrder struct {
	ID        ID
	RequestNo RequestNo
	Amount    money.Fen
	Reason    string // shown to the buyer by the provider
}

// RefundResult says what the provider knows of a refund.
type RefundResult struct {
	Done   bool // the money went back
	Amount money.Fen
}

// Notice is what a pushed message of the provider claims, its signature already checked.
type Notice struct {
	NotifyID   string
	AppID      string
	SellerID   string
	ID         ID
	ProviderNo string
	Status     TradeStatus
	Amount     money.Fen
	PaidAt     time.Time
	RefundFee  money.Fen // above zero when the notice tells of a refund, never of a second payment
}

// ErrUnknown says that the provider gave no answer that settles the matter: time-out, 5xx, SYSTEM_ERROR, "in
// progress", an unsigned or unreadable answer. It is never a failure; ask again.
var ErrUnknown = errors.New("payment: the provider's answer is unknown")

// ErrNotClosable says that a charge is not waiting for payment any more.
var ErrNotClosable = errors.New("payment: the charge cannot be closed in its state")

// ErrAbsent says that the provider knows no such charge, and nothing was closed: the buyer never opened the
// page, whose signed address stays good until the charge's ExpiresAt. So the charge can never be paid only once
// that instant is well past by the provider's clock; until then the caller keeps it open and asks again.
var ErrAbsent = errors.New("payment: the provider knows no such charge yet")

// ErrForged says that a notice carries no valid signature of the provider.
var ErrForged = errors.New("payment: notice signature invalid")

// ErrMalformed says that a signed notice cannot be read.
var ErrMalformed = errors.New("payment: notice malformed")

// Rejection is the provider's refusal of a request that it understood.
type Rejection struct {
	Code    string // the provider's sub code, such as ACQ.TRADE_NOT_EXIST
	Message string
}

// Error prints the provider's code and message.
func (r *Rejection) Error() string {
	return "payment: refused by the provider: " + r.Code + ": " + r.Message
}
