package enginetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

// The world of the tests: one partner, one activity over one goods.
const (
	mall  = partner.ID("mall")
	act   = activity.ID("act_1")
	tea   = activity.GoodsID("tea")
	green = activity.SKUID("green")
	app   = activity.Channel("app")
)

// env is one test's world.
type env struct {
	*testing.T
	ctx   context.Context
	nodes []groupbuy.Store
	count atomic.Int64
}

func newEnv(t *testing.T, nodes []groupbuy.Store) *env {
	return &env{T: t, ctx: t.Context(), nodes: nodes}
}

// store is the first node's.
func (e *env) store() groupbuy.Store { return e.nodes[0] }

func (e *env) next(prefix string) string { return fmt.Sprintf("%s%06d", prefix, e.count.Add(1)) }

// lock is a request of a buyer to open a team of two without limits. Tests change what they need.
func (e *env) lock(buyer activity.Buyer) team.Lock {
	return team.Lock{
		Key: team.Key{Partner: mall, OutTradeNo: e.next("order-")}, Activity: act, Goods: tea, SKU: green, Channel: app,
		Buyer: buyer, Quantity: 1, NewSeat: team.SeatID(e.next("seat_")), NewTeam: team.ID(e.next("team_")),
		Terms: team.Terms{
			Original: 1000, PayPrice: 800, Amount: 800, Plan: activity.Plan{Kind: activity.Reduce, Off: 200},
			Sizes: []int{2}, SeatTTL: 15 * time.Minute, Expiry: after(24 * time.Hour),
		},
	}
}

func after(d time.Duration) func(time.Time) time.Time {
	return func(openedAt time.Time) time.Time { return openedAt.Add(d) }
}

// lockIn is a request to join a team.
func (e *env) lockIn(id team.ID, buyer activity.Buyer) team.Lock {
	cmd := e.lock(buyer)
	cmd.Team = id
	return cmd
}

func settle(seat team.Seat) team.Settle {
	return team.Settle{Key: seat.Key, Amount: seat.Amount, PaidAt: seat.HeldAt, ProviderNo: "pay-" + seat.Key.OutTradeNo}
}

func release(seat team.Seat) team.Release { return team.Release{Key: seat.Key, Why: team.Cancelled} }

// batch carries out commands in one batch on a node.
func (e *env) batch(node int, cmds ...team.Command) []team.Outcome {
	return e.batchAt(node, 0, cmds...)
}

// batchAt decides commands as if the given time had passed.
func (e *env) batchAt(node int, passed time.Duration, cmds ...team.Command) []team.Outcome {
	var out []team.Outcome
	err := groupbuy.ErrUnavailable
	// On a busy machine a crowd waits for connections longer than a store lets it; a caller that is told so comes again.
	for try := 0; try < 20 && errors.Is(err, groupbuy.ErrUnavailable); try++ {
		err = e.nodes[node%len(e.nodes)].Batch(e.ctx, team.TouchOf(cmds), func(s *team.State, now time.Time) {
			out = team.Apply(s, cmds, now.Add(passed))
		})
	}
	if err != nil {
		e.Errorf("batch of %T: %v", cmds[0], err)
		return make([]team.Outcome, len(cmds))
	}
	return out
}

// try carries out one command; it may be refused.
func (e *env) try(cmd team.Command) team.Outcome { return e.batch(0, cmd)[0] }

// do carries out one command that must not be refused.
func (e *env) do(cmd team.Command) team.Outcome {
	e.Helper()
	out := e.try(cmd)
	require.Empty(e, out.Refusal)
	return out
}

// teamOf opens a team that its leader and the other buyers hold seats in, in this order.
func (e *env) teamOf(target int, buyers ...activity.Buyer) (team.ID, []team.Seat) {
	e.Helper()
	open := e.lock(buyers[0])
	open.Terms.Sizes = []int{target}
	return e.teamBy(open, buyers[1:]...)
}

// teamBy opens a team in which others hold seats too.
func (e *env) teamBy(open team.Lock, others ...activity.Buyer) (team.ID, []team.Seat) {
	e.Helper()
	first := e.do(open)
	seats := []team.Seat{first.Seat}
	for _, buyer := range others {
		seats = append(seats, e.do(e.joinOf(open, first.Team.ID, buyer)).Seat)
	}
	return first.Team.ID, seats
}

// joinOf is a request to join a team under the prices of the one who opened it.
func (e *env) joinOf(open team.Lock, id team.ID, buyer activity.Buyer) team.Lock {
	join := e.lockIn(id, buyer)
	join.Terms.TierPrices = open.Terms.TierPrices
	return join
}

// tiered is a request to open a team that forms with two people at 8.00 and goes on to three at 7.00 and four at 5.00.
func (e *env) tiered(buyer activity.Buyer) team.Lock {
	cmd := e.lock(buyer)
	cmd.Terms.Sizes, cmd.Terms.TierPrices = []int{2, 3, 4}, []money.Fen{800, 700, 500}
	return cmd
}

func (e *env) settleAll(seats []team.Seat) {
	e.Helper()
	for _, seat := range seats {
		e.do(settle(seat))
	}
}

// concurrently carries out each command in a batch of its own, all at once, spread over the nodes.
func (e *env) concurrently(cmds ...team.Command) []team.Outcome {
	jobs := make([]job, len(cmds))
	for i, cmd := range cmds {
		jobs[i] = e.job(0, cmd)
	}
	return race(jobs...)
}

// job is one side of a race, to be run on the numbered node.
type job func(node int) team.Outcome

func (e *env) job(passed time.Duration, cmd team.Command) job {
	return func(node int) team.Outcome { return e.batchAt(node, passed, cmd)[0] }
}

// race runs jobs at the same moment, as well as a machine can.
func race(jobs ...job) []team.Outcome {
	outcomes := make([]team.Outcome, len(jobs))
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i, run := range jobs {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			outcomes[i] = run(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return outcomes
}

// inTx runs fn in a transaction of the first node that must commit.
func (e *env) inTx(fn func(tx groupbuy.Tx) error) {
	e.Helper()
	require.NoError(e, e.store().InTx(e.ctx, func(_ context.Context, tx groupbuy.Tx) error { return fn(tx) }))
}

// openStock limits the SKU that all tests sell.
func (e *env) openStock(pieces int) {
	e.Helper()
	e.inTx(func(tx groupbuy.Tx) error {
		return tx.OpenStock(act, []activity.Stock{{Goods: tea, SKU: green, Pieces: pieces}})
	})
}

// requireTeam checks a team's state and counters, and returns it with its seats.
func (e *env) requireTeam(id team.ID, status team.Status, held, paid int) (team.Team, []team.Seat) {
	e.Helper()
	t, seats, err := e.store().Team(e.ctx, mall, id)
	require.NoError(e, err)
	require.Equal(e, status, t.Status)
	require.Equal(e, held, t.Held, "held")
	require.Equal(e, paid, t.Paid, "paid")
	return t, seats
}

func (e *env) requireSeat(key team.Key, status team.SeatStatus) team.Seat {
	e.Helper()
	seat, _, err := e.store().Seat(e.ctx, key)
	require.NoError(e, err)
	require.Equal(e, status, seat.Status)
	return seat
}

// events lists the types of all events so far, those of teams and seats as "type subject".
func (e *env) events() []string {
	e.Helper()
	list, err := e.store().Events(e.ctx, groupbuy.EventQuery{Partner: mall, Limit: 10_000})
	require.NoError(e, err)
	var out []string
	for _, event := range list {
		switch {
		case event.Seat != nil:
			out = append(out, event.Type+" "+string(event.Seat.Buyer))
		case event.Team != nil:
			out = append(out, event.Type+" "+string(event.Team.Leader))
		default:
			out = append(out, event.Type)
		}
	}
	return out
}

// eventsOf counts the events of a type.
func (e *env) eventsOf(kind team.EventType) (n int) {
	e.Helper()
	for _, event := range e.events() {
		if strings.HasPrefix(event+" ", string(kind)+" ") {
			n++
		}
	}
	return n
}

// requireSound runs the invariants of `kaituan check`.
func (e *env) requireSound() {
	e.Helper()
	checker, ok := e.store().(groupbuy.Checker)
	require.True(e, ok, "the store is no groupbuy.Checker")
	found, err := checker.Violations(context.WithoutCancel(e.ctx), time.Now())
	require.NoError(e, err)
	require.Empty(e, found)
}

// tally counts outcomes by refusal; replays count as "replayed".
func tally(outcomes []team.Outcome) map[team.Reason]int {
	counts := map[team.Reason]int{}
	for _, out := range outcomes {
		if out.Replayed {
			counts["replayed"]++
		} else {
			counts[out.Refusal]++
		}
	}
	return counts
}
