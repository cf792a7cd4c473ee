package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kaituan/api/mallwire"
	"kaituan/money"
)

// ErrReconcile says that two sources disagree.
var ErrReconcile = errors.New("the books do not agree")

// tally is one line of the reconciliation: the same quantity from several sources.
type tally struct {
	what   string
	values []source
}

type source struct {
	name  string
	value int64
	money bool
}

func fen(name string, value money.Fen) source { return source{name, int64(value), true} }

func count(name string, value int) source { return source{name, int64(value), false} }

func (s source) String() string {
	if s.money {
		return s.name + " " + money.Fen(s.value).String()
	}
	return s.name + " " + strconv.FormatInt(s.value, 10)
}

// agree says whether every source has the same value.
func (t tally) agree() bool {
	return !slices.ContainsFunc(t.values, func(s source) bool { return s.value != t.values[0].value })
}

// reconcile holds the history, what the server answered line by line, the server's totals and the gateway's books
// against each other, to the fen.
func (r *Replay) reconcile(ctx context.Context, got Result, before mallwire.Totals, booksBefore books) error {
	after, err := r.Site.totals(ctx)
	if err != nil {
		return err
	}
	booksAfter, err := r.Site.readBooks(ctx)
	if err != nil {
		return err
	}
	expected, err := r.expect()
	if err != nil {
		return err
	}
	sheet := []tally{
		{"orders", []source{count("history", len(r.lines)), count("answers", got.Lines), count("shop", paidOrders(after)-paidOrders(before)), count("gateway", booksAfter.Paid-booksBefore.Paid)}},
		{"original price", []source{fen("history", expected.Original), fen("answers", got.Original), fen("shop", after.OriginalFen-before.OriginalFen)}},
		{"deduction", []source{fen("plans", expected.Deduction), fen("answers", got.Deduction), fen("shop", after.DeductionFen-before.DeductionFen)}},
		{"paid", []source{
			fen("plans", expected.Paid), fen("answers", got.Paid), fen("shop", after.ReceivedFen-before.ReceivedFen),
			fen("gateway", booksAfter.ReceivedFen-booksBefore.ReceivedFen),
		}},
		{"refunded", []source{fen("shop", after.RefundedFen-before.RefundedFen), fen("gateway", booksAfter.RefundedFen-booksBefore.RefundedFen)}},
		{"teams formed", []source{count("history", expected.Formed), count("answers", got.Formed)}},
		{"teams open", []source{count("history", expected.Open), count("answers", got.Open)}},
	}
	return r.show(sheet)
}

func (r *Replay) show(sheet []tally) error {
	r.print("reconciliation:")
	agree := true
	for _, t := range sheet {
		mark := "ok"
		if !t.agree() {
			mark, agree = "DIFFERENT", false
		}
		parts := make([]string, len(t.values))
		for i, s := range t.values {
			parts[i] = s.String()
		}
		r.print("  %-15s %-9s %s", t.what, mark, strings.Join(parts, " · "))
	}
	if !agree {
		return ErrReconcile
	}
	return nil
}

// paidOrders counts orders that were ever paid.
func paidOrders(t mallwire.Totals) int {
	n := 0
	for status, count := range t.Orders {
		switch mallwire.OrderStatus(status) {
		case mallwire.OrderStatusCreated, mallwire.OrderStatusAwaitingPayment, mallwire.OrderStatusClosed:
		default:
			n += count
		}
	}
	return n
}

// expect works out by itself what the history must lead to, from the plans and the order of the lines.
func (r *Replay) expect() (Result, error) {
	want := Result{Lines: len(r.lines)}
	rules := r.shelf.rules()
	open := map[string][]map[string]bool{} // teams that gather, by product, oldest first
	for _, line := range r.lines {
		rule := rules[line.Goods]
		original, err := line.Price.Times(line.Quantity)
		if err != nil {
			return want, fmt.Errorf("line %d: %w", line.Number, err)
		}
		paid, err := rule.price(line.Price).Times(line.Quantity)
		if err != nil {
			return want, fmt.Errorf("line %d: %w", line.Number, err)
		}
		want.Original += original
		want.Paid += paid
		want.Deduction += original - paid
		var formed bool
		if open[line.Goods], formed = seat(open[line.Goods], line.Buyer, rule.size); formed {
			want.Formed++
		}
	}
	for _, teams := range open {
		want.Open += len(teams)
	}
	return want, nil
}

// seat puts a buyer into the first team without that buyer, or a new one, and says whether that formed it.
func seat(teams []map[string]bool, buyer string, size int) ([]map[string]bool, bool) {
	for i, members := range teams {
		if members[buyer] {
			continue
		}
		members[buyer] = true
		if len(members) == size {
			return append(teams[:i:i], teams[i+1:]...), true
		}
		return teams, false
	}
	return append(teams, map[string]bool{buyer: true}), false
}

// rule is the price and team size that an activity gives its products.
type rule struct {
	price func(original money.Fen) money.Fen
	size  int
}

// rules says what each product is sold under. It restates the plans on purpose: the reconciliation must not
// borrow the engine's arithmetic.
func (s *shelf) rules() map[string]rule {
	rules := make(map[string]rule, len(s.products))
	for _, a := range s.activities {
		plan := a.Rules[0].Plan
		for _, code := range a.Goods {
			rules[code] = rule{size: *a.TeamSize, price: func(original money.Fen) money.Fen {
				switch plan.Kind {
				case "reduce":
					return max(1, original-plan.OffFen)
				case "threshold":
					if original < plan.FromFen {
						return original
					}
					return max(1, original-plan.OffFen)
				case "percent":
					return max(1, (original*money.Fen(plan.ShareBp)+5000)/10000)
				default:
					return min(original, plan.PriceFen)
				}
			}}
		}
	}
	return rules
}
