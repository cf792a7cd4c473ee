package mall

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// HandlePayNotice takes a message that the provider pushed. Only when it returns nil may the provider be told
// "success": then its effect, if it has one, is committed. The same notice again changes nothing.
// Errors: CodeNoticeForged, CodeNoticeMalformed, CodePaymentNotFound, CodeNoticeMismatch with the fields that
// differ; after any of them nothing has changed.
func (s *Shop) HandlePayNotice(ctx context.Context, form url.Values) error {
	n, err := s.Channel.ReadNotice(form)
	switch {
	case errors.Is(err, payment.ErrForged):
		return refuse(CodeNoticeForged, "no valid signature of the provider")
	case errors.Is(err, payment.ErrMalformed):
		return refuse(CodeNoticeMalformed, err.Error())
	case err != nil:
		return err
	}
	p, err := s.Store.PaymentByID(ctx, n.ID)
	if err != nil {
		return at(err, CodePaymentNotFound, "no payment has this out_trade_no")
	}
	if differ := s.Merchant.Check(n, p); len(differ) > 0 {
		return &Error{Code: CodeNoticeMismatch, Param: differ[0], Detail: "differs: " + strings.Join(differ, ", ")}
	}
	return s.Store.Together(ctx, Hold{Order: p.Order, Payments: true}, func(tx PurchaseTx) error { return s.believe(tx, p, n) })
}

// believe carries out a notice about a payment that passed every check.
func (s *Shop) believe(tx PurchaseTx, of payment.Payment, n payment.Notice) error {
	o, p, err := lockPayment(tx, of)
	if err != nil {
		return err
	}
	if err := tx.AddNotice(n); err != nil {
		return err
	}
	switch {
	case n.Pays():
		return s.receive(tx, o, p, n.ProviderNo, n.PaidAt)
	case n.Status == payment.TradeClosed && p.Status == payment.Pending:
		p.AskSoon(tx.Now()) // a notice is a hint; the sweep hears the truth
		return tx.PutPayment(p)
	}
	return nil
}

// lockPayment returns a payment that was read before with its order, which is held against others: as it is now that
// nobody else can change it. A payment's order never changes.
func lockPayment(tx PurchaseTx, of payment.Payment) (order.Order, payment.Payment, error) {
	o, err := tx.LockOrder(of.Order)
	if err != nil {
		return o, of, err
	}
	p, err := tx.Payment(of.ID)
	return o, p, err
}

// receive books the buyer's money. A payment that has succeeded before changes nothing.
func (s *Shop) receive(tx PurchaseTx, o order.Order, p payment.Payment, tradeNo string, paidAt time.Time) error {
	if !p.Succeed(tradeNo, paidAt, tx.Now()) {
		return nil
	}
	if err := tx.PutPayment(p); err != nil {
		return err
	}
	verdict := o.Pay(order.Receipt{Payment: order.PaymentID(p.ID), TradeNo: tradeNo, PaidAt: paidAt}, tx.Now())
	return s.carryOut(tx, o, verdict, p)
}

// carryOut saves what was decided about an order, and owes its buyer what of the money of p must go back.
func (s *Shop) carryOut(tx PurchaseTx, o order.Order, v order.Verdict, p payment.Payment) error {
	if v.Moved {
		if _, err := saveOrder(tx, o); err != nil {
			return err
		}
	}
	if !v.Owes() {
		return nil
	}
	_, err := s.owe(tx, p, v)
	return err
}

// owe writes down the refund that a verdict demands. The order is held, so that no other refund of the payment comes
// between; together they never exceed it.
func (s *Shop) owe(tx PurchaseTx, p payment.Payment, v order.Verdict) (payment.Refund, error) {
	earlier, err := tx.PaymentRefunds(p.ID)
	if err != nil {
		return payment.Refund{}, err
	}
	no, err := s.requestNo(tx, v.AskedNo)
	if err != nil {
		return payment.Refund{}, err
	}
	if v.Refund != order.NoReason {
		r := payment.Owe(no, p, v.Refund, tx.Now(), earlier...)
		return r, tx.AddRefund(r)
	}
	r, err := payment.OweDifference(no, p, v.Difference, order.TierReached, tx.Now(), earlier...)
	if err != nil {
		return r, err
	}
	return r, tx.AddRefund(r)
}

// requestNo is the number of a new refund: the one under which it was asked for at the engine, because one intent has
// one number, unless another refund has it.
func (s *Shop) requestNo(tx PurchaseTx, asked string) (payment.RequestNo, error) {
	if !catalog.ValidID(asked) {
		return payment.RequestNo(s.IDs("rf")), nil
	}
	switch _, err := tx.Refund(payment.RequestNo(asked)); {
	case errors.Is(err, ErrNotFound):
		return payment.RequestNo(asked), nil
	case err != nil:
		return "", err
	}
	return payment.RequestNo(s.IDs("rf")), nil
}

// ask asks the provider about a payment and records what it says. A charge whose order was closed before the buyer
// opened its page is closed as soon as the provider knows it. Errors: payment.ErrUnknown.
func (s *Shop) ask(ctx context.Context, p payment.Payment) error {
	trade, err := s.Channel.Query(ctx, p.ID)
	if err == nil && trade.Status == payment.TradeWaiting {
		var o order.Order
		if o, err = s.Store.Order(ctx, "", p.Order); err == nil && o.Status == order.Closed {
			trade, err = s.closeCharge(ctx, p.ID)
		}
	}
	if err != nil {
		return errors.Join(err, s.learn(ctx, p, (*payment.Payment).Unanswered))
	}
	return s.hear(ctx, p, trade)
}

// hear records what the provider says of a charge.
func (s *Shop) hear(ctx context.Context, p payment.Payment, trade payment.Trade) error {
	switch trade.Status {
	case payment.TradeSucceeded:
		return s.hearPaid(ctx, p, trade)
	case payment.TradeClosed:
		return s.learn(ctx, p, func(p *payment.Payment, now time.Time) { p.Close(now) })
	case payment.TradeAbsent:
		return s.learn(ctx, p, (*payment.Payment).Absent)
	default:
		return s.learn(ctx, p, (*payment.Payment).Answered)
	}
}

// hearPaid books a charge that the provider says succeeded, unless that is not the money that was asked for.
func (s *Shop) hearPaid(ctx context.Context, p payment.Payment, trade payment.Trade) error {
	if trade.Amount != p.Amount {
		err := fmt.Errorf("mall: payment %s of %d fen succeeded with %d fen at the provider", p.ID, p.Amount, trade.Amount)
		return errors.Join(err, s.learn(ctx, p, (*payment.Payment).Unanswered))
	}
	return s.Store.Together(ctx, Hold{Order: p.Order, Payments: true}, func(tx PurchaseTx) error {
		o, p, err := lockPayment(tx, p)
		if err != nil {
			return err
		}
		return s.receive(tx, o, p, trade.ProviderNo, trade.PaidAt)
	})
}

// learn changes a payment that is still pending.
func (s *Shop) learn(ctx context.Context, of payment.Payment, change func(*payment.Payment, time.Time)) error {
	return s.Store.Together(ctx, Hold{Order: of.Order, Payments: true}, func(tx PurchaseTx) error {
		_, p, err := lockPayment(tx, of)
		if err != nil || p.Status != payment.Pending {
			return err
		}
		change(&p, tx.Now())
		return tx.PutPayment(p)
	})
}
