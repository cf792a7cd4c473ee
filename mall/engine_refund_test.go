package mall_test

import (
	"context"
	"slices"

	"kaituan/mall"
)

func (g *engine) Refund(_ context.Context, r mall.RefundRequest) (err error) {
	end, err := g.begin("refund")
	if err != nil {
		return err
	}
	defer end(&err)
	s, ok := g.seats[r.OrderNo]
	switch {
	case !ok:
		return &mall.Refused{Status: 404, Code: "seat_not_found"}
	case s.AskedNo == r.RequestNo:
		return nil
	case s.AskedNo != "":
		return &mall.Refused{Status: 409, Code: "idempotency_mismatch"}
	case s.Settlement == "":
		return &mall.Refused{Status: 409, Code: "seat_not_paid"}
	case s.Status != "paid" && s.Reason != "tier_reached":
		return &mall.Refused{Status: 409, Code: "seat_refunding"}
	}
	g.leave(s, r)
	return nil
}

// leave gives a paid seat up.
func (g *engine) leave(s *mall.Seat, r mall.RefundRequest) {
	t := g.teams[s.TeamID]
	s.Status, s.Reason, s.AskedNo, s.AskedReason = "refunding", "refund_asked", r.RequestNo, r.Reason
	t.Paid--
	g.emit("seat.refunding", s)
	if t.Status == "forming" && t.Held+t.Paid == 0 {
		t.Status, t.ClosedAt = "failed", g.now()
		g.emit("team.failed", &mall.Seat{TeamID: t.ID})
	}
}

// askRefund asks for the money of a seat in somebody else's name.
func (g *engine) askRefund(orderNo, requestNo string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leave(g.seats[orderNo], mall.RefundRequest{RequestNo: requestNo, Reason: "asked at the engine"})
}

func (g *engine) ConfirmRefund(_ context.Context, orderNo, refundNo string) (err error) {
	end, err := g.begin("confirm_refund")
	if err != nil {
		return err
	}
	defer end(&err)
	s := g.seats[orderNo]
	switch {
	case slices.Contains(g.backs[orderNo], refundNo):
		return nil
	case s.AskedNo != "" && s.AskedNo != refundNo && s.Difference > 0: // it was on its way
	case s.AskedNo != "" && s.AskedNo != refundNo:
		return &mall.Refused{Status: 409, Code: "idempotency_mismatch"}
	case s.Status == "refunding" && s.Reason == "tier_reached":
		s.Status, s.Reason = "paid", ""
	case s.Status == "refunding" || s.Settlement == "refund_required":
		s.Status = "refunded"
	default:
		return &mall.Refused{Status: 409, Code: "seat_not_refunding"}
	}
	g.backs[orderNo] = append(g.backs[orderNo], refundNo)
	return nil
}
