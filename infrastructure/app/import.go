package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/crowdstore"
	"kaituan/infrastructure/factcsv"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/money"
)

// ImportReport is what became of an order history.
type ImportReport struct {
	Orders   int // in the file, summed over their lines; what was paid and what went back of one are two
	Accepted int
	Repeated int
	Refused  int       // by the engine; told one by one
	Amount   money.Fen // of all orders in the file that were not refused, refunds left out
	Skipped  map[factcsv.Why]int
}

// Import loads an order history as the order facts of a partner. It may run beside a server, and again: what is known
// changes nothing. tell hears of every line that was not used. It makes and migrates no database. Errors:
// factcsv.ErrFile, an unknown partner, a database that is not there or cannot be opened.
func Import(ctx context.Context, c config.Config, of partner.ID, file io.Reader, o factcsv.Options, tell func(line int, why string)) (report ImportReport, err error) {
	c.Role = config.RoleGroupBuy
	dbs, err := openExisting(ctx, c)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, dbs.close()) }()
	engine := groupbuy.New(groupbuy.Deps{
		Store: groupbuystore.New(dbs.groupbuy), Crowds: crowdstore.New(dbs.groupbuy), Clock: time.Now, Log: slog.Default(), Wake: func() {},
	})
	if of == mallPartner { // there from the first start on, which may not have been yet
		err = engine.EnsurePartner(ctx, mallPartner, mallName)
	} else {
		_, err = engine.Store.Partner(ctx, of)
	}
	if err != nil {
		return report, fmt.Errorf("--partner %s: %w", of, err)
	}
	l := &loading{engine: engine, partner: of, tell: tell, report: &report}
	report.Skipped = map[factcsv.Why]int{}
	err = factcsv.Read(file, o, func(order factcsv.Order) error { return l.add(ctx, order) }, func(s factcsv.Skipped) {
		report.Skipped[s.Why]++
		tell(s.Line, string(s.Why)+": "+s.Detail)
	})
	if err != nil {
		return report, err
	}
	return report, l.flush(ctx)
}

// loading carries orders to the engine, a batch at a time.
type loading struct {
	engine  *groupbuy.Engine
	partner partner.ID
	tell    func(line int, why string)
	report  *ImportReport
	facts   []crowd.Fact
	lines   []int
}

func (l *loading) add(ctx context.Context, o factcsv.Order) error {
	fact := crowd.Fact{
		Partner: l.partner, Order: crowd.OrderID(o.ID), Buyer: activity.Buyer(o.Buyer), Amount: o.Amount, At: o.At, Kind: crowd.Paid,
	}
	if o.Refunded {
		fact.Kind = crowd.Refunded
	}
	l.facts, l.lines = append(l.facts, fact), append(l.lines, o.Line)
	if len(l.facts) < groupbuy.MaxFactBatch {
		return nil
	}
	return l.flush(ctx)
}

func (l *loading) flush(ctx context.Context) error {
	verdicts, err := l.engine.RecordFacts(ctx, l.facts)
	if err != nil {
		return err
	}
	for i, v := range verdicts {
		l.count(l.facts[i], l.lines[i], v)
	}
	l.facts, l.lines = l.facts[:0], l.lines[:0]
	return nil
}

func (l *loading) count(fact crowd.Fact, line int, v crowd.Verdict) {
	l.report.Orders++
	switch v.Outcome {
	case crowd.Refused:
		l.report.Refused++
		l.tell(line, fmt.Sprintf("order %s refused: %s: %s", fact.Order, v.Fault.Param, v.Fault.Detail))
		return
	case crowd.Repeated:
		l.report.Repeated++
	default:
		l.report.Accepted++
	}
	if fact.Kind == crowd.Paid {
		l.report.Amount += fact.Amount
	}
}
