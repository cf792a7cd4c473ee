package bench

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"kaituan/api/instant"
)

const partnerAPI = "/api/groupbuy/v1"

// quotes ask for one price each; with the page's questions they also ask for teams to join and for statistics.
func (w *world) quotes(places []place, page bool) turns {
	more := ""
	if page {
		more = fmt.Sprintf(`,"teams_limit":%d,"statistics":true`, listedTeams)
	}
	return func(number int) play {
		n := 0
		return func(c *worker) error {
			n++
			_, err := c.partner("POST", partnerAPI+"/trials", quote(places[(number+n)%len(places)], fmt.Sprintf("b%d-%d", number, n), more))
			return err
		}
	}
}

// listedTeams are shown on a page.
const listedTeams = 10

// gather opens as many teams as a page shows at each of some places, once: a page is no quicker for showing none.
func (w *world) gather(places []place) error {
	if w.gathered {
		return nil
	}
	for _, at := range places {
		for range listedTeams {
			if _, err := w.openPaid(at); err != nil {
				return err
			}
		}
	}
	w.gathered = true
	return nil
}

func quote(at place, buyer, more string) []byte {
	return fmt.Appendf(nil, `{"buyer_id":"%s","channel":"app","items":[{"goods_id":"%s","sku_id":"sku"}]%s}`, buyer, at.goods, more)
}

// promise is a seat as the last 2xx answer told of it.
type promise struct {
	outTradeNo string
	status     string // empty: no answer came, so that it may be anything
	amountFen  int64
}

// lock takes one seat and tells its team. An empty team opens one. The buyer is named like the order.
func (c *worker) lock(b *book, at place, team string) (promise, string, error) {
	outTradeNo := b.take()
	body := fmt.Appendf(nil, `{"out_trade_no":"%s","activity_id":"%s","goods_id":"%s","sku_id":"sku","channel":"app","buyer_id":"%s"`,
		outTradeNo, at.activity, at.goods, outTradeNo)
	if team != "" {
		body = fmt.Appendf(body, `,"team_id":"%s"`, team)
	}
	answer, err := c.partner("POST", partnerAPI+"/seats", append(body, '}'))
	if err != nil {
		b.missed(outTradeNo, err)
		return promise{}, "", err
	}
	seat := promise{outTradeNo, "held", number(answer, "amount_fen")}
	b.keep(seat)
	return seat, text(answer, "team_id"), nil
}

// change makes a call about a seat that leads it to a status.
func (c *worker) change(b *book, seat promise, status, call string, body []byte) (promise, error) {
	if _, err := c.partner("POST", partnerAPI+"/seats/"+seat.outTradeNo+call, body); err != nil {
		b.missed(seat.outTradeNo, err)
		return seat, err
	}
	seat.status = status
	b.keep(seat)
	return seat, nil
}

func (c *worker) settle(b *book, seat promise) (promise, error) {
	return c.change(b, seat, "paid", "/payment", payment(seat))
}

func payment(seat promise) []byte {
	return fmt.Appendf(nil, `{"amount_fen":%d,"paid_at":"%s","provider_no":"p-%s"}`, seat.amountFen, instant.Of(time.Now()), seat.outTradeNo)
}

// smallTeams open teams of 3 and fill them, each worker its own, over the places in turn.
func smallTeams(b *book, places []place) turns {
	return func(number int) play {
		i, taken, team := number, smallTeam, ""
		return func(c *worker) error {
			if taken == smallTeam {
				i, taken, team = i+1, 0, ""
			}
			_, opened, err := c.lock(b, places[i%len(places)], team)
			if err != nil {
				taken = smallTeam
				return err
			}
			taken, team = taken+1, opened
			return nil
		}
	}
}

// bigTeams fill one team with everybody at once, and then the next.
func bigTeams(b *book, at place, size int) turns {
	var mu sync.Mutex
	taken, team := size, ""
	return func(int) play {
		return func(c *worker) error {
			mu.Lock()
			if taken == size {
				defer mu.Unlock() // nobody can join before the team is open
				_, opened, err := c.lock(b, at, "")
				if err == nil {
					taken, team = 1, opened
				}
				return err
			}
			taken++
			join := team
			mu.Unlock()
			_, _, err := c.lock(b, at, join)
			return err
		}
	}
}

// settles pay for seats that were taken before, each once.
func settles(b *book, seats []promise) turns {
	var next atomic.Int64
	return func(int) play {
		return func(c *worker) error {
			i := next.Add(1) - 1
			if i >= int64(len(seats)) {
				return errDry
			}
			_, err := c.settle(b, seats[i])
			return err
		}
	}
}

// book gives out order numbers that no order had before and keeps what became of them.
type book struct {
	prefix string
	next   atomic.Int64
	mu     sync.Mutex
	seats  map[string]promise
}

func (w *world) newBook() *book {
	return &book{prefix: fmt.Sprintf("o%d-%s-", w.books.Add(1), w.run), seats: map[string]promise{}}
}

func (b *book) take() string { return b.prefix + strconv.FormatInt(b.next.Add(1), 10) }

func (b *book) keep(p promise) {
	b.mu.Lock()
	b.seats[p.outTradeNo] = p
	b.mu.Unlock()
}

// missed notes a call that was not answered with a promise. After a refusal the seat is what it was; after anything else
// it may be either.
func (b *book) missed(outTradeNo string, err error) {
	var refused *refusal
	if !errors.As(err, &refused) {
		b.keep(promise{outTradeNo: outTradeNo})
	}
}

// all is every seat that was promised.
func (b *book) all() []promise {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]promise, 0, len(b.seats))
	for _, p := range b.seats {
		if p.status != "" {
			list = append(list, p)
		}
	}
	return list
}
