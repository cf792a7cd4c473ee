package bench

import (
	"context"
	"slices"
	"sync"
	"time"
)

// What is offered beyond what the server takes, as times of what the locks of the same round came to.
const (
	floodTimes   = 3
	tenantShare  = 0.2 // that the measured partner sends
	loudTimes    = 10  // what its neighbour sends of that
	neighbourID  = "bench-neighbour"
	neighbourRun = 500 * time.Millisecond // that a neighbour is there before the measured one
)

// The rows of Tenants: what one partner gets beside another that sends as much, beside one that sends ten times as much,
// and what that one gets itself.
const (
	alikeRow Workload = "alike"
	loudRow  Workload = "loud"
	noiseRow Workload = "noise"
)

// overload measures what happens when more is asked for than can be carried out.
func (r *run) overload(ctx context.Context) error {
	if !r.asked(Flood, Tenants) || r.scaled || r.shared.child == nil {
		return nil
	}
	takes, err := r.takes(ctx)
	if err != nil {
		return err
	}
	if r.asked(Flood) {
		row, err := r.shared.measure(ctx, Flood, Load{Connections: MaxConnections, Rate: floodTimes * takes, Duration: r.Duration})
		if err != nil {
			return err
		}
		r.add(sharedServer, row)
	}
	if !r.asked(Tenants) {
		return nil
	}
	if err := r.beside(ctx, alikeRow, tenantShare*takes, 1); err != nil {
		return err
	}
	return r.beside(ctx, loudRow, tenantShare*takes, loudTimes)
}

// takes is how many locks a second the server took in this round, in a closed loop.
func (r *run) takes(ctx context.Context) (float64, error) {
	of := func(row Row) bool { return row.Round == r.round }
	rows := r.report.rows(Lock, sharedServer, false)
	if i := slices.IndexFunc(rows, of); i >= 0 {
		return rows[i].PerSecond, nil
	}
	row, err := r.shared.measure(ctx, Lock, Load{Connections: Options{Connections: r.Connections}.connections(Lock), Duration: r.Duration})
	if err != nil {
		return 0, err
	}
	r.add(sharedServer, row)
	return row.PerSecond, nil
}

// beside measures the locks of one partner at a rate, beside those of another at so many times that.
func (r *run) beside(ctx context.Context, of Workload, rate, times float64) error {
	s := r.shared
	if r.neighbour == nil {
		var err error
		if r.neighbour, err = newWorld(ctx, s.child.public, s.token, neighbourID); err != nil {
			return err
		}
	}
	if err := s.quiet(ctx); err != nil {
		return err
	}
	p, err := s.newProof(ctx)
	if err != nil {
		return err
	}
	noise := Load{Connections: MaxConnections / 2, Rate: times * rate, Duration: r.Duration + 2*neighbourRun}
	var made outcome
	var other sync.WaitGroup
	other.Go(func() {
		made = drive(ctx, noise, r.neighbour.newCaller, s.watch, smallTeams(r.neighbour.newBook(), r.neighbour.spread))
	})
	time.Sleep(neighbourRun)
	b := s.world.newBook()
	load := Load{Connections: MaxConnections / 2, Rate: rate, Duration: r.Duration}
	out := s.drive(ctx, load, smallTeams(b, s.world.spread))
	other.Wait()
	if out.err != nil {
		return out.err
	}
	row := newRow(of, load, out)
	row.Split = Split{} // of both together
	row.Memory = s.memory()
	verdict, err := s.verify(ctx, p, b)
	row.Verdict = &verdict
	r.add(sharedServer, row)
	if times > 1 {
		row := newRow(noiseRow, noise, made)
		row.Split = Split{}
		r.add(sharedServer, row)
	}
	return err
}

// flooded holds what each round of a workload beyond capacity came to against another row of the same round.
func (r *Report) flooded(of, to Workload, number func(row, other Row) value) []value {
	var list []value
	for _, row := range r.Rows {
		for _, other := range r.Rows {
			if row.Workload == of && other.Workload == to && row.Round == other.Round && !other.Scaled &&
				other.Server == sharedServer && other.PerSecond > 0 && other.P99 > 0 {
				list = append(list, number(row, other))
			}
		}
	}
	return list
}
