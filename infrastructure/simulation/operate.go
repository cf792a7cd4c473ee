package simulation

import (
	"container/heap"
	"time"

	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// act is something that somebody may do, and how often.
type act struct {
	weight int
	do     func()
}

// draw has one of several things happen.
func (w *world) draw(acts []act) {
	sum := 0
	for _, a := range acts {
		sum += a.weight
	}
	n := w.rng.IntN(sum)
	for _, a := range acts {
		if n -= a.weight; n < 0 {
			a.do()
			return
		}
	}
}

// operate is one operation with the time until the next.
func (w *world) operate() {
	w.bustle = 0
	w.draw([]act{
		{60, func() { w.draw(w.buyersActs()) }},
		{8, func() { w.draw(w.operatorsActs()) }},
		{4, w.fate},
		{1, func() { w.pass(w.between(10*time.Minute, 3*time.Hour)) }},
	})
	w.bury()
	w.draw([]act{
		{3, func() {}},
		{6, func() { w.pass(w.between(0, 5*time.Second)) }},
		{6, func() { w.pass(w.between(5*time.Second, 2*time.Minute)) }},
		{2, func() { w.pass(w.between(2*time.Minute, 20*time.Minute)) }},
	})
}

// meanwhile has somebody else act while a call is under way. Nothing of the system's is locked then: no transaction
// is open across a call.
func (w *world) meanwhile() {
	if w.depth >= 2 || w.bustle >= maxBustle || w.rng.Float64() >= w.faults.meanwhile {
		return
	}
	w.depth++
	w.bustle++
	w.draw(append(w.buyersActs(), act{10, w.anyJob}, act{4, w.nextEvent}))
	w.depth--
}

// maxBustle is how much may happen in the middle of one operation and the time after it.
const maxBustle = 6

// anyJob has a worker run one of its jobs now.
func (w *world) anyJob() {
	j := pick(w, w.jobs)
	w.note("%s", j.name)
	w.runJob(j)
}

// nextEvent lets the next thing on the agenda happen before its time, as if the call had taken so long.
func (w *world) nextEvent() {
	if len(w.agenda) > 0 && w.agenda[0].at.Sub(w.now) < time.Minute {
		w.now = later(w.now, w.agenda[0].at)
		heap.Pop(&w.agenda).(event).do()
	}
}

// fate is what nobody does on purpose.
func (w *world) fate() {
	n := pick(w, w.nodes)
	w.draw([]act{
		{3, func() {
			if n.up && w.faults.crashBefore+w.faults.crashAfter+w.faults.crashCall > 0 {
				w.kill(n, "between two steps")
			}
		}},
		{3, func() {
			if w.hit(w.faults.skew, "clock wrong") {
				n.skew = w.between(0, 3*time.Minute) - 90*time.Second
				w.later(w.between(time.Minute, time.Hour), func() { n.skew = 0 })
			}
		}},
		{2, func() {
			if w.hit(w.faults.noticeForged, "notice forged") {
				w.gateway.forge()
			}
		}},
	})
}

// shopfloor is what the world knows of buyers and what they did.
type shopfloor struct {
	buyers    []mall.Actor
	purchases []*purchase
	products  []*product
}

// purchase is one buyer's wish, from the first click on.
type purchase struct {
	who     mall.Actor
	request mall.OrderRequest
	id      order.ID // once the shop has told it
	team    order.TeamID
	page    payment.PageURL
}

func (w *world) buyersActs() []act {
	if w.buyersStay {
		return []act{{1, func() {}}}
	}
	return []act{
		{12, w.openTeam},
		{16, w.joinTeam},
		{5, w.buyAlone},
		{6, w.clickAgain},
		{26, w.payNow},
		{4, w.askPayment},
		{5, w.cancel},
		{5, w.giveBack},
		{4, w.browse},
	}
}

// shopper has a node of the mall do something for a buyer and says whether the buyer got an answer.
func (w *world) shopper(what string, do func(*mall.Shop) error) bool {
	n := w.anyNode((*node).runsMall)
	if n == nil {
		return false
	}
	var err error
	lived := w.on(n, func() { err = do(n.shop) })
	if !lived {
		w.note("%s: no answer", what)
		return false
	}
	if err != nil {
		w.note("%s: %s", what, firstLine(err))
	}
	return err == nil
}

func (w *world) place(p *purchase) {
	w.counts["placements"]++
	w.shopper("place "+p.request.Key, func(s *mall.Shop) error {
		placed, err := s.PlaceOrder(w.ctx, p.who, p.request)
		if err != nil {
			return err
		}
		w.note("%s has %s, %s in team %q, %d fen", p.who.Account, placed.Order.ID, placed.Order.Status, placed.Order.Team, placed.Order.Amount)
		if p.id != "" && p.id != placed.Order.ID {
			w.fail("key %s placed %s and %s", p.request.Key, p.id, placed.Order.ID)
		}
		if p.id == "" {
			w.intend(p, placed.Order)
		}
		p.id, p.team = placed.Order.ID, placed.Order.Team
		return nil
	})
}

// intend is what buyers do next of their own accord: most pay, and bring friends into a team they opened.
func (w *world) intend(p *purchase, o order.Order) {
	if w.chance(0.75) {
		w.later(w.between(0, time.Minute), func() { w.pressPay(p, 3) })
	}
	if o.Team == "" || p.request.Team != "" {
		return
	}
	for range w.rng.IntN(4) {
		w.later(w.between(0, 3*time.Minute), func() { w.join(p) })
	}
}

func (w *world) newPurchase(mode order.Mode) *purchase {
	product := pick(w, w.shop.products)
	p := &purchase{who: pick(w, w.shop.buyers), request: mall.OrderRequest{
		Product: product.id, SKU: "one", Quantity: 1, Mode: mode, Key: w.number("key-"),
	}}
	if w.chance(0.15) {
		p.request.Quantity = 2
	}
	if mode == order.Group {
		p.request.Activity = order.ActivityID(product.activity)
	}
	w.shop.purchases = append(w.shop.purchases, p)
	return p
}

func (w *world) openTeam() { w.place(w.newPurchase(order.Group)) }

func (w *world) buyAlone() { w.place(w.newPurchase(order.Solo)) }

// joinTeam joins a team that somebody was told of, young or old, full or over.
func (w *world) joinTeam() {
	var known []*purchase
	for _, p := range w.shop.purchases {
		if p.team != "" {
			known = append(known, p)
		}
	}
	if len(known) == 0 {
		w.openTeam()
		return
	}
	w.join(known[len(known)-1-min(w.rng.IntN(len(known)), w.rng.IntN(len(known)))]) // rather a young one
}

func (w *world) join(of *purchase) {
	if w.buyersStay {
		return
	}
	p := w.newPurchase(order.Group)
	p.request.Product, p.request.Activity, p.request.Team = of.request.Product, of.request.Activity, of.team
	w.place(p)
}

// some draws a purchase, rather a young one; nil when there is none of which want is true.
func (w *world) some(want func(*purchase) bool) *purchase {
	var list []*purchase
	for _, p := range w.shop.purchases {
		if want(p) {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[len(list)-1-min(w.rng.IntN(len(list)), w.rng.IntN(len(list)))]
}

// clickAgain repeats a request, once or many times, as a client does that was not answered.
func (w *world) clickAgain() {
	p := w.some(func(*purchase) bool { return true })
	if p == nil {
		return
	}
	for range pick(w, []int{1, 1, 2, 5}) {
		w.place(p)
	}
}

// payNow asks for the page and perhaps pays on it: at once, much later, or on two pages at the same time.
func (w *world) payNow() {
	p := w.some(func(p *purchase) bool { return p.id != "" && p.page == "" })
	if p == nil || w.chance(0.05) {
		p = w.some(func(p *purchase) bool { return p.id != "" })
	}
	if p != nil {
		w.payFor(p)
	}
}

// pressPay presses again when no page comes, as people do a few times.
func (w *world) pressPay(p *purchase, patience int) {
	w.payFor(p)
	if p.page == "" && patience > 1 {
		w.later(w.between(5*time.Second, time.Minute), func() { w.pressPay(p, patience-1) })
	}
}

func (w *world) payFor(p *purchase) {
	if w.buyersStay {
		return
	}
	method := pick(w, []payment.Method{payment.MethodPage, payment.MethodPhone})
	told := w.shopper("pay "+string(p.id), func(s *mall.Shop) error {
		opened, err := s.Pay(w.ctx, p.who, p.id, method)
		if err == nil && p.page != "" && p.page != opened.Page && w.gateway.payable(p.page) {
			w.fail("%s got a page, %s, while one can be paid: %s", p.id, opened.Page, p.page)
		}
		if err == nil {
			p.page = opened.Page
		}
		return err
	})
	if !told {
		return
	}
	click := func() { w.gateway.pay(p.page) } // also after the faults end: who has the page may still pay
	w.draw([]act{
		{12, func() { w.later(w.between(0, 90*time.Second), click) }},
		{2, func() { w.later(w.between(time.Minute, 16*time.Minute), click) }},
		{2, func() { w.later(w.between(0, time.Minute), click); w.later(w.between(0, time.Minute), click) }},
		{2, func() { w.gateway.open(p.page) }},
		{1, func() {}},
	})
}

func (w *world) askPayment() {
	if p := w.some(func(p *purchase) bool { return p.page != "" }); p != nil {
		w.shopper("ask "+string(p.id), func(s *mall.Shop) error {
			_, err := s.AskPayment(w.ctx, p.who, p.id)
			return err
		})
	}
}

func (w *world) cancel() {
	if p := w.some(func(p *purchase) bool { return p.id != "" }); p != nil {
		w.note("%s cancels %s", p.who.Account, p.id)
		w.shopper("cancel "+string(p.id), func(s *mall.Shop) error {
			_, err := s.CancelOrder(w.ctx, p.who, p.id)
			return err
		})
	}
}

// giveBack asks for the money of an order back, as its buyer does, or an operator.
func (w *world) giveBack() {
	p := w.some(func(p *purchase) bool { return p.page != "" })
	if p == nil {
		return
	}
	who := p.who
	if w.chance(0.3) {
		who = w.operator()
	}
	w.note("%s wants the money of %s back", who.Account, p.id)
	w.shopper("give back "+string(p.id), func(s *mall.Shop) error {
		_, err := s.RefundOrder(w.ctx, who, p.id, "changed my mind")
		return err
	})
}

// browse looks at what buyers look at.
func (w *world) browse() {
	product := pick(w, w.shop.products)
	w.shopper("look at "+string(product.id), func(s *mall.Shop) error {
		_, err := s.Product(w.ctx, pick(w, w.shop.buyers), product.id)
		return err
	})
	if p := w.some(func(p *purchase) bool { return p.team != "" }); p != nil {
		w.shopper("look at "+string(p.team), func(s *mall.Shop) error {
			_, err := s.Team(w.ctx, p.who, p.team)
			return err
		})
	}
}
