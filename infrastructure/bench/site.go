package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"kaituan/api/sign"
	"kaituan/infrastructure/seal"
	"kaituan/infrastructure/sqldb"
)

// site is one server with what the workloads play in. Somebody else's has neither process nor home.
type site struct {
	program  []string
	home     Home
	settings []string // of the environment
	nodes    int      // processes
	token    string
	database int // process of the database server, 0: embedded or not known

	child  *child
	others []*child  // nodes beside it that serve the engine
	engine *sqldb.DB // nil: out of reach
	mall   *sqldb.DB
	world  *world
}

// settle is how long the server may work off what the last workload left behind, before the next one.
const settleTime = 60 * time.Second

// open starts the server and prepares it.
func (s *site) open(ctx context.Context) (err error) {
	if err := s.start(ctx); err != nil {
		return err
	}
	if s.engine, err = sqldb.Open(ctx, s.home.GroupBuy, sqldb.WithLog(silent())); err != nil {
		return err
	}
	if s.mall, err = sqldb.Open(ctx, s.home.Mall, sqldb.WithLog(silent())); err != nil {
		return err
	}
	if s.world, err = newWorld(ctx, s.child.public, s.token, partnerID); err != nil || len(s.others) == 0 {
		return err
	}
	s.world.nodes = s.addresses()
	time.Sleep(hearsay)
	return nil
}

// hearsay is how long a node may take to hear what was configured at another one.
const hearsay = 3 * time.Second

func (s *site) addresses() (list []string) {
	for _, c := range s.children() {
		list = append(list, host(c.public))
	}
	return list
}

// start starts the server's process, and its other nodes once it is ready. It finds its data as the last one left it.
func (s *site) start(ctx context.Context) (err error) {
	if s.child, err = s.process(ctx); err != nil {
		return err
	}
	for len(s.others) < s.nodes-1 {
		other, err := s.process(ctx, "KAITUAN_ROLE=groupbuy", "KAITUAN_PUBLIC_URL="+s.child.public, "KAITUAN_MALL_WEBHOOK_URL="+s.child.public)
		if err != nil {
			return err
		}
		s.others = append(s.others, other)
	}
	return nil
}

func (s *site) process(ctx context.Context, settings ...string) (*child, error) {
	program := slices.Concat(s.program, []string{
		"serve", "--listen", "127.0.0.1:0", "--private-listen", "127.0.0.1:0", "--demo-data", "false", "--log-level", "error",
	}, s.home.flags())
	return startChild(ctx, program, true, slices.Concat(s.settings, settings, []string{
		"KAITUAN_OPERATOR_TOKEN=" + s.token, "KAITUAN_MALL_SHIP_AFTER=12h", // what is formed stays so, to be seen
	})...)
}

// sharedSecrets are what several processes must agree on.
func sharedSecrets() []string {
	return []string{
		"KAITUAN_GROUPBUY_KEY_ID=key_" + rand.Text(), "KAITUAN_GROUPBUY_KEY_SECRET=" + rand.Text() + rand.Text(),
		"KAITUAN_GROUPBUY_WEBHOOK_SECRET=" + sign.NewSecret(), "KAITUAN_GROUPBUY_SEAL_KEYS=" + seal.NewKey(),
	}
}

// restart stops the server and starts it again.
func (s *site) restart(ctx context.Context) error {
	if err := s.child.stop(); err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	if len(s.others) > 0 {
		s.world.nodes = s.addresses()
	}
	return s.world.move(s.child.public)
}

func (s *site) close() error {
	var errs []error
	if s.world != nil {
		s.world.close()
	}
	for _, db := range []*sqldb.DB{s.engine, s.mall} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	for _, c := range s.children() {
		errs = append(errs, c.stop())
	}
	return errors.Join(errs...)
}

// watch reads what everybody has used.
func (s *site) watch() usage {
	u := usage{client: processorTime(os.Getpid()), database: processorTime(s.database)}
	for _, c := range s.children() {
		u.server = together(u.server, processorTime(c.pid()))
	}
	return u
}

// children are the server's processes that were started.
func (s *site) children() []*child {
	if s.child == nil {
		return nil
	}
	return append([]*child{s.child}, s.others...)
}

// memory is what the largest of the server's processes holds, in megabytes; 0 is not known.
func (s *site) memory() (most int64) {
	for _, c := range s.children() {
		most = max(most, megabytes(c.pid()))
	}
	return most
}

// quiet waits until nothing is under way, so that a workload does not pay for the one before. Error: something is, for
// too long.
func (s *site) quiet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for still := 0; ; {
		left, err := s.unsent(ctx)
		if still++; err != nil || left > 0 {
			still = 0
		}
		if still == 2 { // a message of one side makes one of the other, which the first look may have come too early for
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("bench: %d messages wait after %s: %w", left, settleTime, errors.Join(err, ctx.Err()))
		}
	}
}

func (s *site) unsent(ctx context.Context) (left int64, err error) {
	for _, db := range []*sqldb.DB{s.mall, s.engine} {
		if db == nil {
			continue
		}
		var n int64
		if err := db.Read(ctx).Raw("SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL AND dead_at IS NULL").Row().Scan(&n); err != nil {
			return left, fmt.Errorf("bench: count unsent messages: %w", err)
		}
		left += n
	}
	return left, nil
}
