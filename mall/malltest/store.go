package malltest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// Store is a database of the mall with what the checks ask of it.
type Store interface {
	mall.Store
	mall.Auditor
}

// StoreOpener returns an empty store whose transactions take their time from clock.
type StoreOpener func(t *testing.T, clock func() time.Time) Store

// RunStore checks that a store keeps the promises of mall.Store.
func RunStore(t *testing.T, open StoreOpener) {
	for name, check := range map[string]func(*storeEnv){
		"transactions":        storeTransactions,
		"inbox":               storeInbox,
		"accounts":            storeAccounts,
		"sessions":            storeSessions,
		"expired sessions":    storeExpiredSessions,
		"products":            storeProducts,
		"stale products":      storeStaleProducts,
		"stock":               storeStock,
		"stock at once":       storeStockAtOnce,
		"orders":              storeOrders,
		"order keys":          storeOrderKeys,
		"stale orders":        storeStaleOrders,
		"orders wait":         storeOrdersWait,
		"due orders":          storeDueOrders,
		"lists of orders":     storeOrderLists,
		"teams":               storeTeams,
		"marks":               storeMarks,
		"scans":               storeScans,
		"payments":            storePayments,
		"one open payment":    storeOneOpenPayment,
		"due payments":        storeDuePayments,
		"notices":             storeNotices,
		"found payments":      storeFoundPayments,
		"refunds":             storeRefunds,
		"refunds of a part":   storePartRefunds,
		"due refunds":         storeDueRefunds,
		"books":               storeBooks,
		"many rows are paged": storePages,
		"bills":               storeBills,
		"lines of bills":      storeBillLines,
		"many lines":          storeManyLines,
		"books of a day":      storeBooksOfADay,
		"differences":         storeDifferences,
		"audit":               storeAuditChain,
		"audit at once":       storeAuditAtOnce,
		"audit rolls back":    storeAuditRollsBack,
		"lists of the audit":  storeAuditLists,
	} {
		t.Run(name, func(t *testing.T) {
			e := &storeEnv{T: t, ctx: t.Context(), now: time.Date(2026, 5, 1, 8, 0, 0, 123_000_000, time.UTC)}
			e.store = open(t, func() time.Time { return e.now })
			check(e)
		})
	}
}

// storeEnv is one check at work.
type storeEnv struct {
	*testing.T
	ctx   context.Context
	store Store
	now   time.Time
}

// do runs a transaction that must pass.
func (e *storeEnv) do(fn func(tx mall.Tx) error) {
	e.Helper()
	require.NoError(e, e.try(fn))
}

func (e *storeEnv) try(fn func(tx mall.Tx) error) error {
	return e.store.InTx(e.ctx, func(_ context.Context, tx mall.Tx) error { return fn(tx) })
}

// atOnce runs do n times at the same moment and waits.
func (e *storeEnv) atOnce(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

func teapot() catalog.Product {
	return catalog.Product{
		ID: "teapot", Name: "茶壶 🫖", Description: "It pours.", Pictures: []string{"/a.jpg", "/b.jpg"}, Shelf: catalog.OnShelf,
		SKUs: []catalog.SKU{{ID: "red", Name: "红", Price: 100_00, Stock: 10}, {ID: "blue", Name: "蓝", Price: 120_00}},
	}
}

// addTeapot puts it on the shelf.
func (e *storeEnv) addTeapot() catalog.Product {
	e.Helper()
	p := teapot()
	p.CreatedAt, p.UpdatedAt = e.now, e.now
	e.do(func(tx mall.Tx) error { return tx.PutProduct(p) })
	p.Version = 1
	return p
}

func (e *storeEnv) newOrder(id order.ID, buyer account.ID) order.Order {
	return order.Place(order.Order{
		ID: id, Buyer: buyer, Mode: order.Group, Activity: "act_1", Team: "team_1",
		Item:     order.Item{Product: "teapot", ProductName: "茶壶", SKU: "red", SKUName: "红", Quantity: 2},
		Original: 100_00, Expected: 80_00,
	}, e.now)
}

// addOrder saves a new order that may be paid for 15 minutes.
func (e *storeEnv) addOrder(id order.ID, buyer account.ID) order.Order {
	e.Helper()
	o := e.newOrder(id, buyer)
	require.True(e, o.Offer(order.Terms{
		Team: "team_1", Original: 100_00, PayPrice: 80_00, Amount: 160_00, ExpiresAt: e.now.Add(15 * time.Minute),
	}, e.now))
	e.do(func(tx mall.Tx) error { return tx.AddOrder(o, mall.Key{Value: "key-" + string(id), Input: "input"}) })
	return e.order(id)
}

func (e *storeEnv) order(id order.ID) order.Order {
	e.Helper()
	o, err := e.store.Order(e.ctx, "", id)
	require.NoError(e, err)
	return o
}

func newPayment(id payment.ID, o order.Order, now time.Time) payment.Payment {
	return payment.Start(payment.Payment{
		ID: id, Order: o.ID, Buyer: o.Buyer, Method: payment.MethodPhone, Amount: o.Amount, ExpiresAt: o.ExpiresAt,
	}, now)
}

// addPayment saves a pending payment.
func (e *storeEnv) addPayment(id payment.ID, o order.Order) payment.Payment {
	e.Helper()
	p := newPayment(id, o, e.now)
	require.True(e, p.Offer("https://pay.example/?a=1&b=2", e.now))
	e.do(func(tx mall.Tx) error { return tx.AddPayment(p) })
	return e.payment(id)
}

func (e *storeEnv) payment(id payment.ID) payment.Payment {
	e.Helper()
	p, err := e.store.PaymentByID(e.ctx, id)
	require.NoError(e, err)
	return p
}

// addRefund saves a refund of a payment.
func (e *storeEnv) addRefund(no payment.RequestNo, p payment.Payment) payment.Refund {
	e.Helper()
	r := payment.Owe(no, p, "team_did_not_fill", e.now)
	e.do(func(tx mall.Tx) error { return tx.AddRefund(r) })
	return e.refund(no)
}

func (e *storeEnv) refund(no payment.RequestNo) (r payment.Refund) {
	e.Helper()
	e.do(func(tx mall.Tx) (err error) {
		r, err = tx.Refund(no)
		return err
	})
	return r
}
