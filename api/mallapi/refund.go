package mallapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/instant"
	wire "kaituan/api/mallwire"
	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// RefundOrder sends the money of one of the caller's orders back.
func (a *API) RefundOrder(c *gin.Context, orderID wire.OrderID) { a.refundOrder(c, orderID) }

// AdminRefundOrder sends the money of anybody's order back: the caller is an operator.
func (a *API) AdminRefundOrder(c *gin.Context, orderID wire.OrderID) { a.refundOrder(c, orderID) }

func (a *API) refundOrder(c *gin.Context, orderID string) {
	var in wire.RefundInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	back, err := a.shop.RefundOrder(c.Request.Context(), callerOf(c).Actor, order.ID(orderID), in.Reason)
	if back.Replayed && err == nil {
		c.Header(headerReplayed, "true")
	}
	a.answerOrder(c, http.StatusOK, back.Order, err)
}

// ListFailedRefunds lists the refunds that wait for a person.
func (a *API) ListFailedRefunds(c *gin.Context, params wire.ListFailedRefundsParams) {
	page, err := a.shop.FailedRefunds(c.Request.Context(), callerOf(c).Actor, mall.ListRefunds{
		Cursor: given(params.Cursor), Limit: limitOf(params.Limit),
	})
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.RefundList{Items: each(page.Items, refundWire), HasMore: page.Next != "", NextCursor: page.Next})
}

// RedoRefund makes a failed refund due again.
func (a *API) RedoRefund(c *gin.Context, refundNo wire.Name) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	r, err := a.shop.RedoRefund(c.Request.Context(), callerOf(c).Actor, payment.RequestNo(refundNo))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusAccepted, refundWire(r))
}

func refundWire(r payment.Refund) wire.Refund {
	return wire.Refund{
		RefundNo: string(r.No), Intent: wire.RefundIntent(r.Intent), PaymentID: string(r.Payment), OrderID: string(r.Order), Status: wire.RefundStatus(r.Status),
		AmountFen: r.Amount, Reason: string(r.Reason), LastError: r.LastError,
		CreatedAt: instant.Of(r.CreatedAt), EndedAt: instant.Of(r.EndedAt),
	}
}
