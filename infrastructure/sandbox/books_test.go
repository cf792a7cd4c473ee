package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/money"
)

func TestBooks_AddUp(t *testing.T) {
	e := open(t)
	e.openTrade("waiting", "5.00")
	e.payTrade("paid", "10.00")
	e.payTrade("refunded", "20.00")
	for no, amount := range map[string]string{"r1": "15.00", "r2": "5.00"} {
		e.call(methodRefund, biz{"out_trade_no": "refunded", "refund_amount": amount, "out_request_no": no})
	}
	totals := Totals{Trades: 3, Waiting: 1, Succeeded: 1, Closed: 1, Paid: 2, Refunds: 2, Received: 3000, Refunded: 2000}
	require.Equal(t, totals, e.totals())
	rsp, body := e.get("books")
	require.Equal(t, "application/json; charset=utf-8", rsp.Header.Get("Content-Type"))
	require.JSONEq(t, `{"trades":3,"waiting":1,"succeeded":1,"closed":1,"paid":2,"refunds":2,"received_fen":3000,"refunded_fen":2000}`, body)

	entry, err := e.box.Books().Trade(t.Context(), "refunded")
	require.NoError(t, err)
	require.Len(t, entry.Refunds, 2)
	require.Equal(t, money.Fen(2000), entry.Refunded)
	require.False(t, entry.PaidAt.IsZero())
	_, err = e.box.Books().Trade(t.Context(), "none")
	require.ErrorIs(t, err, ErrNoTrade)
}

func TestBooks_ShowOneTrade(t *testing.T) {
	e := open(t)
	e.payTrade("o1", "10.00")
	e.call(methodRefund, biz{"out_trade_no": "o1", "refund_amount": "1", "out_request_no": "r1"})
	e.sendDue()
	_, body := e.get("trades/o1")
	for _, part := range []string{`"amount_fen":1000`, `"refunded_fen":100`, `"out_request_no":"r1"`, `"state":"pending"`, `"number":1`} {
		require.Contains(t, body, part)
	}
	rsp, _ := e.get("trades/none")
	require.Equal(t, http.StatusNotFound, rsp.StatusCode)
}

func TestBooks_EachInPages(t *testing.T) {
	e := open(t)
	for i := range pageOfTrades + 1 {
		now := e.clock.Now()
		_, err := e.box.db.open(t.Context(), trade{
			outTradeNo: fmt.Sprintf("o%04d", i), tradeNo: newTradeNo(now), cashierID: randomHex(), total: 1,
			status: StatusWaiting, createdAt: now, expiresAt: now.Add(time.Hour),
		})
		require.NoError(t, err)
	}
	e.payTrade("p", "2.00")
	e.call(methodRefund, biz{"out_trade_no": "p", "refund_amount": "1", "out_request_no": "r1"})
	var seen []string
	var refunds int
	require.NoError(t, e.box.Books().Each(t.Context(), func(entry Entry) error {
		seen, refunds = append(seen, entry.OutTradeNo), refunds+len(entry.Refunds)
		return nil
	}))
	require.Len(t, seen, pageOfTrades+2)
	require.Equal(t, []string{"o0000", "p"}, []string{seen[0], seen[len(seen)-1]})
	require.Equal(t, 1, refunds)
	enough := errors.New("enough")
	require.ErrorIs(t, e.box.Books().Each(t.Context(), func(Entry) error { return enough }), enough)
}

func TestOpenBooks(t *testing.T) {
	e := open(t)
	e.payTrade("o1", "10.00")
	path := e.box.cfg.Path
	for _, state := range []string{"running", "stopped"} {
		books, err := OpenBooks(path)
		require.NoError(t, err, state)
		totals, err := books.Totals(t.Context())
		require.NoError(t, err)
		require.Equal(t, money.Fen(1000), totals.Received, state)
		_, err = books.db.ExecContext(t.Context(), "DELETE FROM trades")
		require.Error(t, err, "books cannot be changed")
		require.NoError(t, books.Close())
		require.NoError(t, e.box.db.close())
	}
}

func TestOpenBooks_Refuses(t *testing.T) {
	_, err := OpenBooks(filepath.Join(t.TempDir(), "none.db"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	path := filepath.Join(t.TempDir(), "other.db")
	require.NoError(t, os.WriteFile(path, []byte("this is no database, however long it may become in the end"), 0o600))
	_, err = OpenBooks(path)
	require.Error(t, err)
	_, err = New(Config{Path: path, Keys: testKeys(t)})
	require.Error(t, err)
}
