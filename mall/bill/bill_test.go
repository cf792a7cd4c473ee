package bill_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall/bill"
)

func TestBill_Runs(t *testing.T) {
	due := day.End().Add(10 * time.Hour)
	b := bill.Expect(day, due)
	require.Equal(t, bill.Waiting, b.Status)
	b.Begin(due)
	require.EqualValues(t, 1, b.Run)
	require.True(t, b.NextAt.After(due), "nobody else begins")
	b.Fail(errors.New("not yet"), true, due)
	require.Equal(t, bill.Waiting, b.Status)
	require.Equal(t, due.Add(10*time.Minute), b.NextAt)
	for range 100 {
		b.Begin(b.NextAt)
		started := b.StartedAt
		b.Fail(errors.New(strings.Repeat("错", 1000)), false, started)
		require.Equal(t, bill.Failed, b.Status)
		require.Len(t, []rune(b.LastError), 500)
		require.LessOrEqual(t, b.NextAt.Sub(started), time.Hour)
		require.GreaterOrEqual(t, b.NextAt.Sub(started), time.Minute)
		b.Fail(errors.New("not yet"), true, started)
		require.LessOrEqual(t, b.NextAt.Sub(started), 6*time.Hour)
	}
	b.Ask(due)
	require.Equal(t, due, b.NextAt)
	require.Equal(t, bill.Waiting, b.Status)
	b.Begin(due)
	b.Ask(due)
	require.Equal(t, bill.Running, b.Status, "it is at work, and is done once more")
	b.Alive(due.Add(time.Hour))
	require.Equal(t, due.Add(70*time.Minute), b.NextAt)
	b.Match(bill.Sums{Payments: 1}, bill.Sums{Payments: 2}, due, due.Add(time.Minute))
	require.Equal(t, bill.Matched, b.Status)
	require.True(t, b.NextAt.IsZero())
	require.Empty(t, b.LastError)
	require.Contains(t, bill.Statuses(), b.Status)
}

// Who looks before the bill should be there looks again.
func TestBill_MatchedTooEarly(t *testing.T) {
	due := day.End().Add(10 * time.Hour)
	b := bill.Expect(day, due)
	b.Begin(due.Add(-time.Hour))
	b.Match(bill.Sums{}, bill.Sums{}, due, due.Add(-59*time.Minute))
	require.Equal(t, due, b.NextAt)
}

func TestDifference_Life(t *testing.T) {
	f := bill.Finding{Kind: bill.PaymentUnknown, Payment: "pay_1", Theirs: 5, Proposal: bill.ProposeRefund}
	now := day.End()
	d := bill.Find("diff_1", day, f, 1, now)
	require.Equal(t, bill.Open, d.Status)
	require.True(t, d.Allows(bill.ActRefund))
	require.True(t, d.Allows(bill.ActAccept))
	require.False(t, d.Allows(bill.ActAsk), "nobody here has it")
	require.True(t, d.Return("rf_1", "ops", "not ours"))
	require.True(t, d.Return("rf_2", "ops", "not ours"))
	require.EqualValues(t, "rf_1", d.RefundNo, "for ever")
	require.True(t, d.Resolve(bill.ActRefund, "ops", "nobody's", now))
	require.False(t, d.Resolve(bill.ActAccept, "ops", "again", now))
	require.False(t, d.Return("rf_3", "ops", "not ours"))
	require.False(t, d.Vanish(now))
	require.False(t, d.Asked(true, "ops", "again", now))
	d.See(f, 2, now.Add(time.Hour))
	require.Equal(t, bill.Resolved, d.Status, "nothing new")
	require.EqualValues(t, 2, d.Run)
	f.Theirs = 6
	d.See(f, 3, now.Add(2*time.Hour))
	require.Equal(t, bill.Open, d.Status, "what was dealt with was another amount")
	require.True(t, d.EndedAt.IsZero())
	require.True(t, d.Vanish(now))
	require.Equal(t, bill.Gone, d.Status)
	d.See(f, 4, now)
	require.Equal(t, bill.Open, d.Status, "it is back")
	require.True(t, d.Asked(false, "ops", "asked", now))
	require.Equal(t, bill.Open, d.Status)
	require.True(t, d.Asked(true, "ops", "asked again", now))
	require.Equal(t, bill.Repaired, d.Status)
	require.Contains(t, bill.DifferenceStatuses(), d.Status)
	require.Contains(t, bill.Actions(), d.Action)
}
