package mall

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// PushRefunds asks the provider for all refunds that are due and whether they arrived, reading page of them at a time,
// and returns how many it looked at. Those that fail are tried again later; their errors are joined.
func (s *Shop) PushRefunds(ctx context.Context, page int) (int, error) {
	return round[payment.Refund]{
		by: s.Clock(), page: page, atOnce: s.AtOnce,
		due: s.Store.DueRefunds, place: refundPlace, do: func(r payment.Refund) error { return s.pushRefund(ctx, r.No) },
	}.through(ctx)
}

// pushRefund asks for one refund. Whatever the provider answers, only its own word that the money went back makes
// the refund succeed; the number stays the same, so that asking again pays nobody twice. One that waits for a person is
// not asked for again: only what became of it, because an answer may have been lost.
func (s *Shop) pushRefund(ctx context.Context, no payment.RequestNo) error {
	r, err := s.claimRefund(ctx, no)
	if err != nil || r.No == "" {
		return err
	}
	var asked error
	if r.Status == payment.RefundSubmitted {
		_, asked = s.Channel.Refund(ctx, payment.RefundOrder{
			ID: r.Payment, RequestNo: r.No, Amount: r.Amount, Reason: string(r.Reason),
		})
	}
	done, err := s.refundDone(ctx, r)
	return s.recordRefund(ctx, r, done, asked, err)
}

// refundDone asks the provider whether a refund arrived, as it was asked for. Errors: payment.ErrUnknown.
func (s *Shop) refundDone(ctx context.Context, r payment.Refund) (bool, error) {
	result, err := s.Channel.QueryRefund(ctx, r.Payment, r.No)
	if err == nil && result.Done && result.Amount != r.Amount {
		return false, fmt.Errorf("mall: refund %s of %d fen went back as %d fen", r.No, r.Amount, result.Amount)
	}
	return result.Done, err
}

// claimRefund keeps others from working on the refund; it returns the zero Refund when there is nothing to do.
func (s *Shop) claimRefund(ctx context.Context, no payment.RequestNo) (payment.Refund, error) {
	return inTx(ctx, s, func(tx Tx) (payment.Refund, error) {
		_, r, err := lockRefund(tx, no)
		now := tx.Now()
		if err != nil || r.NextAt.IsZero() || r.NextAt.After(now) || !r.Claim(now) {
			return payment.Refund{}, err
		}
		return r, tx.PutRefund(r)
	})
}

// lockRefund returns a refund with its order, which is held against others.
func lockRefund(tx Tx, no payment.RequestNo) (order.Order, payment.Refund, error) {
	r, err := tx.Refund(no)
	if err != nil {
		return order.Order{}, r, err
	}
	o, err := tx.LockOrder(r.Order)
	if err != nil {
		return o, r, err
	}
	r, err = tx.Refund(no) // as it is now that nobody else can change it
	return o, r, err
}

// recordRefund records what became of asking for a refund (asked) and about it (queried).
func (s *Shop) recordRefund(ctx context.Context, claimed payment.Refund, done bool, asked, queried error) error {
	refusal, refused := errors.AsType[*payment.Rejection](asked)
	err := s.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		o, r, err := lockRefund(tx, claimed.No)
		if err != nil || r.Status != claimed.Status && !done {
			return err
		}
		now := tx.Now()
		switch {
		case done:
			return refunded(tx, o, r)
		case r.Status == payment.RefundFailed:
			r.StillFailed(now)
		case refused && queried == nil:
			r.Refuse(refusal.Error(), s.RefundRetry, now)
		default:
			r.Undecided(text(errors.Join(asked, queried)), now)
		}
		return tx.PutRefund(r)
	})
	if done {
		return err
	}
	return errors.Join(asked, queried, err)
}

func text(err error) string {
	if err == nil {
		return "accepted, not confirmed yet"
	}
	return err.Error()
}

// refunded books that the money is back, and the engine hears it. Of a late or second payment it hears nothing: the
// order stays what it is.
func refunded(tx Tx, o order.Order, r payment.Refund) error {
	if !r.Succeed(tx.Now()) {
		return nil
	}
	if err := tx.PutRefund(r); err != nil {
		return err
	}
	if order.PaymentID(r.Payment) != o.PaidBy {
		return nil
	}
	refunds, err := tx.PaymentRefunds(r.Payment)
	if err != nil {
		return err
	}
	all := !slices.ContainsFunc(refunds, func(r payment.Refund) bool { return r.Status != payment.RefundSucceeded })
	if all && o.Refunded(tx.Now()) {
		if _, err := saveOrder(tx, o); err != nil {
			return err
		}
	}
	if o.Mode != order.Group {
		return nil
	}
	return tx.Enqueue(confirmations(refunds, r, all)...)
}

// confirmations are what the engine hears once r has succeeded: that a difference is back at once, that the rest is only
// when nothing is under way any more.
func confirmations(refunds []payment.Refund, r payment.Refund, all bool) (tasks []Task) {
	for _, f := range refunds {
		if f.Intent == payment.Difference && f.No == r.No || f.Intent == payment.Full && all {
			tasks = append(tasks, Task{TopicConfirmRefund, string(f.No)})
		}
	}
	return tasks
}

// confirmRefund tells the engine that the buyer has the money back. An engine that knows no seat need not hear it. Of a
// refund that was asked for it must have heard before.
func (s *Shop) confirmRefund(ctx context.Context, no payment.RequestNo) error {
	r, err := inTx(ctx, s, func(tx Tx) (payment.Refund, error) { return tx.Refund(no) })
	if err != nil {
		return err
	}
	if r.Reason.Asked() {
		if no, err = s.giveUpSeat(ctx, no); err != nil {
			return err
		}
	}
	if err := s.GroupBuy.ConfirmRefund(ctx, string(r.Order), string(no)); !noSeat(err) {
		return err
	}
	return nil
}

// ListRefunds asks for a part of the refunds that wait for a person.
type ListRefunds struct {
	Cursor string
	Limit  int // default 20, at most 100
}

// FailedRefunds lists refunds that wait for a person, newest first: the provider refused them again and again, or never
// said that the money went back. Operators only.
// Errors: CodeForbidden, CodeInvalid, CodeCursorInvalid.
func (s *Shop) FailedRefunds(ctx context.Context, who Actor, l ListRefunds) (Page[payment.Refund], error) {
	if err := who.mustOperate(); err != nil {
		return Page[payment.Refund]{}, err
	}
	limit, cursor, err := pageOf(l.Limit, l.Cursor)
	if err != nil {
		return Page[payment.Refund]{}, err
	}
	refunds, err := s.Store.FailedRefunds(ctx, payment.RequestNo(cursor), limit+1)
	return cut(refunds, limit, func(r payment.Refund) string { return string(r.No) }), err
}

// RedoRefund makes a failed refund due again under its old number. Operators only.
// Errors: CodeForbidden, CodeRefundNotFound, CodeRefundNotFailed.
func (s *Shop) RedoRefund(ctx context.Context, who Actor, no payment.RequestNo) (payment.Refund, error) {
	if err := who.mustOperate(); err != nil {
		return payment.Refund{}, err
	}
	return inTx(ctx, s, func(tx Tx) (payment.Refund, error) {
		_, r, err := lockRefund(tx, no)
		if err != nil {
			return r, at(err, CodeRefundNotFound, "no such refund")
		}
		before := portraitOfRefund(r)
		if !r.Redo(tx.Now()) {
			return r, refuse(CodeRefundNotFailed, "the refund is "+string(r.Status))
		}
		if err := tx.PutRefund(r); err != nil {
			return r, err
		}
		r.Version, r.Moves = r.Version+1, nil
		return r, audit(tx, who, "refund.redone", string(no), before, portraitOfRefund(r))
	})
}
