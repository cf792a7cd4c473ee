package mall

import (
	"context"
	"strconv"
	"unicode/utf8"

	"kaituan/mall/account"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// maxWords is how many characters somebody may say about a refund.
const maxWords = 200

// GivenBack is an order whose money goes back.
type GivenBack struct {
	Order    order.Order
	Replayed bool // it went back, or was on its way, before
}

// RefundOrder sends the money of a paid order back, because its buyer wants it or an operator; words say why, in 1 to 200
// characters, and are kept with the order. One whose money goes back already, for whatever reason, is returned as it is.
// Errors: CodeOrderNotFound, CodeInvalid, CodeOrderUnpaid, CodeOrderClosed, CodeAfterSale.
//
// The refund is written first, in one transaction with the order: from then on its number stands, the provider is asked
// by PushRefunds, and a task has the engine give the seat up under the same number. A crash at any point leaves what is
// missing in the database. The engine cannot refuse: a team that formed or failed meanwhile changes what becomes of the
// others, not that this buyer has the money back. So who commits first at the engine wins, this or the last payment of
// the team, and nothing here depends on it.
func (s *Shop) RefundOrder(ctx context.Context, who Actor, id order.ID, words string) (GivenBack, error) {
	buyer, why, err := mayRefund(who, words)
	if err != nil {
		return GivenBack{}, err
	}
	if _, err := s.Store.Order(ctx, buyer, id); err != nil {
		return GivenBack{}, at(err, CodeOrderNotFound, "no such order")
	}
	return inTx(ctx, s, func(tx Tx) (GivenBack, error) {
		o, err := tx.LockOrder(id)
		if err != nil {
			return GivenBack{}, err
		}
		before := portraitOfOrder(o)
		verdict := o.GiveBack(why, words, tx.Now())
		if !verdict.Moved {
			return GivenBack{Order: o, Replayed: true}, notRefundable(o)
		}
		if o, err = s.giveBack(tx, o, verdict); err != nil {
			return GivenBack{}, err
		}
		return GivenBack{Order: o}, audit(tx, who, "order.refunded", string(id), before, portraitOfOrder(o))
	})
}

// mayRefund says whose order it must be, anybody's for an operator, and why its money goes back.
func mayRefund(who Actor, words string) (account.ID, order.Reason, error) {
	if err := who.mustBeSignedIn(); err != nil {
		return "", order.NoReason, err
	}
	if n := utf8.RuneCountInString(words); n < 1 || n > maxWords || !utf8.ValidString(words) {
		return "", order.NoReason, invalid("reason", "1 to "+strconv.Itoa(maxWords)+" characters")
	}
	if who.Role == account.Operator {
		return "", order.OperatorRefund, nil
	}
	return who.Account, order.RefundAsked, nil
}

// notRefundable says why an order's money cannot go back; nil when it does, or did.
func notRefundable(o order.Order) error {
	switch {
	case o.Status.Unpaid():
		return refuse(CodeOrderUnpaid, "nothing was paid, the order can be cancelled")
	case o.Status == order.Closed:
		return refuse(CodeOrderClosed, "the order is closed or its payment deadline has passed")
	case o.Status == order.Shipped:
		return refuse(CodeAfterSale, "the goods are on their way")
	default:
		return nil
	}
}

func (s *Shop) giveBack(tx Tx, o order.Order, verdict order.Verdict) (order.Order, error) {
	o, err := saveOrder(tx, o)
	if err != nil {
		return o, err
	}
	p, err := tx.Payment(payment.ID(o.PaidBy))
	if err != nil {
		return o, err
	}
	r, err := s.owe(tx, p, verdict)
	if err != nil || o.Mode != order.Group {
		return o, err
	}
	return o, tx.Enqueue(Task{TopicRefund, string(r.No)})
}

// giveUpSeat tells the engine that the seat of a refund is given up, and returns the number that the engine knows the
// refund by: its own, unless somebody else had asked the engine before under another one. That the engine knows no seat,
// or sends the money back for another reason, is as good.
func (s *Shop) giveUpSeat(ctx context.Context, no payment.RequestNo) (payment.RequestNo, error) {
	r, err := inTx(ctx, s, func(tx Tx) (payment.Refund, error) { return tx.Refund(no) })
	if err != nil {
		return no, err
	}
	o, err := s.Store.Order(ctx, "", r.Order)
	if err != nil {
		return no, err
	}
	ask := RefundRequest{OrderNo: string(o.ID), RequestNo: string(no), Reason: o.Detail}
	err = s.GroupBuy.Refund(ctx, ask)
	if refusedAs(err, "seat_not_paid") {
		// The refund was asked for before the engine had heard of the payment. It hears of both, in their order: a seat
		// that is only released could be taken again by a report that is still on its way.
		if _, err = s.GroupBuy.Settle(ctx, settlement(o)); err == nil {
			err = s.GroupBuy.Refund(ctx, ask)
		}
	}
	switch {
	case refusedAs(err, "idempotency_mismatch"):
		seat, err := s.GroupBuy.Seat(ctx, string(o.ID))
		return payment.RequestNo(seat.AskedNo), err
	case noSeat(err), refusedAs(err, "seat_refunding"):
		return no, nil
	}
	return no, err
}

// refusedAs says whether the engine refused with a code.
func refusedAs(err error, code string) bool {
	refusal := definite(err)
	return refusal != nil && refusal.Code == code
}
