package mall_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

func TestPlaceOrder_Solo(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who, r := e.buyer(), e.solo()
		r.Quantity = 3
		o := e.place(who, r)
		require.EqualValues(t, 3*price, o.Amount)
		require.EqualValues(t, 0, o.Deduction())
		require.Equal(t, e.clock.Now().Add(15*time.Minute), o.ExpiresAt)
		e.requireStock(pieces - 3)
		require.Zero(t, e.engine.count("lock"), "buying alone does not ask the engine")
		e.check()
	})
}

func TestPlaceOrder_Group(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		r := e.group("")
		r.Quantity = 2
		o := e.place(e.buyer(), r)
		require.EqualValues(t, 2*reduced, o.Amount)
		require.EqualValues(t, 2*(price-reduced), o.Deduction())
		require.NotEmpty(t, o.Team)
		require.Equal(t, []order.Status{order.Created, order.AwaitingPayment}, moves(e.view(o.ID).History))
		e.check()
	})
}

func moves(history []order.Move) []order.Status {
	var to []order.Status
	for _, m := range history {
		to = append(to, m.To)
	}
	return to
}

// A refused lock never becomes a full-price order: rivals' mistake number 10.
func TestPlaceOrder_RefusedSeat(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who, r := e.buyer(), e.group("")
		e.engine.refusal = &mall.Refused{Status: 422, Code: "limit_total", Detail: "one per buyer"}
		placed, err := e.shop.PlaceOrder(e.ctx, who, r)
		requireCode(t, "limit_total", err)
		require.ErrorContains(t, err, "one per buyer")
		require.Equal(t, order.Closed, placed.Order.Status)
		e.requireStock(pieces)

		again, err := e.shop.PlaceOrder(e.ctx, who, r)
		requireCode(t, "limit_total", err)
		require.Equal(t, placed.Order.ID, again.Order.ID, "the same key gives the first answer")
		require.True(t, again.Replayed)
		_, err = e.shop.Pay(e.ctx, who, placed.Order.ID, payment.MethodPage)
		requireCode(t, mall.CodeOrderClosed, err)
		e.settle()
		require.Zero(t, e.engine.count("release"), "there is no seat to give up")
		e.check()
	})
}

// A wrong key or an overloaded engine says nothing about the order.
func TestPlaceOrder_RefusalsThatArePassing(t *testing.T) {
	for _, status := range []int{401, 403, 429, 500, 503} {
		e := newEnv(t)
		e.engine.refusal = &mall.Refused{Status: status, Code: "whatever"}
		placed, err := e.shop.PlaceOrder(e.ctx, e.buyer(), e.group(""))
		require.NoError(t, err, status)
		require.Equal(t, order.Created, placed.Order.Status, status)
	}
}

func TestPlaceOrder_LostAnswerIsRepaired(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	e.engine.mute = true
	placed, err := e.shop.PlaceOrder(e.ctx, who, e.group(""))
	require.NoError(t, err)
	require.Equal(t, order.Created, placed.Order.Status)
	_, err = e.shop.Pay(e.ctx, who, placed.Order.ID, payment.MethodPage)
	requireCode(t, mall.CodeOrderNotReady, err)

	n, err := e.shop.RepairCreated(e.ctx, 10)
	require.NoError(t, err)
	require.Zero(t, n, "the first answer may still be on its way")
	e.clock.Advance(time.Minute)
	n, err = e.shop.RepairCreated(e.ctx, 10)
	require.ErrorIs(t, err, mall.ErrEngineUnknown)
	require.Equal(t, 1, n)
	e.engine.mute = false
	n, err = e.shop.RepairCreated(e.ctx, 10)
	require.NoError(t, err)
	require.Zero(t, n, "what failed is left alone for a while")

	e.clock.Advance(order.RetryAfter)
	_, err = e.shop.RepairCreated(e.ctx, 10)
	require.NoError(t, err)
	e.requireStatus(placed.Order.ID, order.AwaitingPayment)
	require.EqualValues(t, reduced, e.order(placed.Order.ID).Amount)
	e.check()
}

func TestPlaceOrder_LostRequestIsRepaired(t *testing.T) {
	e := newEnv(t)
	e.engine.down = true
	placed, err := e.shop.PlaceOrder(e.ctx, e.buyer(), e.group(""))
	require.NoError(t, err)
	e.engine.down = false
	e.clock.Advance(time.Minute)
	_, err = e.shop.RepairCreated(e.ctx, 10)
	require.NoError(t, err)
	o := e.order(placed.Order.ID)
	require.Equal(t, order.Closed, o.Status)
	require.Equal(t, order.SeatLost, o.Reason)
	e.requireStock(pieces)
	e.settle()
	require.Equal(t, 1, e.engine.count("release"), "in case the request arrives after all")
	e.check()
}

func TestPlaceOrder_RepairFindsSeatGone(t *testing.T) {
	e := newEnv(t)
	e.engine.mute = true
	placed, err := e.shop.PlaceOrder(e.ctx, e.buyer(), e.group(""))
	require.NoError(t, err)
	e.engine.mute = false
	e.engine.loseSeat(string(placed.Order.ID))
	e.clock.Advance(20 * time.Minute)
	_, err = e.shop.RepairCreated(e.ctx, 10)
	require.NoError(t, err)
	require.Equal(t, order.SeatLost, e.order(placed.Order.ID).Reason)
	e.requireStock(pieces)
}

func TestPlaceOrder_RetryTakesUpWhereItStopped(t *testing.T) {
	e := newEnv(t)
	who, r := e.buyer(), e.group("")
	e.engine.down = true
	first, err := e.shop.PlaceOrder(e.ctx, who, r)
	require.NoError(t, err)
	e.engine.down = false
	second, err := e.shop.PlaceOrder(e.ctx, who, r)
	require.NoError(t, err)
	require.Equal(t, first.Order.ID, second.Order.ID)
	require.Equal(t, order.AwaitingPayment, second.Order.Status)
	e.requireStock(pieces - 1)
}

func TestPlaceOrder_CancelledWhileTheEngineIsAsked(t *testing.T) {
	e := newEnv(t)
	who, r := e.buyer(), e.group("")
	var cancelled error
	e.engine.fault = func(call string, done bool) error {
		if call == "lock" && done {
			orders, err := e.shop.Orders(e.ctx, who, mall.ListOrders{})
			require.NoError(t, err)
			_, cancelled = e.shop.CancelOrder(e.ctx, who, orders.Items[0].ID)
		}
		return nil
	}
	placed, err := e.shop.PlaceOrder(e.ctx, who, r)
	require.NoError(t, err)
	require.NoError(t, cancelled)
	require.Equal(t, order.Closed, placed.Order.Status)
	require.Equal(t, order.BuyerCancelled, placed.Order.Reason)
	e.engine.fault = nil
	e.settle()
	seat, err := e.engine.Seat(e.ctx, string(placed.Order.ID))
	require.NoError(t, err)
	require.Equal(t, "released", seat.Status)
	e.requireStock(pieces)
	e.check()
}

func TestPlaceOrder_SameKey(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who, r := e.buyer(), e.group("")
		first := e.place(who, r)
		again, err := e.shop.PlaceOrder(e.ctx, who, r)
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.Equal(t, first, again.Order)

		other := r
		other.Quantity = 2
		_, err = e.shop.PlaceOrder(e.ctx, who, other)
		requireCode(t, mall.CodeIdempotency, err)
		stranger, err := e.shop.PlaceOrder(e.ctx, e.buyer(), r)
		require.NoError(t, err, "keys are a buyer's own")
		require.NotEqual(t, first.ID, stranger.Order.ID)
		e.check()
	})
}

func TestPlaceOrder_SameKeyFiftyTimesAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who, r := e.buyer(), e.group("")
		var ids sync.Map
		atOnce(50, func(int) {
			placed, err := e.shop.PlaceOrder(e.ctx, who, r)
			if err != nil {
				t.Error(err)
			}
			ids.Store(placed.Order.ID, true)
		})
		n := 0
		ids.Range(func(id, _ any) bool {
			n++
			e.requireStatus(id.(order.ID), order.AwaitingPayment)
			return true
		})
		require.Equal(t, 1, n)
		e.requireStock(pieces - 1)
		e.check()
	})
}

func atOnce(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

func TestPlaceOrder_HundredBuyersOfFivePieces(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		e.stock(5)
		buyers := make([]mall.Actor, 100)
		requests := make([]mall.OrderRequest, 100)
		for i := range buyers {
			buyers[i], requests[i] = e.buyer(), e.solo()
		}
		var mu sync.Mutex
		placed := 0
		atOnce(100, func(i int) {
			_, err := e.shop.PlaceOrder(e.ctx, buyers[i], requests[i])
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				placed++
			} else if mall.CodeOf(err) != mall.CodeSoldOut {
				t.Error(err)
			}
		})
		require.Equal(t, 5, placed)
		e.requireStock(0)
		e.check()
	})
}

func TestPlaceOrder_Refusals(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	hidden := teapotDraft(1)
	hidden.ID, hidden.Shelf = "hidden", catalog.OffShelf
	_, err := e.shop.SaveProduct(e.ctx, e.operator, hidden)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(*mall.OrderRequest)
		want   mall.Code
		param  string
	}{
		"no product":       {func(r *mall.OrderRequest) { r.Product = "kettle" }, mall.CodeProductNotFound, ""},
		"off the shelf":    {func(r *mall.OrderRequest) { r.Product = "hidden" }, mall.CodeProductNotFound, ""},
		"no sku":           {func(r *mall.OrderRequest) { r.SKU = "blue" }, mall.CodeSKUNotFound, ""},
		"too many":         {func(r *mall.OrderRequest) { r.Quantity = pieces + 1 }, mall.CodeSoldOut, ""},
		"price changed":    {func(r *mall.OrderRequest) { r.Expected = price - 1 }, mall.CodePriceChanged, "expected_price_fen"},
		"no key":           {func(r *mall.OrderRequest) { r.Key = "" }, mall.CodeInvalid, "Idempotency-Key"},
		"bad key":          {func(r *mall.OrderRequest) { r.Key = "a b" }, mall.CodeInvalid, "Idempotency-Key"},
		"bad product":      {func(r *mall.OrderRequest) { r.Product = "" }, mall.CodeInvalid, "product_id"},
		"bad sku":          {func(r *mall.OrderRequest) { r.SKU = "ü" }, mall.CodeInvalid, "sku_id"},
		"none":             {func(r *mall.OrderRequest) { r.Quantity = 0 }, mall.CodeInvalid, "quantity"},
		"absurdly many":    {func(r *mall.OrderRequest) { r.Quantity = order.MaxQuantity + 1 }, mall.CodeInvalid, "quantity"},
		"negative":         {func(r *mall.OrderRequest) { r.Quantity = -1 }, mall.CodeInvalid, "quantity"},
		"no mode":          {func(r *mall.OrderRequest) { r.Mode = "" }, mall.CodeInvalid, "mode"},
		"solo in a team":   {func(r *mall.OrderRequest) { r.Team = "team_1" }, mall.CodeInvalid, "team_id"},
		"solo in a deal":   {func(r *mall.OrderRequest) { r.Activity = deal }, mall.CodeInvalid, "activity_id"},
		"group of none":    {func(r *mall.OrderRequest) { r.Mode = order.Group }, mall.CodeInvalid, "activity_id"},
		"negative price":   {func(r *mall.OrderRequest) { r.Expected = -1 }, mall.CodeInvalid, "expected_price_fen"},
		"unknown team":     {func(r *mall.OrderRequest) { r.Mode, r.Activity, r.Team = order.Group, deal, "team_9" }, "team_not_found", ""},
		"over the maximum": {func(r *mall.OrderRequest) { r.Product, r.Quantity = "gold", 2 }, mall.CodeInvalid, "quantity"},
	} {
		gold := teapotDraft(9)
		gold.ID, gold.SKUs[0].Price = "gold", catalog.MaxPrice
		_, err := e.shop.SaveProduct(e.ctx, e.operator, gold)
		require.NoError(t, err)
		r := e.solo()
		c.change(&r)
		_, err = e.shop.PlaceOrder(e.ctx, who, r)
		requireCode(t, c.want, err)
		require.Equal(t, c.param, refusal(t, err).Param, name)
	}
	_, err = e.shop.PlaceOrder(e.ctx, mall.Actor{}, e.solo())
	requireCode(t, mall.CodeSessionExpired, err)
	e.requireStock(pieces)
	e.check()
}

func TestPlaceOrder_ReportsEveryFault(t *testing.T) {
	e := newEnv(t)
	_, err := e.shop.PlaceOrder(e.ctx, e.buyer(), mall.OrderRequest{})
	requireCode(t, mall.CodeInvalid, err)
	var params []string
	for _, f := range refusal(t, err).Faults {
		params = append(params, f.Param)
	}
	require.Equal(t, []string{"Idempotency-Key", "product_id", "sku_id", "quantity", "mode"}, params, strconv.Quote(err.Error()))
}
