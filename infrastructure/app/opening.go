package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"kaituan/groupbuy"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/showcase"
)

// opening starts the parts that act by the clock. On the first start with demo data the month before is played first,
// in the background: the jobs know what time it is, and would end every team of last month at once. Buyers and
// operators are served meanwhile; what their orders wait for is done a few seconds later, once.
type opening struct {
	late []part
	// stock fills an empty shop and returns how its past is played, nil when there is none to play. Nil: no demo data.
	stock func(ctx context.Context) (play func(ctx context.Context) error, err error)
	log   *slog.Logger

	mu      sync.Mutex
	begun   bool
	abandon context.CancelFunc
	played  chan struct{} // closed when the late parts are started, or never will be; nil without a past
}

// opening is the part that starts all that was put into late so far.
func (a *App) opening(engine *groupbuy.Engine) *opening {
	o := &opening{late: a.late, log: a.log}
	if a.config.Role == config.RoleAll && a.config.Embedded() && a.config.DemoData {
		o.stock = func(ctx context.Context) (func(context.Context) error, error) { return a.stock(ctx, engine) }
	}
	return o
}

// stock fills the shop, in the past, and shows it to the engine of the present.
func (a *App) stock(ctx context.Context, engine *groupbuy.Engine) (play func(ctx context.Context) error, err error) {
	now := time.Now().UTC().Truncate(time.Second)
	p, err := a.newPast(now.Add(-showcase.Past))
	if err != nil {
		return nil, err
	}
	stage := p.stage()
	fresh, err := stage.Stock(ctx)
	if err = errors.Join(err, engine.Refresh(ctx)); err != nil || !fresh || !a.config.DemoHistory {
		return nil, errors.Join(err, p.close())
	}
	a.notes = append(a.notes, "demo data: a month of orders is filled in now, in the background; look through them as\n  "+
		showcase.DemoLogin+" with the password "+showcase.DemoPassword)
	return func(ctx context.Context) error {
		return errors.Join(p.box.Start(ctx), stage.Play(ctx, now), p.close())
	}, nil
}

// Start fills the shop if it is to be and starts the late parts, or does so once the past has been played. Errors:
// those of the parts.
func (o *opening) Start(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.begun {
		return nil
	}
	o.begun = true
	if o.stock == nil {
		return o.startLate(ctx)
	}
	play, err := o.stock(ctx)
	o.complain(ctx, err)
	if play == nil {
		return o.startLate(ctx)
	}
	playing, abandon := context.WithCancel(context.WithoutCancel(ctx))
	o.abandon, o.played = abandon, make(chan struct{})
	go func() {
		defer close(o.played)
		began := time.Now()
		o.complain(playing, play(playing))
		if playing.Err() != nil {
			return // the next start goes on from what is there
		}
		o.log.Info("the demo data's month has been filled in", "took", time.Since(began).Round(time.Millisecond))
		if err := o.startLate(playing); err != nil {
			o.log.Error("workers did not start", "error", err)
		}
	}()
	return nil
}

// complain logs why there is less to look at: demo data is a courtesy, and a shop that cannot be filled still runs.
func (o *opening) complain(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		o.log.Error("demo data is not complete; start with --demo-data=false to do without", "error", err)
	}
}

func (o *opening) startLate(ctx context.Context) error {
	for _, p := range o.late {
		if err := p.Start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends the past, if it is still played, and then the late parts, the last one first.
func (o *opening) Stop(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.played != nil {
		o.abandon()
		select {
		case <-o.played:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	var errs []error
	for _, p := range slices.Backward(o.late) {
		errs = append(errs, p.Stop(ctx))
	}
	return errors.Join(errs...)
}
