package crowdstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/sqldb"
	"kaituan/money"
)

// orderRow is a line of order_facts.
type orderRow struct {
	PartnerID   string `gorm:"primaryKey"`
	Buyer       string `gorm:"primaryKey"`
	OrderID     string `gorm:"primaryKey"`
	AmountFen   int64
	PaidAt      int64
	RefundedFen int64
	RefundedAt  int64
}

// TableName is GORM's hook for the table.
func (orderRow) TableName() string { return "order_facts" }

func newOrderRow(o crowd.Order) orderRow {
	return orderRow{
		PartnerID: string(o.Partner), Buyer: string(o.Buyer), OrderID: string(o.ID), AmountFen: int64(o.Amount),
		PaidAt: millis(o.PaidAt), RefundedFen: int64(o.Refunded), RefundedAt: millis(o.RefundedAt),
	}
}

func (r orderRow) order() crowd.Order {
	return crowd.Order{
		Partner: partner.ID(r.PartnerID), Buyer: activity.Buyer(r.Buyer), ID: crowd.OrderID(r.OrderID), Amount: money.Fen(r.AmountFen),
		PaidAt: instant(r.PaidAt), Refunded: money.Fen(r.RefundedFen), RefundedAt: instant(r.RefundedAt),
	}
}

// factTries is how often facts are put when other nodes insert the same orders at the same moment.
const factTries = 8

// PutFacts adds facts in one transaction. See groupbuy.Crowds.
func (s *Store) PutFacts(ctx context.Context, facts []crowd.Fact) ([]crowd.Verdict, error) {
	if len(facts) > groupbuy.MaxFactBatch {
		return nil, fmt.Errorf("crowdstore: %d facts at once, at most %d", len(facts), groupbuy.MaxFactBatch)
	}
	for try := 1; ; try++ {
		var verdicts []crowd.Verdict
		err := s.db.InTx(ctx, func(tx *gorm.DB) (err error) {
			verdicts, err = putFacts(tx, facts)
			return err
		})
		if sqldb.IsDuplicate(err) && try < factTries {
			continue // another node inserted one of the orders after we looked; it is there now
		}
		return verdicts, failed(err, "put %d facts", len(facts))
	}
}

type orderKey struct {
	partner partner.ID
	order   crowd.OrderID
}

func putFacts(tx *gorm.DB, facts []crowd.Fact) ([]crowd.Verdict, error) {
	stored, err := ordersOf(tx, facts)
	if err != nil {
		return nil, err
	}
	verdicts := make([]crowd.Verdict, len(facts))
	now := make(map[orderKey]crowd.Order, len(facts))
	var changed []orderKey // in the order of the facts
	for i, fact := range facts {
		key := orderKey{fact.Partner, fact.Order}
		order, seen := now[key]
		if !seen {
			order = stored[key]
		}
		order, verdicts[i] = order.Take(fact)
		if verdicts[i].Outcome != crowd.Accepted {
			continue
		}
		if !seen {
			changed = append(changed, key)
		}
		now[key] = order
	}
	return verdicts, saveOrders(tx, changed, now, stored)
}

// ordersOf reads what is known of the facts' orders and holds it.
func ordersOf(tx *gorm.DB, facts []crowd.Fact) (map[orderKey]crowd.Order, error) {
	ids := map[partner.ID][]string{}
	for _, fact := range facts {
		ids[fact.Partner] = append(ids[fact.Partner], string(fact.Order))
	}
	stored := map[orderKey]crowd.Order{}
	for p, of := range ids {
		var rows []orderRow
		err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("partner_id = ? AND order_id IN ?", string(p), of).Find(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("orders of %s: %w", p, err)
		}
		for _, row := range rows {
			stored[orderKey{p, crowd.OrderID(row.OrderID)}] = row.order()
		}
	}
	return stored, nil
}

func saveOrders(tx *gorm.DB, changed []orderKey, now, stored map[orderKey]crowd.Order) error {
	var fresh []orderRow
	for _, key := range changed {
		row := newOrderRow(now[key])
		if _, known := stored[key]; !known {
			fresh = append(fresh, row)
			continue
		}
		err := tx.Exec("UPDATE order_facts SET amount_fen = ?, paid_at = ?, refunded_fen = ?, refunded_at = ?"+
			" WHERE partner_id = ? AND buyer = ? AND order_id = ?",
			row.AmountFen, row.PaidAt, row.RefundedFen, row.RefundedAt, row.PartnerID, row.Buyer, row.OrderID).Error
		if err != nil {
			return fmt.Errorf("update order %s: %w", key.order, err)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := insertOrders(tx, fresh); err != nil {
		return fmt.Errorf("insert %d orders: %w", len(fresh), err)
	}
	return nil
}

// insertOrders writes all rows in one statement; GORM's own way costs three times as much for so many.
func insertOrders(tx *gorm.DB, rows []orderRow) error {
	args := make([]any, 0, 7*len(rows))
	for _, r := range rows {
		args = append(args, r.PartnerID, r.Buyer, r.OrderID, r.AmountFen, r.PaidAt, r.RefundedFen, r.RefundedAt)
	}
	places := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?, ?), ", len(rows)), ", ")
	return tx.Exec("INSERT INTO order_facts (partner_id, buyer, order_id, amount_fen, paid_at, refunded_fen, refunded_at) VALUES "+places, args...).Error
}

// Orders hands out orders in the order of the table's own key. See groupbuy.Crowds.
func (s *Store) Orders(ctx context.Context, of partner.ID, after groupbuy.OrderPlace, limit int, use func(crowd.Order)) (groupbuy.OrderPlace, int, error) {
	read := 0
	for {
		n, last, err := s.ordersOfOne(ctx, after, limit-read, use)
		if err != nil {
			return after, read, failed(err, "orders after %s/%s", after.Partner, after.Buyer)
		}
		read, after = read+n, last
		if read == limit || of != "" && after.Partner == of {
			return after, read, nil
		}
		next, err := s.partnerAfter(ctx, of, after.Partner)
		if err != nil || next == "" {
			return after, read, failed(err, "partner after %s", after.Partner)
		}
		after = groupbuy.OrderPlace{Partner: next}
	}
}

// partnerAfter returns the next partner that has facts, or the only one asked for; empty: none.
func (s *Store) partnerAfter(ctx context.Context, of, after partner.ID) (partner.ID, error) {
	if of != "" {
		return of, nil
	}
	var next sql.NullString
	err := s.db.Read(ctx).Raw("SELECT MIN(partner_id) FROM order_facts WHERE partner_id > ?", string(after)).Row().Scan(&next)
	return partner.ID(next.String), err
}

// ordersOfOne reads one partner's orders behind a place. The first bound is on the key's leading columns, which both
// databases turn into a range; (buyer, order_id) > (?, ?) is one on SQLite only.
func (s *Store) ordersOfOne(ctx context.Context, after groupbuy.OrderPlace, limit int, use func(crowd.Order)) (n int, last groupbuy.OrderPlace, err error) {
	if after.Partner == "" || limit == 0 {
		return 0, after, nil
	}
	rows, err := s.db.Read(ctx).Raw("SELECT buyer, order_id, amount_fen, paid_at, refunded_fen FROM order_facts"+
		" WHERE partner_id = ? AND buyer >= ? AND (buyer > ? OR order_id > ?) ORDER BY buyer, order_id LIMIT ?",
		string(after.Partner), string(after.Buyer), string(after.Buyer), string(after.Order), limit).Rows()
	if err != nil {
		return 0, after, err
	}
	defer rows.Close()
	order := crowd.Order{Partner: after.Partner}
	var buyer, id sql.RawBytes
	var amount, paidAt, refunded int64 // plain integers, which database/sql assigns without a detour over text
	for rows.Next() {
		if err := rows.Scan(&buyer, &id, &amount, &paidAt, &refunded); err != nil {
			return n, after, err
		}
		if string(buyer) != string(order.Buyer) { // compares without making a string of each row
			order.Buyer = activity.Buyer(buyer)
		}
		order.Amount, order.PaidAt, order.Refunded = money.Fen(amount), instant(paidAt), money.Fen(refunded)
		use(order)
		n++
		after.Buyer = order.Buyer
		if n == limit {
			after.Order = crowd.OrderID(id)
		}
	}
	return n, after, rows.Err()
}
