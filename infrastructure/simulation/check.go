package simulation

import (
	"fmt"
	"time"

	"kaituan/groupbuy/team"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// While faults last, what has a deadline gets so much more time. A refund that the provider refuses has none.
const (
	faultGrace  = 30 * time.Minute
	refuseGrace = 1000 * time.Hour
)

func (w *world) engineStore() *groupbuystore.Store {
	return groupbuystore.New(w.engineDB, groupbuystore.WithClock(func() time.Time { return w.now }))
}

func (w *world) mallStore() *mallstore.Store {
	return mallstore.New(w.mallDB, func() time.Time { return w.now }, nil)
}

// violations is what `kaituan check` looks for in the databases, as of a moment.
func (w *world) violations(at time.Time) []string {
	var list []string
	engine, err := w.engineStore().Violations(w.ctx, at)
	w.must(err, "check the engine")
	for _, v := range engine {
		list = append(list, fmt.Sprintf("engine: %s: %s %s", v.Invariant, v.Subject, v.Detail))
	}
	shop, err := w.mallStore().Violations(w.ctx, at)
	w.must(err, "check the mall")
	for _, v := range shop {
		if v.Invariant == "I5" && w.faults.refundRefused > 0 {
			continue // the provider refuses for as long as the fault lasts
		}
		list = append(list, fmt.Sprintf("mall: %s: %s %s", v.Invariant, v.Subject, v.Detail))
	}
	return list
}

// checkSafety wants everything that must hold at any moment.
func (w *world) checkSafety() {
	grace := faultGrace
	if w.faults.refundRefused > 0 {
		grace = refuseGrace
	}
	for _, v := range w.violations(w.now.Add(-grace)) {
		w.fail("%s", v)
	}
}

// mustKnow is called when the mall has told the provider that it took the notice of a payment.
func (w *world) mustKnow(t *trade) {
	p, err := w.mallStore().PaymentByID(w.ctx, t.id)
	w.must(err, "payment of a notice")
	if p.Status != payment.Succeeded {
		w.fail("notice of %s was taken, and the payment is %s", t.id, p.Status)
	}
}

// mustBeOpen is called when a buyer pays: what the mall holds for closed, nobody may be able to pay any more.
func (w *world) mustBeOpen(t *trade) {
	p, err := w.mallStore().PaymentByID(w.ctx, t.id)
	w.must(err, "payment that is paid")
	if p.Status == payment.Closed {
		w.fail("%s can be paid at the gateway although the mall holds it for closed", t.id)
	}
}

// checkSettled wants everything to have ended, once nothing goes wrong any more and nothing is left to do.
func (w *world) checkSettled() {
	for _, v := range w.violations(w.now) {
		w.fail("%s", v)
	}
	w.none(w.engineDB, "open team", "SELECT id FROM teams WHERE closed_at = 0")
	w.none(w.engineDB, "open seat", "SELECT id || ' ' || status FROM seats WHERE status NOT IN ('paid', 'released', 'refunded')")
	w.none(w.engineDB, "unsent message", "SELECT id FROM outbox WHERE sent_at IS NULL")
	w.none(w.engineDB, "undelivered event", "SELECT id || ' ' || status FROM deliveries WHERE status <> 'delivered'")
	w.none(w.engineDB, "event without delivery", "SELECT e.id FROM events e LEFT JOIN deliveries d ON d.event_id = e.id WHERE d.id IS NULL AND e.partner_id = 'mall'")
	w.none(w.mallDB, "unsent task", "SELECT id FROM outbox WHERE sent_at IS NULL")
	w.none(w.mallDB, "open payment", "SELECT id || ' ' || status FROM payments WHERE status NOT IN ('succeeded', 'closed')")
	w.none(w.mallDB, "open refund", "SELECT request_no || ' ' || status FROM refunds WHERE status <> 'succeeded'")
	w.none(w.mallDB, "open order", "SELECT id || ' ' || status FROM orders WHERE status NOT IN ('shipped', 'closed', 'refunded')")
	if !w.failed() {
		w.checkMoney()
		w.checkSeats()
	}
}

// none wants a statement to find nothing.
func (w *world) none(db *sqldb.DB, what, statement string) {
	var found []string
	w.must(db.Read(w.ctx).Raw(statement+" LIMIT 3").Scan(&found).Error, statement)
	for _, row := range found {
		w.fail("%s at the end: %s", what, row)
	}
}

// checkMoney explains each fen at the provider: it paid for an order that was shipped, or it went back.
func (w *world) checkMoney() {
	kept := map[order.ID]money.Fen{}
	store := w.mallStore()
	for _, id := range w.gateway.order {
		t := w.gateway.trades[id]
		p, err := store.PaymentByID(w.ctx, id)
		w.must(err, "payment of a trade")
		if paid := !t.paidAt.IsZero(); paid != (p.Status == payment.Succeeded) {
			w.fail("%s is %s here, paid at the gateway: %t", id, p.Status, paid)
		}
		if !t.paidAt.IsZero() {
			kept[p.Order] += t.amount - w.gateway.sentBack(t)
		}
	}
	for _, o := range w.orders() {
		due := money.Fen(0)
		if o.Status == order.Shipped {
			due = o.Amount - o.Difference
		}
		if kept[o.ID] != due {
			w.fail("%s is %s: %d fen of it are at the gateway, not %d", o.ID, o.Status, kept[o.ID], due)
		}
	}
}

func (w *world) orders() []order.Order {
	list, err := w.mallStore().Orders(w.ctx, mall.OrderQuery{Limit: 10_000})
	w.must(err, "orders")
	return list
}

// checkSeats compares the two sides: who is shipped has a paid seat in a formed team, whose money is back has none,
// and no team is larger than it may be.
func (w *world) checkSeats() {
	store := w.engineStore()
	shipped := map[team.ID]int{}
	for _, o := range w.orders() {
		if o.Mode != order.Group {
			continue
		}
		seat, t, err := store.Seat(w.ctx, team.Key{Partner: partnerID, OutTradeNo: string(o.ID)})
		bought := err == nil && seat.Status == team.Paid
		if bought != (o.Status == order.Shipped) {
			w.fail("%s is %s here and its seat %q: %v", o.ID, o.Status, seat.Status, err)
		}
		if !bought {
			continue
		}
		shipped[t.ID]++
		if t.Status != team.Formed || seat.Amount != o.Amount || seat.Difference != o.Difference {
			w.fail("%s is shipped: team %s, amount %d and %d, difference %d and %d", o.ID, t.Status, o.Amount, seat.Amount, o.Difference, seat.Difference)
		}
		if shipped[t.ID] > t.Capacity() {
			w.fail("team %s shipped to more than %d", t.ID, t.Capacity())
		}
	}
}
