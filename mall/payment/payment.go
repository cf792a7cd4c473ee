// Package payment holds what buyers pay and get back: payments, refunds, what a provider's message must say to
// be believed, and the Channel port through which a provider is spoken to. It decides; it touches nothing.
package payment

import (
	"slices"
	"time"

	"kaituan/mall/account"
	"kaituan/mall/order"
	"kaituan/money"
)

// Status is where a payment stands.
type Status string

// The states of a payment.
const (
	Created   Status = "created"   // written, its page is not signed yet
	Pending   Status = "pending"   // the buyer has the page; the provider knows more than we do
	Succeeded Status = "succeeded" // the provider has the buyer's money
	Closed    Status = "closed"    // ended without money
)

// transitions lets a closed payment succeed: the provider's word is the truth, and money that arrives after all
// must stand in our books before it can be sent back.
var transitions = map[Status][]Status{
	Created:   {Pending, Succeeded, Closed},
	Pending:   {Succeeded, Closed},
	Succeeded: {},
	Closed:    {Succeeded},
}

// Transitions is the whole life of a payment; docs/state-machines.md is compared with it.
func Transitions() map[Status][]Status { return copied(transitions) }

func copied[S comparable](table map[S][]S) map[S][]S {
	c := make(map[S][]S, len(table))
	for from, to := range table {
		c[from] = slices.Clone(to)
	}
	return c
}

// Payment is one attempt of a buyer to pay an order. An order has at most one that is open.
type Payment struct {
	ID         ID
	Order      order.ID
	Buyer      account.ID
	Method     Method
	Amount     money.Fen
	Status     Status
	Page       PageURL // where the buyer pays; empty while created
	ProviderNo string  // the provider's trade number; empty until it is known
	CreatedAt  time.Time
	ExpiresAt  time.Time // the provider refuses payment from then on
	PaidAt     time.Time // as the provider says; zero until paid
	EndedAt    time.Time // when we learnt that it succeeded or was closed

	Asked        int       // answers that the provider gave about it
	NextAskAt    time.Time // when the provider is asked next; zero: never
	UnknownSince time.Time // since when asking has failed; zero when the last time gave an answer
	Version      int64     // of the stored row; 0 before the first save
	Moves        []Move    // made since the payment was loaded; the store appends them to its history
}

// Move is one step of a payment's history.
type Move struct {
	From Status // empty for the first
	To   Status
	At   time.Time
}

// Open says whether the payment may still succeed in the ordinary way.
func (p *Payment) Open() bool { return p.Status == Created || p.Status == Pending }

// Start begins a payment's life. The caller has filled in everything but its state.
func Start(p Payment, now time.Time) Payment {
	p.Status, p.CreatedAt = Created, now
	p.Moves = []Move{{To: Created, At: now}}
	return p
}

// Offer records the page that the buyer pays on. It says whether the payment was still without one.
func (p *Payment) Offer(page PageURL, now time.Time) bool {
	if p.Status != Created || !p.move(Pending, now) {
		return false
	}
	p.Page, p.NextAskAt = page, now.Add(askAfter(0))
	return true
}

// Succeed records that the provider has the money. It says whether that was news.
func (p *Payment) Succeed(providerNo string, paidAt, now time.Time) bool {
	if !p.move(Succeeded, now) {
		return false
	}
	p.ProviderNo, p.PaidAt = providerNo, paidAt
	p.end(now)
	return true
}

// Close records that no money will come. It says whether the payment was open.
func (p *Payment) Close(now time.Time) bool {
	if !p.move(Closed, now) {
		return false
	}
	p.end(now)
	return true
}

func (p *Payment) end(now time.Time) {
	p.EndedAt, p.NextAskAt, p.UnknownSince = now, time.Time{}, time.Time{}
}

func (p *Payment) move(to Status, now time.Time) bool {
	if !slices.Contains(transitions[p.Status], to) {
		return false
	}
	p.Moves = append(p.Moves, Move{From: p.Status, To: to, At: now})
	p.Status = to
	return true
}

// Answered records that the provider was asked and that its answer changed nothing.
func (p *Payment) Answered(now time.Time) {
	p.Asked++
	p.NextAskAt, p.UnknownSince = now.Add(askAfter(p.Asked)), time.Time{}
}

// Absent records that the provider knows no such charge. Its page can be opened until ExpiresAt by the provider's
// clock; only well after that the payment is closed.
func (p *Payment) Absent(now time.Time) {
	if now.Sub(p.ExpiresAt) < clockMargin || !p.Close(now) {
		p.Answered(now)
	}
}

// clockMargin is how far the provider's clock may be behind ours.
const clockMargin = 10 * time.Minute

// Unanswered records that the provider was asked in vain.
func (p *Payment) Unanswered(now time.Time) {
	p.NextAskAt = now.Add(unknownAfter)
	if p.UnknownSince.IsZero() {
		p.UnknownSince = now
	}
}

// AskSoon makes the next sweep ask the provider.
func (p *Payment) AskSoon(now time.Time) { p.NextAskAt = now }

// unknownAfter is the wait before asking again a provider that gave no answer.
const unknownAfter = 30 * time.Second

// askAfter is the wait before the question that follows answered ones: a pending payment is asked about 30 s, 1 and
// 2 min after its page was made, then every 2 min, so that a payment whose notice was lost is known within 3 even when
// an answer or two are lost as well.
func askAfter(answered int) time.Duration {
	switch answered {
	case 0, 1:
		return 30 * time.Second
	case 2:
		return time.Minute
	default:
		return 2 * time.Minute
	}
}
