package mall_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/order"
)

func TestPlaceOrder_PriceChangedTellsTheNewOne(t *testing.T) {
	e := newEnv(t)
	who, r := e.buyer(), e.group("")
	e.engine.refusal = &mall.Refused{Status: 409, Code: "price_changed", Detail: "whatever", CurrentPrice: 85_00}
	for range 2 { // the first answer is replayed
		placed, err := e.shop.PlaceOrder(e.ctx, who, r)
		require.EqualValues(t, 85_00, refusal(t, err).CurrentPrice)
		require.Equal(t, "the price is 8500 fen", refusal(t, err).Detail)
		require.Equal(t, order.Closed, placed.Order.Status)
	}
	alone := e.solo()
	alone.Expected = price - 1
	_, err := e.shop.PlaceOrder(e.ctx, who, alone)
	require.EqualValues(t, price, refusal(t, err).CurrentPrice)
	e.requireStock(pieces)
	e.check()
}

func TestPlaceOrder_BuyAlone(t *testing.T) {
	for name, c := range map[string]struct {
		quote func(q *mall.Quote)
		sold  bool
	}{
		"as a rule":                  {func(*mall.Quote) {}, true},
		"in teams only":              {func(q *mall.Quote) { q.BuyAlone = false }, false},
		"in teams of others":         {func(q *mall.Quote) { q.BuyAlone, q.Joinable, q.Reason = false, false, "audience" }, false},
		"before the activity":        {func(q *mall.Quote) { q.BuyAlone, q.Joinable, q.Reason = false, false, "activity_not_open" }, true},
		"an activity hidden from me": {func(q *mall.Quote) { q.BuyAlone, q.Visible, q.Joinable, q.Reason = false, false, false, "audience" }, true},
		"switched off":               {func(q *mall.Quote) { q.BuyAlone, q.Visible, q.Joinable, q.Reason = false, false, false, "downgraded" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t)
			e.engine.quote = c.quote
			who := e.buyer()
			view, err := e.shop.Product(e.ctx, who, teapot)
			require.NoError(t, err)
			require.Equal(t, c.sold, view.BuyAlone)
			r := e.solo()
			_, err = e.shop.PlaceOrder(e.ctx, who, r)
			if c.sold {
				require.NoError(t, err)
				return
			}
			requireCode(t, mall.CodeBuyAloneOff, err)
			e.requireStock(pieces)
			e.engine.down = true
			view, err = e.shop.Product(e.ctx, who, teapot)
			require.NoError(t, err)
			require.True(t, view.BuyAlone)
			_, err = e.shop.PlaceOrder(e.ctx, who, r)
			require.NoError(t, err, "without the engine's answer the shop sells")
		})
	}
}

func TestProduct_SaysWhyNot(t *testing.T) {
	for reason, told := range map[string]string{
		"": "", "audience": "audience", "new_buyers_only": "new_buyers_only", "activity_not_open": "activity_not_open",
	} {
		e := newEnv(t)
		e.engine.quote = func(q *mall.Quote) { q.Joinable, q.Reason = reason == "", reason }
		view, err := e.shop.Product(e.ctx, e.buyer(), teapot)
		require.NoError(t, err)
		require.Equal(t, told, view.Refusal)
	}
	for reason, told := range map[string]string{"rolled_out": "rolled_out", "downgraded": "downgraded", "buyer_denied": "buyer_denied", "audience": ""} {
		e := newEnv(t)
		e.engine.quote = func(q *mall.Quote) { q.Visible, q.Joinable, q.Reason = false, false, reason }
		view, err := e.shop.Product(e.ctx, e.buyer(), teapot)
		require.NoError(t, err)
		require.Equal(t, told, view.Refusal, "who is not to see an activity does not hear of it")
	}
	e := newEnv(t)
	e.engine.quote = func(q *mall.Quote) {
		*q = mall.Quote{GoodsID: q.GoodsID, SKUID: q.SKUID, BuyAlone: true, Reason: "no_activity"}
	}
	view, err := e.shop.Product(e.ctx, e.buyer(), teapot)
	require.NoError(t, err)
	require.Empty(t, view.Refusal)
	require.True(t, view.BuyAlone)
}
