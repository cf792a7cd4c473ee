package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"kaituan/infrastructure/config"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/sandbox"
	"kaituan/mall/payment"
	"kaituan/money"
)

// Violation is a row that breaks an invariant of docs/invariants.md.
type Violation struct{ Invariant, Subject, Detail string }

// CheckReport is what a check found.
type CheckReport struct {
	Violations []Violation
	Payments   int  // succeeded ones that were looked at
	Refunds    int  // likewise
	Gateway    bool // the sandbox's books were there to compare with
}

// Summary is one line for people.
func (r CheckReport) Summary() string {
	gateway := "without the gateway's books"
	if r.Gateway {
		gateway = "and the gateway's books"
	}
	verdict := "all invariants hold"
	if n := len(r.Violations); n > 0 {
		verdict = fmt.Sprintf("%d rows break an invariant", n)
	}
	return fmt.Sprintf("check: %s (both databases, %s; %d payments, %d refunds)", verdict, gateway, r.Payments, r.Refunds)
}

// underWay is how long a success at the gateway may be unknown here, and the other way about.
const underWay = 3 * time.Minute

// Check looks for violations over both databases and the sandbox's books. It leaves out what may be under way
// between them. Errors: a database that cannot be opened.
func Check(ctx context.Context, c config.Config) (CheckReport, error) { return check(ctx, c, underWay) }

// SettledCheck is Check for a moment when nothing is under way: a payment that only one side knows is a violation.
func SettledCheck(ctx context.Context, c config.Config) (CheckReport, error) { return check(ctx, c, 0) }

func check(ctx context.Context, c config.Config, grace time.Duration) (report CheckReport, err error) {
	c.Role = config.RoleAll
	dbs, err := openExisting(ctx, c)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, dbs.close()) }()
	now := time.Now()
	if err := report.engine(ctx, groupbuystore.New(dbs.groupbuy), now); err != nil {
		return report, err
	}
	store := mallstore.New(dbs.mall, time.Now, nil)
	if err := report.mall(ctx, store, now); err != nil {
		return report, err
	}
	if err := report.gateway(ctx, c, store, now.Add(-grace)); err != nil {
		return report, err
	}
	slices.SortStableFunc(report.Violations, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Invariant, b.Invariant), cmp.Compare(a.Subject, b.Subject))
	})
	return report, nil
}

func (r *CheckReport) add(invariant, subject, detail string) {
	r.Violations = append(r.Violations, Violation{invariant, subject, detail})
}

func (r *CheckReport) engine(ctx context.Context, store *groupbuystore.Store, now time.Time) error {
	found, err := store.Violations(ctx, now)
	for _, v := range found {
		r.add(v.Invariant, v.Subject, v.Detail)
	}
	return err
}

func (r *CheckReport) mall(ctx context.Context, store *mallstore.Store, now time.Time) error {
	found, err := store.Violations(ctx, now)
	for _, v := range found {
		r.add(v.Invariant, v.Subject, v.Detail)
	}
	return err
}

// gateway compares payments and refunds with the sandbox's books, if it kept any here, one by one and both ways.
func (r *CheckReport) gateway(ctx context.Context, c config.Config, store *mallstore.Store, until time.Time) error {
	books, err := sandbox.OpenBooks(booksPath(c))
	if errors.Is(err, fs.ErrNotExist) {
		return r.count(ctx, store)
	}
	if err != nil {
		return err
	}
	r.Gateway = true
	ours, err := r.collect(ctx, store)
	if err == nil {
		err = books.Each(ctx, func(e sandbox.Entry) error {
			r.compare(e, ours, until)
			return nil
		})
	}
	for id := range ours.payments {
		r.add("I3", id, "succeeded here, and the gateway never received it")
	}
	for no := range ours.refunds {
		r.add("I5", no, "succeeded here, and the gateway never paid it back")
	}
	return errors.Join(err, books.Close())
}

// ledger is what the mall believes of the gateway; compare takes out what the gateway confirms.
type ledger struct {
	payments map[string]money.Fen
	refunds  map[string]money.Fen
	asked    map[string]bool // refunds that are not confirmed yet
}

func (r *CheckReport) collect(ctx context.Context, store *mallstore.Store) (ledger, error) {
	l := ledger{payments: map[string]money.Fen{}, refunds: map[string]money.Fen{}, asked: map[string]bool{}}
	err := store.EachPayment(ctx, func(p payment.Payment) error {
		l.payments[string(p.ID)] = p.Amount
		return nil
	})
	if err != nil {
		return l, err
	}
	err = store.EachRefund(ctx, func(f payment.Refund) error {
		if f.Status == payment.RefundSucceeded {
			l.refunds[string(f.No)] = f.Amount
		} else {
			l.asked[string(f.No)] = true
		}
		return nil
	})
	r.Payments, r.Refunds = len(l.payments), len(l.refunds)
	return l, err
}

func (r *CheckReport) count(ctx context.Context, store *mallstore.Store) error {
	_, err := r.collect(ctx, store)
	return err
}

func (r *CheckReport) compare(e sandbox.Entry, ours ledger, until time.Time) {
	amount, known := ours.payments[e.OutTradeNo]
	delete(ours.payments, e.OutTradeNo)
	switch {
	case e.PaidAt.IsZero() && known:
		r.add("I3", e.OutTradeNo, "succeeded here, not paid at the gateway")
	case !e.PaidAt.IsZero() && !known && e.PaidAt.Before(until):
		r.add("I3", e.OutTradeNo, fmt.Sprintf("paid at the gateway at %s (%s yuan), unknown here", e.PaidAt.UTC().Format(time.RFC3339), e.Amount))
	case known && amount != e.Amount:
		r.add("I3", e.OutTradeNo, fmt.Sprintf("%s yuan here, %s at the gateway", amount, e.Amount))
	}
	for _, f := range e.Refunds {
		amount, confirmed := ours.refunds[f.RequestNo]
		delete(ours.refunds, f.RequestNo)
		switch {
		case confirmed && amount != f.Amount:
			r.add("I5", f.RequestNo, fmt.Sprintf("refunded %s yuan here, %s at the gateway", amount, f.Amount))
		case !confirmed && !ours.asked[f.RequestNo] && f.At.Before(until):
			r.add("I5", f.RequestNo, fmt.Sprintf("%s yuan went back at the gateway that nobody here asked for", f.Amount))
		case !confirmed && ours.asked[f.RequestNo] && f.At.Before(until):
			r.add("I5", f.RequestNo, "went back at the gateway, not confirmed here")
		}
	}
}
