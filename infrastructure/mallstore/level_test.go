package mallstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/observe"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

func TestLevels_CountWhatIsUnderWay(t *testing.T) {
	sqldbtest.Each(t, sqldb.Mall, func(t *testing.T, db *sqldb.DB) {
		now := time.Now().UTC().Truncate(time.Millisecond)
		ago := func(d time.Duration) time.Time { return now.Add(-d) }
		store := mallstore.New(db, time.Now, nil)
		require.NoError(t, store.InTx(t.Context(), func(_ context.Context, tx mall.Tx) error {
			return errors.Join(
				tx.AddOrder(order.Order{ID: "ord_1", Buyer: "acc_1", Status: order.Paid, PlacedAt: ago(time.Minute)}, mall.Key{Value: "1"}),
				tx.AddOrder(order.Order{ID: "ord_2", Buyer: "acc_1", Status: order.Paid, PlacedAt: ago(time.Hour)}, mall.Key{Value: "2"}),
				tx.AddOrder(order.Order{ID: "ord_3", Buyer: "acc_1", Status: order.Shipped, PlacedAt: ago(time.Hour)}, mall.Key{Value: "3"}),
				tx.AddPayment(payment.Payment{ID: "pay_1", Order: "ord_1", Status: payment.Pending, CreatedAt: ago(time.Minute)}),
				tx.AddPayment(payment.Payment{ID: "pay_2", Order: "ord_2", Status: payment.Pending, CreatedAt: ago(time.Hour), UnknownSince: ago(time.Second)}),
				tx.AddPayment(payment.Payment{ID: "pay_3", Order: "ord_3", Status: payment.Succeeded, CreatedAt: ago(time.Hour)}),
				tx.AddRefund(payment.Refund{No: "rf_1", Payment: "pay_3", Order: "ord_3", Intent: payment.Full, Status: payment.RefundFailed, CreatedAt: ago(time.Minute)}),
			)
		}))
		levels, err := store.Levels(t.Context())
		require.NoError(t, err)
		got := map[string]observe.Level{}
		for _, l := range levels {
			if l.Count == 0 {
				require.Zero(t, l.Since)
			}
			l.Since = l.Since.UTC()
			got[l.Of+" "+l.State] = l
		}
		require.Len(t, got, 12, "every state, once")
		require.Equal(t, observe.Level{Of: "order", State: "paid", Count: 2, Since: ago(time.Hour)}, got["order paid"])
		require.Equal(t, observe.Level{Of: "payment", State: "pending", Count: 1, Since: ago(time.Minute)}, got["payment pending"])
		require.Equal(t, observe.Level{Of: "payment", State: "unknown", Count: 1, Since: ago(time.Second)}, got["payment unknown"])
		require.Equal(t, observe.Level{Of: "refund", State: "failed", Count: 1, Since: ago(time.Minute)}, got["refund failed"])
		require.Zero(t, got["refund created"].Count)
	})
}

// What is counted has happened: nothing of a transaction that was rolled back, and nothing twice.
func TestMoves_AreToldAfterTheCommit(t *testing.T) {
	var moved []string
	store := mallstore.New(sqldbtest.Open(t, sqldb.Mall), time.Now, nil, mallstore.WithMoves(func(of, to string) { moved = append(moved, of+" "+to) }))
	place := func(id order.ID, end error) error {
		return store.InTx(t.Context(), func(_ context.Context, tx mall.Tx) error {
			o := order.Order{ID: id, Buyer: "acc_1", Status: order.AwaitingPayment, Moves: []order.Move{{To: order.Created}, {From: order.Created, To: order.AwaitingPayment}}}
			return errors.Join(tx.AddOrder(o, mall.Key{Value: string(id)}), end)
		})
	}
	require.Error(t, place("ord_1", errors.New("no")))
	require.Empty(t, moved)
	require.NoError(t, place("ord_1", nil))
	require.Equal(t, []string{"order created", "order awaiting_payment"}, moved)
}
