package mall

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kaituan/mall/bill"
	"kaituan/mall/payment"
)

const (
	// billDays is how far back days are matched by themselves, and how long the lines of their bills are kept: as long
	// as the days beside one of them may be matched. Two days of slack let a refund be found in the bill of another day.
	billDays = 30
	keepBill = billDays + 2
	// emptyAfter is when a day without a bill is taken for one on which nothing happened, if nothing happened here
	// either: Alipay writes no bill of such a day, and bills are hours late at most.
	emptyAfter = 24 * time.Hour
)

// errOvertaken ends a run of a day of which a later run has begun.
var errOvertaken = errors.New("mall: another run of this day's bill has begun")

// ReconcileDue matches the bill of every day that is due, page of them read at a time, and returns how many it looked
// at: each day from the first payment on, at most 30 days back, once its bill should be there, and again until it is
// matched. Days that fail are tried again later; their errors are joined.
func (s *Shop) ReconcileDue(ctx context.Context, page int) (int, error) {
	if err := s.expectBills(ctx); err != nil {
		return 0, err
	}
	place := func(b bill.Bill) Place { return Place{At: b.NextAt, ID: string(b.Day)} }
	return round[bill.Bill]{
		by: s.Clock(), page: page, atOnce: 1, // a day's run asks and writes much
		due: s.Store.DueBills, place: place, do: func(b bill.Bill) error { return s.ReconcileBill(ctx, b.Day) },
	}.through(ctx)
}

// BillsDue counts the days that ReconcileDue would look at now, up to limit.
func (s *Shop) BillsDue(ctx context.Context, limit int) (int, error) {
	due, err := s.Store.DueBills(ctx, DueQuery{By: s.Clock(), Limit: limit})
	return len(due), err
}

// expectBills starts the account of each day that is over.
func (s *Shop) expectBills(ctx context.Context) error {
	first, err := s.Store.FirstPaymentAt(ctx)
	if err != nil || first.IsZero() {
		return err
	}
	today := payment.DayOf(s.Clock())
	day := max(payment.DayOf(first), today.Add(-billDays))
	known, err := s.Store.Bills(ctx, BillQuery{Limit: billDays + 1})
	if err != nil {
		return err
	}
	have := map[payment.Day]bool{}
	for _, b := range known {
		have[b.Day] = true
	}
	for ; day < today; day = day.Add(1) {
		if have[day] {
			continue
		}
		err := s.Store.InTx(ctx, func(_ context.Context, tx Tx) error { return tx.AddBill(bill.Expect(day, s.billDue(day))) })
		if err != nil && !errors.Is(err, ErrDuplicate) {
			return err
		}
	}
	return nil
}

// billDue is when a day's bill should be there.
func (s *Shop) billDue(day payment.Day) time.Time { return day.End().Add(s.BillAfter) }

// ReconcileBill downloads the bill of a day and compares it with the books. What asking the provider can mend is mended;
// the rest is written down as differences. Running it again finds the same differences again, and closes those that are
// not there any more. A bill that is not there yet is no error: the day stays due.
// Errors: payment.ErrUnknown, *payment.BillFault, whatever hinders the matching; the day is due again later.
func (s *Shop) ReconcileBill(ctx context.Context, day payment.Day) error {
	r, err := s.beginBill(ctx, day)
	if err != nil {
		return err
	}
	err = r.fetch(ctx)
	if errors.Is(err, payment.ErrBillNotReady) {
		return r.withoutBill(ctx, err)
	}
	if err == nil {
		err = r.match(ctx)
	}
	if err == nil || errors.Is(err, errOvertaken) {
		return err
	}
	return errors.Join(fmt.Errorf("bill of %s: %w", day, err), r.fail(context.WithoutCancel(ctx), err, false))
}

// A billRun is one run of a day. What it writes is fenced by its number.
type billRun struct {
	*Shop
	day        payment.Day
	number     int64
	unanswered failures // what the provider was asked about in vain
}

func (s *Shop) beginBill(ctx context.Context, day payment.Day) (*billRun, error) {
	b, err := inTx(ctx, s, func(tx Tx) (bill.Bill, error) {
		b, _, err := lockOrAddBill(tx, day)
		if err != nil {
			return b, err
		}
		b.Begin(tx.Now())
		return b, tx.PutBill(b)
	})
	return &billRun{Shop: s, day: day, number: b.Run}, err
}

// lockOrAddBill says whether nobody had expected the day before.
func lockOrAddBill(tx Tx, day payment.Day) (b bill.Bill, added bool, err error) {
	b, err = tx.LockBill(day)
	if !errors.Is(err, ErrNotFound) {
		return b, false, err
	}
	b = bill.Expect(day, tx.Now())
	return b, true, tx.AddBill(b)
}

// write runs fn in a transaction that holds the day, unless another run has begun.
func (r *billRun) write(ctx context.Context, fn func(tx Tx, b *bill.Bill) error) error {
	return r.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		b, err := tx.LockBill(r.day)
		if err != nil {
			return err
		}
		if b.Run != r.number {
			return errOvertaken
		}
		b.Alive(tx.Now())
		if err := fn(tx, &b); err != nil {
			return err
		}
		return tx.PutBill(b)
	})
}

// withoutBill ends a run of a day that the provider has no bill of.
func (r *billRun) withoutBill(ctx context.Context, absent error) error {
	from, to := r.day.Start(), r.day.End()
	ours, err := r.Store.SumsBetween(ctx, from, to)
	if err != nil {
		return errors.Join(err, r.fail(ctx, err, false))
	}
	if ours != (bill.Sums{}) || r.Clock().Before(r.billDue(r.day).Add(emptyAfter)) {
		return r.fail(ctx, absent, true)
	}
	if err := r.match(ctx); err != nil {
		return errors.Join(err, r.fail(ctx, err, false))
	}
	return nil
}

// match compares both sides and closes the day, unless the provider has yet to say something.
func (r *billRun) match(ctx context.Context) error {
	if err := r.compare(ctx); err != nil {
		return err
	}
	if err := r.unanswered.all(); err != nil {
		return err
	}
	return r.finish(ctx)
}

func (r *billRun) fail(ctx context.Context, why error, absent bool) error {
	return r.write(ctx, func(tx Tx, b *bill.Bill) error {
		b.Fail(why, absent, tx.Now())
		return nil
	})
}

// finish closes the differences that this run did not find, and the day.
func (r *billRun) finish(ctx context.Context) error {
	theirs, err := r.Store.BillSums(ctx, r.day)
	if err != nil {
		return err
	}
	ours, err := r.Store.SumsBetween(ctx, r.day.Start(), r.day.End())
	if err != nil {
		return err
	}
	if err := r.closeUnseen(ctx); err != nil {
		return err
	}
	return r.write(ctx, func(tx Tx, b *bill.Bill) error {
		b.Match(theirs, ours, r.billDue(r.day), tx.Now())
		return nil
	})
}

func (r *billRun) closeUnseen(ctx context.Context) error {
	for more := true; more; {
		err := r.write(ctx, func(tx Tx, _ *bill.Bill) error {
			unseen, err := tx.UnseenDifferences(r.day, r.number, billPage)
			more = len(unseen) == billPage
			for _, d := range unseen {
				d.Vanish(tx.Now())
				err = errors.Join(err, tx.PutDifference(d))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// PruneBills forgets the lines of bills so old that no day beside them is matched any more, about limit of them, and
// returns how many they were. The days and their differences stay.
func (s *Shop) PruneBills(ctx context.Context, limit int) (int, error) {
	return inTx(ctx, s, func(tx Tx) (int, error) {
		return tx.PruneBillLines(payment.DayOf(tx.Now()).Add(-keepBill), limit)
	})
}
