package sandbox

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStore_AStaleChangeIsLost: were two processes on one file, the second must not write over the first.
func TestStore_AStaleChangeIsLost(t *testing.T) {
	e := open(t)
	e.openTrade("o1", "1.00")
	before, err := find(t.Context(), e.box.db.read, byOutTradeNo("o1"))
	require.NoError(t, err)
	e.call(methodClose, biz{"out_trade_no": "o1"})
	late := before
	require.Nil(t, late.pay(late.payToken, e.clock.Now()))
	err = e.box.db.inTx(t.Context(), func(tx *sql.Tx) error { return save(t.Context(), tx, before, late) })
	require.ErrorIs(t, err, errStale)
	require.Equal(t, Totals{Trades: 1, Closed: 1}, e.totals())
}

func TestBuyer(t *testing.T) {
	e := open(t)
	buyer := Buyer{HTTP: e.client}
	page := e.base + e.page(charged("o1", "1.00"))
	to, err := buyer.Pay(t.Context(), page)
	require.NoError(t, err)
	require.Contains(t, to, "https://shop.example/paid?from=app&")
	_, err = buyer.Pay(t.Context(), page)
	require.ErrorIs(t, err, ErrNotPayable)
	_, err = buyer.Pay(t.Context(), e.base+"gateway.do")
	require.ErrorIs(t, err, ErrNotPayable)
	for _, address := range []string{"http://127.0.0.1:1/", "::"} {
		_, err = buyer.Pay(t.Context(), address)
		require.Error(t, err)
	}
	require.Equal(t, 1, e.totals().Paid)
}
