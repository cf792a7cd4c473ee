package mallstore

import (
	"errors"
	"slices"
	"strings"
	"time"

	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// Now implements mall.PurchaseTx.
func (l *ledger) Now() time.Time { return l.at }

// Enqueue implements mall.PurchaseTx.
func (l *ledger) Enqueue(tasks ...mall.Task) error {
	for _, task := range tasks {
		l.messages = append(l.messages, outbox.Message{
			ID: l.ids(l.at), Topic: outbox.Topic(task.Topic), Key: task.Subject, Trace: l.trace,
		})
	}
	l.enqueued = l.enqueued || len(tasks) > 0
	return l.written()
}

// Once implements mall.PurchaseTx.
func (l *ledger) Once(consumer, messageID string) (bool, error) {
	message := mall.Receipt{Consumer: consumer, MessageID: messageID}
	taken, asked := l.taken[message]
	if !asked {
		if err := l.read(outbox.Taken(consumer, messageID, &taken)); err != nil {
			return false, err
		}
	}
	if taken {
		return false, nil
	}
	remember(l, l.taken, message, true)
	l.receipts = append(l.receipts, receiptRow{consumer, messageID, millis(l.at)})
	if err := l.written(); !errors.Is(err, mall.ErrDuplicate) {
		return true, err
	}
	return false, nil
}

// LockOrder implements mall.PurchaseTx.
func (l *ledger) LockOrder(id order.ID) (order.Order, error) {
	if o, ok := l.ordersOf[id]; ok {
		return o, nil
	}
	var found []order.Order
	if err := l.read(l.findOrders([]order.ID{id}, &found)); err != nil {
		return order.Order{}, err
	}
	if len(found) == 0 {
		return order.Order{}, mall.ErrNotFound
	}
	remember(l, l.ordersOf, id, found[0])
	return found[0], nil
}

// findOrders holds orders.
func (l *ledger) findOrders(ids []order.ID, into *[]order.Order) sqldb.Query {
	primary, lock := l.held()
	return sqldb.Query{
		SQL:  "SELECT " + strings.Join(orderColumns(), ", ") + " FROM orders" + primary + " WHERE id IN " + places(len(ids)) + lock,
		Args: each(ids, func(id order.ID) any { return string(id) }), Each: orderInto(into),
	}
}

func orderInto(list *[]order.Order) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		var row orderRow
		err := scan(row.fields()...)
		*list = append(*list, row.order())
		return err
	}
}

// LockTeam implements mall.PurchaseTx.
func (l *ledger) LockTeam(id order.TeamID) ([]order.Order, error) {
	if ids, ok := l.teamOf[id]; ok {
		return each(ids, func(id order.ID) order.Order { return l.ordersOf[id] }), nil
	}
	var found []order.Order
	if err := l.read(l.findTeam(id, &found)); err != nil {
		return nil, err
	}
	l.knowTeam(id, found)
	return found, nil
}

// findTeam holds a team's orders.
func (l *ledger) findTeam(id order.TeamID, into *[]order.Order) sqldb.Query {
	_, lock := l.held()
	return sqldb.Query{
		SQL:  "SELECT " + strings.Join(orderColumns(), ", ") + " FROM orders WHERE team_id = ? ORDER BY id" + lock,
		Args: []any{string(id)}, Each: orderInto(into),
	}
}

func (l *ledger) knowTeam(id order.TeamID, found []order.Order) {
	for _, o := range found {
		remember(l, l.ordersOf, o.ID, o)
	}
	remember(l, l.teamOf, id, each(found, func(o order.Order) order.ID { return o.ID }))
}

// findKeys tells which keys were used before.
func findKeys(keys []mall.BuyerKey, used map[mall.BuyerKey]bool) sqldb.Query {
	var args []any
	for _, k := range keys {
		used[k] = false
		args = append(args, string(k.Buyer), k.Value)
	}
	where := strings.TrimSuffix(strings.Repeat("buyer = ? AND idem_key = ? OR ", len(keys)), " OR ")
	return sqldb.Query{
		SQL: "SELECT buyer, idem_key FROM orders WHERE " + where, Args: args,
		Each: func(scan func(...any) error) error {
			var k mall.BuyerKey
			err := scan(&k.Buyer, &k.Value)
			used[k] = true
			return err
		},
	}
}

// free says whether a buyer's key is still to be had. Only a shared transaction has to ask: in any other the row that is
// in the way says so at once.
func (l *ledger) free(key mall.BuyerKey) error {
	if !l.shared {
		return nil
	}
	if _, asked := l.used[key]; !asked {
		if err := l.read(findKeys([]mall.BuyerKey{key}, l.used)); err != nil {
			return err
		}
	}
	if l.used[key] {
		return mall.ErrDuplicate
	}
	remember(l, l.used, key, true)
	return nil
}

// AddOrder implements mall.PurchaseTx.
func (l *ledger) AddOrder(o order.Order, key mall.Key) error {
	if err := l.free(mall.BuyerKey{Buyer: o.Buyer, Value: key.Value}); err != nil {
		return err
	}
	row := newOrderRow(o)
	row.IdemKey, row.IdemInput = key.Value, key.Input
	l.orders = append(l.orders, row)
	l.moved(o)
	return l.written()
}

func (l *ledger) moved(o order.Order) {
	l.orderMoves = append(l.orderMoves, orderMoveRows(o)...)
	for _, m := range o.Moves {
		l.moves = append(l.moves, move{"order", string(m.To)})
	}
	if l.shared {
		delete(l.teamOf, o.Team) // there may be one more in it
	}
}

// PutOrder implements mall.PurchaseTx.
func (l *ledger) PutOrder(o order.Order) error {
	row := newOrderRow(o)
	l.orderChanges = append(l.orderChanges, row.change())
	l.moved(o)
	if _, held := l.ordersOf[o.ID]; held {
		remember(l, l.ordersOf, o.ID, row.order())
	}
	return conflict(l.written())
}

// conflict says of a row that is not there as it was read that somebody else changed it.
func conflict(err error) error {
	if errors.Is(err, sqldb.ErrStale) {
		return mall.ErrConflict
	}
	return err
}

// OpenPayment implements mall.PurchaseTx.
func (l *ledger) OpenPayment(id order.ID) (payment.Payment, error) {
	list, ok := l.paymentsOf[id]
	if !ok {
		if err := l.read(findPayments("open_order", []string{string(id)}, &list)); err != nil {
			return payment.Payment{}, err
		}
	}
	return only(list, func(p payment.Payment) bool { return p.Open() })
}

// Payment implements mall.PurchaseTx.
func (l *ledger) Payment(id payment.ID) (payment.Payment, error) {
	list, ok := l.paymentsOf[l.paidFor[id]]
	if !ok {
		if err := l.read(findPayments("id", []string{string(id)}, &list)); err != nil {
			return payment.Payment{}, err
		}
	}
	return only(list, func(p payment.Payment) bool { return p.ID == id })
}

func only(list []payment.Payment, suits func(payment.Payment) bool) (payment.Payment, error) {
	if i := slices.IndexFunc(list, suits); i >= 0 {
		return list[i], nil
	}
	return payment.Payment{}, mall.ErrNotFound
}

func findPayments(column string, in []string, into *[]payment.Payment) sqldb.Query {
	return sqldb.Query{
		SQL:  "SELECT " + strings.Join(paymentColumns(), ", ") + " FROM payments WHERE " + column + " IN " + places(len(in)) + " ORDER BY id",
		Args: each(in, func(s string) any { return s }),
		Each: func(scan func(...any) error) error {
			var row paymentRow
			err := scan(row.fields()...)
			*into = append(*into, row.payment())
			return err
		},
	}
}

// AddPayment implements mall.PurchaseTx.
func (l *ledger) AddPayment(p payment.Payment) error {
	row := newPaymentRow(p)
	l.payments = append(l.payments, row)
	return l.paymentMoved(p, row)
}

// PutPayment implements mall.PurchaseTx.
func (l *ledger) PutPayment(p payment.Payment) error {
	row := newPaymentRow(p)
	l.paymentChanges = append(l.paymentChanges, row.change())
	return conflict(l.paymentMoved(p, row))
}

func (l *ledger) paymentMoved(p payment.Payment, row paymentRow) error {
	l.paymentMoves = append(l.paymentMoves, paymentMoveRows(p)...)
	for _, m := range p.Moves {
		l.moves = append(l.moves, move{"payment", string(m.To)})
	}
	if list, all := l.paymentsOf[p.Order]; all {
		others := slices.DeleteFunc(slices.Clone(list), func(other payment.Payment) bool { return other.ID == p.ID })
		remember(l, l.paymentsOf, p.Order, append(others, row.payment()))
		remember(l, l.paidFor, p.ID, p.Order)
	}
	return l.written()
}

// AddNotice implements mall.PurchaseTx.
func (l *ledger) AddNotice(n payment.Notice) error {
	l.notices = append(l.notices, newNoticeRow(n, l.at))
	return l.written()
}

// Refund implements mall.PurchaseTx.
func (l *ledger) Refund(no payment.RequestNo) (payment.Refund, error) {
	found, err := l.findRefunds("request_no", string(no))
	if err == nil && len(found) == 0 {
		err = mall.ErrNotFound
	}
	if err != nil {
		return payment.Refund{}, err
	}
	return found[0], nil
}

// PaymentRefunds implements mall.PurchaseTx.
func (l *ledger) PaymentRefunds(id payment.ID) ([]payment.Refund, error) {
	return l.findRefunds("payment_id", string(id))
}

func (l *ledger) findRefunds(column, value string) (found []payment.Refund, err error) {
	err = l.read(sqldb.Query{
		SQL:  "SELECT " + strings.Join(refundColumns(), ", ") + " FROM refunds WHERE " + column + " = ? ORDER BY request_no",
		Args: []any{value},
		Each: func(scan func(...any) error) error {
			var row refundRow
			err := scan(row.fields()...)
			found = append(found, row.refund())
			return err
		},
	})
	return found, err
}

// AddRefund implements mall.PurchaseTx.
func (l *ledger) AddRefund(r payment.Refund) error {
	l.refunds = append(l.refunds, newRefundRow(r))
	l.refundMoved(r)
	return l.written()
}

func (l *ledger) refundMoved(r payment.Refund) {
	l.refundMoves = append(l.refundMoves, refundMoveRows(r)...)
	for _, m := range r.Moves {
		l.moves = append(l.moves, move{"refund", string(m.To)})
	}
}
