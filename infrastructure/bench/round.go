package bench

import (
	"context"
	"time"
)

// all measures everything once.
func (r *run) all(ctx context.Context) error {
	for _, part := range []func(context.Context) error{r.engine, r.overload, r.purchase, r.expiry, r.start} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// engine measures what the engine answers, each beside what it is compared with.
func (r *run) engine(ctx context.Context) error {
	if r.asked(Trial, Query) {
		if err := r.greet(ctx); err != nil {
			return err
		}
	}
	for _, of := range []Workload{Trial, Query} {
		if err := r.measure(ctx, sharedServer, r.shared, of); err != nil {
			return err
		}
	}
	if r.asked(Lock) && !r.scaled && r.Server == "" {
		if err := r.rivals(ctx); err != nil {
			return err
		}
	}
	for _, of := range []Workload{Lock, Hot, Big, Settle, Mixed, Rush} {
		if err := r.measure(ctx, sharedServer, r.shared, of); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) load(of Workload) Load {
	return Load{Connections: r.connections(of), Rate: r.Rate, Duration: r.Duration}
}

// baseline is a load of something that is no server of ours; it is never paced.
func (r *run) baseline(of Workload) Load {
	return Load{Connections: r.connections(of), Duration: r.Duration}
}

func (r *run) measure(ctx context.Context, name string, s *site, of Workload) error {
	if !r.asked(of) {
		return nil
	}
	row, err := s.measure(ctx, of, r.load(of))
	if err != nil {
		return err
	}
	r.add(name, row)
	return nil
}

func (r *run) add(server string, row Row) {
	row.Round, row.Server, row.Scaled = r.round, server, r.scaled
	r.report.Rows = append(r.report.Rows, row)
	if row.Verdict != nil && row.Verdict.Faults > 0 || row.Failed > 0 {
		r.report.Sound = false
	}
	r.Log("%s (%s): %.0f/s, p99 %.1f ms", row.Workload, server, row.PerSecond, row.P99)
}

// greet measures the empty handler, with questions and answers of a trial's size.
func (r *run) greet(ctx context.Context) (err error) {
	if r.hello == nil {
		if r.hello, err = startChild(ctx, append(r.Program[:len(r.Program):len(r.Program)], "bench", "hello"), false); err != nil {
			return err
		}
	}
	question, answer, err := r.shared.world.sizeOfTrial()
	if err != nil {
		return err
	}
	address := host(r.hello.public)
	load := r.baseline(helloRow)
	watch := func() usage {
		u := r.shared.watch()
		u.database, u.server = nil, processorTime(r.hello.pid())
		return u
	}
	out := drive(ctx, load, func() *caller { return &caller{wire: wire{address: address}} }, watch, hellos(question, answer))
	r.add(string(helloRow), newRow(helloRow, load, out))
	return out.err
}

// sizeOfTrial is how many bytes its question and its answer have.
func (w *world) sizeOfTrial() (question, answer int, err error) {
	c := w.newCaller()
	defer c.wire.close()
	body := quote(w.spread[0], "b1-1", "")
	told, err := c.partner("POST", partnerAPI+"/trials", body)
	return len(body), len(told), err
}

// rivals measures what a lock is compared with: single-row commits of the same database, and one transaction per request.
func (r *run) rivals(ctx context.Context) (err error) {
	best := Row{}
	for _, connections := range rawConnections(r.shared.home.GroupBuy.Dialect()) {
		row, err := r.commits(ctx, connections)
		if err != nil {
			return err
		}
		if row.PerSecond > best.PerSecond {
			best = row
		}
	}
	r.add(string(rawRow), best)
	if r.apart == nil {
		if r.apart, err = r.site(ctx, apartServer, false, 1, "KAITUAN_GROUPBUY_SHARE_COMMITS=false"); err != nil {
			return err
		}
	}
	if err := r.measure(ctx, apartServer, r.apart, Lock); err != nil || r.MySQL == "" {
		return err
	}
	if r.sqlite == nil {
		if r.sqlite, err = r.site(ctx, sqliteServer, true, 1); err != nil {
			return err
		}
	}
	return r.measure(ctx, sqliteServer, r.sqlite, Lock)
}

func (r *run) commits(ctx context.Context, connections int) (Row, error) {
	if err := r.shared.quiet(ctx); err != nil {
		return Row{}, err
	}
	raw, err := openRaw(ctx, r.shared.home, connections)
	if err != nil {
		return Row{}, err
	}
	load := Load{Connections: connections, Duration: r.Duration / 2}
	out := drive(ctx, load, func() *caller { return &caller{} }, r.shared.watch, raw.turns(context.WithoutCancel(ctx)))
	if err := raw.close(ctx); err != nil {
		return Row{}, err
	}
	row := newRow(rawRow, load, out)
	row.Split.Server = nil
	return row, out.err
}

// purchase measures whole orders.
func (r *run) purchase(ctx context.Context) error {
	if !r.asked(Purchase) || r.shared.child == nil {
		return nil
	}
	if err := r.shared.quiet(ctx); err != nil {
		return err
	}
	load := r.load(Purchase)
	shop, err := r.shared.world.openShop(ctx, load.Connections)
	if err != nil {
		return err
	}
	began := time.Now()
	out := drive(ctx, load, r.shared.world.shopCaller, r.shared.watch, shop.purchases(context.WithoutCancel(ctx)))
	if out.err != nil {
		return out.err
	}
	found, err := r.shared.follow(ctx, shop, began)
	if err != nil {
		return err
	}
	row := newRow(Purchase, load, out)
	row.Memory, row.Verdict = r.shared.memory(), &found.Verdict
	found.Round = r.round
	r.report.Purchases = append(r.report.Purchases, found)
	r.add(sharedServer, row)
	return nil
}

// expiry measures teams that run out together, beside a quarter of the locks that the server takes.
func (r *run) expiry(ctx context.Context) error {
	if !r.asked(Expire) || r.shared.child == nil {
		return nil
	}
	load := r.load(Lock)
	if load.Rate == 0 {
		load.Rate = max(r.report.best(Lock, sharedServer)/lockShare, leastLockRate)
	}
	found, err := r.shared.expire(ctx, r.Expiring, load)
	if err != nil {
		return err
	}
	found.Round = r.round
	r.report.Expiries = append(r.report.Expiries, found)
	for _, v := range found.Verdicts {
		r.report.Sound = r.report.Sound && v.Faults == 0
	}
	r.Log("expiry: %d teams in %.2f s", found.Teams, found.Seconds)
	return nil
}

// start measures how long the server takes to be ready.
func (r *run) start(ctx context.Context) error {
	if !r.asked(Start) || r.shared.child == nil {
		return nil
	}
	took, err := r.shared.measureStart(ctx, r.Activities, r.round == 1)
	if err != nil {
		return err
	}
	r.report.Starts = append(r.report.Starts, Started{r.round, r.Activities, took})
	r.Log("start: ready after %.2f s", took)
	return nil
}
