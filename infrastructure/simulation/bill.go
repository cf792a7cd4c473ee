package simulation

import (
	"context"
	"time"

	"kaituan/mall/payment"
)

// Bill implements payment.Channel: the gateway's own books of the day.
func (c channel) Bill(_ context.Context, day payment.Day, each func(payment.BillLine) error) error {
	var lines []payment.BillLine
	err := c.ask("bill of "+string(day), func() error {
		if c.w.now.Before(day.End()) {
			return payment.ErrBillNotReady
		}
		lines = c.w.gateway.bill(day)
		return nil
	})
	for _, l := range lines {
		if err != nil {
			return err
		}
		err = each(l)
	}
	return err
}

func (g *gateway) bill(day payment.Day) (lines []payment.BillLine) {
	add := func(l payment.BillLine, at time.Time) {
		if !at.Before(day.Start()) && at.Before(day.End()) {
			l.Number, l.At = len(lines)+1, at
			lines = append(lines, l)
		}
	}
	for _, id := range g.order {
		t := g.trades[id]
		if t.paidAt.IsZero() {
			continue
		}
		add(payment.BillLine{Kind: payment.BillPayment, ID: id, ProviderNo: t.no, Amount: t.amount}, t.paidAt)
		for _, no := range t.refunds {
			r := g.refunds[no]
			add(payment.BillLine{Kind: payment.BillRefund, ID: id, RequestNo: no, ProviderNo: t.no, Amount: r.amount}, r.doneAt)
		}
	}
	return lines
}
