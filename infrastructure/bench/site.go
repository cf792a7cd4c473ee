package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"kaituan/infrastructure/sqldb"
)

// site is one server with what the workloads play in. Somebody else's has neither process nor home.
type site struct {
	program  []string
	home     Home
	settings []string // of the environment
	token    string
	database int // process of the database server, 0: embedded or not known

	child  *child
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
	s.world, err = newWorld(ctx, s.child.public, s.token)
	return err
}

// start starts the server's process. It finds its data as the last one left it.
func (s *site) start(ctx context.Context) (err error) {
	program := append(append(s.program[:len(s.program):len(s.program)], "serve", "--listen", "127.0.0.1:0", "--private-listen", "127.0.0.1:0",
		"--demo-data", "false", "--log-level", "error"), s.home.flags()...)
	s.child, err = startChild(ctx, program, true, append(s.settings,
		"KAITUAN_OPERATOR_TOKEN="+s.token, "KAITUAN_MALL_SHIP_AFTER=12h", // what is formed stays so, to be seen
	)...)
	return err
}

// restart stops the server and starts it again.
func (s *site) restart(ctx context.Context) error {
	if err := s.child.stop(); err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
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
	if s.child != nil {
		errs = append(errs, s.child.stop())
	}
	return errors.Join(errs...)
}

// watch reads what everybody has used.
func (s *site) watch() usage {
	u := usage{client: processorTime(os.Getpid()), database: processorTime(s.database)}
	if s.child != nil {
		u.server = processorTime(s.child.pid())
	}
	return u
}

// memory is what the server holds, in megabytes; 0 is not known.
func (s *site) memory() int64 {
	if s.child == nil {
		return 0
	}
	return megabytes(s.child.pid())
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
