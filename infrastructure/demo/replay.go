package demo

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kaituan/api/mallwire"
	"kaituan/money"
)

// Replay buys every usable line of an order history through public HTTP, in teams of two and three.
type Replay struct {
	Site    *Site
	Out     io.Writer
	Workers int // lines bought at once; those of one product are bought in their order
	// ListSkipped prints each line that was not used with its number.
	ListSkipped bool
	// Report is called about once a second while lines are bought.
	Report func(done, all int, since time.Duration)

	lines   []Line
	skipped []Skipped
	shelf   *shelf
	buyers  map[string]*Shopper
	lanes   []lane
	done    atomic.Int64
}

// Result is what a replay led to, as the server's answers told line by line.
type Result struct {
	Lines     int
	Original  money.Fen
	Deduction money.Fen
	Paid      money.Fen
	Formed    int // teams
	Open      int // teams that still gather
}

// Run replays the history. Its error is the first thing that went otherwise than it should.
func (r *Replay) Run(ctx context.Context, history io.Reader) error {
	if err := ReadHistory(history, func(l Line) { r.lines = append(r.lines, l) }, func(s Skipped) { r.skipped = append(r.skipped, s) }); err != nil {
		return err
	}
	r.tellSkipped()
	if len(r.lines) == 0 {
		return errors.New("the history has no usable line")
	}
	before, err := r.Site.totals(ctx)
	if err != nil {
		return err
	}
	booksBefore, err := r.Site.readBooks(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := r.prepare(ctx); err != nil {
		return err
	}
	r.print("registered %d products, %d buyers and %d activities in %s", len(r.shelf.products), len(r.buyers), len(r.shelf.activities), time.Since(start).Round(time.Millisecond))
	result, err := r.buyAll(ctx)
	if err != nil {
		return err
	}
	return r.reconcile(ctx, result, before, booksBefore)
}

func (r *Replay) print(format string, args ...any) { _, _ = fmt.Fprintf(r.Out, format+"\n", args...) }

func (r *Replay) tellSkipped() {
	count := map[Skip]int{}
	for _, s := range r.skipped {
		count[s.Why]++
		if r.ListSkipped {
			r.print("line %d not used: %s (%s)", s.Number, s.Why, s.Detail)
		}
	}
	r.print("%d lines read, %d usable, %d not:", len(r.lines)+len(r.skipped), len(r.lines), len(r.skipped))
	for _, why := range []Skip{SkipCancelled, SkipNoBuyer, SkipQuantity, SkipPrice, SkipUnreadable} {
		r.print("  %6d %s", count[why], why)
	}
}

// prepare registers products and buyers and publishes the activities.
func (r *Replay) prepare(ctx context.Context) error {
	r.shelf = stock(r.lines)
	if err := r.shelf.register(ctx, r.Site, r.workers()); err != nil {
		return err
	}
	if err := r.signUp(ctx); err != nil {
		return err
	}
	r.split()
	return nil
}

func (r *Replay) workers() int { return max(r.Workers, 1) }

func (r *Replay) signUp(ctx context.Context) error {
	var names []string
	seen := map[string]bool{}
	for _, line := range r.lines {
		if !seen[line.Buyer] {
			seen[line.Buyer] = true
			names = append(names, line.Buyer)
		}
	}
	r.buyers = make(map[string]*Shopper, len(names))
	var mu sync.Mutex
	return inParallel(ctx, r.workers(), names, func(ctx context.Context, name string) error {
		buyer, err := r.Site.enter(ctx, "customer-"+identifier(name)+"@replay.example.com", "replay-of-"+name, "customer "+name)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		r.buyers[name] = buyer
		return nil
	})
}

// split deals the lines to lanes, all lines of a product to one lane, so that the teams that form do not depend
// on which worker is faster.
func (r *Replay) split() {
	r.lanes = make([]lane, r.workers())
	for _, line := range r.lines {
		hash := fnv.New32a()
		_, _ = hash.Write([]byte(line.Goods))
		n := int(hash.Sum32()) % len(r.lanes)
		r.lanes[n].lines = append(r.lanes[n].lines, line)
	}
	for i := range r.lanes {
		r.lanes[i].replay = r
		r.lanes[i].members = map[string]map[string]bool{}
	}
}

func (r *Replay) buyAll(ctx context.Context) (Result, error) {
	start := time.Now()
	stop := r.reportProgress(start)
	err := inParallel(ctx, len(r.lanes), r.pointers(), func(ctx context.Context, l *lane) error { return l.run(ctx) })
	stop()
	if err != nil {
		return Result{}, err
	}
	var sum Result
	for _, l := range r.lanes {
		sum = sum.plus(l.result)
	}
	took := time.Since(start)
	r.print("bought %d lines in %s, %.0f a minute", sum.Lines, took.Round(time.Millisecond), float64(sum.Lines)/took.Minutes())
	return sum, nil
}

func (r *Replay) pointers() []*lane {
	lanes := make([]*lane, len(r.lanes))
	for i := range r.lanes {
		lanes[i] = &r.lanes[i]
	}
	return lanes
}

func (r *Replay) reportProgress(start time.Time) (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.Report(int(r.done.Load()), len(r.lines), time.Since(start))
			case <-quit:
				return
			}
		}
	}()
	return func() { close(quit); <-ended }
}

func (a Result) plus(b Result) Result {
	return Result{
		Lines: a.Lines + b.Lines, Original: a.Original + b.Original, Deduction: a.Deduction + b.Deduction, Paid: a.Paid + b.Paid,
		Formed: a.Formed + b.Formed, Open: a.Open + b.Open,
	}
}

// lane buys some of the lines one after the other.
type lane struct {
	replay  *Replay
	lines   []Line
	members map[string]map[string]bool // buyers of each team that still gathers
	result  Result
}

func (l *lane) run(ctx context.Context) error {
	for _, line := range l.lines {
		if err := l.buy(ctx, line); err != nil {
			return fmt.Errorf("line %d: %w", line.Number, err)
		}
		l.replay.done.Add(1)
	}
	l.result.Open = len(l.members)
	return nil
}

// buy places one line as an order, in the first open team that the buyer is not in, and pays it.
func (l *lane) buy(ctx context.Context, line Line) error {
	buyer := l.replay.buyers[line.Buyer]
	view, err := buyer.product(ctx, line.Goods)
	if err != nil {
		return err
	}
	in, err := l.choose(line, view)
	if err != nil {
		return err
	}
	order, err := buyer.place(ctx, fmt.Sprintf("%s-%s-%d", l.replay.shelf.run, line.Invoice, line.Number), in)
	if err != nil {
		return err
	}
	if err := buyer.pay(ctx, order.OrderID, mallwire.Phone); err != nil {
		return err
	}
	paid, err := buyer.await(ctx, order.OrderID, mallwire.OrderStatusTeaming, mallwire.OrderStatusToShip, mallwire.OrderStatusShipped)
	if err != nil {
		return err
	}
	l.count(line, paid.Order)
	return nil
}

func (l *lane) choose(line Line, view mallwire.ProductView) (mallwire.OrderInput, error) {
	sku := line.sku()
	i := slices.IndexFunc(view.Offers, func(o mallwire.Offer) bool { return o.SKUID == sku })
	if i < 0 || !view.Offers[i].Joinable {
		return mallwire.OrderInput{}, fmt.Errorf("product %s has no group price for %s", line.Goods, sku)
	}
	offer := view.Offers[i]
	in := mallwire.OrderInput{
		Mode: mallwire.Group, ProductID: line.Goods, SKUID: sku, ActivityID: offer.ActivityID,
		Quantity: &line.Quantity, ExpectedPriceFen: &offer.PriceFen,
	}
	for _, open := range view.Teams {
		if open.ActivityID == offer.ActivityID && open.Held+open.Paid < open.Target && l.members[open.TeamID] != nil && !l.members[open.TeamID][line.Buyer] {
			in.TeamID = open.TeamID
			break
		}
	}
	return in, nil
}

// count books what the server says of a paid order.
func (l *lane) count(line Line, order mallwire.Order) {
	l.result.Lines++
	l.result.Original += order.AmountFen + order.DeductionFen
	l.result.Deduction += order.DeductionFen
	l.result.Paid += order.AmountFen
	if order.Status != mallwire.OrderStatusTeaming {
		l.result.Formed++
		delete(l.members, order.TeamID)
		return
	}
	if l.members[order.TeamID] == nil {
		l.members[order.TeamID] = map[string]bool{}
	}
	l.members[order.TeamID][line.Buyer] = true
}

// inParallel does something for each of a list, so many at once, and stops at the first error.
func inParallel[T any](ctx context.Context, workers int, list []T, do func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, len(list)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(list) {
					return
				}
				if err := do(ctx, list[i]); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
