package mall

import (
	"context"
	"time"

	"kaituan/mall/bill"
	"kaituan/mall/payment"
)

// TxBills changes what is known of the provider's bills. Whoever writes lines or differences of a day locks the day
// first.
type TxBills interface {
	// LockBill returns a day and holds it against others. Errors: ErrNotFound.
	LockBill(day payment.Day) (bill.Bill, error)
	// AddBill inserts a day. Errors: ErrDuplicate.
	AddBill(b bill.Bill) error
	// PutBill updates the day, whose Run tells nothing to the store.
	PutBill(b bill.Bill) error

	// AddBillLines keeps lines of the day's bill.
	AddBillLines(day payment.Day, lines []payment.BillLine) error
	// DropBillLines forgets lines of the day, at most limit, and returns how many they were.
	DropBillLines(day payment.Day, limit int) (int, error)
	// PruneBillLines forgets lines of days before one, at most limit, and returns how many they were.
	PruneBillLines(before payment.Day, limit int) (int, error)

	// BillDifferences returns the day's differences about some payments, in the order of their ids.
	BillDifferences(day payment.Day, ids []payment.ID) ([]bill.Difference, error)
	// UnseenDifferences returns open differences of the day that no run since run has found, in the order of their
	// ids.
	UnseenDifferences(day payment.Day, run int64, limit int) ([]bill.Difference, error)
	// LockDifference returns a difference and holds it against others. Errors: ErrNotFound.
	LockDifference(id bill.DifferenceID) (bill.Difference, error)
	// AddDifference inserts a difference. Errors: ErrDuplicate when its day has one of the same key.
	AddDifference(d bill.Difference) error
	// PutDifference updates the stored difference of the same Version. Errors: ErrConflict.
	PutDifference(d bill.Difference) error
}

// BillReader answers questions about bills, and about the books as bills are compared with them.
type BillReader interface {
	// Bill returns a day. Errors: ErrNotFound.
	Bill(ctx context.Context, day payment.Day) (bill.Bill, error)
	// Bills lists days, newest first.
	Bills(ctx context.Context, q BillQuery) ([]bill.Bill, error)
	// DueBills returns days that are due, the longest due first.
	DueBills(ctx context.Context, q DueQuery) ([]bill.Bill, error)
	// BillPayments returns the payments that the day's lines are about, each once, by id.
	BillPayments(ctx context.Context, day payment.Day, after payment.ID, limit int) ([]payment.ID, error)
	// BillEntries returns the lines about some payments in any bill that is kept.
	BillEntries(ctx context.Context, ids []payment.ID) ([]bill.Entry, error)
	// BillSums adds up the day's lines.
	BillSums(ctx context.Context, day payment.Day) (bill.Sums, error)

	// FirstPaymentAt is when the oldest payment was made; zero: there is none.
	FirstPaymentAt(ctx context.Context) (time.Time, error)
	// PaidBetween returns succeeded payments of a time, by the provider's clock, in the order of it and their ids.
	PaidBetween(ctx context.Context, q SpanQuery) ([]payment.Payment, error)
	// RefundedBetween returns refunds that succeeded at a time, in the order of it and their numbers.
	RefundedBetween(ctx context.Context, q SpanQuery) ([]payment.Refund, error)
	// SumsBetween adds up what PaidBetween and RefundedBetween list.
	SumsBetween(ctx context.Context, from, to time.Time) (bill.Sums, error)
	// PaymentsByID returns those of the payments that exist.
	PaymentsByID(ctx context.Context, ids []payment.ID) ([]payment.Payment, error)
	// RefundsOf returns the refunds of some payments.
	RefundsOf(ctx context.Context, ids []payment.ID) ([]payment.Refund, error)

	// Difference returns a difference. Errors: ErrNotFound.
	Difference(ctx context.Context, id bill.DifferenceID) (bill.Difference, error)
	// Differences lists differences, oldest first.
	Differences(ctx context.Context, q DifferenceQuery) ([]bill.Difference, error)
	// ReturnedFor returns the differences about some payments because of which money was sent back.
	ReturnedFor(ctx context.Context, ids []payment.ID) ([]bill.Difference, error)
	// CountDifferences counts the differences of some days by their states.
	CountDifferences(ctx context.Context, days []payment.Day) (map[payment.Day]map[bill.DifferenceStatus]int, error)
}

// BillQuery selects days for a list.
type BillQuery struct {
	Before payment.Day // the last one of the page before; empty: from the newest
	Limit  int
}

// DifferenceQuery selects differences for a list.
type DifferenceQuery struct {
	Day    payment.Day
	Status bill.DifferenceStatus // empty: all
	After  bill.DifferenceID     // the last one of the page before; empty: from the first
	Limit  int
}

// SpanQuery selects what happened from one instant until before another, a page at a time.
type SpanQuery struct {
	From, To time.Time
	After    Place // the last one of the page before; zero: from the first
	Limit    int
}
