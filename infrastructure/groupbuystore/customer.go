package groupbuystore

import (
	"fmt"
	"slices"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

// readHistory counts the orders of customers: their seats, and what they bought elsewhere at the partner.
func (l *loading) readHistory(touch team.Touch) error {
	customers := slices.Concat(touch.History, mapped(l.strict, seatRow.customer))
	if len(customers) == 0 {
		return nil
	}
	where := among("partner_id", "buyer", customers, func(c team.Customer) (string, string) { return string(c.Partner), string(c.Buyer) })
	past := map[team.Customer]team.History{}
	if err := l.countFacts(where, past); err != nil {
		return err
	}
	if err := l.countSeats(where, past); err != nil {
		return err
	}
	for c, h := range past {
		l.state.LoadHistory(c, h)
	}
	return nil
}

// countFacts leaves out facts about seats: they follow from events, and so may be older than the seats themselves.
func (l *loading) countFacts(where condition, past map[team.Customer]team.History) error {
	var rows []struct {
		PartnerID, Buyer string
		Orders           int
	}
	err := l.db.Raw("SELECT partner_id, buyer, COUNT(*) AS orders FROM order_facts f WHERE ("+where.sql+") AND paid_at > 0 AND refunded_fen < amount_fen"+
		" AND NOT EXISTS (SELECT 1 FROM seats s WHERE s.partner_id = f.partner_id AND s.out_trade_no = f.order_id)"+
		" GROUP BY partner_id, buyer", where.args...).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("groupbuystore: read facts of buyers: %w", err)
	}
	for _, row := range rows {
		past[team.Customer{Partner: partner.ID(row.PartnerID), Buyer: activity.Buyer(row.Buyer)}] = team.History{Orders: row.Orders}
	}
	return nil
}

// countSeats holds the live seats of customers, in whichever activity, so that of two payments at once for seats that
// only a new buyer may have, one sees the other: the two batches wait for each other, and one of them starts over.
func (l *loading) countSeats(where condition, past map[team.Customer]team.History) error {
	var rows []seatRow
	if err := l.locking("seats", "seats_of_buyer").Where("("+where.sql+") AND "+live, where.args...).Find(&rows).Error; err != nil {
		return fmt.Errorf("groupbuystore: lock seats of customers: %w", err)
	}
	for _, row := range rows {
		seat, err := row.seat()
		if err != nil {
			return err
		}
		h := past[row.customer()]
		switch {
		case seat.Status != team.Held:
			h.Orders++
		case seat.ForNewBuyers:
			h.Newcomers++
		}
		past[row.customer()] = h
	}
	return nil
}

func (r seatRow) customer() team.Customer {
	return team.Customer{Partner: partner.ID(r.PartnerID), Buyer: activity.Buyer(r.Buyer)}
}
