package mall

import (
	"context"
	"time"

	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// Auditor is what `kaituan check` and the reconciliation ask of the mall's database.
type Auditor interface {
	// Violations returns the rows that break an invariant of docs/invariants.md, as of now, at most 100 per rule.
	Violations(ctx context.Context, now time.Time) ([]Violation, error)
	// Totals adds up the books.
	Totals(ctx context.Context) (Totals, error)
	// EachPayment calls fn with every succeeded payment in the order of their ids until fn returns an error, which
	// it returns.
	EachPayment(ctx context.Context, fn func(payment.Payment) error) error
	// EachRefund calls fn with every refund in the order of their payments' ids until fn returns an error, which it
	// returns.
	EachRefund(ctx context.Context, fn func(payment.Refund) error) error
}

// Violation is a row that breaks an invariant.
type Violation struct {
	Invariant string // of docs/invariants.md
	Subject   string // the id of what is wrong
	Detail    string
}

// Totals are sums over the mall's books. Original, Deduction and Due are summed over every order that was paid,
// whatever became of it.
type Totals struct {
	Orders    map[order.Status]int
	Original  money.Fen // at the full price
	Deduction money.Fen // saved by group prices
	Due       money.Fen // Original - Deduction: what the orders cost, the lower price of a team that grew included
	Received  money.Fen // succeeded payments, late and second ones included
	Refunded  money.Fen // succeeded refunds
}
