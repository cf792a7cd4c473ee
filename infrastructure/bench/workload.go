package bench

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Workload names what is measured.
type Workload string

// The workloads.
const (
	Trial    Workload = "trial"    // one price, from memory
	Query    Workload = "query"    // what a product page asks for: price, teams to join, statistics
	Lock     Workload = "lock"     // teams of 3, over 20 activities
	Hot      Workload = "hot"      // teams of 3, all in one activity
	Big      Workload = "big"      // one team of 1,000, then the next
	Settle   Workload = "settle"   // payments, each for another seat
	Mixed    Workload = "mixed"    // locks, payments, releases and refunds
	Rush     Workload = "rush"     // four connections at a time over the three seats of one team
	Flood    Workload = "flood"    // three times as many locks as the server takes, whatever it answers
	Tenants  Workload = "tenants"  // a partner that keeps to its share, beside one that does and one that sends ten times as much
	Purchase Workload = "purchase" // whole orders through the shop
	Expire   Workload = "expiry"   // many teams run out at the same second
	Start    Workload = "start"    // from the process's start until it serves
)

// Workloads returns all, in the order in which they are measured.
func Workloads() []Workload {
	return []Workload{Trial, Query, Lock, Hot, Big, Settle, Mixed, Rush, Flood, Tenants, Purchase, Expire, Start}
}

// What else is measured, for comparison.
const (
	helloRow Workload = "hello" // an empty HTTP handler
	rawRow   Workload = "raw"   // single-row commits, at the best number of connections
)

// The servers of a run.
const (
	sharedServer = "shared" // the one that is measured: callers share commits
	apartServer  = "apart"  // one transaction per request
	sqliteServer = "sqlite" // embedded, beside one on MySQL
)

// openConnections are the most of an open loop unless --connections says otherwise: as many as callers who wait for a second.
const openConnections = MaxConnections

// connections of a workload unless --connections says otherwise.
func (o Options) connections(of Workload) int {
	switch {
	case o.Connections > 0:
		return o.Connections
	case o.Rate > 0:
		return openConnections
	case of == Trial || of == Query || of == helloRow:
		return 64
	case of == Purchase:
		return 32
	default:
		return 256
	}
}

// Row is what one load came to.
type Row struct {
	Round       int              `json:"round"`
	Workload    Workload         `json:"workload"`
	Server      string           `json:"server"`
	Scaled      bool             `json:"scaled,omitempty"` // beside the seeded data
	Connections int              `json:"connections"`
	OfferedRate float64          `json:"offered_per_second,omitempty"` // of an open loop
	PerSecond   float64          `json:"per_second"`                   // answered with 2xx
	P50         float64          `json:"p50_ms"`
	P95         float64          `json:"p95_ms"`
	P99         float64          `json:"p99_ms"`
	Max         float64          `json:"max_ms"`
	Refused     map[string]int64 `json:"refused,omitempty"` // by code
	RefusedP99  float64          `json:"refused_p99_ms,omitempty"`
	Failed      int64            `json:"failed,omitempty"`
	Split       Split            `json:"processor_per_request"`
	Memory      int64            `json:"server_mb,omitempty"`
	Verdict     *Verdict         `json:"verdict,omitempty"`
}

func newRow(of Workload, load Load, out outcome) Row {
	row := Row{
		Workload: of, Connections: load.Connections, OfferedRate: load.Rate, PerSecond: float64(out.times.count) / out.took.Seconds(),
		P50: millis(out.times.percentile(50)), P95: millis(out.times.percentile(95)), P99: millis(out.times.percentile(99)),
		Max: millis(out.times.max), Refused: out.refused, Failed: out.failed, Split: split(out.before, out.after, out.times.count),
	}
	if out.turned.count > 0 {
		row.RefusedP99 = millis(out.turned.percentile(99))
	}
	return row
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (s *site) drive(ctx context.Context, load Load, turn turns) outcome {
	return drive(ctx, load, s.world.newCaller, s.watch, turn)
}

// measure runs one workload that the engine answers, and compares what it answered with what it has. Errors: the first
// request that failed otherwise than by a refusal.
func (s *site) measure(ctx context.Context, of Workload, load Load) (Row, error) {
	if err := s.quiet(ctx); err != nil {
		return Row{}, err
	}
	b := s.world.newBook()
	proof, err := s.newProof(ctx)
	if err != nil {
		return Row{}, err
	}
	turn, err := s.turns(ctx, of, load, b)
	if err != nil {
		return Row{}, err
	}
	out := s.drive(ctx, load, turn)
	row := newRow(of, load, out)
	row.Memory = s.memory()
	if out.err != nil || of == Trial || of == Query {
		return row, out.err
	}
	verdict, err := s.verify(ctx, proof, b)
	row.Verdict = &verdict
	return row, err
}

func (s *site) turns(ctx context.Context, of Workload, load Load, b *book) (turns, error) {
	shown := s.world.spread
	if len(s.world.scaled) > 0 {
		shown = s.world.scaled
	}
	switch of {
	case Trial:
		return s.world.quotes(shown, false), nil
	case Query:
		return s.world.quotes(shown, true), s.world.gather(shown)
	case Lock, Flood:
		return smallTeams(b, s.world.spread), nil
	case Hot:
		return smallTeams(b, []place{s.world.hot}), nil
	case Big:
		return bigTeams(b, s.world.big, bigTeam), nil
	case Mixed:
		return mixed(b, s.world.spread), nil
	case Rush:
		return rush(b, s.world.hot), nil
	case Settle:
		// As many as a quick server could pay for while it is measured.
		taken := s.drive(ctx, Load{Connections: load.Connections, Duration: load.Duration * 3 / 2}, smallTeams(b, s.world.spread))
		return settles(b, b.all()), taken.err
	default:
		return nil, fmt.Errorf("bench: %s is no workload of one kind of request", of)
	}
}

func (s *site) newProof(ctx context.Context) (proof, error) {
	if s.engine == nil {
		return proof{}, nil
	}
	return newProof(ctx, s.engine)
}

func (s *site) verify(ctx context.Context, p proof, b *book) (Verdict, error) {
	if s.engine == nil {
		return s.world.ask(ctx, b, 16)
	}
	return p.verify(ctx, b)
}

// asked says whether any of some workloads is to be measured.
func (o Options) asked(some ...Workload) bool {
	return slices.ContainsFunc(some, func(w Workload) bool { return slices.Contains(o.Workloads, w) })
}
