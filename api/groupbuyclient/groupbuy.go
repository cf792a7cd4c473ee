package groupbuyclient

import (
	"context"
	"fmt"

	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/mall"
)

// GroupBuy implements mall.GroupBuy over the signed HTTP interface. It is safe for concurrent use.
type GroupBuy struct{ engine *ClientWithResponses }

var _ mall.GroupBuy = (*GroupBuy)(nil)

// New returns the mall's way to the engine. Its error is a BaseURL that cannot be read.
func New(config Config) (*GroupBuy, error) {
	engine, err := NewPartner(config)
	if err != nil {
		return nil, err
	}
	return &GroupBuy{engine}, nil
}

// PutGoods implements mall.GroupBuy.
func (g *GroupBuy) PutGoods(ctx context.Context, goods mall.EngineGoods) error {
	in := wire.GoodsInput{Name: goods.Name, Skus: make([]wire.SKU, len(goods.SKUs))}
	for i, sku := range goods.SKUs {
		in.Skus[i] = wire.SKU{SKUID: sku.ID, Name: sku.Name, OriginalPriceFen: sku.OriginalPrice}
	}
	resp, err := g.engine.PutGoodsWithResponse(ctx, goods.ID, in)
	if err != nil {
		return unknown(err)
	}
	answer, err := answered(resp.JSON200, resp.HTTPResponse, resp.Body)
	if err != nil {
		return err
	}
	return about(goods.ID, answer.GoodsID)
}

// Lock implements mall.GroupBuy.
func (g *GroupBuy) Lock(ctx context.Context, r mall.LockRequest) (mall.Seat, error) {
	in := wire.LockInput{
		OutTradeNo: r.OrderNo, ActivityID: r.ActivityID, GoodsID: r.GoodsID, SKUID: r.SKUID, Channel: r.Channel,
		BuyerID: r.Buyer, Quantity: &r.Quantity, TeamID: r.TeamID,
	}
	if r.ExpectedPrice != 0 {
		in.ExpectedPriceFen = &r.ExpectedPrice
	}
	resp, err := g.engine.LockSeatWithResponse(ctx, in)
	if err != nil {
		return mall.Seat{}, unknown(err)
	}
	return seatAnswer(r.OrderNo)(answered(resp.JSON201, resp.HTTPResponse, resp.Body))
}

// Seat implements mall.GroupBuy.
func (g *GroupBuy) Seat(ctx context.Context, orderNo string) (mall.Seat, error) {
	resp, err := g.engine.GetSeatWithResponse(ctx, orderNo)
	if err != nil {
		return mall.Seat{}, unknown(err)
	}
	return seatAnswer(orderNo)(answered(resp.JSON200, resp.HTTPResponse, resp.Body))
}

// Settle implements mall.GroupBuy.
func (g *GroupBuy) Settle(ctx context.Context, s mall.Settlement) (mall.Settled, error) {
	resp, err := g.engine.SettleSeatWithResponse(ctx, s.OrderNo, wire.PaymentInput{
		AmountFen: s.Amount, PaidAt: instant.Of(s.PaidAt), ProviderNo: s.ProviderNo,
	})
	if err != nil {
		return mall.Settled{}, unknown(err)
	}
	answer, err := answered(resp.JSON200, resp.HTTPResponse, resp.Body)
	if err == nil {
		err = about(s.OrderNo, answer.Seat.OutTradeNo)
	}
	if err == nil && !answer.Outcome.Valid() {
		err = fmt.Errorf("%w: settlement outcome %q", mall.ErrEngineUnknown, answer.Outcome)
	}
	if err != nil {
		return mall.Settled{}, err
	}
	return mall.Settled{Outcome: string(answer.Outcome), Reason: answer.Reason, Seat: seatOf(answer.Seat, answer.Team)}, nil
}

// Release implements mall.GroupBuy.
func (g *GroupBuy) Release(ctx context.Context, orderNo string) (mall.Seat, error) {
	resp, err := g.engine.ReleaseSeatWithResponse(ctx, orderNo)
	if err != nil {
		return mall.Seat{}, unknown(err)
	}
	return seatAnswer(orderNo)(answered(resp.JSON200, resp.HTTPResponse, resp.Body))
}

// Refund implements mall.GroupBuy.
func (g *GroupBuy) Refund(ctx context.Context, r mall.RefundRequest) error {
	resp, err := g.engine.RefundSeatWithResponse(ctx, r.OrderNo, wire.RefundInput{OutRequestNo: r.RequestNo, Reason: r.Reason})
	if err != nil {
		return unknown(err)
	}
	_, err = seatAnswer(r.OrderNo)(answered(resp.JSON200, resp.HTTPResponse, resp.Body))
	return err
}

// ConfirmRefund implements mall.GroupBuy.
func (g *GroupBuy) ConfirmRefund(ctx context.Context, orderNo, refundNo string) error {
	resp, err := g.engine.ConfirmRefundWithResponse(ctx, orderNo, refundNo)
	if err != nil {
		return unknown(err)
	}
	_, err = seatAnswer(orderNo)(answered(resp.JSON200, resp.HTTPResponse, resp.Body))
	return err
}

// Team implements mall.GroupBuy.
func (g *GroupBuy) Team(ctx context.Context, teamID string) (mall.Team, error) {
	resp, err := g.engine.GetTeamWithResponse(ctx, teamID)
	if err != nil {
		return mall.Team{}, unknown(err)
	}
	answer, err := answered(resp.JSON200, resp.HTTPResponse, resp.Body)
	if err == nil {
		err = about(teamID, answer.Team.TeamID)
	}
	if err != nil {
		return mall.Team{}, err
	}
	return teamOf(answer), nil
}

// seatAnswer reads an answer about an order's seat.
func seatAnswer(orderNo string) func(wire.SeatWithTeam, error) (mall.Seat, error) {
	return func(answer wire.SeatWithTeam, err error) (mall.Seat, error) {
		if err == nil {
			err = about(orderNo, answer.Seat.OutTradeNo)
		}
		if err != nil {
			return mall.Seat{}, err
		}
		return seatOf(answer.Seat, answer.Team), nil
	}
}

func seatOf(s wire.Seat, t wire.Team) mall.Seat {
	return mall.Seat{
		OrderNo: s.OutTradeNo, TeamID: s.TeamID, TeamStatus: string(t.Status), Status: string(s.Status),
		Original: s.OriginalPriceFen, PayPrice: s.PayPriceFen, Amount: s.AmountFen,
		ExpiresAt: s.ExpiresAt.Time, Reason: s.Reason, Settlement: string(s.Settlement), Difference: s.DifferenceFen,
		AskedNo: s.AskedNo, AskedReason: s.AskedReason,
	}
}

func teamOf(answer wire.TeamWithSeats) mall.Team {
	t := answer.Team
	team := mall.Team{
		ID: t.TeamID, ActivityID: t.ActivityID, GoodsID: t.GoodsID, Status: string(t.Status),
		Target: t.Target, Tiers: t.Tiers, Capacity: t.Capacity, Held: t.Held, Paid: t.Paid, Virtual: t.Virtual,
		LeaderID: t.LeaderID, OpenedAt: t.OpenedAt.Time, ExpiresAt: t.ExpiresAt.Time, EndedAt: t.EndedAt.Time, ClosedAt: t.ClosedAt.Time,
		Seats: make([]mall.TeamSeat, len(answer.Seats)),
	}
	for i, s := range answer.Seats {
		team.Seats[i] = mall.TeamSeat{
			OrderNo: s.OutTradeNo, Buyer: s.BuyerID, Leader: s.Leader, Status: string(s.Status), HeldAt: s.HeldAt.Time,
		}
	}
	return team
}
