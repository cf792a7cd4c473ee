package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kaituan/money"
)

// Target is what a fault script strikes.
type Target string

// The targets. OnPage is the address that opens the cashier (page.pay and wap.pay); OnCall stands for each of
// the five API methods after it.
const (
	OnNotice      Target = "notice"
	OnPage        Target = "page"
	OnCall        Target = "call"
	OnQuery       Target = "query"
	OnClose       Target = "close"
	OnRefund      Target = "refund"
	OnRefundQuery Target = "refund_query"
	OnBillURL     Target = "bill_url"
	OnBill        Target = "bill"
)

// Fault is what goes wrong.
type Fault string

// Faults of notices. Late and Held are decided when the notice arises, the others each time it is sent.
const (
	Lost    Fault = "lost"    // a sending never leaves; to the sandbox nobody answered, and the schedule goes on
	Late    Fault = "late"    // the first sending waits for Delay
	Doubled Fault = "doubled" // each sending leaves Copies times at once
	Held    Fault = "held"    // waits until the trade's next notice was sent, or for Delay when that is set
	Forged  Fault = "forged"  // a sending with Field changed, before the true one or Instead of it
)

// Faults of answers. "Before" means that the gateway does not do what it was asked to, "after" that it does and
// keeps it, and only the answer is lost. The three last ones are damaged answers to work that was done.
const (
	TimeoutBefore     Fault = "timeout_before" // no answer; the connection is cut after Delay
	TimeoutAfter      Fault = "timeout_after"
	HTTPErrorBefore   Fault = "http_error_before" // HTTP Status, no node and no signature
	HTTPErrorAfter    Fault = "http_error_after"
	SystemErrorBefore Fault = "system_error_before" // signed, 20000 ACQ.SYSTEM_ERROR
	SystemErrorAfter  Fault = "system_error_after"
	InProgressBefore  Fault = "in_progress_before" // signed, 10003: being worked on
	InProgressAfter   Fault = "in_progress_after"
	Garbage           Fault = "garbage"        // HTTP 200, no JSON
	Unsigned          Fault = "unsigned"       // the true answer without its signature
	WronglySigned     Fault = "wrongly_signed" // the true answer with another text's signature
	Refused           Fault = "refused"        // refunds only: signed, 40004, the seller has not enough money; not done
)

// Faults of bills. They change what a bill says and nothing that the books say, in each download alike.
const (
	LineMissing    Fault = "line_missing"
	LineExtra      Fault = "line_extra" // a payment, or with Event a refund, that never was
	LineDuplicated Fault = "line_duplicated"
	AmountChanged  Fault = "amount_changed" // to Amount, or one fen more than it was
)

// Event is what a notice or a line of a bill is about.
type Event string

// The events.
const (
	Paid     Event = "paid"
	Refunded Event = "refunded"
	Closed   Event = "closed" // by the merchant or its end, unpaid; in notices only
)

// Seal is how a forged notice is signed.
type Seal string

// The seals. A notice with SealTrue is signed by the gateway itself, over the forged text: only a look at the field
// tells it from a true one.
const (
	SealTrue    Seal = "true"
	SealBroken  Seal = "broken" // the signature of the text before it was forged
	SealMissing Seal = "missing"
)

// Script is one fault to come. Those of one order strike before those of all; among equals the older one.
type Script struct {
	ID         int64         // set by the sandbox
	OutTradeNo string        // empty: every order
	Target     Target        //
	Fault      Fault         //
	Event      Event         // notices and bills: only those about it; empty: all
	Times      int           // how often it strikes, then it is spent; 0: until it is removed. Bills: how many lines
	Percent    int           // how likely it strikes, 1..100; 0: always. Drawn from Seed and Seen
	Seed       int64         // with Percent
	Delay      time.Duration // Late, Held: sandbox's time. Timeouts: machine's time, default 15 s
	Copies     int           // Doubled: 2..100, default 2
	Status     int           // HTTP errors: 500..599, default 502
	Field      string        // Forged: the field; "sign" breaks the signature alone
	Value      string        // Forged: what the field becomes; default: something wrong of the same form
	Seal       Seal          // Forged: default SealTrue
	Instead    bool          // Forged: the true one does not leave
	Amount     money.Fen     // AmountChanged, LineExtra: default one fen more, 1.00
	Day        string        // bills: 2006-01-02; empty: every day

	Seen   int // how often it could have struck
	Struck int // how often it did
}

// Spent says that a script will not strike again. Scripts of bills never are.
func (s Script) Spent() bool {
	return s.Target != OnBill && s.Times > 0 && s.Struck >= s.Times
}

// Limits of a script.
const (
	maxTimes  = 1_000_000
	maxDelay  = 30 * 24 * time.Hour
	maxCopies = 100
	maxHold   = time.Minute
	maxValue  = 512 // bytes

	defaultHold   = 15 * time.Second
	defaultCopies = 2
	defaultStatus = 502
	defaultExtra  = money.Fen(100)
)

// faultsOf lists what can happen to each target.
func faultsOf() map[Target][]Fault {
	page := []Fault{
		TimeoutBefore, TimeoutAfter, HTTPErrorBefore, HTTPErrorAfter, SystemErrorBefore, SystemErrorAfter, Garbage,
	}
	call := append(slices.Clone(page), InProgressBefore, InProgressAfter, Unsigned, WronglySigned)
	return map[Target][]Fault{
		OnNotice: {Lost, Late, Doubled, Held, Forged},
		OnPage:   page, OnCall: call, OnQuery: call, OnClose: call, OnRefund: append(slices.Clone(call), Refused), OnRefundQuery: call, OnBillURL: call,
		OnBill: {LineMissing, LineExtra, LineDuplicated, AmountChanged},
	}
}

// complete fills in the defaults and refuses what is out of range or has no meaning together, every field at once.
// Errors: *InvalidField, joined.
func (s Script) complete() (Script, error) {
	known, ok := faultsOf()[s.Target]
	if !ok {
		return s, &InvalidField{"target", flawChoice, listed(slices.Sorted(maps.Keys(faultsOf())))}
	}
	if !slices.Contains(known, s.Fault) {
		return s, &InvalidField{"fault", flawChoice, listed(known)}
	}
	s = s.withDefaults()
	var wrong []error
	for _, f := range s.fields() {
		switch {
		case f.given && !f.meant:
			wrong = append(wrong, &InvalidField{f.name, flawMeans, string(s.Target) + " " + string(s.Fault)})
		case f.given && !f.ok:
			wrong = append(wrong, &InvalidField{f.name, flawRange, f.want})
		case f.needed && !f.given:
			wrong = append(wrong, &InvalidField{f.name, flawMissing, ""})
		}
	}
	return s, errors.Join(wrong...)
}

func (s Script) withDefaults() Script {
	switch s.Fault {
	case Doubled:
		s.Copies = cmp.Or(s.Copies, defaultCopies)
	case TimeoutBefore, TimeoutAfter:
		s.Delay = cmp.Or(s.Delay, defaultHold)
	case HTTPErrorBefore, HTTPErrorAfter:
		s.Status = cmp.Or(s.Status, defaultStatus)
	case Forged:
		s.Seal = cmp.Or(s.Seal, SealTrue)
	case LineExtra:
		s.Amount = cmp.Or(s.Amount, defaultExtra)
	}
	return s
}

// field says of one field whether it is set, may be, must be, and holds what is wanted.
type field struct {
	name                     string
	given, meant, needed, ok bool
	want                     string // in words of every language
}

func (s Script) fields() []field {
	isBill, isNotice, forged := s.Target == OnBill, s.Target == OnNotice, s.Fault == Forged
	isError := s.Fault == HTTPErrorBefore || s.Fault == HTTPErrorAfter
	hasAmount := s.Fault == AmountChanged || s.Fault == LineExtra
	events := []Event{Paid, Refunded}
	if isNotice {
		events = append(events, Closed)
	}
	seals := []Seal{SealTrue, SealBroken, SealMissing}
	return []field{
		{"out_trade_no", s.OutTradeNo != "", s.Target != OnBillURL, false, validNumber(s.OutTradeNo), "[0-9A-Za-z_]{1,64}"},
		{"event", s.Event != "", isBill || isNotice, false, slices.Contains(events, s.Event), listed(events)},
		{"times", s.Times != 0, s.Fault != LineExtra, false, s.Times >= 1 && s.Times <= maxTimes, upTo(1, maxTimes)},
		{"percent", s.Percent != 0, s.Fault != LineExtra, false, s.Percent >= 1 && s.Percent <= 100, upTo(1, 100)},
		{"seed", s.Seed != 0, s.Percent != 0, false, true, ""},
		{
			"delay_ms", s.Delay != 0, s.longest() > 0, s.Fault == Late, s.Delay >= time.Millisecond && s.Delay <= s.longest(),
			upTo(1, s.longest().Milliseconds()) + " (" + s.longest().String() + ")",
		},
		{"copies", s.Copies != 0, s.Fault == Doubled, false, s.Copies >= 2 && s.Copies <= maxCopies, upTo(2, maxCopies)},
		{"status", s.Status != 0, isError, false, s.Status >= 500 && s.Status <= 599, upTo(500, 599)},
		{"field", s.Field != "", forged, forged, fieldName().MatchString(s.Field), "[a-z][a-z0-9_]{0,39}"},
		{"value", s.Value != "", forged, false, len(s.Value) <= maxValue && utf8.ValidString(s.Value), "UTF-8, 1..512 bytes"},
		{"seal", s.Seal != "", forged, false, slices.Contains(seals, s.Seal), listed(seals)},
		{"instead", s.Instead, forged, false, true, ""},
		{"amount_fen", s.Amount != 0, hasAmount, false, s.Amount >= 1 && s.Amount <= maxAmount, upTo(1, int64(maxAmount))},
		{"day", s.Day != "", isBill, false, validDay(s.Day), "yyyy-MM-dd"},
	}
}

func upTo(low, high int64) string { return fmt.Sprintf("%d..%d", low, high) }

func listed[T ~string](values []T) string {
	var all []string
	for _, v := range values {
		all = append(all, string(v))
	}
	return strings.Join(all, ", ")
}

// longest is the longest delay that the fault can have, 0 for none.
func (s Script) longest() time.Duration {
	switch s.Fault {
	case Late, Held:
		return maxDelay
	case TimeoutBefore, TimeoutAfter:
		return maxHold
	default:
		return 0
	}
}

func fieldName() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`) }

func validDay(day string) bool {
	_, err := time.Parse(time.DateOnly, day)
	return err == nil
}
