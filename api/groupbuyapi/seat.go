package groupbuyapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

// headerReplayed marks the answer to a call that had been carried out before.
const headerReplayed = "Idempotency-Replayed"

// LockSeat takes a seat.
func (a *API) LockSeat(c *gin.Context) {
	var in wire.LockInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	req, err := lockRequest(in)
	if err != nil {
		fail(c, err)
		return
	}
	out, err := a.engine.Lock(c.Request.Context(), caller(c), req)
	answerSeat(c, http.StatusCreated, out, err)
}

func lockRequest(in wire.LockInput) (groupbuy.LockRequest, error) {
	req := groupbuy.LockRequest{
		OutTradeNo: in.OutTradeNo, Activity: activity.ID(in.ActivityID), Goods: activity.GoodsID(in.GoodsID),
		SKU: activity.SKUID(in.SKUID), Channel: activity.Channel(in.Channel), Buyer: activity.Buyer(in.BuyerID), Quantity: 1,
	}
	if !within(in.Quantity, 1, activity.MaxQuantity) {
		return req, invalid("quantity", "want 1 to 100000")
	}
	if in.Quantity != nil {
		req.Quantity = *in.Quantity
	}
	if in.ExpectedPriceFen != nil {
		if *in.ExpectedPriceFen < 1 {
			return req, invalid("expected_price_fen", "want at least 1 fen")
		}
		req.ExpectedPrice = *in.ExpectedPriceFen
	}
	if in.TeamID != "" {
		id, err := optionalID[team.ID]("team_id", &in.TeamID)
		if err != nil {
			return req, err
		}
		req.Team = id
	}
	return req, nil
}

// GetSeat returns one seat.
func (a *API) GetSeat(c *gin.Context, outTradeNo wire.OutTradeNo) {
	seat, t, err := a.engine.Seat(c.Request.Context(), caller(c), outTradeNo)
	answerSeat(c, http.StatusOK, team.Outcome{Seat: seat, Team: t}, err)
}

// SettleSeat records a payment.
func (a *API) SettleSeat(c *gin.Context, outTradeNo wire.OutTradeNo) {
	var in wire.PaymentInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	out, err := a.engine.Settle(c.Request.Context(), caller(c), outTradeNo, groupbuy.Payment{
		Amount: in.AmountFen, PaidAt: in.PaidAt.Time, ProviderNo: in.ProviderNo,
	})
	if err != nil {
		fail(c, err)
		return
	}
	markReplayed(c, out)
	answer := wire.Settlement{
		Outcome: wire.SettlementOutcome(out.Seat.Settlement), Seat: seatWire(out.Seat), Team: teamWire(out.Team),
	}
	if out.Seat.Settlement == team.RefundRequired {
		answer.Reason = string(out.Seat.Reason)
	}
	c.JSON(http.StatusOK, answer)
}

// ReleaseSeat gives up an unpaid seat.
func (a *API) ReleaseSeat(c *gin.Context, outTradeNo wire.OutTradeNo) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	out, err := a.engine.Release(c.Request.Context(), caller(c), outTradeNo)
	answerSeat(c, http.StatusOK, out, err)
}

// RefundSeat gives up a paid seat.
func (a *API) RefundSeat(c *gin.Context, outTradeNo wire.OutTradeNo) {
	var in wire.RefundInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	out, err := a.engine.Refund(c.Request.Context(), caller(c), outTradeNo, groupbuy.RefundRequest{
		RequestNo: in.OutRequestNo, Reason: in.Reason,
	})
	answerSeat(c, http.StatusOK, out, err)
}

// ConfirmRefund records that the buyer has the money back.
func (a *API) ConfirmRefund(c *gin.Context, outTradeNo wire.OutTradeNo, outRequestNo wire.PartnerID) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	out, err := a.engine.ConfirmRefund(c.Request.Context(), caller(c), outTradeNo, outRequestNo)
	answerSeat(c, http.StatusOK, out, err)
}

func answerSeat(c *gin.Context, status int, out team.Outcome, err error) {
	if err != nil {
		fail(c, err)
		return
	}
	markReplayed(c, out)
	c.JSON(status, wire.SeatWithTeam{Seat: seatWire(out.Seat), Team: teamWire(out.Team)})
}

func markReplayed(c *gin.Context, out team.Outcome) {
	if out.Replayed {
		c.Header(headerReplayed, "true")
	}
}

func seatWire(s team.Seat) wire.Seat {
	return wire.Seat{
		SeatID: string(s.ID), OutTradeNo: s.Key.OutTradeNo, TeamID: string(s.Team), ActivityID: string(s.Activity),
		GoodsID: string(s.Goods), SKUID: string(s.SKU), Channel: string(s.Channel), BuyerID: string(s.Buyer),
		Quantity: s.Quantity, Opened: s.Opened, Status: wire.SeatStatus(s.Status),
		OriginalPriceFen: s.Original, DeductionFen: s.Original - s.PayPrice, PayPriceFen: s.PayPrice, AmountFen: s.Amount,
		Plan: planWire(s.Plan), Tag: string(s.Tag), LeaderDiscountFen: s.LeaderDiscount, HeldAt: instant.Of(s.HeldAt), ExpiresAt: instant.Of(s.ExpiresAt),
		PaidAt: instant.Of(s.PaidAt), ProviderNo: s.ProviderNo, Settlement: wire.SettlementOutcome(s.Settlement),
		EndedAt: instant.Of(s.EndedAt), Reason: string(s.Reason), RefundNo: s.RefundNo,
		TierPricesFen: s.TierPrices, DifferenceFen: s.Difference, DifferenceNo: s.DifferenceNo,
		OwedFen: s.Owed(), AskedNo: s.AskedNo, AskedAt: instant.Of(s.AskedAt), AskedReason: s.AskedWhy,
	}
}
