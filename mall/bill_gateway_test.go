package mall_test

import (
	"context"
	"slices"

	"kaituan/mall/payment"
)

// Bill gives out the lines that a test wrote for the day; a day without any has no bill.
func (g *gateway) Bill(_ context.Context, day payment.Day, each func(payment.BillLine) error) (err error) {
	end, err := g.begin("bill")
	if err != nil {
		return err
	}
	lines, written := g.bills[day]
	lines = slices.Clone(lines)
	end(&err)
	if err == nil && !written {
		return payment.ErrBillNotReady
	}
	for i, l := range lines {
		if err != nil {
			return err
		}
		l.Number = i + 1
		err = each(l)
	}
	return err
}

// write puts lines into the bill of the day that they say.
func (g *gateway) write(day payment.Day, lines ...payment.BillLine) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bills[day] = append(g.bills[day], lines...)
}

// rewrite changes the bill of a day.
func (g *gateway) rewrite(day payment.Day, change func([]payment.BillLine) []payment.BillLine) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bills[day] = change(g.bills[day])
}
