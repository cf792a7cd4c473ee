package mall

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
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

// round is one pass of a sweep over everything that is due by a moment.
type round[T any] struct {
	by     time.Time
	page   int // rows read at a time
	atOnce int // rows worked on at a time
	due    func(ctx context.Context, q DueQuery) ([]T, error)
	place  func(T) Place
	do     func(T) error
}

// through does something about every row and returns how many there were. It goes on behind the last row of each page, so
// that rows which fail every time never stand before the others, and works on several at once, so that one whose answer
// does not come keeps few of them waiting. It ends early with ctx.
func (r round[T]) through(ctx context.Context) (n int, err error) {
	var failed failures
	for q := (DueQuery{By: r.by, Limit: r.page}); ; {
		rows, err := r.due(ctx, q)
		if err != nil {
			return n, errors.Join(failed.all(), err)
		}
		done := r.work(ctx, rows, &failed)
		n += done
		if done < len(rows) {
			return n, errors.Join(failed.all(), context.Cause(ctx))
		}
		if len(rows) < r.page {
			return n, failed.all()
		}
		q.After = r.place(rows[len(rows)-1])
	}
}

// work does something about each row, and returns how many it began with before ctx ended. Nothing runs when it returns.
func (r round[T]) work(ctx context.Context, rows []T, failed *failures) (n int) {
	if r.atOnce <= 1 {
		for _, row := range rows {
			if ctx.Err() != nil {
				break
			}
			n++
			failed.note(r.place(row), r.do(row))
		}
		return n
	}
	var working sync.WaitGroup
	defer working.Wait()
	places := make(chan struct{}, r.atOnce)
	for _, row := range rows {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		n++
		working.Go(func() {
			defer func() { <-places }()
			failed.note(r.place(row), r.guarded(row))
		})
	}
	return n
}

// guarded makes an error of a panic, which in a goroutine of its own nobody else could.
func (r round[T]) guarded(row T) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return r.do(row)
}

// maxFailures is how many errors of one sweep are told; the others are counted.
const maxFailures = 20

type failures struct {
	mu   sync.Mutex
	told []error
	more int
}

func (f *failures) note(where Place, err error) {
	if err != nil {
		f.add(fmt.Errorf("%s: %w", where.ID, err))
	}
}

func (f *failures) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.told) < maxFailures {
		f.told = append(f.told, err)
		return
	}
	f.more++
}

func (f *failures) all() error {
	f.mu.Lock()
	defer f.mu.Unlock()
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
