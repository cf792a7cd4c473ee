package mallapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/instant"
	wire "kaituan/api/mallwire"
	"kaituan/mall"
	"kaituan/mall/bill"
	"kaituan/mall/payment"
)

// ListBills lists Alipay's bills by day.
func (a *API) ListBills(c *gin.Context, params wire.ListBillsParams) {
	page, err := a.shop.Bills(c.Request.Context(), callerOf(c).Actor, given(params.Cursor), limitOf(params.Limit))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.BillList{Items: each(page.Items, billWire), HasMore: page.Next != "", NextCursor: page.Next})
}

// RunBill has a day's bill matched now.
func (a *API) RunBill(c *gin.Context, text wire.BillDay) {
	day, err := readDay(text)
	if err == nil {
		err = edge.NoBody(c)
	}
	if err != nil {
		fail(c, err)
		return
	}
	view, err := a.shop.RunBill(c.Request.Context(), callerOf(c).Actor, day)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusAccepted, billWire(view))
}

// ListBillDifferences lists what differs between a day's bill and the books.
func (a *API) ListBillDifferences(c *gin.Context, text wire.BillDay, params wire.ListBillDifferencesParams) {
	day, err := readDay(text)
	if err != nil {
		fail(c, err)
		return
	}
	page, err := a.shop.Differences(c.Request.Context(), callerOf(c).Actor, mall.ListDifferences{
		Day: day, Status: bill.DifferenceStatus(given(params.Status)), Cursor: given(params.Cursor), Limit: limitOf(params.Limit),
	})
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.BillDifferenceList{Items: each(page.Items, differenceWire), HasMore: page.Next != "", NextCursor: page.Next})
}

// ResolveBillDifference does what an operator decided about a difference.
func (a *API) ResolveBillDifference(c *gin.Context, id wire.Name) {
	var in wire.ResolutionInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	d, err := a.shop.ResolveDifference(c.Request.Context(), callerOf(c).Actor, bill.DifferenceID(id), mall.Resolution{
		Action: bill.Action(in.Action), Note: in.Note,
	})
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, differenceWire(d))
}

func readDay(text string) (payment.Day, error) {
	day, err := payment.ParseDay(text)
	if err != nil {
		return "", invalid("day", "a day such as 2026-05-01")
	}
	return day, nil
}

func billWire(v mall.BillView) wire.Bill {
	return wire.Bill{
		Day: string(v.Day), Status: wire.BillStatus(v.Status), Alipay: sumsWire(v.Theirs), Mall: sumsWire(v.Ours),
		Open: v.Differences[bill.Open], Repaired: v.Differences[bill.Repaired], Gone: v.Differences[bill.Gone], Resolved: v.Differences[bill.Resolved],
		StartedAt: instant.Of(v.StartedAt), MatchedAt: instant.Of(v.EndedAt), NextAt: instant.Of(v.NextAt),
		Failures: v.Failures, LastError: v.LastError,
	}
}

func sumsWire(s bill.Sums) wire.BillSums {
	return wire.BillSums{
		Payments: s.Payments, Refunds: s.Refunds, ReceivedFen: s.Received, RefundedFen: s.Refunded, FeesFen: int64(s.Fees),
	}
}

func differenceWire(d bill.Difference) wire.BillDifference {
	return wire.BillDifference{
		DifferenceID: string(d.ID), Day: string(d.Day), Kind: wire.DifferenceKind(d.Kind), PaymentID: string(d.Payment),
		RequestNo: string(d.RequestNo), TradeNo: d.ProviderNo, OrderID: string(d.Order), AlipayFen: d.Theirs, MallFen: d.Ours,
		Proposal: wire.DifferenceProposal(d.Proposal), Status: wire.DifferenceStatus(d.Status), Action: wire.DifferenceAction(d.Action),
		Note: d.Note, By: string(d.By), RefundNo: string(d.RefundNo), FirstSeenAt: instant.Of(d.FirstSeenAt),
		LastSeenAt: instant.Of(d.LastSeenAt), EndedAt: instant.Of(d.EndedAt),
	}
}
