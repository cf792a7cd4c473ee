package mall

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"kaituan/mall/bill"
	"kaituan/mall/payment"
)

// BillView is a day's bill with what came of its differences.
type BillView struct {
	bill.Bill
	Differences map[bill.DifferenceStatus]int
}

// Bills lists days whose bills are matched or waited for, newest first, from behind the day in the cursor. Operators only.
// Errors: CodeForbidden, CodeInvalid, CodeCursorInvalid.
func (s *Shop) Bills(ctx context.Context, who Actor, cursor string, limit int) (Page[BillView], error) {
	var none Page[BillView]
	if err := who.mustOperate(); err != nil {
		return none, err
	}
	before, err := dayCursor(cursor)
	if err != nil {
		return none, err
	}
	if limit, err = pageSize(limit); err != nil {
		return none, err
	}
	bills, err := s.Store.Bills(ctx, BillQuery{Before: before, Limit: limit + 1})
	if err != nil {
		return none, err
	}
	views, err := s.billViews(ctx, bills...)
	return cut(views, limit, func(v BillView) string { return string(v.Day) }), err
}

func dayCursor(cursor string) (payment.Day, error) {
	if cursor == "" {
		return "", nil
	}
	day, err := payment.ParseDay(cursor)
	if err != nil {
		return "", refuse(CodeCursorInvalid, "take the cursor from the list")
	}
	return day, nil
}

func (s *Shop) billViews(ctx context.Context, bills ...bill.Bill) ([]BillView, error) {
	days := make([]payment.Day, len(bills))
	for i, b := range bills {
		days[i] = b.Day
	}
	counts, err := s.Store.CountDifferences(ctx, days)
	views := make([]BillView, len(bills))
	for i, b := range bills {
		views[i] = BillView{b, counts[b.Day]}
	}
	return views, err
}

// Bill returns a day. Operators only. Errors: CodeForbidden, CodeBillNotFound.
func (s *Shop) Bill(ctx context.Context, who Actor, day payment.Day) (BillView, error) {
	if err := who.mustOperate(); err != nil {
		return BillView{}, err
	}
	b, err := s.Store.Bill(ctx, day)
	if err != nil {
		return BillView{}, at(err, CodeBillNotFound, "no bill of this day was asked for")
	}
	views, err := s.billViews(ctx, b)
	return views[0], err
}

// RunBill makes a day due at once, whatever came of it before; a worker matches it within seconds. Operators only.
// Errors: CodeForbidden, CodeInvalid for a day to come.
func (s *Shop) RunBill(ctx context.Context, who Actor, day payment.Day) (BillView, error) {
	if err := who.mustOperate(); err != nil {
		return BillView{}, err
	}
	if day > payment.DayOf(s.Clock()) {
		return BillView{}, invalid("day", "a day that has begun")
	}
	b, err := inTx(ctx, s, func(tx Tx) (bill.Bill, error) {
		b, added, err := lockOrAddBill(tx, day)
		if err != nil {
			return b, err
		}
		var before any
		if !added {
			before = portraitOfBill(b)
		}
		b.Ask(tx.Now())
		if err := tx.PutBill(b); err != nil {
			return b, err
		}
		return b, audit(tx, who, "bill.asked", string(day), before, portraitOfBill(b))
	})
	if err != nil {
		return BillView{}, err
	}
	views, err := s.billViews(ctx, b)
	return views[0], err
}

// ListDifferences asks for a part of a day's differences.
type ListDifferences struct {
	Day    payment.Day
	Status bill.DifferenceStatus // empty: all
	Cursor string
	Limit  int // default 20, at most 100
}

// Differences lists a day's differences, oldest first. Operators only.
// Errors: CodeForbidden, CodeInvalid, CodeCursorInvalid, CodeBillNotFound.
func (s *Shop) Differences(ctx context.Context, who Actor, l ListDifferences) (Page[bill.Difference], error) {
	var none Page[bill.Difference]
	if _, err := s.Bill(ctx, who, l.Day); err != nil {
		return none, err
	}
	if l.Status != "" && !slices.Contains(bill.DifferenceStatuses(), l.Status) {
		return none, invalid("status", "open, repaired, gone or resolved")
	}
	limit, cursor, err := pageOf(l.Limit, l.Cursor)
	if err != nil {
		return none, err
	}
	found, err := s.Store.Differences(ctx, DifferenceQuery{
		Day: l.Day, Status: l.Status, After: bill.DifferenceID(cursor), Limit: limit + 1,
	})
	return cut(found, limit, func(d bill.Difference) string { return string(d.ID) }), err
}

// Resolution is what an operator does about a difference, and why.
type Resolution struct {
	Action bill.Action
	Note   string // 1 to 200 characters
}

// ResolveDifference carries out what an operator decided about an open difference, and returns it as it is then.
// bill.ActAsk asks the provider; the difference is repaired, or still open when the provider says the same as before.
// bill.ActRefund sends the money of a payment that the mall does not know back, under one number for ever.
// bill.ActAccept says that it was dealt with elsewhere. Operators only.
// Errors: CodeForbidden, CodeInvalid, CodeDifferenceNotFound, CodeDifferenceEnded, CodeActionNotPossible,
// CodePaymentUnknown when the provider gave no answer, CodeRefundRefused when it refused.
func (s *Shop) ResolveDifference(ctx context.Context, who Actor, id bill.DifferenceID, r Resolution) (bill.Difference, error) {
	if err := who.mustOperate(); err != nil {
		return bill.Difference{}, err
	}
	if err := r.check(); err != nil {
		return bill.Difference{}, err
	}
	d, err := s.Store.Difference(ctx, id)
	switch {
	case err != nil:
		return d, at(err, CodeDifferenceNotFound, "no such difference")
	case d.Status != bill.Open:
		return d, differenceEnded(d)
	case !d.Allows(r.Action):
		return d, refuse(CodeActionNotPossible, "a difference of kind "+string(d.Kind)+" cannot be ended by "+string(r.Action))
	}
	switch r.Action {
	case bill.ActAsk:
		return s.askForDifference(ctx, who, d, r)
	case bill.ActRefund:
		return s.returnUnknown(ctx, who, d, r)
	default:
		return s.decide(ctx, who, "difference.accepted", id, func(d *bill.Difference, now time.Time) bool {
			return d.Resolve(r.Action, who.Account, r.Note, now)
		})
	}
}

func (r Resolution) check() error {
	if !slices.Contains(bill.Actions(), r.Action) {
		return invalid("action", "ask, refund or accept")
	}
	if n := utf8.RuneCountInString(r.Note); n < 1 || n > maxWords || !utf8.ValidString(r.Note) {
		return invalid("note", "1 to "+strconv.Itoa(maxWords)+" characters")
	}
	return nil
}

func differenceEnded(d bill.Difference) error {
	return refuse(CodeDifferenceEnded, "the difference is "+string(d.Status))
}

// decide changes an open difference as an operator wants it, and remembers who. Errors: CodeDifferenceEnded.
func (s *Shop) decide(ctx context.Context, who Actor, action string, id bill.DifferenceID, change differenceChange) (bill.Difference, error) {
	return inTx(ctx, s, func(tx Tx) (bill.Difference, error) {
		before, after, err := changeDifference(tx, id, change)
		if err != nil {
			return after, err
		}
		return after, audit(tx, who, action, string(id), portraitOfDifference(before), portraitOfDifference(after))
	})
}

// differenceChange changes an open difference. It says whether it was open.
type differenceChange func(d *bill.Difference, now time.Time) bool

func changeDifference(tx Tx, id bill.DifferenceID, change differenceChange) (before, after bill.Difference, err error) {
	before, err = tx.LockDifference(id)
	after = before
	if err != nil {
		return before, after, err
	}
	if !change(&after, tx.Now()) {
		return before, after, differenceEnded(after)
	}
	if err := tx.PutDifference(after); err != nil {
		return before, after, err
	}
	after.Version++
	return before, after, nil
}

// askForDifference asks the provider, and compares the payment once more.
func (s *Shop) askForDifference(ctx context.Context, who Actor, d bill.Difference, r Resolution) (bill.Difference, error) {
	err := s.askAbout(ctx, d.Finding)
	if errors.Is(err, payment.ErrUnknown) {
		return d, refuse(CodePaymentUnknown, "the provider gave no answer, ask again in a moment")
	}
	if err != nil {
		return d, err
	}
	cases, err := s.cases(ctx, []payment.ID{d.Payment})
	if err != nil {
		return d, err
	}
	still := slices.ContainsFunc(cases[d.Payment].Differences(d.Day), func(f bill.Finding) bool { return f.Key() == d.Key() })
	return s.decide(ctx, who, "difference.asked", d.ID, func(d *bill.Difference, now time.Time) bool {
		return d.Asked(!still, who.Account, r.Note, now)
	})
}

// returnUnknown sends the money of a payment that the mall does not know back. Its number is written down first, so that
// asking again pays nobody twice and the bill that has the refund is understood; with it who decided so, because the money
// may go whatever is heard of it here. That it went is the provider's word, and no decision.
func (s *Shop) returnUnknown(ctx context.Context, who Actor, d bill.Difference, r Resolution) (bill.Difference, error) {
	d, err := s.decide(ctx, who, "difference.refunded", d.ID, func(d *bill.Difference, _ time.Time) bool {
		return d.Return(payment.RequestNo(s.IDs("rf")), who.Account, r.Note)
	})
	if err != nil {
		return d, err
	}
	_, asked := s.Channel.Refund(ctx, payment.RefundOrder{ID: d.Payment, RequestNo: d.RefundNo, Amount: d.Theirs, Reason: r.Note})
	back, err := s.Channel.QueryRefund(ctx, d.Payment, d.RefundNo)
	refusal, refused := errors.AsType[*payment.Rejection](asked)
	switch {
	case err == nil && back.Done && back.Amount == d.Theirs:
		return inTx(ctx, s, func(tx Tx) (bill.Difference, error) {
			_, done, err := changeDifference(tx, d.ID, func(d *bill.Difference, now time.Time) bool {
				return d.Resolve(r.Action, who.Account, r.Note, now)
			})
			return done, err
		})
	case err == nil && back.Done:
		return d, fmt.Errorf("mall: refund %s of %d fen went back as %d fen", d.RefundNo, d.Theirs, back.Amount)
	case err == nil && refused:
		return d, refuse(CodeRefundRefused, "the provider says "+refusal.Code)
	}
	s.Log.WarnContext(ctx, "refund of an unknown payment is not confirmed", "difference", d.ID, "refund", d.RefundNo, "error", errors.Join(asked, err))
	return d, refuse(CodePaymentUnknown, "the provider gave no answer, ask again in a moment")
}
