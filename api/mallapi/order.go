package mallapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/instant"
	wire "kaituan/api/mallwire"
	"kaituan/api/problem"
	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
)

// headerReplayed marks the answer to a call that had been carried out before.
const headerReplayed = "Idempotency-Replayed"

// PlaceOrder takes pieces and, in a team, a seat.
func (a *API) PlaceOrder(c *gin.Context, params wire.PlaceOrderParams) {
	var in wire.OrderInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	req, err := orderRequest(in, params.IdempotencyKey)
	if err != nil {
		fail(c, err)
		return
	}
	placed, err := a.shop.PlaceOrder(c.Request.Context(), callerOf(c).Actor, req)
	if placed.Replayed {
		c.Header(headerReplayed, "true")
	}
	if err != nil || !placed.Cover.Known {
		a.answerOrder(c, http.StatusCreated, placed.Order, err)
		return
	}
	c.JSON(http.StatusCreated, orderIn(languageOf(c), placed.Order, placed.Cover.Picture))
}

func orderRequest(in wire.OrderInput, key string) (mall.OrderRequest, error) {
	req := mall.OrderRequest{
		Product: catalog.ProductID(in.ProductID), SKU: catalog.SKUID(in.SKUID), Quantity: 1, Mode: order.Mode(in.Mode),
		Activity: order.ActivityID(in.ActivityID), Team: order.TeamID(in.TeamID), Key: key,
	}
	if in.Quantity != nil {
		req.Quantity = *in.Quantity
	}
	if in.ExpectedPriceFen != nil {
		if *in.ExpectedPriceFen < 1 { // 0 would count as not said
			return req, invalid("expected_price_fen", "want at least 1 fen")
		}
		req.Expected = *in.ExpectedPriceFen
	}
	return req, nil
}

// ListOrders lists the caller's orders.
func (a *API) ListOrders(c *gin.Context, params wire.ListOrdersParams) {
	page, err := a.shop.Orders(c.Request.Context(), callerOf(c).Actor, mall.ListOrders{
		Tab: mall.Tab(given(params.Tab)), Cursor: given(params.Cursor), Limit: limitOf(params.Limit),
	})
	a.answerOrders(c, page, err)
}

// AdminListOrders searches everybody's orders.
func (a *API) AdminListOrders(c *gin.Context, params wire.AdminListOrdersParams) {
	switch {
	case params.Status != nil && !params.Status.Valid():
		fail(c, invalid("status", "is not one of the values that the specification lists"))
		return
	case params.Mode != nil && !params.Mode.Valid():
		fail(c, invalid("mode", "solo or group"))
		return
	}
	page, err := a.shop.SearchOrders(c.Request.Context(), callerOf(c).Actor, mall.SearchOrders{
		Login: given(params.Login), Buyer: account.ID(given(params.BuyerID)), Status: order.Status(given(params.Status)),
		Mode: order.Mode(given(params.Mode)), Product: catalog.ProductID(given(params.ProductID)), Team: order.TeamID(given(params.TeamID)),
		Cursor: given(params.Cursor), Limit: limitOf(params.Limit),
	})
	a.answerOrders(c, page, err)
}

// GetOrder shows one of the caller's orders.
func (a *API) GetOrder(c *gin.Context, orderID wire.OrderID) { a.showOrder(c, orderID) }

// AdminGetOrder shows anybody's order: the caller is an operator.
func (a *API) AdminGetOrder(c *gin.Context, orderID wire.OrderID) { a.showOrder(c, orderID) }

func (a *API) showOrder(c *gin.Context, orderID string) {
	by := callerOf(c).Actor
	view, err := a.shop.Order(c.Request.Context(), by, order.ID(orderID))
	a.answerOrderView(c, by, view, err)
}

// CancelOrder gives up an unpaid order.
func (a *API) CancelOrder(c *gin.Context, orderID wire.OrderID) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	o, err := a.shop.CancelOrder(c.Request.Context(), callerOf(c).Actor, order.ID(orderID))
	a.answerOrder(c, http.StatusOK, o, err)
}

func (a *API) answerOrder(c *gin.Context, status int, o order.Order, err error) {
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(status, a.ordersWire(c, o)[0])
}

func (a *API) answerOrders(c *gin.Context, page mall.Page[order.Order], err error) {
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.OrderList{Items: a.ordersWire(c, page.Items...), HasMore: page.Next != "", NextCursor: page.Next})
}

func (a *API) answerOrderView(c *gin.Context, by mall.Actor, view mall.OrderView, err error) {
	if err != nil {
		fail(c, err)
		return
	}
	lang := languageOf(c)
	out := wire.OrderView{
		Order: a.ordersWire(c, view.Order)[0], Timeline: each(view.Timeline(), func(s mall.Step) wire.Move { return stepWire(s, lang) }),
		Payments: each(view.Payments, paymentWire), Refunds: each(view.Refunds, refundWire), ServerTime: instant.Of(a.shop.Clock()),
	}
	if by.Role != account.Operator {
		for i := range out.Refunds {
			out.Refunds[i].LastError = ""
		}
	}
	c.JSON(http.StatusOK, out)
}

func stepWire(s mall.Step, lang problem.Language) wire.Move {
	return wire.Move{
		Status: wire.OrderStatus(s.Status), Reason: string(s.Reason), ReasonText: reasonText(s.Reason, lang), At: instant.Of(s.At),
		RefundNo: string(s.Refund), RefundStatus: wire.RefundStatus(s.RefundStatus), AmountFen: s.Amount,
	}
}

// ordersWire writes orders in the caller's language, with the pictures of what was bought.
func (a *API) ordersWire(c *gin.Context, orders ...order.Order) []wire.Order {
	lang, covers := languageOf(c), a.shop.Covers(c.Request.Context(), orders...)
	return each(orders, func(o order.Order) wire.Order { return orderIn(lang, o, covers[o.Item.Product]) })
}

func orderIn(lang problem.Language, o order.Order, picture string) wire.Order {
	out := orderWire(o)
	out.Picture, out.ReasonText = picture, reasonText(o.Reason, lang)
	return out
}

func orderWire(o order.Order) wire.Order {
	out := wire.Order{
		OrderID: string(o.ID), BuyerID: string(o.Buyer), Mode: wire.Mode(o.Mode), Status: wire.OrderStatus(o.Status),
		Reason: string(o.Reason), Detail: o.Detail,
		ProductID: string(o.Item.Product), ProductName: o.Item.ProductName, SKUID: string(o.Item.SKU), SKUName: o.Item.SKUName,
		Quantity: o.Item.Quantity, ActivityID: string(o.Activity), TeamID: string(o.Team),
		OriginalPriceFen: o.Original, PriceFen: o.PayPrice, AmountFen: o.Amount, DifferenceFen: o.Difference, Tracking: o.Tracking,
		PlacedAt: instant.Of(o.PlacedAt), ExpiresAt: instant.Of(o.ExpiresAt), PaidAt: instant.Of(o.PaidAt),
		ShippedAt: instant.Of(o.ShippedAt), EndedAt: instant.Of(o.EndedAt),
	}
	if o.Amount > 0 {
		out.DeductionFen = o.Deduction()
	}
	return out
}
