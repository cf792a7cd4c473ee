package groupbuystore

import (
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/sqldb"
)

// readHistory counts the orders of customers: what they bought elsewhere at the partner, then their seats.
func (l *loading) readHistory(customers []team.Customer) []sqldb.Query {
	if len(customers) == 0 {
		return nil
	}
	where := among("partner_id", "buyer", customers, func(c team.Customer) (string, string) { return string(c.Partner), string(c.Buyer) })
	return []sqldb.Query{l.countFacts(where), l.countSeats(where)}
}

// countFacts leaves out facts about seats: they follow from events, and so may be older than the seats themselves.
func (l *loading) countFacts(where condition) sqldb.Query {
	return sqldb.Query{
		SQL: "SELECT partner_id, buyer, COUNT(*) FROM order_facts f WHERE (" + where.sql + ") AND paid_at > 0 AND refunded_fen < amount_fen" +
			" AND NOT EXISTS (SELECT 1 FROM seats s WHERE s.partner_id = f.partner_id AND s.out_trade_no = f.order_id)" +
			" GROUP BY partner_id, buyer",
		Args: where.args,
		Each: func(scan func(...any) error) error {
			var c team.Customer
			var orders int
			if err := scan(&c.Partner, &c.Buyer, &orders); err != nil {
				return err
			}
			h := l.history[c]
			h.Orders += orders
			l.history[c] = h
			return nil
		},
	}
}

// countSeats holds the live seats of customers, in whichever activity, so that of two payments at once for seats that
// only a new buyer may have, one sees the other: the two batches wait for each other, and one of them starts over.
func (l *loading) countSeats(where condition) sqldb.Query {
	return sqldb.Query{
		SQL:  "SELECT " + columns("s", seatColumns()) + " FROM seats s" + l.words.index("seats_of_buyer") + " WHERE (" + where.sql + ") AND " + live + l.words.lock,
		Args: where.args,
		Each: func(scan func(...any) error) error {
			var row seatRow
			if err := scan(row.pointers()...); err != nil {
				return err
			}
			seat, err := l.terms.seat(row)
			if err != nil {
				return err
			}
			h := l.history[row.customer()]
			switch {
			case seat.Status != team.Held:
				h.Orders++
			case seat.ForNewBuyers:
				h.Newcomers++
			}
			l.history[row.customer()] = h
			return nil
		},
	}
}

func (r seatRow) customer() team.Customer {
	return team.Customer{Partner: partner.ID(r.PartnerID), Buyer: activity.Buyer(r.Buyer)}
}
