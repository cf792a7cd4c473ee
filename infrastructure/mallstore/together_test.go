package mallstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"pgregory.net/rapid"

	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/observe"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// togetherEnv collects changes as if they had come at once, and has them carried out in batches.
type togetherEnv struct {
	t     testing.TB
	db    *sqldb.DB
	store *mallstore.Store
	batch []mallstore.Change
}

const pieces = 3

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant but for its type

func newTogether(t testing.TB, db *sqldb.DB) *togetherEnv {
	e := &togetherEnv{t: t, db: db}
	e.store = mallstore.New(db, func() time.Time { return noon }, nil, mallstore.WithSharing(func(_ context.Context, c mallstore.Change) (error, error) {
		e.batch = append(e.batch, c)
		return nil, nil
	}))
	require.NoError(t, e.store.InTx(t.Context(), func(_ context.Context, tx mall.Tx) error {
		return tx.PutProduct(catalog.Product{ID: "cup", Name: "Cup", Shelf: catalog.OnShelf, SKUs: []catalog.SKU{{ID: "red", Price: 100, Stock: pieces}}})
	}))
	return e
}

func (e *togetherEnv) add(hold mall.Hold, fn func(tx mall.PurchaseTx) error) {
	require.NoError(e.t, e.store.Together(context.Background(), hold, fn))
}

// carry does what was added, all at once.
func (e *togetherEnv) carry() []error {
	batch := e.batch
	e.batch = nil
	outcomes, err := e.store.Carry(context.Background(), batch)
	require.NoError(e.t, err)
	return outcomes
}

var stock = mall.StockKey{Product: "cup", SKU: "red"} //nolint:gochecknoglobals // a constant but for its type

func placed(id order.ID) order.Order {
	o := order.Place(order.Order{ID: id, Buyer: account.ID("acc-" + id), Mode: order.Group, Activity: "act", Item: order.Item{Product: "cup", SKU: "red", Quantity: 1}}, noon)
	o.Offer(order.Terms{Team: "team", Original: 100, PayPrice: 80, Amount: 80, ExpiresAt: noon.Add(time.Hour)}, noon)
	return o
}

func place(id order.ID) func(tx mall.PurchaseTx) error {
	return func(tx mall.PurchaseTx) error {
		if err := tx.AddOrder(placed(id), mall.Key{Value: "key-" + string(id), Input: "input"}); err != nil {
			return err
		}
		return tx.TakeStock("cup", "red", 1)
	}
}

// open makes a payment of an order that is there.
func open(id order.ID) func(tx mall.PurchaseTx) error {
	return func(tx mall.PurchaseTx) error {
		o, err := tx.LockOrder(id)
		if err != nil {
			return err
		}
		if _, err = tx.OpenPayment(id); !errors.Is(err, mall.ErrNotFound) {
			return err
		}
		p := payment.Start(payment.Payment{ID: payment.ID("pay-" + id), Order: id, Buyer: o.Buyer, Method: payment.MethodPhone, Amount: o.Amount, ExpiresAt: o.ExpiresAt}, tx.Now())
		p.Offer("https://pay.example", tx.Now())
		return tx.AddPayment(p)
	}
}

// pay books what open has made.
func pay(id order.ID) func(tx mall.PurchaseTx) error {
	return func(tx mall.PurchaseTx) error {
		o, err := tx.LockOrder(id)
		if err != nil {
			return err
		}
		p, err := tx.Payment(payment.ID("pay-" + id))
		if err != nil {
			return err
		}
		if err := tx.AddNotice(payment.Notice{NotifyID: "n-" + string(id), ID: p.ID, Status: payment.TradeSucceeded, Amount: p.Amount}); err != nil || !p.Succeed("no", noon, tx.Now()) {
			return err
		}
		if o.Pay(order.Receipt{Payment: order.PaymentID(p.ID), TradeNo: "no", PaidAt: noon}, tx.Now()); o.Status != order.Paid {
			return fmt.Errorf("%w: %s", mall.ErrConflict, o.Status)
		}
		return errors.Join(tx.PutPayment(p), tx.PutOrder(o), tx.Enqueue(mall.Task{Topic: mall.TopicSettle, Subject: string(id)}))
	}
}

// leave closes an order that is not paid.
func leave(id order.ID) func(tx mall.PurchaseTx) error {
	return func(tx mall.PurchaseTx) error {
		o, err := tx.LockOrder(id)
		if err != nil {
			return err
		}
		if !o.Close(order.BuyerCancelled, "", tx.Now()) {
			return mall.ErrConflict
		}
		return errors.Join(tx.PutOrder(o), tx.ReturnStock("cup", "red", 1))
	}
}

// form ships a team's orders, once for each message.
func form(message string) func(tx mall.PurchaseTx) error {
	return func(tx mall.PurchaseTx) error {
		first, err := tx.Once("consumer", message)
		if err != nil || !first {
			return err
		}
		orders, err := tx.LockTeam("team")
		for _, o := range orders {
			if o.Formed(tx.Now()).Moved {
				err = errors.Join(err, tx.PutOrder(o))
			}
		}
		return err
	}
}

// owe gives a paid order's money back and then fails if it is told to, when some of that is written already.
func owe(id order.ID, fail error) func(tx mall.PurchaseTx) error {
	return func(tx mall.PurchaseTx) error {
		o, err := tx.LockOrder(id)
		if err != nil {
			return err
		}
		if !o.GiveBack(order.RefundAsked, "why", tx.Now()).Moved {
			return mall.ErrConflict
		}
		if err := tx.PutOrder(o); err != nil {
			return err
		}
		p, err := tx.Payment(payment.ID(o.PaidBy))
		if err != nil {
			return err
		}
		earlier, err := tx.PaymentRefunds(p.ID)
		if err != nil {
			return err
		}
		if _, err := tx.Refund("nobody's"); !errors.Is(err, mall.ErrNotFound) {
			return err
		}
		if err := tx.AddRefund(payment.Owe(payment.RequestNo("rf-"+id), p, order.RefundAsked, tx.Now(), earlier...)); err != nil {
			return err
		}
		return fail
	}
}

var errOwn = errors.New("its own")

// step adds one of the changes above, with or without telling what it is about.
func (e *togetherEnv) step(kind int, id order.ID, told bool) {
	hold, fn := mall.Hold{Order: id, Payments: true}, open(id)
	switch kind {
	case 0:
		hold, fn = mall.Hold{Stock: stock, Key: mall.BuyerKey{Buyer: account.ID("acc-" + id), Value: "key-" + string(id)}}, place(id)
	case 1:
	case 2:
		fn = pay(id)
	case 3:
		hold.Payments, fn = false, leave(id)
	case 4:
		hold, fn = mall.Hold{Team: "team", Message: mall.Receipt{Consumer: "consumer", MessageID: string(id)}}, form(string(id))
	case 5:
		fn = owe(id, nil)
	default:
		fn = owe(id, errOwn)
	}
	if !told {
		hold = mall.Hold{}
	}
	e.add(hold, fn)
}

// books are all rows that changes write, as text.
func (e *togetherEnv) books() string {
	var books strings.Builder
	for _, q := range []string{
		"SELECT id, status, reason, paid_by, version FROM orders ORDER BY id",
		"SELECT order_id, version, step, from_status, to_status FROM order_history ORDER BY order_id, version, step",
		"SELECT id, status, open_order, provider_no, version FROM payments ORDER BY id",
		"SELECT payment_id, version, step, from_status, to_status FROM payment_history ORDER BY payment_id, version, step",
		"SELECT notify_id, times FROM notices ORDER BY notify_id",
		"SELECT request_no, amount_fen, status FROM refunds ORDER BY request_no",
		"SELECT request_no, version, to_status FROM refund_history ORDER BY request_no, version, step",
		"SELECT consumer, message_id FROM inbox ORDER BY message_id",
		"SELECT topic, msg_key FROM outbox ORDER BY topic, msg_key",
		"SELECT product_id, sku_id, stock FROM skus ORDER BY product_id, sku_id",
	} {
		var rows []map[string]any
		require.NoError(e.t, e.db.Read(context.Background()).Raw(q).Scan(&rows).Error)
		fmt.Fprintln(&books, q, rows)
	}
	return books.String()
}

// TestTogether_IsAsOneByOne plays the same changes in batches and one by one: what each answers and what is in the books
// afterwards are the same.
func TestTogether_IsAsOneByOne(t *testing.T) {
	for name, open := range map[string]func(testing.TB, sqldb.Service) *sqldb.DB{"sqlite": sqldbtest.Open, "mysql": sqldbtest.OpenMySQL} {
		t.Run(name, func(t *testing.T) {
			many, single := open(t, sqldb.Mall), open(t, sqldb.Mall)
			rapid.Check(t, func(r *rapid.T) {
				empty(t, many, single)
				a, b := newTogether(t, many), newTogether(t, single)
				for range rapid.IntRange(1, 4).Draw(r, "batches") {
					var apart []error
					for range rapid.IntRange(1, 8).Draw(r, "size") {
						kind, id := rapid.IntRange(0, 6).Draw(r, "kind"), order.ID(rapid.SampledFrom([]string{"o1", "o2", "o3", "o4", "o5"}).Draw(r, "order"))
						told := rapid.Bool().Draw(r, "told")
						a.step(kind, id, told)
						b.step(kind, id, told)
						apart = append(apart, b.carry()...)
					}
					for i, outcome := range a.carry() {
						require.Equal(t, kind(apart[i]), kind(outcome))
					}
				}
				require.Equal(t, b.books(), a.books())
			})
		})
	}
}

// kind is which of the mall's errors an outcome is.
func kind(outcome error) string {
	for _, known := range []error{mall.ErrNotFound, mall.ErrDuplicate, mall.ErrConflict, mall.ErrStock, errOwn} {
		if errors.Is(outcome, known) {
			return known.Error()
		}
	}
	return fmt.Sprint(outcome)
}

func empty(t *testing.T, dbs ...*sqldb.DB) {
	for _, db := range dbs {
		for _, table := range []string{"orders", "order_history", "payments", "payment_history", "notices", "refunds", "refund_history", "inbox", "outbox", "skus", "products"} {
			execute(t, db, "DELETE FROM "+table)
		}
	}
}

// TestTogether_TwoRoundTrips counts what goes over the line to the server: one script that begins and holds, one that
// writes and commits, for one change as for twenty.
func TestTogether_TwoRoundTrips(t *testing.T) {
	db := sqldbtest.OpenMySQL(t, sqldb.Mall)
	tap, through := sqldbtest.NewTap(t, db.DSN())
	e := newTogether(t, sqldbtest.Connect(t, through))
	execute(t, e.db, "UPDATE skus SET stock = 100")
	e.step(1, "none", true) // opens the connection
	e.carry()
	for kind, name := range []string{"place", "open", "pay"} {
		for _, n := range []int{1, 20} {
			for i := range n {
				e.step(kind, order.ID(fmt.Sprintf("o%d-%d", n, i)), true)
			}
			tap.Asked()
			for _, outcome := range e.carry() {
				require.NoError(t, outcome)
			}
			asked := tap.Asked()
			require.Len(t, asked, 2, "%s: %s", name, asked)
			require.True(t, strings.HasPrefix(asked[0], "BEGIN;"), asked[0])
			require.True(t, strings.HasSuffix(asked[1], ";COMMIT"), asked[1])
		}
	}
}

func execute(t testing.TB, db *sqldb.DB, statement string) {
	require.NoError(t, db.InTx(context.Background(), func(tx *gorm.DB) error { return tx.Exec(statement).Error }))
}

// What shares a transaction must not change for a caller that cannot wait: a job's change has a transaction under the
// job's lease, of its own.
func TestTogether_UnderALeaseIsAlone(t *testing.T) {
	e := newTogether(t, sqldbtest.Open(t, sqldb.Mall))
	leased, end := e.db.Fenced(t.Context(), "mall.sweep", 1)
	defer end()
	err := e.store.Together(leased, mall.Hold{}, func(mall.PurchaseTx) error { return nil })
	require.ErrorIs(t, err, sqldb.ErrFenced, "nobody holds that lease")
	require.Empty(t, e.batch)
}

// A database that is away is away for all changes of a batch.
func TestCarry_DatabaseGone(t *testing.T) {
	e := newTogether(t, sqldbtest.Open(t, sqldb.Mall))
	e.step(0, "o1", true)
	require.NoError(t, e.db.Close())
	_, err := e.store.Carry(t.Context(), e.batch)
	require.Error(t, err)
}

// Pieces that come back do not make a SKU for sale that was taken off meanwhile: nothing is written for one that comes
// and one that goes, so the database cannot refuse it.
func TestCarry_NothingOfAnUnlistedSKUIsSold(t *testing.T) {
	e := newTogether(t, sqldbtest.Open(t, sqldb.Mall))
	e.step(0, "o1", true)
	require.Equal(t, []error{nil}, e.carry())
	execute(t, e.db, "UPDATE skus SET listed = false")
	e.step(0, "o2", true)
	e.step(3, "o1", true)
	e.step(0, "o3", true)
	outcomes := e.carry()
	require.ErrorIs(t, outcomes[0], mall.ErrStock)
	require.NoError(t, outcomes[1])
	require.ErrorIs(t, outcomes[2], mall.ErrStock)
}

// A change that is done again on its own, because another one of its batch met somebody else's row, leaves its task with
// the trace of its own request.
func TestCarry_AChangeDoneAgainKeepsItsTrace(t *testing.T) {
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	e := newTogether(t, sqldbtest.Open(t, sqldb.Mall))
	traced := observe.Follow(t.Context(), parent)
	require.NoError(t, e.store.Together(traced, mall.Hold{}, func(tx mall.PurchaseTx) error {
		return tx.Enqueue(mall.Task{Topic: mall.TopicSettle, Subject: "o1"})
	}))
	e.add(mall.Hold{}, func(tx mall.PurchaseTx) error { return tx.PutOrder(placed("nobody's")) })
	outcomes := e.carry()
	require.NoError(t, outcomes[0])
	require.ErrorIs(t, outcomes[1], mall.ErrConflict)
	var trace string
	require.NoError(t, e.db.Read(t.Context()).Raw("SELECT trace FROM outbox").Scan(&trace).Error)
	require.Contains(t, trace, "4bf92f3577b34da6a3ce929d0e0e4736")
}
