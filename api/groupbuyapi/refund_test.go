package groupbuyapi_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wire "kaituan/api/groupbuywire"
	"kaituan/money"
)

// TestRefund_OnTheWire shows a partner what is owed, to whom the lead goes, and that a formed team stays formed.
func TestRefund_OnTheWire(t *testing.T) {
	w := newWorld(t)
	id := w.published(nil)
	opened := w.lock("ord_1", id, "u1", "")
	w.post(partnerSide+"/seats/ord_1/payment", payment(w)).ok(200)
	w.lock("ord_2", id, "u2", opened.Team.TeamID)
	refunds := partnerSide + "/seats/ord_1/refunds"
	back := into[wire.SeatWithTeam](w.post(refunds, m{"out_request_no": "rf_1", "reason": "买错了"}), 200)
	require.Equal(t, wire.Refunding, back.Seat.Status)
	require.Equal(t, "refund_asked", back.Seat.Reason)
	require.Equal(t, money.Fen(7900), back.Seat.OwedFen)
	require.Equal(t, "rf_1", back.Seat.AskedNo)
	require.Equal(t, "买错了", back.Seat.AskedReason)
	require.Equal(t, w.now, back.Seat.AskedAt.Time)
	require.Equal(t, "u2", back.Team.LeaderID)
	require.Zero(t, back.Team.Paid)
	require.Equal(t, []string{"seat.refunding", "team.leader_changed"}, w.lastEvents(2))
	w.post(refunds, m{"out_request_no": "rf_2"}).refused(409, "idempotency_mismatch")
	w.post(refunds+"/rf_2/confirm", nil).refused(409, "idempotency_mismatch")
	done := into[wire.SeatWithTeam](w.post(refunds+"/rf_1/confirm", nil), 200)
	require.Equal(t, wire.Refunded, done.Seat.Status)
	require.Zero(t, done.Seat.OwedFen)

	w.post(partnerSide+"/seats/ord_2/payment", payment(w)).ok(200)
	w.lock("ord_3", id, "u3", opened.Team.TeamID)
	last := into[wire.Settlement](w.post(partnerSide+"/seats/ord_3/payment", payment(w)), 200)
	require.Equal(t, wire.SettlementOutcomeFormed, last.Outcome)
	left := into[wire.SeatWithTeam](w.post(partnerSide+"/seats/ord_2/refunds", m{"out_request_no": "rf_3"}), 200)
	require.Equal(t, wire.TeamStatusFormed, left.Team.Status)
	require.Equal(t, 1, left.Team.Refunded)
	require.Equal(t, 1, left.Team.Paid)
}

// Money that goes back anyhow is not asked for.
func TestRefund_OfAFailedTeamIsUnderWay(t *testing.T) {
	w := newWorld(t)
	w.lock("ord_1", w.published(nil), "u1", "")
	w.post(partnerSide+"/seats/ord_1/payment", payment(w)).ok(200)
	w.expire(48 * time.Hour)
	w.post(partnerSide+"/seats/ord_1/refunds", m{"out_request_no": "rf_1"}).refused(409, "seat_refunding")
}
