package command_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
	"kaituan/mall/bill"
	"kaituan/mall/payment"
)

// match leaves a matched day with an open difference in the mall's database.
func match(t *testing.T, data string, day payment.Day) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.DSN("sqlite:"+filepath.Join(data, "mall.db")))
	require.NoError(t, err)
	now := time.Now()
	require.NoError(t, mallstore.New(db, time.Now, nil).InTx(t.Context(), func(_ context.Context, tx mall.Tx) error {
		b := bill.Expect(day, now)
		b.Begin(now)
		b.Match(bill.Sums{Payments: 2, Received: 80_05}, bill.Sums{Payments: 1, Received: 80_00}, now, now)
		if err := tx.AddBill(b); err != nil {
			return err
		}
		return tx.AddDifference(bill.Find("diff_1", day, bill.Finding{
			Kind: bill.PaymentUnknown, Payment: "till-7", Theirs: 5, Proposal: bill.ProposeIdentify,
		}, 1, now))
	}))
	require.NoError(t, db.Close())
}

func TestBill_ShowsDaysAndDifferences(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	code, _, stderr := run("", "migrate", "--data", data)
	require.Zero(t, code, stderr)
	code, stdout, stderr := run("", "bill", "--data", data)
	require.Zero(t, code, stderr)
	require.Empty(t, stdout)
	code, _, stderr = run("", "bill", "--data", data, "--day", "2026-05-01")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "bill_not_found")

	match(t, data, "2026-05-01")
	code, stdout, _ = run("", "bill", "--data", data)
	require.Equal(t, 1, code, "something is open")
	require.Contains(t, stdout, "2026-05-01\tmatched\talipay +80.05 -0.00 in 2 lines\tmall +80.00 -0.00\t1 open, 0 repaired, 0 gone, 0 resolved")
	code, stdout, _ = run("", "bill", "--data", data, "--day", "2026-05-01")
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "diff_1\topen\tpayment_unknown\ttill-7 \talipay 0.05, mall 0.00\tproposal: identify")
	code, stdout, stderr = run("", "bill", "--data", data, "--day", "2026-05-02", "--run")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "2026-05-02\twaiting")

	for _, args := range [][]string{{"--day", "yesterday"}, {"--run"}, {"--data", filepath.Join(data, "none")}} {
		code, _, stderr = run("", append([]string{"bill", "--data", data}, args...)...)
		require.Equal(t, 2, code, stderr)
	}
	code, _, stderr = run("", "bill", "--data", data, "--day", "2999-01-01", "--run")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "a day that has begun")
}
