package malltest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall/payment"
)

// atNoon moves the provider's clock to the noon of a day that nothing happened on yet, and returns the day.
func (e ChannelEnv) atNoon() payment.Day {
	day := payment.DayOf(e.Now()).Add(1)
	e.Jump(day.Start().Add(12 * time.Hour).Sub(e.Now()))
	return day
}

// billReady moves the provider's clock to when the day's bill is there.
func (e ChannelEnv) billReady(day payment.Day) { e.Jump(day.End().Add(10 * time.Hour).Sub(e.Now())) }

func (e ChannelEnv) readBill(t *testing.T, day payment.Day) (lines []payment.BillLine) {
	t.Helper()
	require.NoError(t, e.Channel.Bill(t.Context(), day, func(l payment.BillLine) error {
		require.Positive(t, l.Number)
		l.Number, l.Fee = 0, 0
		lines = append(lines, l)
		return nil
	}))
	return lines
}

func (e ChannelEnv) requireNoBill(t *testing.T, day payment.Day) {
	t.Helper()
	err := e.Channel.Bill(t.Context(), day, func(payment.BillLine) error { return errors.New("there is a line") })
	require.ErrorIs(t, err, payment.ErrBillNotReady)
}

// channelBill: what was paid and sent back on a day is in its bill, to the fen and the second, the next morning.
func channelBill(t *testing.T, e ChannelEnv) {
	day := e.atNoon()
	e.Pay(t, e.page(t))
	paid := e.requireStatus(t, payment.TradeSucceeded)
	require.Equal(t, day, payment.DayOf(paid.PaidAt))
	refund := func(no payment.RequestNo) {
		_, err := e.Channel.Refund(t.Context(), payment.RefundOrder{ID: chargeID, RequestNo: no, Amount: 34, Reason: "拼团失败, \"差价\""})
		require.NoError(t, err)
	}
	refund("rf_1")
	e.requireNoBill(t, day)
	e.billReady(day)
	refund("rf_2")
	lines := e.readBill(t, day)
	require.Len(t, lines, 2)
	payer, back := lines[0], lines[1]
	if payer.Kind == payment.BillRefund {
		payer, back = back, payer
	}
	require.Equal(t, payment.BillLine{
		Kind: payment.BillPayment, ID: chargeID, ProviderNo: paid.ProviderNo, Amount: chargeAmount, At: paid.PaidAt,
	}, payer)
	require.WithinDuration(t, paid.PaidAt, back.At, time.Minute)
	back.At = time.Time{}
	require.Equal(t, payment.BillLine{Kind: payment.BillRefund, ID: chargeID, RequestNo: "rf_1", ProviderNo: paid.ProviderNo, Amount: 34}, back)
	e.billReady(day.Add(1))
	next := e.readBill(t, day.Add(1))
	require.Len(t, next, 1)
	require.EqualValues(t, "rf_2", next[0].RequestNo)
}

// channelNoBill: neither a day to come nor one on which nothing happened has a bill.
func channelNoBill(t *testing.T, e ChannelEnv) {
	day := e.atNoon()
	e.Open(t, e.page(t)) // and nobody pays
	e.requireNoBill(t, day)
	e.requireNoBill(t, day.Add(9))
	e.billReady(day)
	e.requireNoBill(t, day)
}

// channelBillCut: whoever reads may stop, and hears why.
func channelBillCut(t *testing.T, e ChannelEnv) {
	day := e.atNoon()
	e.Pay(t, e.page(t))
	e.billReady(day)
	cut := errors.New("cut")
	require.ErrorIs(t, e.Channel.Bill(t.Context(), day, func(payment.BillLine) error { return cut }), cut)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, e.Channel.Bill(ctx, day, func(payment.BillLine) error { return nil }), payment.ErrUnknown)
}
