package groupbuy

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

// What product pages show of goods besides prices is the same for everybody who looks: the teams that strangers may join,
// and the statistics. The engine keeps it, so that a page that a thousand people open asks the store once.
const (
	// pageAge is how old an answer may be, for what other nodes change. Nothing is decided by it: a lock reads the team.
	pageAge = time.Second
	// Counting many teams and buyers takes a while. Beyond this many the last answer is told at once, although something
	// changed meanwhile, and counted again by one caller, after it has rested for so many times as long as the last such
	// count of any page took. Each page for itself would let a few large ones keep the database busy.
	manyCounted = 5_000
	countRest   = 10
	// spareTeams are kept beyond those that a page shows, in the place of those that a buyer sits in and of those that end.
	spareTeams = 20
	// maxPages bounds what is kept, at some kilobytes each. All are forgotten when there are more.
	maxPages = 10_000
)

// shelf is where a page's goods are on sale.
type shelf struct {
	partner  partner.ID
	activity activity.ID
	goods    activity.GoodsID
}

// pages keeps what pages show. It is safe for concurrent use.
type pages struct {
	store Reader
	show  func(team.Team) []byte
	clock func() time.Time

	mu   sync.RWMutex
	kept map[shelf]*page

	recount recount
}

// recount has large answers made again one at a time, and with a rest after each.
type recount struct {
	busy  atomic.Bool
	until atomic.Int64 // of the rest, in nanoseconds of this machine's clock
}

// begin says whether the caller may make one now; it must call end then.
func (r *recount) begin(now time.Time) bool {
	return now.UnixNano() >= r.until.Load() && r.busy.CompareAndSwap(false, true)
}

func (r *recount) end() { r.busy.Store(false) }

func (r *recount) rest(took time.Duration) {
	r.until.Store(time.Now().Add(countRest * took).UnixNano())
}

// page is what is kept of one shelf.
type page struct {
	changes    atomic.Int64 // commits of this process that changed a team of it
	teams      answer[listed]
	statistics answer[Statistics]
}

// listed are teams that strangers may join, at most so many.
type listed struct {
	teams []*OpenTeam
	limit int
}

func newPages(store Reader, show func(team.Team) []byte, clock func() time.Time) *pages {
	return &pages{store: store, show: show, clock: clock, kept: map[shelf]*page{}}
}

func (p *pages) of(s shelf) *page {
	p.mu.RLock()
	found := p.kept[s]
	p.mu.RUnlock()
	if found != nil {
		return found
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if found = p.kept[s]; found != nil {
		return found
	}
	if len(p.kept) >= maxPages {
		clear(p.kept)
	}
	found = &page{}
	p.kept[s] = found
	return found
}

// changed says that a commit of this process changed a team.
func (p *pages) changed(t team.Team) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if found := p.kept[shelf{t.Partner, t.Activity, t.Goods}]; found != nil {
		found.changes.Add(1)
	}
}

// teams lists those that strangers may join, the soonest to end first, up to a limit and some more.
func (p *pages) teams(ctx context.Context, s shelf, limit int) ([]*OpenTeam, error) {
	at := p.of(s)
	now := p.clock()
	limit += spareTeams
	usable := func(l listed) bool { return l.limit >= limit }
	got, err := at.teams.get(ctx, &at.changes, now, usable, nil, nil, func(ctx context.Context) (listed, error) {
		teams, err := p.store.OpenTeams(ctx, OpenTeamsQuery{Partner: s.partner, Activity: s.activity, Goods: s.goods, Now: now, Limit: limit})
		shown := make([]*OpenTeam, len(teams))
		for i, t := range teams {
			shown[i] = &OpenTeam{t, p.show(t)}
		}
		return listed{shown, limit}, err
	})
	return got.teams, err
}

func (p *pages) counts(ctx context.Context, s shelf) (Statistics, error) {
	at := p.of(s)
	large := func(c Statistics) bool { return c.TeamsOpened+c.Buyers > manyCounted }
	return at.statistics.get(ctx, &at.changes, p.clock(), nil, large, &p.recount, func(ctx context.Context) (Statistics, error) {
		return p.store.Statistics(ctx, s.activity, s.goods)
	})
}

// answer is what the store said last to one question.
type answer[V any] struct {
	asking sync.Mutex // held by who asks the store
	last   atomic.Pointer[told[V]]
}

type told[V any] struct {
	value   V
	at      time.Time // when it was asked for
	changes int64     // that were committed before that
	began   time.Time // of this machine
}

// get returns the last answer while it holds, and else asks. Usable says of an answer whether it is one to this question,
// large whether it may be told a while longer than it holds, until it is its turn; nil says always, and never.
func (a *answer[V]) get(ctx context.Context, changes *atomic.Int64, now time.Time, usable, large func(V) bool, turn *recount, ask func(context.Context) (V, error)) (V, error) {
	holds := func(t *told[V]) bool {
		return t != nil && (usable == nil || usable(t.value)) && t.changes == changes.Load() && now.Sub(t.at) < pageAge
	}
	came, last := time.Now(), a.last.Load()
	if holds(last) {
		return last.value, nil
	}
	if last != nil && large != nil && large(last.value) {
		if !turn.begin(came) {
			return last.value, nil
		}
		defer turn.end()
	}
	a.asking.Lock()
	defer a.asking.Unlock()
	// Who asked after this caller came saw all that the caller knows of, whatever has been committed since. Without it
	// callers would ask one after the other while a team changes all the time.
	if last = a.last.Load(); holds(last) || last != nil && last.began.After(came) && (usable == nil || usable(last.value)) {
		return last.value, nil
	}
	next := &told[V]{at: now, changes: changes.Load(), began: time.Now()}
	var err error
	if next.value, err = ask(ctx); err != nil {
		return next.value, err
	}
	if large != nil && large(next.value) {
		turn.rest(time.Since(next.began))
	}
	a.last.Store(next)
	return next.value, nil
}

// openTeams lists teams of one activity that a buyer may join: own ones as the store has them, the others as the page
// shows them.
func (e *Engine) openTeams(ctx context.Context, q OpenTeamsQuery) ([]*OpenTeam, error) {
	own, err := e.ownTeams(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("groupbuy: own open teams: %w", err)
	}
	if len(own) > spareTeams {
		own, err = e.OpenTeams(ctx, q)
		return plainly(own), err
	}
	others, err := e.pages.teams(ctx, shelf{q.Partner, q.Activity, q.Goods}, q.Limit)
	if err != nil {
		return nil, fmt.Errorf("groupbuy: open teams: %w", err)
	}
	teams := make([]*OpenTeam, 0, q.Limit)
	teams = append(teams, plainly(own)...)
	for _, t := range others {
		if len(teams) >= q.Limit {
			break
		}
		if t.ExpiresAt.After(q.Now) && !slices.ContainsFunc(own, func(o team.Team) bool { return o.ID == t.ID }) {
			teams = append(teams, t)
		}
	}
	return teams[:min(len(teams), q.Limit)], nil
}

// plainly lists teams that nothing is shared of.
func plainly(teams []team.Team) []*OpenTeam {
	listed := make([]*OpenTeam, len(teams))
	for i, t := range teams {
		listed[i] = &OpenTeam{Team: t}
	}
	return listed
}

// ownTeams asks the store each time: a buyer must see at once which teams are their own. Most visitors sit nowhere, and
// many share one question.
func (e *Engine) ownTeams(ctx context.Context, q OpenTeamsQuery) ([]team.Team, error) {
	if q.Buyer == "" {
		return nil, nil
	}
	sits, err := e.look(ctx, Visitor{q.Partner, q.Buyer, q.Goods})
	if err != nil || len(sits) == 0 {
		return nil, err
	}
	return e.Store.OwnTeams(ctx, q, sits)
}
