package groupbuy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/team"
)

func TestRefund_GivesTheSeatUp(t *testing.T) {
	onEach(t, func(w *world) {
		id := w.publish(nil)
		leader := w.open(id, "ann")
		w.pay(leader.Seat)
		joined := w.join(leader.Team, "bob")
		wakes := w.wakes.Load()
		req := groupbuy.RefundRequest{RequestNo: "rf-1", Reason: strings.Repeat("改", 200)}
		out, err := w.Refund(w.ctx, mall, leader.Seat.Key.OutTradeNo, req)
		require.NoError(t, err)
		require.Greater(t, w.wakes.Load(), wakes, "the relay is told of the events")
		require.Equal(t, team.Refunding, out.Seat.Status)
		require.Equal(t, req.Reason, out.Seat.AskedWhy)
		require.Equal(t, w.clock.Now(), out.Seat.AskedAt)
		require.Equal(t, joined.Seat.Buyer, out.Team.Leader)
		again, err := w.Refund(w.ctx, mall, leader.Seat.Key.OutTradeNo, groupbuy.RefundRequest{RequestNo: "rf-1"})
		require.NoError(t, err)
		w.replayed(out, again)
		w.requireTeam(leader.Team.ID, team.Forming, 1, 0)
		_, err = w.ConfirmRefund(w.ctx, mall, leader.Seat.Key.OutTradeNo, "rf-1")
		require.NoError(t, err)
		w.requireSeat(leader.Seat.Key, team.Refunded)
		w.requireSound()
	})
}

func TestRefund_Refused(t *testing.T) {
	w := newWorld(t)
	held := w.open(w.publish(nil), "ann").Seat.Key.OutTradeNo
	for name, c := range map[string]struct {
		order string
		req   groupbuy.RefundRequest
		code  groupbuy.Code
		param string
	}{
		"no number":      {held, groupbuy.RefundRequest{}, groupbuy.CodeInvalid, "out_request_no"},
		"odd number":     {held, groupbuy.RefundRequest{RequestNo: "a b"}, groupbuy.CodeInvalid, "out_request_no"},
		"too long":       {held, groupbuy.RefundRequest{RequestNo: "rf", Reason: strings.Repeat("改", 201)}, groupbuy.CodeInvalid, "reason"},
		"not text":       {held, groupbuy.RefundRequest{RequestNo: "rf", Reason: "\xff"}, groupbuy.CodeInvalid, "reason"},
		"not paid":       {held, groupbuy.RefundRequest{RequestNo: "rf"}, "seat_not_paid", ""},
		"unknown":        {"order-none", groupbuy.RefundRequest{RequestNo: "rf"}, "seat_not_found", ""},
		"nobody's order": {"a b", groupbuy.RefundRequest{RequestNo: "rf"}, "seat_not_found", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Refund(w.ctx, mall, c.order, c.req)
			require.Equal(t, c.param, w.refusal(err, c.code).Param)
		})
	}
	w.requireSound()
}
