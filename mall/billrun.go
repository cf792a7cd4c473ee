package mall

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kaituan/mall/bill"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// billPage is how many lines or payments a run holds in memory, so that a day of any size is matched in little.
const billPage = 500

// fetch downloads the day's bill and keeps its lines in the place of those that an earlier run kept.
func (r *billRun) fetch(ctx context.Context) error {
	if err := r.dropLines(ctx); err != nil {
		return err
	}
	page := make([]payment.BillLine, 0, billPage)
	keep := func() error {
		err := r.write(ctx, func(tx Tx, _ *bill.Bill) error { return tx.AddBillLines(r.day, page) })
		page = page[:0]
		return err
	}
	err := r.Channel.Bill(ctx, r.day, func(l payment.BillLine) error {
		if page = append(page, l); len(page) < billPage {
			return nil
		}
		return keep()
	})
	if err == nil && len(page) > 0 {
		err = keep()
	}
	return err
}

func (r *billRun) dropLines(ctx context.Context) error {
	for more := true; more; {
		err := r.write(ctx, func(tx Tx, _ *bill.Bill) error {
			n, err := tx.DropBillLines(r.day, billPage)
			more = n == billPage
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// compare looks at every payment that the bill tells of, then at those that were paid or sent back here on the day: of
// these the bill should tell.
func (r *billRun) compare(ctx context.Context) error {
	err := r.pages(ctx, func(after string) ([]payment.ID, error) {
		return r.Store.BillPayments(ctx, r.day, payment.ID(after), billPage)
	})
	from, to := bill.Window(r.day)
	span := SpanQuery{From: from, To: to, Limit: billPage}
	if err == nil {
		err = r.spans(ctx, span, func(q SpanQuery) ([]payment.ID, Place, error) {
			paid, err := r.Store.PaidBetween(ctx, q)
			return idsOf(paid, q, func(p payment.Payment) (payment.ID, Place) { return p.ID, Place{p.PaidAt, string(p.ID)} }, err)
		})
	}
	if err == nil {
		err = r.spans(ctx, span, func(q SpanQuery) ([]payment.ID, Place, error) {
			back, err := r.Store.RefundedBetween(ctx, q)
			return idsOf(back, q, func(f payment.Refund) (payment.ID, Place) { return f.Payment, Place{f.EndedAt, string(f.No)} }, err)
		})
	}
	return err
}

func (r *billRun) pages(ctx context.Context, next func(after string) ([]payment.ID, error)) error {
	for after := ""; ; {
		ids, err := next(after)
		if err == nil {
			err = r.judge(ctx, ids)
		}
		if err != nil || len(ids) < billPage {
			return err
		}
		after = string(ids[len(ids)-1])
	}
}

func (r *billRun) spans(ctx context.Context, q SpanQuery, next func(SpanQuery) ([]payment.ID, Place, error)) error {
	for {
		ids, last, err := next(q)
		if err == nil {
			err = r.judge(ctx, ids)
		}
		if err != nil || len(ids) < billPage {
			return err
		}
		q.After = last
	}
}

// idsOf returns whose payments some rows are, in their order, and the place of the last row.
func idsOf[T any](rows []T, q SpanQuery, of func(T) (payment.ID, Place), err error) ([]payment.ID, Place, error) {
	ids, last := make([]payment.ID, len(rows)), q.After
	for i, row := range rows {
		ids[i], last = of(row)
	}
	return ids, last, err
}

// judge compares some payments with the bill, asks the provider about those that it may know better, and writes down what
// still differs then.
func (r *billRun) judge(ctx context.Context, ids []payment.ID) error {
	if len(ids) == 0 {
		return nil
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	found, err := r.findings(ctx, ids)
	if err != nil {
		return err
	}
	asked, err := r.repair(ctx, found)
	if err != nil {
		return err
	}
	if len(asked) > 0 {
		if found, err = r.findings(ctx, ids); err != nil {
			return err
		}
	}
	return r.record(ctx, ids, slices.Concat(found, mended(asked, found)))
}

// sight is a finding, whose it is, and whether asking the provider has ended it.
type sight struct {
	bill.Finding
	order    order.ID
	repaired bool
}

// mended returns what was asked about and is not found any more.
func mended(asked, found []sight) (all []sight) {
	for _, a := range asked {
		if !slices.ContainsFunc(found, func(f sight) bool { return f.Key() == a.Key() }) {
			a.repaired = true
			all = append(all, a)
		}
	}
	return all
}

func (r *billRun) findings(ctx context.Context, ids []payment.ID) ([]sight, error) {
	cases, err := r.cases(ctx, ids)
	if err != nil {
		return nil, err
	}
	var found []sight
	for _, id := range ids {
		c := cases[id]
		for _, f := range c.Differences(r.day) {
			s := sight{Finding: f}
			if c.Payment != nil {
				s.order = c.Payment.Order
			}
			found = append(found, s)
		}
	}
	return found, nil
}

// cases collects what both sides know of some payments.
func (s *Shop) cases(ctx context.Context, ids []payment.ID) (map[payment.ID]*bill.Case, error) {
	cases := make(map[payment.ID]*bill.Case, len(ids))
	for _, id := range ids {
		cases[id] = &bill.Case{Ours: strings.HasPrefix(string(id), paymentPrefix+"_"), Returned: map[payment.RequestNo]money.Fen{}}
	}
	lines, err := s.Store.BillEntries(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		cases[l.ID].Lines = append(cases[l.ID].Lines, l)
	}
	payments, err := s.Store.PaymentsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, p := range payments {
		cases[p.ID].Payment = &p
	}
	refunds, err := s.Store.RefundsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, f := range refunds {
		cases[f.Payment].Refunds = append(cases[f.Payment].Refunds, f)
	}
	returned, err := s.Store.ReturnedFor(ctx, ids)
	for _, d := range returned {
		cases[d.Payment].Returned[d.RefundNo] = d.Theirs
	}
	return cases, err
}

// repair asks the provider about what it may know better than the books, and returns what it asked about. What it gives
// no answer about stays a difference; the day is matched again later.
func (r *billRun) repair(ctx context.Context, found []sight) (asked []sight, err error) {
	for _, f := range found {
		if !f.Kind.Repairable() {
			continue
		}
		if ctx.Err() != nil {
			return asked, context.Cause(ctx)
		}
		if err := r.askAbout(ctx, f.Finding); err != nil {
			r.unanswered.add(fmt.Errorf("%s: %w", f.Payment, err))
			continue
		}
		asked = append(asked, f)
	}
	return asked, nil
}

// askAbout asks the provider about a payment or refund and books its answer. Errors: payment.ErrUnknown.
func (s *Shop) askAbout(ctx context.Context, f bill.Finding) error {
	if f.Kind == bill.RefundUnconfirmed {
		return s.askRefund(ctx, f.RequestNo)
	}
	p, err := s.Store.PaymentByID(ctx, f.Payment)
	if err != nil {
		return err
	}
	return s.ask(ctx, p)
}

// askRefund asks what became of a refund that the provider says it made, whether or not it is due.
func (s *Shop) askRefund(ctx context.Context, no payment.RequestNo) error {
	r, err := inTx(ctx, s, func(tx Tx) (payment.Refund, error) {
		_, r, err := lockRefund(tx, no)
		if err != nil || !r.Claim(tx.Now()) {
			return payment.Refund{}, err
		}
		return r, tx.PutRefund(r)
	})
	if err != nil || r.No == "" {
		return err
	}
	r.Version, r.Moves = r.Version+1, nil
	done, err := s.refundDone(ctx, r)
	return s.recordRefund(ctx, r, done, nil, err)
}

// record writes down what was seen of some payments.
func (r *billRun) record(ctx context.Context, ids []payment.ID, seen []sight) error {
	if len(seen) == 0 {
		return nil
	}
	return r.write(ctx, func(tx Tx, _ *bill.Bill) error {
		known, err := tx.BillDifferences(r.day, ids)
		if err != nil {
			return err
		}
		for _, s := range seen {
			i := slices.IndexFunc(known, func(d bill.Difference) bool { return d.Key() == s.Key() })
			if i < 0 {
				err = tx.AddDifference(r.noted(bill.Find(bill.DifferenceID(r.IDs("diff")), r.day, s.Finding, r.number, tx.Now()), s, tx.Now()))
			} else {
				known[i].See(s.Finding, r.number, tx.Now())
				err = tx.PutDifference(r.noted(known[i], s, tx.Now()))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *billRun) noted(d bill.Difference, s sight, now time.Time) bill.Difference {
	if d.Order = s.order; s.repaired {
		d.Repair(now)
	}
	return d
}
