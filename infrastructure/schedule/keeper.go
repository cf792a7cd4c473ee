package schedule

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"kaituan/infrastructure/sqldb"
)

// keeper gets and keeps the leases of one database. All of its writes are one commit per beat, whatever the number of
// jobs and their pace.
type keeper struct {
	leases  leases
	options Options
	log     *slog.Logger
	runners map[string]*runner
	names   []string

	registered bool
	seen       map[string]sighting
	lastBeat   time.Time

	once sync.Once
	quit chan struct{}
	done chan struct{}
}

// sighting is when a lease was first seen as it is.
type sighting struct {
	fence, beat int64
	at          time.Time
}

func newKeeper(db *sqldb.DB, options Options) *keeper {
	return &keeper{
		leases: leases{db: db, node: options.Node}, options: options, log: options.Log,
		runners: map[string]*runner{}, seen: map[string]sighting{},
		quit: make(chan struct{}), done: make(chan struct{}),
	}
}

func (k *keeper) add(r *runner) {
	k.runners[r.job.Name] = r
	k.names = append(k.names, r.job.Name)
}

func (k *keeper) start() {
	go func() {
		defer close(k.done)
		tick := time.NewTicker(k.options.Look)
		defer tick.Stop()
		for {
			k.round()
			select {
			case <-tick.C:
			case <-k.quit:
				return
			}
		}
	}()
}

// stop ends the rounds and gives the leases up. Errors: those of the database; the leases then run out.
func (k *keeper) stop(ctx context.Context) (err error) {
	k.once.Do(func() {
		close(k.quit)
		select {
		case <-k.done:
		case <-ctx.Done(): // the database hangs
		}
		err = k.giveUp(ctx)
	})
	return err
}

// giveUpWithin bounds the last words to a database, also when the caller has no time left.
const giveUpWithin = 2 * time.Second

func (k *keeper) giveUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveUpWithin)
	defer cancel()
	mine := k.held()
	if len(mine) == 0 {
		return nil
	}
	_, err := k.leases.keep(ctx, "", mine)
	for _, h := range mine {
		k.runners[h.name].lost(h.fence)
	}
	return err
}

// round looks at the leases once. A database that is away is asked again at the next round, within a lease's term.
func (k *keeper) round() {
	ctx, cancel := context.WithTimeout(context.Background(), k.options.Term)
	defer cancel()
	if err := k.look(ctx); err != nil {
		k.log.Warn("leases of jobs cannot be kept", "error", err)
	}
}

func (k *keeper) look(ctx context.Context) error {
	first := !k.registered
	if first {
		for _, name := range k.names {
			if err := k.leases.register(ctx, k.runners[name].job); err != nil {
				return err
			}
		}
		k.registered = true
	}
	if err := k.follow(ctx, first); err != nil {
		return err
	}
	if now := time.Now(); now.Sub(k.lastBeat) >= k.options.Beat {
		if err := k.beat(ctx, now); err != nil {
			return err
		}
		k.lastBeat = now
		k.count(ctx)
	}
	return nil
}

// follow learns which leases were lost and takes those that are free.
func (k *keeper) follow(ctx context.Context, first bool) error {
	asked := time.Now()
	rows, err := k.leases.all(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		r := k.runners[row.Name]
		if r == nil {
			continue // of another version of the program
		}
		mine, _ := r.state()
		if mine == row.Fence && mine > 0 {
			continue
		}
		if mine > 0 {
			r.lost(mine)
		}
		if !k.free(row, asked, first) {
			continue
		}
		taken, err := k.leases.take(ctx, row)
		if err != nil {
			return err
		}
		if taken {
			r.lead(row.Fence+1, asked.Add(k.options.Term), row.record())
			k.log.Info("job taken over", "job", row.Name, "fence", row.Fence+1, "from", row.Holder)
		}
	}
	return nil
}

// free says whether a lease may be taken: it was given up, or its holder's beat has stood still for the term as far as
// this node has seen. What bears this node's own name when it starts is its predecessor's, whose place it has taken.
func (k *keeper) free(row row, now time.Time, first bool) bool {
	last, known := k.seen[row.Name]
	if !known || last.fence != row.Fence || last.beat != row.Beat {
		last = sighting{row.Fence, row.Beat, now}
		k.seen[row.Name] = last
	}
	return row.Holder == "" || first && row.Holder == k.options.Node || now.Sub(last.at) >= k.options.Term
}

// held lists the leases that this node believes to hold.
func (k *keeper) held() (mine []held) {
	for _, name := range k.names {
		if fence, rec := k.runners[name].state(); fence > 0 {
			mine = append(mine, held{name: name, fence: fence, record: rec})
		}
	}
	return mine
}

// beat keeps the leases. Their term counts from before the database was asked.
func (k *keeper) beat(ctx context.Context, now time.Time) error {
	mine := k.held()
	if len(mine) == 0 {
		return nil
	}
	lost, err := k.leases.keep(ctx, k.leases.node, mine)
	if err != nil {
		return err
	}
	for _, h := range lost {
		k.runners[h.name].lost(h.fence)
	}
	for _, h := range mine {
		k.runners[h.name].kept(h.fence, now.Add(k.options.Term))
	}
	return nil
}

// count measures what waits for the jobs that this node leads; the next beat tells it. It may not delay that.
func (k *keeper) count(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, k.options.Beat/2)
	defer cancel()
	for _, h := range k.held() {
		r := k.runners[h.name]
		if r.job.Backlog == nil {
			continue
		}
		n, err := r.job.Backlog(ctx)
		if err != nil {
			k.log.Warn("backlog of a job not counted", "job", h.name, "error", err)
			n = -1
		}
		r.setBacklog(n)
	}
}
