package bill_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/mall/bill"
	"kaituan/mall/payment"
	"kaituan/money"
)

const day payment.Day = "2026-05-01"

// at is a moment of the day by the provider's clock.
func at(hour, minute int) time.Time {
	return day.Start().Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

func paid(id payment.ID, amount money.Fen, when time.Time) *payment.Payment {
	return &payment.Payment{ID: id, Amount: amount, Status: payment.Succeeded, ProviderNo: "2026" + string(id), PaidAt: when}
}

func back(no payment.RequestNo, p *payment.Payment, amount money.Fen, when time.Time) payment.Refund {
	return payment.Refund{No: no, Payment: p.ID, Amount: amount, Status: payment.RefundSucceeded, EndedAt: when}
}

func line(p *payment.Payment) bill.Entry {
	return bill.Entry{Day: payment.DayOf(p.PaidAt), BillLine: payment.BillLine{
		Number: 1, Kind: payment.BillPayment, ID: p.ID, ProviderNo: p.ProviderNo, Amount: p.Amount, At: p.PaidAt,
	}}
}

func refundLine(r payment.Refund) bill.Entry {
	return bill.Entry{Day: payment.DayOf(r.EndedAt), BillLine: payment.BillLine{
		Number: 2, Kind: payment.BillRefund, ID: r.Payment, RequestNo: r.No, ProviderNo: "2026" + string(r.Payment), Amount: r.Amount, At: r.EndedAt,
	}}
}

func TestDifferences(t *testing.T) {
	p := paid("pay_1", 80_00, at(12, 0))
	r := back("rf_1", p, 30_00, at(13, 0))
	pending, closed, created := *p, *p, *p
	pending.Status, closed.Status, created.Status = payment.Pending, payment.Closed, payment.Created
	failed, asked := r, r
	failed.Status, asked.Status = payment.RefundFailed, payment.RefundCreated
	other := line(p)
	other.Amount = 79_99
	less := refundLine(r)
	less.Amount = 29_99
	late := line(p)
	late.Day = day.Add(1)
	numbered := line(p)
	numbered.Number = 9
	refunds := []payment.Refund{r}
	for name, c := range map[string]struct {
		c    bill.Case
		want []bill.Finding
	}{
		"nothing":       {bill.Case{}, nil},
		"equal":         {bill.Case{Payment: p, Refunds: refunds, Lines: []bill.Entry{line(p), refundLine(r)}}, nil},
		"not paid":      {bill.Case{Payment: &pending}, nil},
		"pending":       {bill.Case{Payment: &pending, Lines: []bill.Entry{line(p)}}, find(bill.PaymentUnbooked, "", 80_00, 0, bill.ProposeAsk)},
		"closed":        {bill.Case{Payment: &closed, Lines: []bill.Entry{line(p)}}, find(bill.PaymentUnbooked, "", 80_00, 0, bill.ProposeAsk)},
		"created":       {bill.Case{Payment: &created, Lines: []bill.Entry{line(p)}}, find(bill.PaymentUnbooked, "", 80_00, 0, bill.ProposeAsk)},
		"lost here":     {bill.Case{Ours: true, Lines: []bill.Entry{line(p)}}, find(bill.PaymentUnknown, "", 80_00, 0, bill.ProposeRefund)},
		"another's":     {bill.Case{Lines: []bill.Entry{line(p)}}, find(bill.PaymentUnknown, "", 80_00, 0, bill.ProposeIdentify)},
		"missing":       {bill.Case{Payment: p}, find(bill.PaymentMissing, "", 0, 80_00, bill.ProposeDispute)},
		"in next bill":  {bill.Case{Payment: p, Lines: []bill.Entry{late}}, nil},
		"other amount":  {bill.Case{Payment: p, Lines: []bill.Entry{other}}, find(bill.PaymentAmount, "", 79_99, 80_00, bill.ProposeDispute)},
		"twice":         {bill.Case{Payment: p, Lines: []bill.Entry{numbered, line(p)}}, find(bill.LineTwice, "", 80_00, 0, bill.ProposeDispute)},
		"thrice":        {bill.Case{Payment: p, Lines: []bill.Entry{line(p), line(p), line(p)}}, find(bill.LineTwice, "", 80_00, 0, bill.ProposeDispute)},
		"twice, later":  {bill.Case{Payment: p, Lines: []bill.Entry{line(p), late}}, nil},
		"refund absent": {bill.Case{Payment: p, Refunds: refunds, Lines: []bill.Entry{line(p)}}, find(bill.RefundMissing, "rf_1", 0, 30_00, bill.ProposeDispute)},
		"refund stray":  {bill.Case{Payment: p, Lines: []bill.Entry{line(p), refundLine(r)}}, find(bill.RefundUnknown, "rf_1", 30_00, 0, bill.ProposeIdentify)},
		"refund failed": {bill.Case{Payment: p, Refunds: []payment.Refund{failed}, Lines: []bill.Entry{line(p), refundLine(r)}},
			find(bill.RefundUnconfirmed, "rf_1", 30_00, 0, bill.ProposeAsk)},
		"refund only asked for": {bill.Case{Payment: p, Refunds: []payment.Refund{asked}, Lines: []bill.Entry{line(p), refundLine(r)}},
			find(bill.RefundUnconfirmed, "rf_1", 30_00, 0, bill.ProposeAsk)},
		"refund's amount": {bill.Case{Payment: p, Refunds: refunds, Lines: []bill.Entry{line(p), less}},
			find(bill.RefundAmount, "rf_1", 29_99, 30_00, bill.ProposeDispute)},
		"refund not confirmed": {bill.Case{Payment: p, Refunds: []payment.Refund{failed}, Lines: []bill.Entry{line(p)}}, nil},
		"sent back by hand": {bill.Case{Lines: []bill.Entry{refundLine(r)}, Returned: map[payment.RequestNo]money.Fen{"rf_1": 30_00}},
			nil},
		"other amount sent back": {bill.Case{Lines: []bill.Entry{refundLine(r)}, Returned: map[payment.RequestNo]money.Fen{"rf_1": 1}},
			find(bill.RefundAmount, "rf_1", 30_00, 1, bill.ProposeDispute)},
	} {
		require.Equal(t, c.want, c.c.Differences(day), name)
	}
	require.Equal(t, find(bill.LineTwice, "", 80_00, 0, bill.ProposeDispute),
		bill.Case{Payment: p, Lines: []bill.Entry{line(p), late}}.Differences(day.Add(1)), "told of the later day")
}

func find(kind bill.Kind, no payment.RequestNo, theirs, ours money.Fen, p bill.Proposal) []bill.Finding {
	return []bill.Finding{{Kind: kind, Payment: "pay_1", RequestNo: no, ProviderNo: "2026pay_1", Theirs: theirs, Ours: ours, Proposal: p}}
}

// books are both sides of a few days, equal until somebody changes one.
type books struct {
	cases map[payment.ID]*bill.Case
	ids   []payment.ID
}

// days on which something may happen; the one before the first is empty.
const days = 4

func drawBooks(t *rapid.T) books {
	b := books{cases: map[payment.ID]*bill.Case{}}
	for i := range rapid.IntRange(1, 12).Draw(t, "payments") {
		p := paid(payment.ID(fmt.Sprintf("pay_%02d", i)), money.Fen(rapid.IntRange(2, 1_000).Draw(t, "fen")), drawTime(t, day.Start(), days-1))
		c := &bill.Case{Ours: true, Payment: p, Lines: []bill.Entry{b.listed(t, line(p))}}
		left := p.Amount
		for n := range rapid.IntRange(0, 2).Draw(t, "refunds") {
			amount := money.Fen(rapid.IntRange(1, int(left)).Draw(t, "back"))
			r := back(payment.RequestNo(fmt.Sprintf("rf_%02d_%d", i, n)), p, amount, drawTime(t, p.PaidAt, 1))
			c.Refunds = append(c.Refunds, r)
			c.Lines = append(c.Lines, b.listed(t, refundLine(r)))
			if left -= amount; left == 0 {
				break
			}
		}
		b.cases[p.ID], b.ids = c, append(b.ids, p.ID)
	}
	return b
}

func drawTime(t *rapid.T, from time.Time, upTo int) time.Time {
	return from.Add(time.Duration(rapid.IntRange(0, upTo*24*3600-1).Draw(t, "second")) * time.Second)
}

// listed puts a line into the bill of its day, or of the next one when midnight is near.
func (books) listed(t *rapid.T, l bill.Entry) bill.Entry {
	if next := payment.DayOf(l.At.Add(9 * time.Minute)); next != l.Day && rapid.Bool().Draw(t, "next day's bill") {
		l.Day = next
	}
	return l
}

// differences matches every day, as the runs of those days would.
func (b books) differences() (all []bill.Finding) {
	for d := range days + 1 {
		for _, id := range b.ids {
			all = append(all, b.cases[id].Differences(day.Add(d))...)
		}
	}
	return all
}

func TestDifferences_EqualBooksHaveNone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { require.Empty(t, drawBooks(t).differences()) })
}

// Whatever one thing is changed, exactly one difference is found, and it is of the right kind.
func TestDifferences_OneChangeIsOneDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBooks(t)
		id := rapid.SampledFrom(b.ids).Draw(t, "whose")
		c := b.cases[id]
		i := rapid.IntRange(0, len(c.Lines)-1).Draw(t, "line")
		l := &c.Lines[i]
		isRefund := l.Kind == payment.BillRefund
		var want bill.Kind
		switch rapid.SampledFrom([]string{"drop", "amount", "twice", "stray", "unbooked", "unknown"}).Draw(t, "change") {
		case "drop":
			want = pick(isRefund, bill.RefundMissing, bill.PaymentMissing)
			c.Lines = slices.Delete(c.Lines, i, i+1)
		case "amount":
			want = pick(isRefund, bill.RefundAmount, bill.PaymentAmount)
			l.Amount++
		case "twice":
			want = bill.LineTwice
			again := *l
			again.Number = 99
			c.Lines = append(c.Lines, again)
		case "stray":
			want = bill.RefundUnknown
			stray := line(c.Payment)
			stray.Kind, stray.RequestNo = payment.BillRefund, "by-hand"
			c.Lines = append(c.Lines, stray)
		case "unbooked":
			want = pick(isRefund, bill.RefundUnconfirmed, bill.PaymentUnbooked)
			if isRefund {
				c.Refunds[i-1].Status = payment.RefundSubmitted
			} else {
				c.Payment.Status = payment.Closed
			}
		case "unknown":
			want = bill.PaymentUnknown
			b.ids = append(b.ids, "till-1")
			stray := line(paid("till-1", 5, c.Payment.PaidAt))
			b.cases["till-1"] = &bill.Case{Lines: []bill.Entry{stray}}
		}
		found := b.differences()
		require.Len(t, found, 1)
		require.Equal(t, want, found[0].Kind)
		require.Contains(t, bill.Proposals(), found[0].Proposal)
		require.Contains(t, bill.Kinds(), found[0].Kind)
	})
}

func pick(first bool, a, b bill.Kind) bill.Kind {
	if first {
		return a
	}
	return b
}
