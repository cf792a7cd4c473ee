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

// PayOrder gives the page where the buyer pays.
func (a *API) PayOrder(c *gin.Context, orderID wire.OrderID) {
	var in wire.PaymentInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	p, err := a.shop.Pay(c.Request.Context(), callerOf(c).Actor, order.ID(orderID), payment.Method(in.Method))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, paymentWire(p))
}

// CheckPayment asks Alipay about the order's payment now.
func (a *API) CheckPayment(c *gin.Context, orderID wire.OrderID) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	by := callerOf(c).Actor
	view, err := a.shop.AskPayment(c.Request.Context(), by, order.ID(orderID))
	a.answerOrderView(c, by, view, err)
}

// paymentWire shows the page only while the payment may be made there.
func paymentWire(p payment.Payment) wire.Payment {
	out := wire.Payment{
		PaymentID: string(p.ID), OrderID: string(p.Order), Method: wire.Method(p.Method), Status: wire.PaymentStatus(p.Status),
		AmountFen: p.Amount, ProviderNo: p.ProviderNo, CreatedAt: instant.Of(p.CreatedAt), ExpiresAt: instant.Of(p.ExpiresAt),
		PaidAt: instant.Of(p.PaidAt), EndedAt: instant.Of(p.EndedAt),
	}
	if p.Status == payment.Pending {
		out.PayURL = string(p.Page)
	}
	return out
}

// AdminListPayments searches everybody's payments.
func (a *API) AdminListPayments(c *gin.Context, params wire.AdminListPaymentsParams) {
	if params.Status != nil && !params.Status.Valid() {
		fail(c, invalid("status", "is not one of the values that the specification lists"))
		return
	}
	page, err := a.shop.SearchPayments(c.Request.Context(), callerOf(c).Actor, mall.SearchPayments{
		ID: payment.ID(given(params.PaymentID)), Order: order.ID(given(params.OrderID)), Trade: given(params.ProviderNo), Status: payment.Status(given(params.Status)),
		Unknown: given(params.Unknown), Cursor: given(params.Cursor), Limit: limitOf(params.Limit),
	})
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.PaymentList{Items: each(page.Items, foundPaymentWire), HasMore: page.Next != "", NextCursor: page.Next})
}

// foundPaymentWire is a payment for operators: where its buyer pays is the buyer's.
func foundPaymentWire(p payment.Payment) wire.Payment {
	out := paymentWire(p)
	out.PayURL, out.UnknownSince = "", instant.Of(p.UnknownSince)
	return out
}
