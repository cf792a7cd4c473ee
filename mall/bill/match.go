package bill

import (
	"cmp"
	"slices"
	"time"

	"kaituan/mall/payment"
	"kaituan/money"
)

// Kind says how the bill and the books differ.
type Kind string

// The kinds of differences.
const (
	PaymentUnknown    Kind = "payment_unknown"    // the bill has a payment under a number that the mall does not know
	PaymentUnbooked   Kind = "payment_unbooked"   // the bill has a payment that is open or closed here
	PaymentMissing    Kind = "payment_missing"    // a payment that succeeded here is in no bill
	PaymentAmount     Kind = "payment_amount"     // both have the payment, with other amounts
	RefundUnknown     Kind = "refund_unknown"     // the bill has a refund that nobody here asked for
	RefundUnconfirmed Kind = "refund_unconfirmed" // the bill has a refund that did not succeed here yet
	RefundMissing     Kind = "refund_missing"     // a refund that succeeded here is in no bill
	RefundAmount      Kind = "refund_amount"      // both have the refund, with other amounts
	LineTwice         Kind = "line_twice"         // the bill has the same payment or refund more than once
)

// Kinds returns every kind.
func Kinds() []Kind {
	return []Kind{
		PaymentUnknown, PaymentUnbooked, PaymentMissing, PaymentAmount, RefundUnknown, RefundUnconfirmed, RefundMissing,
		RefundAmount, LineTwice,
	}
}

// Repairable says whether the provider, asked again, may end the difference.
func (k Kind) Repairable() bool { return k == PaymentUnbooked || k == RefundUnconfirmed }

// Proposal is what could be done about a difference.
type Proposal string

// The proposals.
const (
	ProposeAsk      Proposal = "ask"      // ask the provider again and book its answer
	ProposeRefund   Proposal = "refund"   // the number is one of ours, but nobody has the payment: send the money back
	ProposeIdentify Proposal = "identify" // find out whose it is: another program, or a person at the provider's desk
	ProposeDispute  Proposal = "dispute"  // take it up with the provider: its bill contradicts its own answers
)

// Proposals returns every proposal.
func Proposals() []Proposal {
	return []Proposal{ProposeAsk, ProposeRefund, ProposeIdentify, ProposeDispute}
}

// Finding is one difference of a day as the comparison sees it.
type Finding struct {
	Kind       Kind
	Payment    payment.ID
	RequestNo  payment.RequestNo // of refunds
	ProviderNo string
	Theirs     money.Fen // as the bill says; 0: it says nothing
	Ours       money.Fen // as the mall says; 0: it says nothing
	Proposal   Proposal
}

// Key names a difference for as long as it is found.
type Key struct {
	Kind      Kind
	Payment   payment.ID
	RequestNo payment.RequestNo
}

// Key returns what the finding is about.
func (f Finding) Key() Key { return Key{f.Kind, f.Payment, f.RequestNo} }

// Entry is a line and the day of the bill that it stands in.
type Entry struct {
	payment.BillLine
	Day payment.Day
}

// Case is everything about one payment: all lines of it in any bill that was kept, and the mall's own books.
type Case struct {
	ID      payment.ID
	Ours    bool // the mall made this number, known to it or not
	Lines   []Entry
	Payment *payment.Payment // nil: the mall does not know it
	Refunds []payment.Refund
	// Returned are refunds of a payment that the mall does not know, sent by an operator because of a difference.
	Returned map[payment.RequestNo]money.Fen
}

// edge is how far the clocks of a day's bill and of the books may be apart: what happened within it before midnight may
// stand in the next day's bill, and is missed only when that one has come.
const edge = 10 * time.Minute

// Window is the part of the books that must be in the bill of a day or of one before.
func Window(day payment.Day) (from, to time.Time) {
	return day.Start().Add(-edge), day.End().Add(-edge)
}

func inWindow(at time.Time, day payment.Day) bool {
	from, to := Window(day)
	return !at.Before(from) && at.Before(to)
}

// Differences compares the lines of a day with the books, and the books of the day with the lines of any day. A line is
// judged on its own day only, so each difference has one day; the same books always give the same differences.
func (c Case) Differences(day payment.Day) []Finding {
	lines := slices.Clone(c.Lines)
	slices.SortFunc(lines, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Number, b.Number))
	})
	var found []Finding
	seen := map[what]bool{}
	twice := map[what]bool{}
	for _, l := range lines {
		w := what{l.Kind, l.RequestNo}
		switch {
		case l.Day != day:
		case seen[w] && !twice[w]:
			twice[w] = true
			found = append(found, finding(LineTwice, l, 0, ProposeDispute))
		case !seen[w]:
			found = append(found, c.judge(l)...)
		}
		seen[w] = true
	}
	return append(found, c.missing(day, seen)...)
}

// what tells the lines of one payment apart: itself has no request number.
type what struct {
	kind payment.BillKind
	no   payment.RequestNo
}

func finding(kind Kind, l Entry, ours money.Fen, p Proposal) Finding {
	return Finding{
		Kind: kind, Payment: l.ID, RequestNo: l.RequestNo, ProviderNo: l.ProviderNo, Theirs: l.Amount, Ours: ours, Proposal: p,
	}
}

func (c Case) judge(l Entry) []Finding {
	if l.Kind == payment.BillRefund {
		return c.judgeRefund(l)
	}
	switch p := c.Payment; {
	case p == nil && c.Ours:
		return []Finding{finding(PaymentUnknown, l, 0, ProposeRefund)}
	case p == nil:
		return []Finding{finding(PaymentUnknown, l, 0, ProposeIdentify)}
	case p.Amount != l.Amount:
		return []Finding{finding(PaymentAmount, l, p.Amount, ProposeDispute)}
	case p.Status != payment.Succeeded:
		return []Finding{finding(PaymentUnbooked, l, 0, ProposeAsk)}
	}
	return nil
}

func (c Case) judgeRefund(l Entry) []Finding {
	if sent, ours := c.Returned[l.RequestNo]; ours {
		if sent != l.Amount {
			return []Finding{finding(RefundAmount, l, sent, ProposeDispute)}
		}
		return nil
	}
	i := slices.IndexFunc(c.Refunds, func(r payment.Refund) bool { return r.No == l.RequestNo })
	if i < 0 {
		return []Finding{finding(RefundUnknown, l, 0, ProposeIdentify)}
	}
	switch r := c.Refunds[i]; {
	case r.Amount != l.Amount:
		return []Finding{finding(RefundAmount, l, r.Amount, ProposeDispute)}
	case r.Status != payment.RefundSucceeded:
		return []Finding{finding(RefundUnconfirmed, l, 0, ProposeAsk)}
	}
	return nil
}

// missing finds what the mall booked on the day and no bill has.
func (c Case) missing(day payment.Day, seen map[what]bool) (found []Finding) {
	p := c.Payment
	if p == nil {
		return nil
	}
	if p.Status == payment.Succeeded && inWindow(p.PaidAt, day) && !seen[what{kind: payment.BillPayment}] {
		found = append(found, Finding{
			Kind: PaymentMissing, Payment: p.ID, ProviderNo: p.ProviderNo, Ours: p.Amount, Proposal: ProposeDispute,
		})
	}
	for _, r := range c.Refunds {
		if r.Status == payment.RefundSucceeded && inWindow(r.EndedAt, day) && !seen[what{payment.BillRefund, r.No}] {
			found = append(found, Finding{
				Kind: RefundMissing, Payment: p.ID, RequestNo: r.No, ProviderNo: p.ProviderNo, Ours: r.Amount, Proposal: ProposeDispute,
			})
		}
	}
	return found
}
