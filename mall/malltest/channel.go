// Package malltest holds the suites that every adapter of a port of the mall must pass.
package malltest

import (
	"context"
	"maps"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall/payment"
	"kaituan/money"
)

// ChannelEnv is a payment Channel against a provider that nobody else uses, with what a test does in the
// buyer's and the clock's place.
type ChannelEnv struct {
	Channel  payment.Channel
	AppID    string // what the provider's notices name
	SellerID string
	Open     func(t *testing.T, page payment.PageURL)            // the buyer opens the page and does nothing
	Pay      func(t *testing.T, page payment.PageURL) url.Values // the buyer pays; what the shop's return address is given
	Payable  func(t *testing.T, page payment.PageURL) bool       // whether the page offers to pay
	Notice   func(t *testing.T) url.Values                       // waits for the next notice
	Advance  func(d time.Duration)                               // moves the provider's clock
	Now      func() time.Time                                    // the provider's clock
	Jump     func(d time.Duration)                               // moves it by days; the provider knows that ours stays behind
}

// RunChannel checks that a payment Channel keeps the promises of payment.Channel, notices included.
func RunChannel(t *testing.T, open func(t *testing.T) ChannelEnv) {
	for name, check := range map[string]func(*testing.T, ChannelEnv){
		"absent":              channelAbsent,
		"bad charges":         channelBadCharges,
		"paid":                channelPaid,
		"paid by phone":       channelPaidByPhone,
		"paid once":           channelPaidOnce,
		"closed":              channelClosed,
		"expired":             channelExpired,
		"opened too late":     channelOpenedTooLate,
		"refunds":             channelRefunds,
		"refund refused":      channelRefundRefused,
		"forged notices":      channelForged,
		"return is no notice": channelReturn,
		"cancelled":           channelCancelled,
		"bill":                channelBill,
		"no bill":             channelNoBill,
		"bill not read":       channelBillCut,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

const (
	chargeID     payment.ID = "pay_01J0000000000000000000TEST"
	chargeAmount money.Fen  = 12_34
)

func testCharge() payment.Charge {
	return payment.Charge{
		ID: chargeID, Method: payment.MethodPage, Subject: "茶壶 Teapot 1/2 & =", Amount: chargeAmount,
		ExpiresAt: time.Now().Add(15 * time.Minute), ReturnTo: "https://shop.example/orders/1",
	}
}

func (e ChannelEnv) page(t *testing.T) payment.PageURL {
	t.Helper()
	page, err := e.Channel.Page(t.Context(), testCharge())
	require.NoError(t, err)
	return page
}

func (e ChannelEnv) requireStatus(t *testing.T, want payment.TradeStatus) payment.Trade {
	t.Helper()
	trade, err := e.Channel.Query(t.Context(), chargeID)
	require.NoError(t, err)
	require.Equal(t, want, trade.Status)
	return trade
}

func (e ChannelEnv) readNotice(t *testing.T) payment.Notice {
	t.Helper()
	notice, err := e.Channel.ReadNotice(e.Notice(t))
	require.NoError(t, err)
	return notice
}

func channelAbsent(t *testing.T, e ChannelEnv) {
	e.page(t) // signing tells the provider nothing
	require.Equal(t, payment.Trade{Status: payment.TradeAbsent}, e.requireStatus(t, payment.TradeAbsent))
	require.ErrorIs(t, e.Channel.Close(t.Context(), chargeID), payment.ErrAbsent)
	result, err := e.Channel.QueryRefund(t.Context(), chargeID, "rf_1")
	require.NoError(t, err)
	require.False(t, result.Done)
	requireRejection(t, e, "rf_1", 1)
}

func channelBadCharges(t *testing.T, e ChannelEnv) {
	for name, spoil := range map[string]func(*payment.Charge){
		"no id":      func(c *payment.Charge) { c.ID = "" },
		"strange id": func(c *payment.Charge) { c.ID = "a b" },
		"free":       func(c *payment.Charge) { c.Amount = 0 },
		"negative":   func(c *payment.Charge) { c.Amount = -1 },
		"too much":   func(c *payment.Charge) { c.Amount = 100_000_000_01 },
		"no method":  func(c *payment.Charge) { c.Method = "" },
		"no subject": func(c *payment.Charge) { c.Subject = " / " },
		"no end":     func(c *payment.Charge) { c.ExpiresAt = time.Time{} },
	} {
		charge := testCharge()
		spoil(&charge)
		_, err := e.Channel.Page(t.Context(), charge)
		require.Error(t, err, name)
	}
}

func channelPaid(t *testing.T, e ChannelEnv) {
	page := e.page(t)
	e.Open(t, page)
	waiting := e.requireStatus(t, payment.TradeWaiting)
	require.Zero(t, waiting.PaidAt)
	e.Pay(t, page)
	paid := e.requireStatus(t, payment.TradeSucceeded)
	require.Equal(t, chargeAmount, paid.Amount)
	require.Equal(t, waiting.ProviderNo, paid.ProviderNo)
	require.False(t, paid.PaidAt.IsZero())

	notice := e.readNotice(t)
	require.NotEmpty(t, notice.NotifyID)
	require.Equal(t, payment.Notice{
		NotifyID: notice.NotifyID, AppID: e.AppID, SellerID: e.SellerID, ID: chargeID, ProviderNo: paid.ProviderNo,
		Status: payment.TradeSucceeded, Amount: chargeAmount, PaidAt: paid.PaidAt,
	}, notice)
	require.ErrorIs(t, e.Channel.Close(t.Context(), chargeID), payment.ErrNotClosable)
	e.requireStatus(t, payment.TradeSucceeded)
}

func channelPaidByPhone(t *testing.T, e ChannelEnv) {
	charge := testCharge()
	charge.Method = payment.MethodPhone
	page, err := e.Channel.Page(t.Context(), charge)
	require.NoError(t, err)
	e.Pay(t, page)
	e.requireStatus(t, payment.TradeSucceeded)
	require.Equal(t, payment.TradeSucceeded, e.readNotice(t).Status)
}

func channelPaidOnce(t *testing.T, e ChannelEnv) {
	page := e.page(t)
	again := e.page(t) // signed anew, the same charge
	e.Pay(t, page)
	require.False(t, e.Payable(t, page))
	require.False(t, e.Payable(t, again))
}

func channelClosed(t *testing.T, e ChannelEnv) {
	page := e.page(t)
	e.Open(t, page)
	require.True(t, e.Payable(t, page))
	require.NoError(t, e.Channel.Close(t.Context(), chargeID))
	e.requireStatus(t, payment.TradeClosed)
	require.False(t, e.Payable(t, page))
	require.ErrorIs(t, e.Channel.Close(t.Context(), chargeID), payment.ErrNotClosable)
	notice := e.readNotice(t)
	require.Equal(t, payment.TradeClosed, notice.Status)
	require.Zero(t, notice.PaidAt)
	requireRejection(t, e, "rf_1", 1)
}

func channelExpired(t *testing.T, e ChannelEnv) {
	page := e.page(t)
	e.Open(t, page)
	e.Advance(16 * time.Minute)
	require.False(t, e.Payable(t, page))
	e.requireStatus(t, payment.TradeClosed)
	require.ErrorIs(t, e.Channel.Close(t.Context(), chargeID), payment.ErrNotClosable)
}

// channelOpenedTooLate is why a charge that is absent past its end can be given up.
func channelOpenedTooLate(t *testing.T, e ChannelEnv) {
	page := e.page(t)
	e.Advance(16 * time.Minute)
	require.False(t, e.Payable(t, page))
	e.requireStatus(t, payment.TradeAbsent)
	require.ErrorIs(t, e.Channel.Close(t.Context(), chargeID), payment.ErrAbsent)
}

func channelRefunds(t *testing.T, e ChannelEnv) {
	e.Pay(t, e.page(t))
	paid := e.readNotice(t)

	first := payment.RefundOrder{ID: chargeID, RequestNo: "rf_1", Amount: 34, Reason: "拼团失败"}
	for range 3 {
		result, err := e.Channel.Refund(t.Context(), first)
		require.NoError(t, err)
		require.Equal(t, payment.RefundResult{Done: true, Amount: 34}, result)
	}
	partial := e.readNotice(t)
	require.NotEqual(t, paid.NotifyID, partial.NotifyID)
	require.Equal(t, payment.TradeSucceeded, partial.Status)
	require.Equal(t, money.Fen(34), partial.RefundFee)
	require.Equal(t, paid.PaidAt, partial.PaidAt)
	e.requireStatus(t, payment.TradeSucceeded)

	result, err := e.Channel.Refund(t.Context(), payment.RefundOrder{ID: chargeID, RequestNo: "rf_2", Amount: 12_00})
	require.NoError(t, err)
	require.Equal(t, payment.RefundResult{Done: true, Amount: 12_00}, result)
	whole := e.readNotice(t)
	require.Equal(t, payment.TradeClosed, whole.Status)
	require.Equal(t, chargeAmount, whole.RefundFee)
	require.False(t, e.requireStatus(t, payment.TradeClosed).PaidAt.IsZero())

	for no, amount := range map[payment.RequestNo]money.Fen{"rf_1": 34, "rf_2": 12_00} {
		result, err := e.Channel.QueryRefund(t.Context(), chargeID, no)
		require.NoError(t, err)
		require.Equal(t, payment.RefundResult{Done: true, Amount: amount}, result)
	}
	result, err = e.Channel.QueryRefund(t.Context(), chargeID, "rf_3")
	require.NoError(t, err)
	require.Equal(t, payment.RefundResult{}, result)
}

func channelRefundRefused(t *testing.T, e ChannelEnv) {
	page := e.page(t)
	e.Open(t, page)
	requireRejection(t, e, "rf_1", 1) // not paid yet
	e.Pay(t, page)
	requireRejection(t, e, "rf_1", chargeAmount+1)
	_, err := e.Channel.Refund(t.Context(), payment.RefundOrder{ID: chargeID, RequestNo: "rf_2", Amount: 12_00})
	require.NoError(t, err)
	requireRejection(t, e, "rf_3", 35)    // above what is left
	requireRejection(t, e, "rf_2", 11_00) // the same intent with another amount
	e.requireStatus(t, payment.TradeSucceeded)
}

func requireRejection(t *testing.T, e ChannelEnv, no payment.RequestNo, amount money.Fen) {
	t.Helper()
	_, err := e.Channel.Refund(t.Context(), payment.RefundOrder{ID: chargeID, RequestNo: no, Amount: amount})
	var rejection *payment.Rejection
	require.ErrorAs(t, err, &rejection)
	require.NotEmpty(t, rejection.Code)
}

func channelForged(t *testing.T, e ChannelEnv) {
	e.Pay(t, e.page(t))
	genuine := e.Notice(t)
	for name := range genuine {
		forged := maps.Clone(genuine)
		forged[name] = []string{genuine.Get(name) + "1"}
		_, err := e.Channel.ReadNotice(forged)
		require.ErrorIs(t, err, payment.ErrForged, "%s changed", name)
		delete(forged, name)
		_, err = e.Channel.ReadNotice(forged)
		require.ErrorIs(t, err, payment.ErrForged, "%s taken out", name)
	}
	for name, value := range map[string]string{
		"alipay_cert_sn": "0123456789abcdef0123456789abcdef", "gmt_refund": "2026-01-01 00:00:00", "sign_type": "RSA",
	} {
		forged := maps.Clone(genuine)
		forged.Set(name, value)
		_, err := e.Channel.ReadNotice(forged)
		require.ErrorIs(t, err, payment.ErrForged, "%s added", name)
	}
	twice := maps.Clone(genuine)
	twice["trade_status"] = []string{"TRADE_SUCCESS", "TRADE_SUCCESS"}
	_, err := e.Channel.ReadNotice(twice)
	require.ErrorIs(t, err, payment.ErrMalformed)
	_, err = e.Channel.ReadNotice(url.Values{})
	require.ErrorIs(t, err, payment.ErrForged)
	_, err = e.Channel.ReadNotice(genuine)
	require.NoError(t, err, "the genuine notice still reads")
}

// channelReturn: the provider signs the return address with the same key, and the buyer sees it.
func channelReturn(t *testing.T, e ChannelEnv) {
	_, err := e.Channel.ReadNotice(e.Pay(t, e.page(t)))
	require.ErrorIs(t, err, payment.ErrMalformed)
}

func channelCancelled(t *testing.T, e ChannelEnv) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := e.Channel.Query(ctx, chargeID)
	require.ErrorIs(t, err, payment.ErrUnknown)
	require.ErrorIs(t, e.Channel.Close(ctx, chargeID), payment.ErrUnknown)
	_, err = e.Channel.Refund(ctx, payment.RefundOrder{ID: chargeID, RequestNo: "rf_1", Amount: 1})
	require.ErrorIs(t, err, payment.ErrUnknown)
	_, err = e.Channel.QueryRefund(ctx, chargeID, "rf_1")
	require.ErrorIs(t, err, payment.ErrUnknown)
}
