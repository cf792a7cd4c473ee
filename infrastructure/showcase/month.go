package showcase

import (
	"container/heap"
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/order"
)

// month is the past while it happens.
type month struct {
	*Stage
	rng        *mathrand.Rand
	begin, end time.Time
	agenda     agenda
	deals      map[string]deal
	activities map[string]order.ActivityID
	people     []mall.Actor
	visitor    mall.Actor // who the demo login belongs to
	guests     int        // signed up so far
	orders     int
}

// The same past at each first start.
const seedHigh, seedLow = 20, 26

// Play lets the past happen, from what the clock shows to the end, and leaves the clock there. It works on a shelf that
// Stock has just filled. What is cut short is true as far as it went. Errors: ctx's, and whatever fails but the no's
// that buyers are told.
func (s *Stage) Play(ctx context.Context, end time.Time) error {
	m := &month{Stage: s, rng: mathrand.New(mathrand.NewPCG(seedHigh, seedLow)), begin: s.Clock.Now(), end: end} //nolint:gosec // G404: no secret
	m.deals, m.activities = map[string]deal{}, map[string]order.ActivityID{}
	known, err := s.known(ctx)
	if err != nil {
		return err
	}
	for _, d := range deals() {
		m.deals[string(d.product)] = d
		m.activities[d.name] = order.ActivityID(known[d.name].ID)
	}
	if err := m.invite(ctx); err != nil {
		return err
	}
	m.plan()
	m.script()
	if err := m.pass(ctx); err != nil {
		return err
	}
	s.Clock.Set(end)
	return m.work(ctx, event{})
}

// invite signs everybody up.
func (m *month) invite(ctx context.Context) error {
	for i, name := range nicknames() {
		who, err := m.signUp(ctx, fmt.Sprintf("regular-%d@kaituan.example", i+1), rand.Text(), name)
		if err != nil {
			return err
		}
		m.people = append(m.people, who)
	}
	var err error
	m.visitor, err = m.signUp(ctx, DemoLogin, DemoPassword, demoName)
	return err
}

func (m *month) signUp(ctx context.Context, login, password, name string) (mall.Actor, error) {
	in, err := m.Shop.SignUp(ctx, account.Registration{Login: login, Password: password, Nickname: name}, "")
	if err != nil {
		return mall.Actor{}, fmt.Errorf("sign up %s: %w", name, err)
	}
	return mall.Actor{Account: in.Account.ID, Role: account.Buyer}, nil
}

// guest is somebody who has never bought here.
func (m *month) guest(ctx context.Context) (mall.Actor, error) {
	names := guests()
	m.guests++
	return m.signUp(ctx, fmt.Sprintf("guest-%d@kaituan.example", m.guests), rand.Text(), names[m.guests%len(names)])
}

// event is something that happens at an instant; without do it is the jobs' turn.
type event struct {
	at time.Time
	do func(ctx context.Context) error
}

// agenda is a heap of what is to happen, the next thing first.
type agenda []event

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }

// Push implements heap.Interface.
func (a *agenda) Push(e any) { *a = append(*a, e.(event)) }

// Pop implements heap.Interface.
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// at puts something on the agenda. What would be after the end stays undone.
func (m *month) at(when time.Time, do func(ctx context.Context) error) {
	if when.Before(m.end) {
		heap.Push(&m.agenda, event{when, do})
	}
}

func (m *month) in(wait time.Duration, do func(ctx context.Context) error) {
	m.at(m.Clock.Now().Add(wait), do)
}

// pass carries out the agenda, with the work that comes of it.
func (m *month) pass(ctx context.Context) error {
	for len(m.agenda) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := heap.Pop(&m.agenda).(event)
		if e.at.After(m.Clock.Now()) {
			m.Clock.Set(e.at)
		}
		if err := m.work(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// work lets an event happen, with all that comes of it at once.
func (m *month) work(ctx context.Context, e event) error {
	if e.do == nil {
		e.do = m.Sweep
	}
	if err := e.do(ctx); err != nil {
		return err
	}
	return m.Relay(ctx)
}

// Opening hours: people buy in the daytime of UTC+08:00.
const firstHour, hours = 0, 15 // of UTC

// sweepEvery is how often parcels leave; jobs that run each second of a month would take their time.
const sweepEvery = 6 * time.Hour

// plan draws who opens teams, and who buys alone, on each day.
func (m *month) plan() {
	for at := m.begin; at.Before(m.end); at = at.Add(sweepEvery) {
		m.at(at, nil)
	}
	for day := m.begin; day.Before(m.end); day = day.AddDate(0, 0, 1) {
		grown := 0.35 + 0.45*float64(day.Sub(m.begin))/float64(Past) // the shop becomes known
		for _, d := range deals() {
			if day.Before(d.opens(m.begin)) || !day.Before(d.ends(m.begin)) {
				continue
			}
			for range int(m.Bustle * (d.daily*grown + m.rng.Float64())) {
				m.at(m.some(day), func(ctx context.Context) error { return m.open(ctx, d, m.drawSize(d)) })
			}
		}
		for range int(m.Bustle * float64(m.rng.IntN(2))) {
			m.at(m.some(day), m.buyAlone)
		}
	}
}

// some is an instant of a day on which people are awake.
func (m *month) some(day time.Time) time.Time {
	midnight := day.Truncate(24 * time.Hour)
	return midnight.Add(firstHour*time.Hour + time.Duration(m.rng.Int64N(int64(hours*time.Hour))))
}

// drawSize is how many people come together, the one who opens the team included.
func (m *month) drawSize(d deal) int {
	switch {
	case d.product == "paper-lamp": // the only one with tiers
		return 1 + m.rng.IntN(6)
	case d.loved || m.rng.Float64() < 0.8:
		return d.size
	}
	return 1 + m.rng.IntN(d.size-1)
}

func (m *month) somebody() mall.Actor { return m.people[m.rng.IntN(len(m.people))] }

func (m *month) between(least, most time.Duration) time.Duration {
	return least + time.Duration(m.rng.Int64N(int64(most-least)))
}
