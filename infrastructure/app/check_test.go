package app_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallwire"
	"kaituan/infrastructure/app"
)

// Each case breaks one book by hand; the check must name the row.
func TestCheck_SeesWhatTheGatewayDoesNotConfirm(t *testing.T) {
	w := refundedOrder(t)
	w.stop()
	for name, c := range map[string]struct {
		file, statement string
		invariant       string
	}{
		"the gateway received another amount": {"sandbox.db", "UPDATE trades SET total_fen = total_fen + 1", "I3"},
		"the gateway lost a trade":            {"sandbox.db", "DELETE FROM trades", "I3"},
		"the gateway was never paid":          {"sandbox.db", "UPDATE trades SET refunded_fen = 0, paid_at = 0", "I3"},
		"a payment vanished here":             {"mall.db", "UPDATE payments SET status = 'closed'", "I3"},
		"the gateway lost a refund":           {"sandbox.db", "DELETE FROM refunds", "I5"},
		"the gateway refunded less":           {"sandbox.db", "UPDATE refunds SET amount_fen = 1", "I5"},
		"a refund vanished here":              {"mall.db", "DELETE FROM refunds", "I5"},
	} {
		t.Run(name, func(t *testing.T) {
			broken := w.config
			broken.Data = t.TempDir()
			require.NoError(t, os.CopyFS(broken.Data, os.DirFS(w.config.Data)))
			broken.GroupBuy.DB = "sqlite:" + filepath.Join(broken.Data, "groupbuy.db")
			broken.Mall.DB = "sqlite:" + filepath.Join(broken.Data, "mall.db")
			breakBook(t, filepath.Join(broken.Data, c.file), c.statement)
			report, err := app.SettledCheck(context.Background(), broken)
			require.NoError(t, err)
			var found []string
			for _, v := range report.Violations {
				found = append(found, v.Invariant)
			}
			require.Contains(t, found, c.invariant, "%+v", report.Violations)
		})
	}
}

// refundedOrder is a world with one payment that went back, and nothing wrong in it.
func refundedOrder(t *testing.T) *world {
	t.Helper()
	w := open(t, nil)
	activityID := w.sell("cup", 10, nil)
	anna := w.buyer("anna")
	order := anna.lock("cup", activityID, "")
	page := anna.payPage(order.OrderID)
	anna.cancel(order.OrderID)
	w.payAt(page)
	require.Eventually(t, func() bool {
		view := anna.order(order.OrderID)
		return len(view.Refunds) == 1 && view.Refunds[0].Status == mallwire.RefundStatusSucceeded
	}, patience, pace)
	w.check()
	return w
}

func breakBook(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec("PRAGMA foreign_keys = OFF; " + statement)
	require.NoError(t, err)
}

func TestCheck_MakesNoDatabaseByASlipOfThePen(t *testing.T) {
	w := open(t, nil)
	w.config.Mall.DB = "sqlite:" + filepath.Join(t.TempDir(), "mall.db")
	_, err := app.Check(context.Background(), w.config)
	require.ErrorContains(t, err, "mall.db (KAITUAN_MALL_DB)")
}
