package bench

import (
	"fmt"
	"sync"
)

// mixed does what partners do all day: of ten seats that are opened seven are paid and stay, two are given up unpaid, and
// one is paid and refunded.
func mixed(b *book, places []place) turns {
	return func(number int) play {
		return inSteps(func(n int) step {
			return fated(b, n, func(c *worker) (promise, error) {
				seat, _, err := c.lock(b, places[(number+n)%len(places)], "")
				return seat, err
			})
		})
	}
}

// table is a team that several connections fill at once.
type table struct {
	mu    sync.Mutex
	team  string
	tries int // of those who want a seat in it
}

// rush has four connections at a time, each of another node if there are several, want the three seats of one team, and
// pay for them, give them up and refund them at once.
func rush(b *book, at place) turns {
	var mu sync.Mutex
	tables := map[int]*table{}
	return func(number int) play {
		mu.Lock()
		defer mu.Unlock()
		t := tables[number/(smallTeam+1)]
		if t == nil {
			t = &table{tries: smallTeam + 1}
			tables[number/(smallTeam+1)] = t
		}
		return inSteps(func(n int) step {
			return fated(b, number+n, func(c *worker) (promise, error) { return t.sit(c, b, at) })
		})
	}
}

// sit takes a seat in the table's team, or opens the next one when enough have tried.
func (t *table) sit(c *worker, b *book, at place) (promise, error) {
	t.mu.Lock()
	if t.tries > smallTeam {
		defer t.mu.Unlock() // nobody can join before the team is open
		seat, opened, err := c.lock(b, at, "")
		if err == nil {
			t.team, t.tries = opened, 1
		}
		return seat, err
	}
	t.tries++
	team := t.team
	t.mu.Unlock()
	seat, _, err := c.lock(b, at, team)
	return seat, err
}

// step is one call of several that follow each other; it tells the next one, nil after the last.
type step func(c *worker) (next step, err error)

// inSteps plays one step at a time, and begins the n-th time when the last one ended.
func inSteps(begin func(n int) step) play {
	n := 0
	var next step
	return func(c *worker) (err error) {
		if next == nil {
			n++
			next = begin(n)
		}
		next, err = next(c)
		return err
	}
}

// fated takes a seat of which n says what becomes.
func fated(b *book, n int, take func(c *worker) (promise, error)) step {
	return func(c *worker) (step, error) {
		seat, err := take(c)
		switch {
		case err != nil:
			return nil, err
		case n%5 == 0:
			return changing(b, seat, "released", "/release", nil, nil), nil
		case n%10 == 9:
			refund := fmt.Appendf(nil, `{"out_request_no":"rf-%s"}`, seat.outTradeNo)
			confirm := changing(b, seat, "refunded", "/refunds/rf-"+seat.outTradeNo+"/confirm", nil, nil)
			return paying(b, seat, changing(b, seat, "refunding", "/refunds", refund, confirm)), nil
		default:
			return paying(b, seat, nil), nil
		}
	}
}

func paying(b *book, seat promise, next step) step {
	return func(c *worker) (step, error) {
		_, err := c.settle(b, seat)
		return unless(err, next), err
	}
}

func changing(b *book, seat promise, status, call string, body []byte, next step) step {
	return func(c *worker) (step, error) {
		_, err := c.change(b, seat, status, call, body)
		return unless(err, next), err
	}
}

// unless gives up what should follow a call that failed.
func unless(err error, next step) step {
	if err != nil {
		return nil
	}
	return next
}
