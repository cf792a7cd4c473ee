package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"kaituan/infrastructure/invariant"
	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/sandbox"
	"kaituan/mall"
	"kaituan/mall/payment"
	"kaituan/money"
)

// gatewayBooks compares payments and refunds with the sandbox's books, one by one and both ways. Books that are not in
// the data directory are left out, and it says why.
func (c *checker) gatewayBooks(ctx context.Context) (found invariant.Result, leftOut []string, err error) {
	if !c.config.Embedded() {
		return found, []string{"the books of the payment gateway: they are elsewhere, at " + c.config.Alipay.Gateway + "; the daily bill is compared instead"}, nil
	}
	books, err := sandbox.OpenBooks(booksPath(c.config))
	if errors.Is(err, fs.ErrNotExist) {
		return found, []string{"the books of the payment gateway: there is no " + booksPath(c.config)}, nil
	}
	if err != nil {
		return found, nil, err
	}
	defer func() { err = errors.Join(err, books.Close()) }()
	a := twoBooks{books: books, mall: c.mall, until: time.Now().Add(-c.gateway), looks: c.looks}
	found, err = a.balance(ctx)
	return found, nil, err
}

// twoBooks compares the mall's payments with the trades at the gateway.
type twoBooks struct {
	books                     sandbox.Books
	mall                      *mallstore.Store
	until                     time.Time // what is younger may be under way
	looks                     invariant.Options
	payments, trades, refunds int64
}

// entry is one payment as both sides know it. Nil: that side does not.
type entry struct {
	id      string
	trade   *sandbox.Entry
	payment *payment.Payment // only if it succeeded
	refunds []payment.Refund
	// returned are the numbers under which an operator gave a payment back that only the bill knew, as after a restore.
	returned []string
}

// balance goes through both books at once, in the order of the payments' numbers, and holds one payment in memory.
func (a *twoBooks) balance(ctx context.Context) (result invariant.Result, err error) {
	suspects, err := a.suspects(ctx)
	for look := 0; err == nil && look < a.looks.Again && len(suspects) > 0; look++ {
		if err = pause(ctx, a.looks.Pause); err == nil {
			suspects, err = a.again(ctx, suspects)
		}
	}
	for _, found := range suspects {
		result.Violations = append(result.Violations, found...)
	}
	result.Counts = []invariant.Count{
		{Invariant: "I3", What: "payments that succeeded", Rows: a.payments}, {Invariant: "I3", What: "trades at the gateway", Rows: a.trades},
		{Invariant: "I5", What: "refunds asked of the gateway", Rows: a.refunds},
	}
	return result, err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// suspects finds what the two sides say differently, by payment.
func (a *twoBooks) suspects(ctx context.Context) (map[string][]invariant.Violation, error) {
	trades := pull(func(fn func(sandbox.Entry) error) error { return a.books.Each(ctx, fn) })
	defer trades.stop()
	payments := pull(func(fn func(payment.Payment) error) error { return a.mall.EachPayment(ctx, fn) })
	defer payments.stop()
	refunds := pull(func(fn func(payment.Refund) error) error { return a.mall.EachRefund(ctx, fn) })
	defer refunds.stop()
	suspects := map[string][]invariant.Violation{}
	for {
		e := next(trades, payments, refunds)
		if e.id == "" {
			return suspects, errors.Join(trades.err, payments.err, refunds.err)
		}
		a.count(e)
		if found := e.faults(a.until); len(found) > 0 && len(suspects) < invariant.MaxPerRule {
			suspects[e.id] = found
		}
	}
}

func (a *twoBooks) count(e entry) {
	a.refunds += int64(len(e.refunds))
	if e.trade != nil {
		a.trades++
	}
	if e.payment != nil {
		a.payments++
	}
}

// next takes the smallest number from the front of three streams.
func next(trades *stream[sandbox.Entry], payments *stream[payment.Payment], refunds *stream[payment.Refund]) (e entry) {
	for _, id := range []string{
		front(trades, func(t sandbox.Entry) string { return t.OutTradeNo }), front(payments, paymentNo), front(refunds, refundOf),
	} {
		if e.id == "" || id != "" && id < e.id {
			e.id = id
		}
	}
	if e.id == "" {
		return e
	}
	if t := trades.head; t != nil && t.OutTradeNo == e.id {
		e.trade = t
		trades.advance()
	}
	if p := payments.head; p != nil && paymentNo(*p) == e.id {
		e.payment = p
		payments.advance()
	}
	for refunds.head != nil && refundOf(*refunds.head) == e.id {
		e.refunds = append(e.refunds, *refunds.head)
		refunds.advance()
	}
	return e
}

func paymentNo(p payment.Payment) string { return string(p.ID) }

func refundOf(r payment.Refund) string { return string(r.Payment) }

// again looks at suspects one by one, as they are now, and keeps what is still wrong.
func (a *twoBooks) again(ctx context.Context, suspects map[string][]invariant.Violation) (map[string][]invariant.Violation, error) {
	still := map[string][]invariant.Violation{}
	for id, before := range suspects {
		e, err := a.entry(ctx, id)
		if err != nil {
			return nil, err
		}
		now := e.faults(a.until)
		same := func(v invariant.Violation) bool {
			return slices.ContainsFunc(before, func(b invariant.Violation) bool { return b.Invariant == v.Invariant && b.Subject == v.Subject })
		}
		if now = slices.DeleteFunc(now, func(v invariant.Violation) bool { return !same(v) }); len(now) > 0 {
			still[id] = now
		}
	}
	return still, nil
}

func (a *twoBooks) entry(ctx context.Context, id string) (entry, error) {
	e := entry{id: id}
	trade, err := a.books.Trade(ctx, id)
	if err == nil {
		e.trade = &trade
	} else if !errors.Is(err, sandbox.ErrNoTrade) {
		return e, err
	}
	p, err := a.mall.PaymentByID(ctx, payment.ID(id))
	if errors.Is(err, mall.ErrNotFound) {
		given, err := a.mall.ReturnedFor(ctx, []payment.ID{payment.ID(id)})
		for _, d := range given {
			e.returned = append(e.returned, string(d.RefundNo))
		}
		return e, err
	}
	if err != nil {
		return e, err
	}
	if p.Status == payment.Succeeded {
		e.payment = &p
	}
	refunds, err := a.mall.OrderRefunds(ctx, p.Order)
	e.refunds = slices.DeleteFunc(refunds, func(r payment.Refund) bool { return r.Payment != p.ID })
	return e, err
}

// faults are what the two sides say differently.
func (e entry) faults(until time.Time) []invariant.Violation {
	return append(e.received(until), e.sentBack(until)...)
}

// received: every success at the gateway is one here, of the same amount (I3).
func (e entry) received(until time.Time) []invariant.Violation {
	paid := e.trade != nil && !e.trade.PaidAt.IsZero()
	switch {
	case e.payment != nil && e.trade == nil:
		return e.fault("I3", e.id, "succeeded here, and the gateway does not know it")
	case e.payment != nil && !paid:
		return e.fault("I3", e.id, "succeeded here, not paid at the gateway")
	case e.payment == nil && paid && e.givenBack():
		return nil
	case e.payment == nil && paid && e.trade.PaidAt.Before(until):
		return e.fault("I3", e.id, "paid at the gateway at %s (%s yuan), unknown here", e.trade.PaidAt.UTC().Format(time.RFC3339), e.trade.Amount)
	case e.payment != nil && e.payment.Amount != e.trade.Amount:
		return e.fault("I3", e.id, "%s yuan here, %s at the gateway", e.payment.Amount, e.trade.Amount)
	default:
		return nil
	}
}

// givenBack says whether all the money of a payment that nobody here knew went back, as an operator wanted.
func (e entry) givenBack() bool {
	var back money.Fen
	for _, debit := range e.trade.Refunds {
		if slices.Contains(e.returned, debit.RequestNo) {
			back += debit.Amount
		}
	}
	return back > 0 && back == e.trade.Amount
}

// sentBack: each refund is debited at the gateway once, under its number, and there are no others (I5).
func (e entry) sentBack(until time.Time) (found []invariant.Violation) {
	var debits []sandbox.RefundEntry
	var counted, total money.Fen
	if e.trade != nil {
		debits, counted = e.trade.Refunds, e.trade.Refunded
	}
	for _, debit := range debits {
		total += debit.Amount
		i := slices.IndexFunc(e.refunds, func(r payment.Refund) bool { return string(r.No) == debit.RequestNo })
		switch {
		case i < 0 && slices.Contains(e.returned, debit.RequestNo):
		case i < 0 && debit.At.Before(until):
			found = append(found, e.fault("I5", debit.RequestNo, "%s yuan went back at the gateway that nobody here asked for", debit.Amount)...)
		case i >= 0 && e.refunds[i].Amount != debit.Amount:
			found = append(found, e.fault("I5", debit.RequestNo, "refunded %s yuan here, %s at the gateway", e.refunds[i].Amount, debit.Amount)...)
		case i >= 0 && e.refunds[i].Status != payment.RefundSucceeded && debit.At.Before(until):
			found = append(found, e.fault("I5", debit.RequestNo, "went back at the gateway, not confirmed here")...)
		}
	}
	for _, r := range e.refunds {
		if r.Status == payment.RefundSucceeded && !slices.ContainsFunc(debits, func(d sandbox.RefundEntry) bool { return d.RequestNo == string(r.No) }) {
			found = append(found, e.fault("I5", string(r.No), "succeeded here, and the gateway never paid it back")...)
		}
	}
	if total != counted {
		found = append(found, e.fault("I5", e.id, "the gateway counts %s yuan as sent back, its refunds add up to %s", counted, total)...)
	}
	return found
}

func (e entry) fault(id, subject, format string, args ...any) []invariant.Violation {
	return []invariant.Violation{{Invariant: id, Subject: subject, Detail: fmt.Sprintf(format, args...)}}
}
