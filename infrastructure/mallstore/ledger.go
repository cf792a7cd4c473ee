package mallstore

import (
	"errors"
	"maps"
	"time"

	"gorm.io/gorm"

	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// line carries statements to the database within one transaction.
type line interface {
	read(queries ...sqldb.Query) error
	write(writes ...sqldb.Write) error
}

// atOnce carries out each statement when it is asked for.
type atOnce struct{ db *gorm.DB }

func (a atOnce) read(queries ...sqldb.Query) error {
	for _, q := range queries {
		if err := a.query(q); err != nil {
			return err
		}
	}
	return nil
}

func (a atOnce) query(q sqldb.Query) error {
	rows, err := a.db.Raw(q.SQL, q.Args...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close() // after the last row or an error there is nothing left to fail
	for rows.Next() {
		if err := q.Each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (a atOnce) write(writes ...sqldb.Write) error {
	for _, w := range writes {
		done := a.db.Exec(w.SQL, w.Args...)
		if done.Error != nil {
			return done.Error
		}
		if w.Rows != sqldb.AnyRows && done.RowsAffected != int64(w.Rows) {
			return sqldb.ErrStale
		}
	}
	return nil
}

// inPipe sends what is read together, and keeps writes for the end or the next read.
type inPipe struct{ p *sqldb.Pipe }

func (i inPipe) read(queries ...sqldb.Query) error { return i.p.Read(queries...) }
func (i inPipe) write(writes ...sqldb.Write) error { return i.p.Write(writes...) }

// ledger implements mall.PurchaseTx over one transaction. A shared one keeps what it read, all of it held against
// others, and its writes, so that many changes cost a few statements.
type ledger struct {
	on      line
	shared  bool
	dialect sqldb.Dialect
	at      time.Time
	ids     func(now time.Time) string
	trace   string // that the tasks of the change at work belong to
	broken  error  // what the database answered instead of an answer; the whole transaction is lost
	kept
	known
}

// kept is what was written and is not with the database yet, or has to be told after the commit.
type kept struct {
	orders         []orderRow
	orderChanges   []sqldb.Write
	orderMoves     []orderMoveRow
	payments       []paymentRow
	paymentChanges []sqldb.Write
	paymentMoves   []paymentMoveRow
	notices        []noticeRow
	refunds        []refundRow
	refundMoves    []refundMoveRow
	receipts       []receiptRow
	messages       []outbox.Message
	stock          map[mall.StockKey]int // by how much it changes

	moves    []move
	enqueued bool
}

// known is what a shared transaction has read.
type known struct {
	ordersOf   map[order.ID]order.Order
	teamOf     map[order.TeamID][]order.ID
	paymentsOf map[order.ID][]payment.Payment // all of an order
	paidFor    map[payment.ID]order.ID
	left       map[mall.StockKey]int
	taken      map[mall.Receipt]bool
	used       map[mall.BuyerKey]bool
	undo       []func()
	before     kept // what was kept when the change at work began
	dirty      bool // the change at work has written
	torn       bool // some of that is with the database already
}

func newLedger(s *Store, on line, now time.Time) *ledger {
	return &ledger{on: on, dialect: s.db.Dialect(), at: now, ids: s.ids, kept: kept{stock: map[mall.StockKey]int{}}}
}

func newShared(s *Store, p *sqldb.Pipe) *ledger {
	l := newLedger(s, inPipe{p}, time.Time{})
	l.shared = true
	l.known = known{
		ordersOf: map[order.ID]order.Order{}, teamOf: map[order.TeamID][]order.ID{}, paymentsOf: map[order.ID][]payment.Payment{},
		paidFor: map[payment.ID]order.ID{}, left: map[mall.StockKey]int{}, taken: map[mall.Receipt]bool{},
		used: map[mall.BuyerKey]bool{},
	}
	return l
}

// errTorn says that a change failed of which the database has a part: only its own transaction can take that back.
var errTorn = errors.New("mallstore: a change that shares its transaction failed half-way")

// carry does one change of those that share the transaction. What it did is undone when it fails. Errors: those of the
// transaction; what the change itself answered is the outcome.
func (l *ledger) carry(c Change) (outcome, err error) {
	l.trace, l.undo, l.dirty, l.torn = c.trace, nil, false, false
	l.before = l.kept
	l.before.stock = maps.Clone(l.stock)
	outcome = c.fn(l)
	switch {
	case l.broken != nil:
		return nil, l.broken
	case outcome == nil:
		return nil, nil
	case l.torn:
		return nil, errTorn
	}
	for i := len(l.undo) - 1; i >= 0; i-- {
		l.undo[i]()
	}
	l.kept = l.before
	return outcome, nil
}

// remember sets what is known, until the change at work fails.
func remember[K comparable, V any](l *ledger, of map[K]V, key K, value V) {
	if !l.shared {
		return
	}
	old, had := of[key]
	l.undo = append(l.undo, func() {
		if had {
			of[key] = old
		} else {
			delete(of, key)
		}
	})
	of[key] = value
}

// read asks the database, which has everything that was written before.
func (l *ledger) read(queries ...sqldb.Query) error {
	if l.shared {
		if err := l.flush(); err != nil {
			return err
		}
	}
	return l.failed(l.on.read(queries...))
}

// written carries out what was kept now, unless the transaction is shared: then it can wait.
func (l *ledger) written() error {
	l.dirty = true
	if l.shared {
		return nil
	}
	return l.flush()
}

func (l *ledger) flush() error {
	writes, err := l.writes()
	if err != nil || len(writes) == 0 {
		return err
	}
	l.torn = l.torn || l.dirty
	empty := kept{stock: map[mall.StockKey]int{}, moves: l.moves, enqueued: l.enqueued}
	l.before = kept{stock: map[mall.StockKey]int{}, moves: l.before.moves, enqueued: l.before.enqueued}
	l.kept = empty
	return l.failed(l.on.write(writes...))
}

// failed remembers that the database failed, which no change of a shared transaction can answer for.
func (l *ledger) failed(err error) error {
	if err != nil && l.shared && l.broken == nil {
		l.broken = err
	}
	return translate(err)
}

// writes is what was kept, as statements. Rows that take a unique key come before those that change.
func (l *ledger) writes() ([]sqldb.Write, error) {
	w := insert(nil, "orders", orderColumns(), l.orders, "")
	w = append(w, l.orderChanges...)
	w = insert(w, "order_history", orderMoveColumns(), l.orderMoves, "")
	w = insert(w, "payments", paymentColumns(), l.payments, "")
	w = append(w, l.paymentChanges...)
	w = insert(w, "payment_history", paymentMoveColumns(), l.paymentMoves, "")
	w = insert(w, "notices", noticeColumns(), l.notices, l.countAgain())
	w = insert(w, "refunds", refundColumns(), l.refunds, "")
	w = insert(w, "refund_history", refundMoveColumns(), l.refundMoves, "")
	w = insert(w, "inbox", receiptColumns(), l.receipts, "")
	messages, err := outbox.Insert(l.at, l.messages...)
	return append(append(w, messages...), l.stockChanges()...), err
}

// countAgain is what becomes of a notice that is there already.
func (l *ledger) countAgain() string {
	if l.dialect == sqldb.MySQL {
		return " ON DUPLICATE KEY UPDATE times = times + 1"
	}
	return " ON CONFLICT (notify_id) DO UPDATE SET times = notices.times + 1"
}

// held is what a read that keeps its rows from others says besides, and by which key it goes whatever the server would
// choose: that decides what is held.
func (l *ledger) held() (index, lock string) {
	if l.dialect == sqldb.MySQL {
		return " FORCE INDEX (PRIMARY)", " FOR UPDATE"
	}
	return "", ""
}

// move is a change of status.
type move struct{ of, to string }
