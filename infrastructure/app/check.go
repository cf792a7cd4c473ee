package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/invariant"
	"kaituan/infrastructure/mallstore"
)

// CheckReport is what a check found. What lies between the databases is in the mall's part.
type CheckReport struct {
	Engine, Mall     invariant.Report
	invariant.Result          // of both
	LeftOut          []string // what could not be looked at and why, for people
	Gateway          bool     // the sandbox's books were there to compare with
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
	return fmt.Sprintf("check: %s (both databases, %s)", verdict, gateway)
}

// underWay is how long a success at the gateway may be unknown here, and the other way about.
const underWay = 3 * time.Minute

// Check looks for violations over both databases and the sandbox's books. It leaves out what may be under way
// between them. Errors: a database that cannot be opened.
func Check(ctx context.Context, c config.Config) (CheckReport, error) {
	return checkOnce(ctx, c, liveCheck())
}

// SettledCheck is Check for a moment when nothing is under way: what only one side knows is a violation, once a few
// seconds do not mend it.
func SettledCheck(ctx context.Context, c config.Config) (CheckReport, error) {
	return checkOnce(ctx, c, settledCheck())
}

// patience is how long a check waits for one side to hear of the other.
type checkPatience struct {
	gateway time.Duration // since the provider had the money
	engine  time.Duration // since the last that happened to an order and its seat
	looks   invariant.Options
}

// engineLag is twice what the mall takes to ask the engine about a team of which no event came (order.TeamAfter).
const engineLag = 20 * time.Minute

func liveCheck() checkPatience {
	return checkPatience{gateway: underWay, engine: engineLag, looks: invariant.Options{Again: 2, Pause: time.Second}}
}

func settledCheck() checkPatience {
	return checkPatience{looks: invariant.Options{Again: 10, Pause: 500 * time.Millisecond}}
}

func checkOnce(ctx context.Context, c config.Config, p checkPatience) (report CheckReport, err error) {
	c.Role = config.RoleAll
	dbs, err := openExisting(ctx, c)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, dbs.close()) }()
	return newChecker(c, dbs, p).run(ctx)
}

// checker looks for violations over both databases and the sandbox's books.
type checker struct {
	config   config.Config
	dbs      databases
	engine   *groupbuystore.Store
	mall     *mallstore.Store
	endpoint partner.EndpointID // of the mall at the engine
	checkPatience
}

func newChecker(c config.Config, dbs databases, p checkPatience) *checker {
	return &checker{
		config: c, dbs: dbs, checkPatience: p, endpoint: mallEndpoint,
		engine: groupbuystore.New(dbs.groupbuy), mall: mallstore.New(dbs.mall, time.Now, nil),
	}
}

func (c *checker) run(ctx context.Context) (report CheckReport, err error) {
	if report.Engine, err = timed(func() (invariant.Result, error) {
		return invariant.Look(ctx, c.dbs.groupbuy, c.engine.Rules(time.Now()), c.looks)
	}); err != nil {
		return report, fmt.Errorf("check the engine: %w", err)
	}
	var leftOut []string
	report.Mall, err = timed(func() (found invariant.Result, err error) {
		for _, part := range []func(context.Context) (invariant.Result, error){c.books, c.events} {
			some, err := part(ctx)
			if err != nil {
				return found, err
			}
			found.Add(some)
		}
		some, missing, err := c.gatewayBooks(ctx)
		leftOut = missing
		found.Add(some)
		return found, err
	})
	report.Mall.LeftOut, report.Gateway = leftOut, len(leftOut) == 0
	if err != nil {
		return report, fmt.Errorf("check the mall: %w", err)
	}
	report.Add(report.Engine.Result)
	report.Add(report.Mall.Result)
	report.LeftOut = leftOut
	return report, nil
}

// timed makes a report of a look.
func timed(look func() (invariant.Result, error)) (r invariant.Report, err error) {
	r.StartedAt = time.Now()
	r.Result, err = look()
	r.Took = time.Since(r.StartedAt)
	return r, err
}

// books looks at the mall's own rows, and compares its orders with the seats at the engine.
func (c *checker) books(ctx context.Context) (invariant.Result, error) {
	now := time.Now()
	return invariant.Look(ctx, c.dbs.mall, append(c.mall.Rules(now), c.matchRule(now)), c.looks)
}
