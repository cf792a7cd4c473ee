package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"time"

	"kaituan/infrastructure/sqldb"
)

// Options say what is measured and how.
type Options struct {
	Program     []string   // this binary, before its command
	Workloads   []Workload // at least one
	Connections int        // 0: each workload's own
	Rate        float64    // of an open loop, a second; 0: closed loop
	Duration    time.Duration
	Rounds      int
	Seats       int    // that are seeded before everything is measured once more; 0: none
	Expiring    int    // teams that run out at the same second
	Activities  int    // that a started server finds
	Nodes       int    // processes over the databases of the measured server; the first one is everything, others serve the engine
	MySQL       string // a server's DSN without a schema; empty: SQLite
	Server      string // somebody else's; empty: our own
	Token       string // the operator's of that server
	Anywhere    bool   // a server or database that is not on this machine is meant

	// Check looks at the invariants in a home of ours, and returns those that are broken. Nil: nothing is looked at.
	Check func(ctx context.Context, home Home) (summary string, broken []string, err error)
	Log   func(format string, args ...any)
}

// Limits of what may be asked for, so that a slip of the pen does not take the machine.
const (
	MaxDuration    = 10 * time.Minute
	MaxConnections = 4096
	MaxSeats       = 10_000_000
	MaxRounds      = 20
	MaxNodes       = 8
)

// Validate says everything that is wrong with the options at once.
func (o Options) Validate() error {
	var faults []error
	within := func(name string, value, least, most int) {
		if value < least || value > most {
			faults = append(faults, fmt.Errorf("%s: %d is not within %d and %d", name, value, least, most))
		}
	}
	for _, w := range o.Workloads {
		if !slices.Contains(Workloads(), w) {
			faults = append(faults, fmt.Errorf("workloads: no %q, want some of %v", w, Workloads()))
		}
	}
	within("workloads", len(o.Workloads), 1, 100)
	within("connections", o.Connections, 0, MaxConnections)
	within("duration in ms", int(o.Duration.Milliseconds()), 100, int(MaxDuration.Milliseconds()))
	within("rounds", o.Rounds, 1, MaxRounds)
	within("scale", o.Seats, 0, MaxSeats)
	within("expiring", o.Expiring, 1, 1_000_000)
	within("activities", o.Activities, 1, 100_000)
	within("nodes", o.Nodes, 1, MaxNodes)
	if o.Rate < 0 || o.Rate > 1e6 {
		faults = append(faults, fmt.Errorf("rate: %g is not within 0 and 1000000", o.Rate))
	}
	return errors.Join(append(faults, o.validPlace())...)
}

func (o Options) validPlace() error {
	switch {
	case o.Server != "" && o.MySQL != "":
		return errors.New("server and mysql: a server that runs has its own database")
	case o.Server != "":
		u, err := url.Parse(o.Server)
		if err != nil || u.Scheme != "http" || u.Port() == "" {
			return fmt.Errorf("server: %q is no address such as http://127.0.0.1:8080", o.Server)
		}
		if !o.Anywhere && !loopback(u.Host) {
			return fmt.Errorf("server: %s is not on this machine; a benchmark loads it as heavily as it can and leaves data behind: say --anywhere if you mean it", u.Host)
		}
	case o.MySQL != "":
		address, err := mysqlAddress(o.MySQL)
		if err != nil {
			return err
		}
		if !o.Anywhere && !loopback(address) {
			return fmt.Errorf("mysql: %s is not on this machine; a benchmark loads it as heavily as it can: say --anywhere if you mean it", address)
		}
	}
	return nil
}

// run is one benchmark at work.
type run struct {
	Options
	homes     *homes
	hello     *child
	shared    *site
	apart     *site // nil: not started yet
	sqlite    *site
	neighbour *world // another partner at shared; nil: not there yet
	round     int
	scaled    bool
	report    Report
}

// Run measures. The report is also good when the error says that something was not as it should be; Report.Sound says
// whether the answers were kept. Everything that it started and made is gone when it returns.
func Run(ctx context.Context, o Options) (report Report, err error) {
	r := &run{Options: o, report: Report{StartedAt: time.Now().UTC().Truncate(time.Second), Processors: runtime.NumCPU(), Go: runtime.Version(), Sound: true}}
	if r.homes, err = newHomes(o.MySQL); err != nil {
		return r.report, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := r.open(ctx); err != nil {
		return r.report, err
	}
	if err := r.rounds(ctx); err != nil {
		return r.report, err
	}
	if err := r.check(ctx); err != nil {
		return r.report, err
	}
	r.report.Seconds = time.Since(r.report.StartedAt).Seconds()
	r.report.Targets = r.report.targets(r.MySQL != "")
	return r.report, nil
}

func (r *run) rounds(ctx context.Context) error {
	for r.round = 1; r.round <= r.Rounds; r.round++ {
		if err := r.all(ctx); err != nil {
			return err
		}
	}
	if r.Seats == 0 || r.shared.engine == nil {
		return nil
	}
	if err := r.shared.seed(ctx, r.Seats, r.Log); err != nil {
		return err
	}
	r.scaled = true
	for r.round = 1; r.round <= r.Rounds; r.round++ {
		if err := r.engine(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) open(ctx context.Context) (err error) {
	if r.Server != "" {
		r.report.Database = "that of " + r.Server
		r.shared = &site{token: r.Token}
		r.shared.world, err = newWorld(ctx, r.Server, r.Token, partnerID)
		return err
	}
	r.report.Database = "SQLite"
	if r.MySQL != "" {
		r.report.Database = "MySQL at " + r.homes.mysql.Addr
	}
	r.shared, err = r.site(ctx, sharedServer, false, r.Nodes)
	return err
}

// site starts a server of ours.
func (r *run) site(ctx context.Context, name string, embedded bool, nodes int, settings ...string) (*site, error) {
	home, err := r.homes.make(ctx, name, embedded)
	if err != nil {
		return nil, err
	}
	s := &site{program: r.Program, home: home, nodes: nodes, settings: settings, token: "operator-of-the-benchmark-" + rand.Text()}
	if nodes > 1 {
		s.settings = append(s.settings, sharedSecrets()...)
	}
	if home.GroupBuy.Dialect() == sqldb.MySQL {
		s.database = r.homes.pid(ctx)
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	r.Log("server %s is ready after %.2f s, its profiles are at %s/debug/pprof/", name, s.child.took.Seconds(), s.child.private)
	return s, nil
}

// closeTime is for taking everything away, also after an interrupt.
const closeTime = time.Minute

func (r *run) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	var errs []error
	if r.Server != "" && r.shared != nil && r.shared.world != nil {
		errs = append(errs, r.shared.world.leave(ctx))
	}
	for _, s := range []*site{r.shared, r.apart, r.sqlite} {
		if s != nil {
			errs = append(errs, s.close())
		}
	}
	if r.hello != nil {
		errs = append(errs, r.hello.stop())
	}
	return errors.Join(append(errs, r.homes.drop(ctx))...)
}

// check looks at the invariants of every server of ours.
func (r *run) check(ctx context.Context) error {
	if r.Check == nil || r.Server != "" {
		r.report.Checks = append(r.report.Checks, Checked{Server: sharedServer, Summary: "the invariants were not looked at"})
		return nil
	}
	for name, s := range map[string]*site{sharedServer: r.shared, apartServer: r.apart, sqliteServer: r.sqlite} {
		if s == nil {
			continue
		}
		if err := s.quiet(ctx); err != nil {
			return err
		}
		summary, broken, err := r.Check(ctx, s.home)
		if err != nil {
			return fmt.Errorf("bench: check of server %s: %w", name, err)
		}
		r.report.Checks = append(r.report.Checks, Checked{name, summary, broken})
		r.report.Sound = r.report.Sound && len(broken) == 0
	}
	slices.SortFunc(r.report.Checks, func(a, b Checked) int { return strings.Compare(a.Server, b.Server) })
	return nil
}
