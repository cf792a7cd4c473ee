package groupbuy_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
	"kaituan/money"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What every test sells.
const (
	mall  = partner.ID("mall")
	tea   = activity.GoodsID("tea")
	green = activity.SKUID("green")
	app   = activity.Channel("app")
)

// world is one partner's engine on a real database, with a clock that stands still unless it is moved.
type world struct {
	*testing.T
	*groupbuy.Engine
	ctx    context.Context
	db     *sqldb.DB
	faults *faults
	sender *sender
	clock  *clock
	crowd  *crowd
	count  *atomic.Int64
	wakes  *atomic.Int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, sqldbtest.Open(t, sqldb.GroupBuy))
}

// onEach runs a test on SQLite and on MySQL.
func onEach(t *testing.T, run func(w *world)) {
	t.Helper()
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) { run(newWorldOn(t, db)) })
}

func newWorldOn(t *testing.T, db *sqldb.DB) *world {
	t.Helper()
	w := &world{
		T: t, ctx: t.Context(), db: db, sender: &sender{}, crowd: &crowd{}, clock: &clock{now: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)},
		count: new(atomic.Int64), wakes: new(atomic.Int64),
	}
	w.Engine, w.faults = w.engineOn(db)
	_, err := w.PutPartner(w.ctx, mall, "Mall")
	require.NoError(t, err)
	w.putGoods(tea, 100_00)
	return w
}

func (w *world) engineOn(db *sqldb.DB) (*groupbuy.Engine, *faults) {
	store := &faults{Store: groupbuystore.New(db, groupbuystore.WithClock(w.clock.Now))}
	return groupbuy.New(groupbuy.Deps{
		Store: store, Sender: w.sender, Encoder: encoder{}, Schedule: schedule, IDs: w, Secrets: w, Clock: w.clock.Now, Crowd: w.crowd,
		Log: slog.New(slog.DiscardHandler), Wake: func() { w.wakes.Add(1) },
	}), store
}

// secondNode is another process over the same database.
func (w *world) secondNode() *groupbuy.Engine {
	w.Helper()
	engine, _ := w.engineOn(sqldbtest.Connect(w.T, w.db.DSN()))
	return engine
}

func (w *world) next(prefix string) string { return fmt.Sprintf("%s%06d", prefix, w.count.Add(1)) }

// New, KeySecret and WebhookSecret are the engine's small ports.
func (w *world) New(prefix string) string { return w.next(prefix) }

func (w *world) KeySecret() string { return w.next("secret-") }

func (w *world) WebhookSecret() string { return w.next("whsec_") }

type encoder struct{}

func (encoder) Encode(e groupbuy.Event) ([]byte, error) { return []byte(e.Type), nil }

// schedule allows three attempts, a minute and then an hour apart.
func schedule(attempts int) (time.Duration, bool) {
	waits := []time.Duration{0, time.Minute, time.Hour}
	if attempts >= len(waits) {
		return 0, false
	}
	return waits[attempts], true
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// faults is the real store with a line that a test can cut.
type faults struct {
	groupbuy.Store
	noConfig  atomic.Bool // Config fails
	noVersion atomic.Bool // ConfigVersion fails
	noBatch   atomic.Pointer[team.ID]
	poisoned  atomic.Pointer[map[team.ID]bool] // Batch fails for these too
	configs   atomic.Int64                     // how often Config was read
	onDue     func()                           // what happens once DueTeams has answered
}

func (f *faults) Config(ctx context.Context) (groupbuy.Config, error) {
	f.configs.Add(1)
	if f.noConfig.Load() {
		return groupbuy.Config{}, groupbuy.ErrUnavailable
	}
	return f.Store.Config(ctx)
}

func (f *faults) DueTeams(ctx context.Context, q groupbuy.DueQuery) ([]groupbuy.Due[team.ID], error) {
	due, err := f.Store.DueTeams(ctx, q)
	if f.onDue != nil {
		f.onDue()
	}
	return due, err
}

func (f *faults) ConfigVersion(ctx context.Context) (int64, error) {
	if f.noVersion.Load() {
		return 0, groupbuy.ErrUnavailable
	}
	return f.Store.ConfigVersion(ctx)
}

// Batch fails once it has read the team that noBatch names.
func (f *faults) Batch(ctx context.Context, touch team.Touch, decide func(s *team.State, now time.Time)) error {
	if f.noBatch.Load() == nil && f.poisoned.Load() == nil {
		return f.Store.Batch(ctx, touch, decide)
	}
	for _, id := range touch.Teams {
		if f.bad(id) {
			return groupbuy.ErrUnavailable
		}
	}
	for _, key := range touch.Seats {
		if seat, _, err := f.Seat(ctx, key); err == nil && f.bad(seat.Team) {
			return groupbuy.ErrUnavailable
		}
	}
	return f.Store.Batch(ctx, touch, decide)
}

func (f *faults) bad(id team.ID) bool {
	one, many := f.noBatch.Load(), f.poisoned.Load()
	return one != nil && id == *one || many != nil && (*many)[id]
}

// sender answers with what the test scripted, and delivers when nothing is left of it.
type sender struct {
	mu     sync.Mutex
	script []groupbuy.Receipt
	posts  []groupbuy.Post
	during func() // what happens while a post is under way
}

func (s *sender) CheckURL(url string) error {
	if !strings.HasPrefix(url, "https://") {
		return errors.New("want https")
	}
	return nil
}

func (s *sender) Send(_ context.Context, post groupbuy.Post) groupbuy.Receipt {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts = append(s.posts, post)
	if s.during != nil {
		s.during()
	}
	if len(s.script) == 0 {
		return groupbuy.Receipt{Delivered: true, StatusCode: 200}
	}
	receipt := s.script[0]
	s.script = s.script[1:]
	return receipt
}

func (w *world) putGoods(id activity.GoodsID, price money.Fen) {
	w.Helper()
	_, err := w.PutGoods(w.ctx, activity.Goods{Partner: mall, ID: id, Name: string(id), SKUs: []activity.SKU{{ID: green, Name: "green", OriginalPrice: price}}})
	require.NoError(w, err)
}

// draft is a team of two at 80.00, for a day from an hour ago.
func (w *world) draft(name string) activity.Activity {
	a, now := activity.Blank(), w.clock.Now()
	a.Partner, a.Name, a.Goods, a.TeamSize = mall, name, []activity.GoodsID{tea}, 2
	a.Rules = []activity.Rule{{Plan: activity.Plan{Kind: activity.Reduce, Off: 20_00}}}
	a.StartsAt, a.EndsAt = now.Add(-time.Hour), now.Add(23*time.Hour)
	return a
}

// publish makes an activity live. change may alter the draft before; nil leaves it.
func (w *world) publish(change func(a *activity.Activity)) activity.ID {
	w.Helper()
	a := w.draft(w.next("activity "))
	if change != nil {
		change(&a)
	}
	created, err := w.CreateActivity(w.ctx, a)
	require.NoError(w, err)
	_, err = w.PublishActivity(w.ctx, created.ID)
	require.NoError(w, err)
	return created.ID
}

// request asks to open a team.
func (w *world) request(id activity.ID, buyer activity.Buyer) groupbuy.LockRequest {
	return groupbuy.LockRequest{
		OutTradeNo: w.next("order-"), Activity: id, Goods: tea, SKU: green, Channel: app, Buyer: buyer, Quantity: 1,
	}
}

func (w *world) lock(req groupbuy.LockRequest) team.Outcome {
	w.Helper()
	out, err := w.Lock(w.ctx, mall, req)
	require.NoError(w, err)
	return out
}

func (w *world) open(id activity.ID, buyer activity.Buyer) team.Outcome {
	w.Helper()
	return w.lock(w.request(id, buyer))
}

func (w *world) join(in team.Team, buyer activity.Buyer) team.Outcome {
	w.Helper()
	req := w.request(in.Activity, buyer)
	req.Team = in.ID
	return w.lock(req)
}

func payment(seat team.Seat) groupbuy.Payment {
	return groupbuy.Payment{Amount: seat.Amount, PaidAt: seat.HeldAt, ProviderNo: "pay-" + seat.Key.OutTradeNo}
}

func (w *world) pay(seat team.Seat) team.Outcome {
	w.Helper()
	out, err := w.Settle(w.ctx, mall, seat.Key.OutTradeNo, payment(seat))
	require.NoError(w, err)
	return out
}

// refused checks that an error is the engine's refusal of that code.
func (w *world) refused(err error, code groupbuy.Code) {
	w.Helper()
	_ = w.refusal(err, code)
}

// refusal is refused for those who look further.
func (w *world) refusal(err error, code groupbuy.Code) *groupbuy.Error {
	w.Helper()
	var refusal *groupbuy.Error
	require.ErrorAs(w, err, &refusal)
	require.Equal(w, code, refusal.Code, refusal.Error())
	return refusal
}

func (w *world) requireTeam(id team.ID, status team.Status, held, paid int) team.Team {
	w.Helper()
	t, _, err := w.Team(w.ctx, mall, id)
	require.NoError(w, err)
	require.Equal(w, status, t.Status)
	require.Equal(w, [2]int{held, paid}, [2]int{t.Held, t.Paid}, "held and paid")
	return t
}

func (w *world) requireSeat(key team.Key, status team.SeatStatus) team.Seat {
	w.Helper()
	seat, _, err := w.Seat(w.ctx, mall, key.OutTradeNo)
	require.NoError(w, err)
	require.Equal(w, status, seat.Status)
	return seat
}

// requireSound runs the invariants of `kaituan check`, except that messages are sent: no relay runs here.
func (w *world) requireSound() {
	w.Helper()
	checker, ok := w.faults.Store.(groupbuy.Checker)
	require.True(w, ok)
	found, err := checker.Violations(w.ctx, w.clock.Now())
	require.NoError(w, err)
	require.Empty(w, slices.DeleteFunc(found, func(v groupbuy.Violation) bool { return v.Invariant == "I11" }))
}

// replayed checks that an answer is an earlier one, given again.
func (w *world) replayed(first, again team.Outcome) {
	w.Helper()
	require.True(w, again.Replayed)
	first.Seat.Version = again.Seat.Version // only the stored row knows it
	require.Equal(w, first.Seat, again.Seat)
}

// events lists the types of the partner's events so far.
func (w *world) events() []string {
	w.Helper()
	list, err := w.Events(w.ctx, mall, "", 1000)
	require.NoError(w, err)
	types := make([]string, len(list))
	for i, e := range list {
		types[i] = e.Type
	}
	return types
}

// atOnce runs fn n times at the same moment, as well as a machine can.
func atOnce(n int, fn func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			fn(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}
