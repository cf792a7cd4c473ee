package groupbuystore

import (
	"fmt"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

// readHistory counts the paid orders of customers: their seats, and what they bought elsewhere at the partner. Facts
// about seats are left out: they follow from events, and so may be older than the seats themselves. A payment that
// another transaction books meanwhile is as if it came after this batch.
func (l *loading) readHistory(touch team.Touch) error {
	if len(touch.History) == 0 {
		return nil
	}
	where := among("partner_id", "buyer", touch.History, func(c team.Customer) (string, string) { return string(c.Partner), string(c.Buyer) })
	var rows []struct {
		PartnerID, Buyer string
		Orders           int
	}
	err := l.db.Raw("SELECT partner_id, buyer, COUNT(*) AS orders FROM ("+
		"SELECT partner_id, buyer FROM seats WHERE ("+where.sql+") AND "+bought+
		" UNION ALL SELECT partner_id, buyer FROM order_facts f WHERE ("+where.sql+") AND paid_at > 0 AND refunded_fen < amount_fen"+
		" AND NOT EXISTS (SELECT 1 FROM seats s WHERE s.partner_id = f.partner_id AND s.out_trade_no = f.order_id)"+
		") paid GROUP BY partner_id, buyer", append(where.args, where.args...)...).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("groupbuystore: read history of buyers: %w", err)
	}
	for _, row := range rows {
		l.state.LoadHistory(team.Customer{Partner: partner.ID(row.PartnerID), Buyer: activity.Buyer(row.Buyer)}, row.Orders)
	}
	return nil
}
