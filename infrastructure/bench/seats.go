package bench

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"kaituan/api/instant"
)

const partnerAPI = "/api/groupbuy/v1"

// turns makes what each worker of a load does.
type turns func(worker int) play

// trials ask for one price each; with the page's questions they also ask for teams to join and for statistics.
func (w *World) trials(page bool) turns {
	more := ""
	if page {
		more = `,"teams_limit":10,"statistics":true`
	}
	return func(number int) play {
		n := 0
		return func(c *worker) error {
			n++
			at := w.spread[(number+n)%len(w.spread)]
			_, err := c.partner("POST", partnerAPI+"/trials", fmt.Appendf(nil,
				`{"buyer_id":"b%d-%d","channel":"app","items":[{"goods_id":"%s","sku_id":"sku"}]%s}`, number, n, at.goods, more))
			return err
		}
	}
}

// purse is a number that no order had before.
type purse struct {
	prefix string
	next   atomic.Int64
}

func (w *World) newPurse() *purse {
	return &purse{prefix: fmt.Sprintf("o%d-%s-", w.purses.Add(1), w.run)}
}

func (p *purse) take() string { return p.prefix + strconv.FormatInt(p.next.Add(1), 10) }

// lock takes one seat and tells its team. An empty team opens one.
func (c *worker) lock(at place, outTradeNo, team string) (record, string, error) {
	body := fmt.Appendf(nil, `{"out_trade_no":"%s","activity_id":"%s","goods_id":"%s","sku_id":"sku","channel":"app","buyer_id":"%s"`,
		outTradeNo, at.activity, at.goods, outTradeNo)
	if team != "" {
		body = fmt.Appendf(body, `,"team_id":"%s"`, team)
	}
	answer, err := c.partner("POST", partnerAPI+"/seats", append(body, '}'))
	if err != nil {
		return record{}, "", err
	}
	return record{outTradeNo, "held", number(answer, "amount_fen")}, text(answer, "team_id"), nil
}

// smallTeams open teams of 3 and fill them, each worker its own, over the places in turn.
func (w *World) smallTeams(places []place, keep func(record)) turns {
	orders := w.newPurse()
	return func(number int) play {
		i, taken, team := number, smallTeam, ""
		return func(c *worker) error {
			if taken == smallTeam {
				i, taken, team = i+1, 0, ""
			}
			seat, opened, err := c.lock(places[i%len(places)], orders.take(), team)
			if err != nil {
				taken = smallTeam
				return err
			}
			taken, team = taken+1, opened
			keep(seat)
			return nil
		}
	}
}

// oneBigTeam fills a team of 1,000 with everybody at once, and then the next.
func (w *World) oneBigTeam(keep func(record)) turns {
	orders := w.newPurse()
	var mu sync.Mutex
	taken, team := bigTeam, ""
	return func(int) play {
		return func(c *worker) error {
			mu.Lock()
			if taken == bigTeam {
				defer mu.Unlock() // nobody can join before the team is open
				seat, opened, err := c.lock(w.big, orders.take(), "")
				if err == nil {
					taken, team = 1, opened
					keep(seat)
				}
				return err
			}
			taken++
			join := team
			mu.Unlock()
			seat, _, err := c.lock(w.big, orders.take(), join)
			if err == nil {
				keep(seat)
			}
			return err
		}
	}
}

// settle pays for a seat.
func (c *worker) settle(seat record) (record, error) {
	_, err := c.partner("POST", partnerAPI+"/seats/"+seat.outTradeNo+"/payment",
		fmt.Appendf(nil, `{"amount_fen":%d,"paid_at":"%s","provider_no":"p-%s"}`, seat.amountFen, instant.Of(time.Now()), seat.outTradeNo))
	seat.status = "paid"
	return seat, err
}

// errDry says that a workload has used up what it was given.
var errDry = fmt.Errorf("bench: nothing left to do")

// settles pay for seats that were taken before, each once.
func (w *World) settles(seats []record, keep func(record)) turns {
	var next atomic.Int64
	return func(int) play {
		return func(c *worker) error {
			i := next.Add(1) - 1
			if i >= int64(len(seats)) {
				return errDry
			}
			seat, err := c.settle(seats[i])
			if err == nil {
				keep(seat)
			}
			return err
		}
	}
}

// mixed does what partners do all day: of ten seats taken eight are paid and two given up.
func (w *World) mixed(keep func(record)) turns {
	orders := w.newPurse()
	return func(number int) play {
		n := 0
		var seat record
		return func(c *worker) (err error) {
			if seat.outTradeNo == "" {
				n++
				seat, _, err = c.lock(w.spread[(number+n)%len(w.spread)], orders.take(), "")
				return err
			}
			before := seat
			seat = record{}
			if n%5 == 0 {
				_, err = c.partner("POST", partnerAPI+"/seats/"+before.outTradeNo+"/release", nil)
				before.status = "released"
			} else {
				before, err = c.settle(before)
			}
			if err == nil {
				keep(before)
			}
			return err
		}
	}
}

// number finds the first number of a name in a JSON answer.
func number(answer []byte, name string) int64 {
	var n int64
	if at := indexAfter(answer, `"`+name+`":`); at > 0 {
		for ; at < len(answer) && answer[at] >= '0' && answer[at] <= '9'; at++ {
			n = n*10 + int64(answer[at]-'0')
		}
	}
	return n
}
