package payment

import (
	"fmt"
	"slices"
	"time"

	"kaituan/mall/account"
	"kaituan/mall/order"
	"kaituan/money"
)

// RefundStatus is where a refund stands.
type RefundStatus string

// The states of a refund.
const (
	RefundCreated   RefundStatus = "created"   // the money is owed; the provider was not asked yet
	RefundSubmitted RefundStatus = "submitted" // the provider was asked; only its own word tells what became of it
	RefundSucceeded RefundStatus = "succeeded" // the provider says that the money went back
	RefundFailed    RefundStatus = "failed"    // refused again and again, or undecided for too long; waits for a person
)

var refundTransitions = map[RefundStatus][]RefundStatus{
	RefundCreated:   {RefundSubmitted},
	RefundSubmitted: {RefundSucceeded, RefundFailed},
	RefundSucceeded: {},
	RefundFailed:    {RefundSubmitted, RefundSucceeded}, // the money may have moved all the same
}

// RefundTransitions is the whole life of a refund; docs/state-machines.md is compared with it.
func RefundTransitions() map[RefundStatus][]RefundStatus { return copied(refundTransitions) }

// Intent says what a refund is for. A payment has at most one refund of each.
type Intent string

// The intents.
const (
	Full       Intent = "full"       // whatever of the payment was not sent back before
	Difference Intent = "difference" // what the order became cheaper after it was paid
)

// Refund is the intent to send a payment's money back. Its number is its out_request_no for ever, however often
// the provider is asked.
type Refund struct {
	No      RequestNo
	Intent  Intent
	Payment ID
	Order   order.ID
	Buyer   account.ID
	Amount  money.Fen
	Reason  order.Reason
	Status  RefundStatus

	Refusals  int       // how often the provider refused since a person last looked
	LastError string    // what the provider said last
	NextAt    time.Time // when a sweep looks after it next; zero: never
	AskedFrom time.Time // since when the provider is asked: created, or redone by a person
	CreatedAt time.Time
	EndedAt   time.Time // when it succeeded
	Version   int64     // of the stored row; 0 before the first save
	Moves     []RefundMove
}

// RefundMove is one step of a refund's history.
type RefundMove struct {
	From RefundStatus // empty for the first
	To   RefundStatus
	At   time.Time
}

const (
	maxRefusals     = 5                // until a person must look
	claimedFor      = 30 * time.Second // how long others leave a refund alone that somebody works on: two calls of 10 s at most
	confirmAfter    = 5 * time.Second  // between asking for a refund and asking what became of it
	confirmAtMost   = 10 * time.Minute // the same of one that stays undecided
	undecidedFor    = 24 * time.Hour   // until a person must look: Alipay settles a refund within minutes
	failedAgain     = time.Hour        // between looks at a refund that waits for a person
	maxRefundReason = 200              // runes kept of a provider's message
)

// Owe starts a refund, due at once, of what earlier refunds of the payment leave of it.
func Owe(no RequestNo, p Payment, why order.Reason, now time.Time, earlier ...Refund) Refund {
	return start(no, Full, p, rest(p, earlier), why, now)
}

// OweDifference starts a refund, due at once, of a part of a payment. Its error says that the part is not one: less
// than a fen, or so much that nothing would be left of the payment after the earlier refunds.
func OweDifference(no RequestNo, p Payment, part money.Fen, why order.Reason, now time.Time, earlier ...Refund) (Refund, error) {
	if left := rest(p, earlier); part < 1 || part >= left {
		return Refund{}, fmt.Errorf("payment: %d fen cannot be a difference on payment %s, of which %d fen are left", part, p.ID, left)
	}
	return start(no, Difference, p, part, why, now), nil
}

// rest is what of a payment was not promised back.
func rest(p Payment, earlier []Refund) money.Fen {
	left := p.Amount
	for _, r := range earlier {
		left -= r.Amount
	}
	return left
}

func start(no RequestNo, intent Intent, p Payment, amount money.Fen, why order.Reason, now time.Time) Refund {
	return Refund{
		No: no, Intent: intent, Payment: p.ID, Order: p.Order, Buyer: p.Buyer, Amount: amount, Reason: why,
		Status: RefundCreated, NextAt: now, AskedFrom: now, CreatedAt: now,
		Moves: []RefundMove{{To: RefundCreated, At: now}},
	}
}

// Claim is called before the provider is asked, and saved, so that a crash leaves the refund in a state that says
// "asked, answer unknown". It says whether there is anything left to ask: for the refund and what became of it, or of
// a failed one only the latter.
func (r *Refund) Claim(now time.Time) bool {
	if r.Status == RefundCreated {
		r.move(RefundSubmitted, now)
	}
	r.NextAt = now.Add(claimedFor)
	return r.Status == RefundSubmitted || r.Status == RefundFailed
}

// Succeed records that the money went back. It says whether that was news.
func (r *Refund) Succeed(now time.Time) bool {
	if !r.move(RefundSucceeded, now) {
		return false
	}
	r.EndedAt, r.NextAt, r.LastError = now, time.Time{}, ""
	return true
}

// Undecided records that the provider did not say that the money went back: it is asked again soon, and less and less
// often. After a day the refund waits for a person; that says nothing about the money, and its fate is still asked for.
func (r *Refund) Undecided(detail string, now time.Time) {
	r.LastError = clip(detail)
	age := now.Sub(r.AskedFrom)
	r.NextAt = now.Add(min(max(age/4, confirmAfter), confirmAtMost))
	if age >= undecidedFor {
		r.fail(now)
	}
}

// Refuse records the provider's refusal: it is asked again after retry, doubled at each further refusal, and after
// several the refund waits for a person.
func (r *Refund) Refuse(detail string, retry time.Duration, now time.Time) {
	r.Refusals++
	r.LastError = clip(detail)
	r.NextAt = now.Add(retry << (r.Refusals - 1))
	if r.Refusals >= maxRefusals {
		r.fail(now)
	}
}

func (r *Refund) fail(now time.Time) {
	r.move(RefundFailed, now)
	r.NextAt = now.Add(failedAgain)
}

// StillFailed records that a failed refund's fate was asked for in vain; what made it fail stays on record.
func (r *Refund) StillFailed(now time.Time) { r.NextAt = now.Add(failedAgain) }

// Redo makes a failed refund due again, under its old number. It says whether it had failed.
func (r *Refund) Redo(now time.Time) bool {
	if r.Status != RefundFailed || !r.move(RefundSubmitted, now) {
		return false
	}
	r.Refusals, r.NextAt, r.AskedFrom = 0, now, now
	return true
}

func (r *Refund) move(to RefundStatus, now time.Time) bool {
	if !slices.Contains(refundTransitions[r.Status], to) {
		return false
	}
	r.Moves = append(r.Moves, RefundMove{From: r.Status, To: to, At: now})
	r.Status = to
	return true
}

func clip(detail string) string {
	runes := []rune(detail)
	return string(runes[:min(len(runes), maxRefundReason)])
}
