package mall

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// DueQuery selects a page of what is due, by time, then id.
type DueQuery struct {
	By    time.Time
	After Place // the last one of the page before; zero: from the longest due
	Limit int
}

// Place is where a row stands among those that are due.
type Place struct {
	At time.Time // when it was due
	ID string
}

// through does something about everything that is due by a moment, page of them read at a time, and returns how many
// there were. It goes on behind the last row of each page, so that rows which fail every time never stand before the
// others. It ends early with ctx.
func through[T any](
	ctx context.Context, by time.Time, page int, due func(ctx context.Context, q DueQuery) ([]T, error),
	place func(T) Place, do func(T) error,
) (n int, err error) {
	var failed failures
	for q := (DueQuery{By: by, Limit: page}); ; {
		rows, err := due(ctx, q)
		if err != nil {
			return n, errors.Join(failed.all(), err)
		}
		for _, row := range rows {
			if ctx.Err() != nil {
				return n, errors.Join(failed.all(), context.Cause(ctx))
			}
			n++
			if err := do(row); err != nil {
				failed.add(fmt.Errorf("%s: %w", place(row).ID, err))
			}
		}
		if len(rows) < page {
			return n, failed.all()
		}
		q.After = place(rows[len(rows)-1])
	}
}

// maxFailures is how many errors of one sweep are told; the others are counted.
const maxFailures = 20

type failures struct {
	told []error
	more int
}

func (f *failures) add(err error) {
	if len(f.told) < maxFailures {
		f.told = append(f.told, err)
		return
	}
	f.more++
}

func (f *failures) all() error {
	if f.more == 0 {
		return errors.Join(f.told...)
	}
	return errors.Join(errors.Join(f.told...), fmt.Errorf("and %d more", f.more))
}

func orderPlace(o order.Order) Place { return Place{At: o.NextAt, ID: string(o.ID)} }

func paymentPlace(p payment.Payment) Place { return Place{At: p.NextAskAt, ID: string(p.ID)} }

func refundPlace(r payment.Refund) Place { return Place{At: r.NextAt, ID: string(r.No)} }

// PaymentsToAsk counts the payments that QueryPending would look at now, up to limit.
func (s *Shop) PaymentsToAsk(ctx context.Context, limit int) (int, error) {
	due, err := s.Store.DuePayments(ctx, DueQuery{By: s.Clock(), Limit: limit})
	return len(due), err
}

// RefundsToPush counts the refunds that PushRefunds would look at now, up to limit.
func (s *Shop) RefundsToPush(ctx context.Context, limit int) (int, error) {
	due, err := s.Store.DueRefunds(ctx, DueQuery{By: s.Clock(), Limit: limit})
	return len(due), err
}

// OrdersToClose counts the orders that CloseUnpaid would look at now, up to limit.
func (s *Shop) OrdersToClose(ctx context.Context, limit int) (int, error) {
	return s.countOrders(ctx, s.Clock(), limit, order.AwaitingPayment)
}

// OrdersToRepair counts the orders that RepairCreated would look at now, up to limit.
func (s *Shop) OrdersToRepair(ctx context.Context, limit int) (int, error) {
	return s.countOrders(ctx, s.Clock(), limit, order.Created)
}

// OrdersToCheck counts the orders that CheckTeams would look at now, up to limit.
func (s *Shop) OrdersToCheck(ctx context.Context, limit int) (int, error) {
	return s.countOrders(ctx, s.Clock(), limit, order.Paid, order.Teaming)
}

// OrdersToShip counts the orders that ShipDue would look at now, up to limit.
func (s *Shop) OrdersToShip(ctx context.Context, limit int) (int, error) {
	return s.countOrders(ctx, s.Clock().Add(-s.ShipDelay), limit, order.ToShip)
}

func (s *Shop) countOrders(ctx context.Context, by time.Time, limit int, statuses ...order.Status) (n int, err error) {
	for _, status := range statuses {
		due, err := s.Store.DueOrders(ctx, status, DueQuery{By: by, Limit: limit - n})
		if n += len(due); err != nil || n == limit {
			return n, err
		}
	}
	return n, nil
}
