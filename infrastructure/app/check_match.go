package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kaituan/groupbuy/team"
	"kaituan/infrastructure/invariant"
	"kaituan/infrastructure/mallstore"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// matchRule compares each group order of the mall with its seat at the engine, and each seat with its order. The order's
// number is the seat's, so both are read by the same range of it.
//
// No moment is common to both databases. The order is read before the seat: what only then happens shows the seat ahead
// of the order, never behind. And a pair of which something happened lately is left alone, as far as the mall learns of
// the engine by events and questions.
func (c *checker) matchRule(now time.Time) invariant.Rule {
	return invariant.Rule{
		Invariant: "match", Over: mallstore.GroupOrders(),
		Find: func(ctx context.Context, page invariant.Page) ([]invariant.Violation, error) {
			orders, refunds, err := c.mall.GroupOrdersOf(ctx, page)
			if err != nil {
				return nil, err
			}
			m := matching{now: now, lag: c.engineWait(), left: map[order.ID]*pair{}}
			for _, o := range orders {
				m.left[o.ID] = &pair{order: o, refunds: refunds[o.ID]}
			}
			err = c.engine.EachSeat(ctx, mallPartner, page, func(seat team.Seat, t team.Team) error {
				m.meet(seat, t)
				return nil
			})
			return m.end(orders), err
		},
	}
}

func (c *checker) engineWait() time.Duration { return c.checkPatience.engine }

// matching is the comparison of one page.
type matching struct {
	now   time.Time
	lag   time.Duration
	left  map[order.ID]*pair // orders whose seat was not seen yet
	found []invariant.Violation
}

// maxFound bounds what one page tells.
const maxFound = 10 * invariant.MaxPerRule

func (m *matching) meet(seat team.Seat, t team.Team) {
	id := order.ID(seat.Key.OutTradeNo)
	p := m.left[id]
	delete(m.left, id)
	if p == nil {
		p = &pair{}
	}
	p.seat, p.team = &seat, t
	m.judge(string(id), p)
}

// end judges the orders that have no seat.
func (m *matching) end(orders []order.Order) []invariant.Violation {
	for _, o := range orders {
		if p := m.left[o.ID]; p != nil {
			m.judge(string(o.ID), p)
		}
	}
	return m.found
}

func (m *matching) judge(id string, p *pair) {
	atRest := m.now.Sub(p.since()) > m.lag
	for _, fault := range p.faults(atRest) {
		if len(m.found) < maxFound {
			fault.Subject = id
			m.found = append(m.found, fault)
		}
	}
}

// pair is an order with its seat. An order without a number is none.
type pair struct {
	order   order.Order
	refunds []payment.Refund // of all its payments
	seat    *team.Seat
	team    team.Team
}

// since is when something last happened to either.
func (p *pair) since() time.Time {
	instants := []time.Time{p.order.PlacedAt, p.order.PaidAt, p.order.ShippedAt, p.order.EndedAt}
	for _, r := range p.refunds {
		instants = append(instants, r.CreatedAt, r.EndedAt)
	}
	if p.seat != nil {
		instants = append(instants, p.seat.HeldAt, p.seat.PaidAt, p.seat.AskedAt, p.seat.EndedAt, p.team.EndedAt, p.team.ClosedAt)
	}
	return slices.MaxFunc(instants, time.Time.Compare)
}

// faults are what is wrong with the pair: always, and of a pair at rest.
func (p *pair) faults(atRest bool) []invariant.Violation {
	switch {
	case p.order.ID == "":
		return p.orphan(atRest)
	case p.seat == nil:
		return p.seatless(atRest)
	}
	found := p.terms()
	found = append(found, p.counted()...)
	found = append(found, p.confirmed()...)
	if atRest {
		found = append(found, p.overdue()...)
	}
	return found
}

func fault(id, format string, args ...any) []invariant.Violation {
	return []invariant.Violation{{Invariant: id, Detail: fmt.Sprintf(format, args...)}}
}

// orphan: a seat is taken for an order that was written before.
func (p *pair) orphan(atRest bool) []invariant.Violation {
	if !atRest || !p.seat.Live() && p.seat.Settlement == team.SettlementNone {
		return nil
	}
	return fault("match", "has no order here, its seat %s at the engine is %s", p.seat.ID, p.seat.Status)
}

// seatless: nobody pays for a seat that the engine does not know, and who did has the money back.
func (p *pair) seatless(atRest bool) []invariant.Violation {
	switch s := p.order.Status; {
	case s == order.Created && atRest:
		return fault("match", "is created, and whether the engine has a seat for it was never answered")
	case s == order.Created, s == order.Closed, s == order.Refunding, s == order.Refunded:
		return nil
	default:
		return fault("match", "is %s, and the engine has no seat for it", s)
	}
}

// terms: both sides speak of the same purchase, once the order has its terms.
func (p *pair) terms() []invariant.Violation {
	o, s := p.order, p.seat
	if o.Amount == 0 {
		return nil
	}
	if o.Amount != s.Amount || string(o.Team) != string(s.Team) || string(o.Activity) != string(s.Activity) ||
		string(o.Item.Product) != string(s.Goods) || string(o.Item.SKU) != string(s.SKU) || o.Item.Quantity != s.Quantity {
		return fault("match", "is %d of %s/%s for %d fen in %s; at the engine %d of %s/%s for %d fen in %s",
			o.Item.Quantity, o.Item.Product, o.Item.SKU, o.Amount, o.Team, s.Quantity, s.Goods, s.SKU, s.Amount, s.Team)
	}
	return nil
}

// counted: the engine hears of a payment after the mall has it, and goods are sent for payments that it counts.
func (p *pair) counted() []invariant.Violation {
	o, s := p.order, p.seat
	switch {
	case (o.Status.Unpaid() || o.Status == order.Closed) && s.Settlement != team.SettlementNone:
		return fault("match", "is %s, and its seat is settled at the engine (%s)", o.Status, s.Settlement)
	case o.Status.Kept() && o.Status != order.Paid && s.Settlement != team.Joined && s.Settlement != team.FormedTeam:
		return fault("I4", "is %s, and the engine does not count its payment: its seat is %s %s", o.Status, s.Status, s.Settlement)
	default:
		return nil
	}
}

// confirmed: what the engine was told is back is back. One that somebody else asked for at the engine has a number of
// its own there.
func (p *pair) confirmed() (found []invariant.Violation) {
	for no, as := range map[string]payment.Intent{p.seat.RefundNo: payment.Full, p.seat.DifferenceNo: payment.Difference} {
		if no == "" || slices.ContainsFunc(p.refunds, func(r payment.Refund) bool {
			return r.Status == payment.RefundSucceeded && (string(r.No) == no || no == p.seat.AskedNo && r.Intent == as)
		}) {
			continue
		}
		found = append(found, fault("I5", "its refund %s is back by the engine's books, and no succeeded refund of it is here", no)...)
	}
	return found
}

// overdue: what one side must learn of the other it has learnt.
func (p *pair) overdue() (found []invariant.Violation) {
	o, s := p.order, p.seat
	if o.Status.Kept() && s.Difference != o.Difference && !p.givenBack() {
		found = fault("I5", "the engine sends %d fen of it back as its team closed at a lower price; here it is %d", s.Difference, o.Difference)
	}
	switch bought := s.Status == team.Paid || s.OwesDifference(); {
	case o.Status == order.Created:
		return append(found, fault("match", "is created, its seat is %s: the engine's answer was never recorded", s.Status)...)
	case o.Status == order.AwaitingPayment && s.Status == team.Released:
		return append(found, fault("match", "waits for a payment, its seat was released (%s)", s.Reason)...)
	case (o.Status == order.Closed || o.Status == order.Refunded) && s.Status == team.Held:
		return append(found, fault("match", "is %s, its seat is still held", o.Status)...)
	case o.Status == order.Shipped && p.givenBack():
		return append(found, fault("I4", "is shipped, and the engine gave its seat back (%s): it owes %d fen", s.Reason, s.Owed())...)
	case o.Status.Kept() && p.givenBack():
		return append(found, fault("I5", "is %s, and no refund of it is here: the engine gave its seat back (%s) and owes %d fen", o.Status, s.Reason, s.Owed())...)
	case o.Status == order.Teaming && bought && p.team.Status != team.Forming:
		return append(found, fault("I4", "is teaming, its team is %s", p.team.Status)...)
	case (o.Status == order.Refunding || o.Status == order.Refunded) && bought:
		return append(found, fault("I4", "is %s, and the engine still counts its seat as %s", o.Status, s.Status)...)
	case o.Status == order.Refunded && s.Owed() != money.Fen(0):
		return append(found, fault("I5", "is refunded, and the engine was not told: by its books %d fen are owed", s.Owed())...)
	}
	return found
}

// givenBack says whether the engine wants all of the money back with the buyer, or knows it there.
func (p *pair) givenBack() bool {
	s := p.seat
	return s.Status == team.Refunded || s.Status == team.Refunding && !s.OwesDifference() || s.Settlement == team.RefundRequired
}
