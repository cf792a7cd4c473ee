package app_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallwire"
	"kaituan/infrastructure/app"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// F28: the disk is lost, and the backup is older than what Alipay knows. The bill brings back what was paid since: a
// payment that the books still wait for is booked and seated, one that they never heard of goes back.
func TestFaults_RestoreAnOlderState(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 10, nil)
		anna, bert := w.buyer("anna"), w.buyer("bert")
		known := anna.lock("cup", activityID, "")
		page := anna.payPage(known.OrderID)

		dir := filepath.Join(w.t.TempDir(), "backup")
		taken, err := app.WriteBackup(context.Background(), w.config, dir)
		require.NoError(w.t, err)
		require.Len(w.t, taken.Databases, 2)

		w.payAt(page)
		anna.becomes(known.OrderID, mallwire.OrderStatusTeaming)
		lost := bert.lock("cup", activityID, "") // after the backup, from beginning to end
		bert.pay(lost.OrderID)
		bert.becomes(lost.OrderID, mallwire.OrderStatusTeaming)
		received, _ := w.gateway()

		defer w.stop() // before the schemas that it is restored to are dropped
		w.restore(dir)
		require.Equal(w.t, mallwire.OrderStatusAwaitingPayment, anna.order(known.OrderID).Order.Status)
		day := time.Now().In(time.FixedZone("CST", 8*3600)).Format(time.DateOnly)
		w.box(http.MethodPost, "/clock", `{"jump_ms":129600000}`, http.StatusOK) // past nine in the morning
		var unknown mallwire.BillDifference
		kinds := map[mallwire.DifferenceKind]mallwire.DifferenceStatus{}
		for _, d := range w.matched(day) {
			kinds[d.Kind] = d.Status
			if d.Kind == mallwire.PaymentUnknown {
				unknown = d
			}
		}
		require.Equal(w.t, map[mallwire.DifferenceKind]mallwire.DifferenceStatus{
			mallwire.PaymentUnbooked: mallwire.Repaired, mallwire.PaymentUnknown: mallwire.Open,
		}, kinds)
		anna.becomes(known.OrderID, mallwire.OrderStatusTeaming)

		require.Equal(w.t, mallwire.DifferenceProposalRefund, unknown.Proposal, "a number of ours: the books are from a backup")
		resolved, err := w.shop().ResolveBillDifferenceWithResponse(context.Background(), unknown.DifferenceID,
			mallwire.ResolutionInput{Action: mallwire.DifferenceActionRefund, Note: "lost with the old disk"}, bearer(w.token))
		require.NoError(w.t, err)
		require.NotNil(w.t, resolved.JSON200, string(resolved.Body))
		require.Eventually(w.t, func() bool { _, refunded := w.gateway(); return refunded == unknown.AlipayFen }, patience, pace)
		require.Equal(w.t, received, unknown.AlipayFen+anna.order(known.OrderID).Order.AmountFen)
		w.t.Logf("numbers: F28: of 2 payments after the backup 1 was repaired by the bill, 1 of an order that was lost was given back")
		w.check()
	})
}

// restore stops the instance and starts it on new databases that are filled from a backup. Nothing but
// the bill may tell it what it does not know.
func (w *world) restore(dir string) {
	w.t.Helper()
	w.stop()
	if sqldb.DSN(w.config.Mall.DB).Dialect() == sqldb.MySQL {
		w.config.GroupBuy.DB, w.config.Mall.DB = string(sqldbtest.Schema(w.t)), string(sqldbtest.Schema(w.t))
	} else {
		fresh := w.t.TempDir()
		w.config.GroupBuy.DB, w.config.Mall.DB = "sqlite:"+filepath.Join(fresh, "groupbuy.db"), "sqlite:"+filepath.Join(fresh, "mall.db")
	}
	clear(w.books)
	_, err := app.RestoreBackup(context.Background(), w.config, dir)
	require.NoError(w.t, err)
	_, err = app.RestoreBackup(context.Background(), w.config, dir)
	require.ErrorIs(w.t, err, sqldb.ErrNotEmpty)
	far := time.Now().Add(24 * time.Hour).UnixMilli()
	require.EqualValues(w.t, 1, w.do(sqldb.Mall, "UPDATE payments SET next_ask_at = ?", far))
	w.start()
}

func TestBackup_RefusesWhatIsNone(t *testing.T) {
	w := open(t, nil)
	_, err := app.RestoreBackup(context.Background(), w.config, t.TempDir())
	require.ErrorContains(t, err, "not a whole backup")

	dir := filepath.Join(t.TempDir(), "backup")
	_, err = app.WriteBackup(context.Background(), w.config, dir)
	require.NoError(t, err)
	_, err = app.WriteBackup(context.Background(), w.config, dir)
	require.ErrorIs(t, err, os.ErrExist)

	c := w.config
	c.Mall.DB = "mysql:u:p@tcp(127.0.0.1:1)/mall"
	_, err = app.RestoreBackup(context.Background(), c, dir)
	require.ErrorContains(t, err, "the backup of mall is of sqlite")
}
