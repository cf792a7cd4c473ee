package crowdstore

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/sqldb"
	"kaituan/money"
)

// orderRow is a line of order_facts.
type orderRow struct {
	PartnerID   string
	Buyer       string
	OrderID     string
	AmountFen   int64
	PaidAt      int64
	RefundedFen int64
	RefundedAt  int64
}

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

// PutFacts adds facts in one transaction. See groupbuy.Crowds. Payments are first taken to be of new orders, as nearly all
// of them are: then nothing need be read, and the key refuses them otherwise.
func (s *Store) PutFacts(ctx context.Context, facts []crowd.Fact) ([]crowd.Verdict, error) {
	if len(facts) > groupbuy.MaxFactBatch {
		return nil, fmt.Errorf("crowdstore: %d facts at once, at most %d", len(facts), groupbuy.MaxFactBatch)
	}
	look := slices.ContainsFunc(facts, func(f crowd.Fact) bool { return f.Kind != crowd.Paid })
	for try := 1; ; try++ {
		var verdicts []crowd.Verdict
		err := s.db.InPipe(ctx, func(p *sqldb.Pipe) (writes []sqldb.Write, err error) {
			stored := map[orderKey]crowd.Order{}
			if look {
				err = p.Read(s.ordersOf(facts, stored)...)
			}
			verdicts, writes = s.taken(facts, stored)
			return writes, err
		})
		if sqldb.IsDuplicate(err) && try < factTries {
			look = true // another node inserted one of the orders after we looked, or we did not look; it is there now
			continue
		}
		return verdicts, failed(err, "put %d facts", len(facts))
	}
}

type orderKey struct {
	partner partner.ID
	order   crowd.OrderID
}

// taken decides about facts and says what is to be written of it.
func (s *Store) taken(facts []crowd.Fact, stored map[orderKey]crowd.Order) ([]crowd.Verdict, []sqldb.Write) {
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
	var fresh, known []orderRow
	for _, key := range changed {
		if _, there := stored[key]; there {
			known = append(known, newOrderRow(now[key]))
		} else {
			fresh = append(fresh, newOrderRow(now[key]))
		}
	}
	return verdicts, append(put(known, s.overwriting()), put(fresh, "")...)
}

// ordersOf reads what is known of the facts' orders and holds it.
func (s *Store) ordersOf(facts []crowd.Fact, stored map[orderKey]crowd.Order) []sqldb.Query {
	lock := ""
	if s.db.Dialect() == sqldb.MySQL {
		lock = " FOR UPDATE"
	}
	ids := map[partner.ID][]any{}
	for _, fact := range facts {
		ids[fact.Partner] = append(ids[fact.Partner], string(fact.Order))
	}
	var queries []sqldb.Query
	for _, p := range slices.Sorted(maps.Keys(ids)) {
		queries = append(queries, sqldb.Query{
			SQL: "SELECT partner_id, buyer, order_id, amount_fen, paid_at, refunded_fen, refunded_at FROM order_facts WHERE partner_id = ? AND order_id IN (" +
				strings.TrimSuffix(strings.Repeat("?,", len(ids[p])), ",") + ")" + lock,
			Args: append([]any{string(p)}, ids[p]...),
			Each: func(scan func(...any) error) error {
				var r orderRow
				err := scan(&r.PartnerID, &r.Buyer, &r.OrderID, &r.AmountFen, &r.PaidAt, &r.RefundedFen, &r.RefundedAt)
				stored[orderKey{p, crowd.OrderID(r.OrderID)}] = r.order()
				return err
			},
		})
	}
	return queries
}

// overwriting ends an insert of orders that are known and held.
func (s *Store) overwriting() string {
	set, value := " ON CONFLICT (partner_id, buyer, order_id) DO UPDATE SET ", func(column string) string { return column + " = excluded." + column }
	if s.db.Dialect() == sqldb.MySQL {
		set, value = " ON DUPLICATE KEY UPDATE ", func(column string) string { return column + " = VALUES(" + column + ")" }
	}
	return set + value("amount_fen") + ", " + value("paid_at") + ", " + value("refunded_fen") + ", " + value("refunded_at")
}

// put writes all rows in one statement.
func put(rows []orderRow, end string) []sqldb.Write {
	if len(rows) == 0 {
		return nil
	}
	args := make([]any, 0, 7*len(rows))
	for _, r := range rows {
		args = append(args, r.PartnerID, r.Buyer, r.OrderID, r.AmountFen, r.PaidAt, r.RefundedFen, r.RefundedAt)
	}
	places := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?, ?), ", len(rows)), ", ")
	return []sqldb.Write{{
		SQL:  "INSERT INTO order_facts (partner_id, buyer, order_id, amount_fen, paid_at, refunded_fen, refunded_at) VALUES " + places + end,
		Args: args, Rows: sqldb.AnyRows,
	}}
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
