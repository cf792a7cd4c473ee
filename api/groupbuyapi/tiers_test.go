package groupbuyapi_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wire "kaituan/api/groupbuywire"
	"kaituan/money"
)

func (w *world) expire(after time.Duration) {
	w.Helper()
	w.now = w.now.Add(after)
	_, err := w.engine.ExpireTeams(w.Context(), 10)
	require.NoError(w, err)
}

// TestTiers_OnTheWire shows a partner what is owed when a team closes at a lower price.
func TestTiers_OnTheWire(t *testing.T) {
	w := newWorld(t)
	id := w.published(m{"tiers": []m{
		{"size": 3, "plan": m{"kind": "reduce", "off_fen": 3000}}, {"size": 4, "plan": m{"kind": "reduce", "off_fen": 5000}},
	}})
	opened := w.lock("ord_1", id, "u1", "")
	require.Equal(t, []int{3, 4}, opened.Team.Tiers)
	require.Equal(t, 4, opened.Team.Capacity)
	require.Equal(t, []money.Fen{7900, 6900, 4900}, opened.Seat.TierPricesFen)
	w.post(partnerSide+"/seats/ord_1/payment", payment(w)).ok(200)
	w.lock("ord_2", id, "u2", opened.Team.TeamID)
	second := into[wire.Settlement](w.post(partnerSide+"/seats/ord_2/payment", payment(w)), 200)
	require.Equal(t, wire.SettlementOutcomeFormed, second.Outcome)
	require.True(t, second.Team.ClosedAt.IsZero())

	listed := into[wire.OpenTeamList](w.get(partnerSide+"/goods/cup/teams?buyer_id=u3"), 200).Items
	require.Len(t, listed, 1)
	require.Equal(t, wire.TeamStatusFormed, listed[0].Status)
	require.Equal(t, []int{3, 4}, listed[0].Tiers)
	w.lock("ord_3", id, "u3", opened.Team.TeamID)
	third := into[wire.Settlement](w.post(partnerSide+"/seats/ord_3/payment", payment(w)), 200)
	require.Equal(t, wire.SettlementOutcomeFormed, third.Outcome)

	confirm := partnerSide + "/seats/ord_1/refunds/rf_1/confirm"
	w.post(confirm, nil).refused(409, "seat_not_refunding")
	w.expire(24 * time.Hour)
	owed := into[wire.SeatWithTeam](w.get(partnerSide+"/seats/ord_1"), 200)
	require.Equal(t, wire.SeatStatus("refunding"), owed.Seat.Status)
	require.Equal(t, "tier_reached", owed.Seat.Reason)
	require.Equal(t, money.Fen(1000), owed.Seat.DifferenceFen)
	require.Equal(t, w.now, owed.Team.ClosedAt.Time)
	require.Equal(t, 1, owed.Team.Tier)
	require.Equal(t, 3, owed.Team.Paid)

	paid := into[wire.SeatWithTeam](w.post(confirm, nil), 200)
	require.Equal(t, wire.SeatStatus("paid"), paid.Seat.Status)
	require.Equal(t, "rf_1", paid.Seat.DifferenceNo)
	require.Empty(t, paid.Seat.Reason)
	require.Equal(t, "true", w.post(confirm, nil).ok(200).Header().Get("Idempotency-Replayed"))
	w.post(partnerSide+"/seats/ord_1/refunds/rf_2/confirm", nil).refused(409, "idempotency_mismatch")
	require.Equal(t, []string{"seat.difference", "seat.difference", "seat.difference", "team.closed", "seat.difference_refunded"}, w.lastEvents(5))
}

// lastEvents are the types of the partner's newest events.
func (w *world) lastEvents(n int) []string {
	w.Helper()
	events := into[wire.EventList](w.get(partnerSide+"/events?limit=100"), 200).Items
	types := make([]string, len(events))
	for i, e := range events {
		types[i] = e.Type
	}
	return types[len(types)-n:]
}

// TestCompletion_OnTheWire labels the seats that nobody sits in.
func TestCompletion_OnTheWire(t *testing.T) {
	w := newWorld(t)
	id := w.published(m{"team_size": 4, "min_real": 1})
	opened := w.lock("ord_1", id, "u1", "")
	w.post(partnerSide+"/seats/ord_1/payment", payment(w)).ok(200)
	w.expire(24 * time.Hour)
	team := into[wire.TeamWithSeats](w.get(partnerSide+"/teams/"+opened.Team.TeamID), 200)
	require.Equal(t, wire.TeamStatusFormed, team.Team.Status)
	require.Equal(t, 1, team.Team.Paid)
	require.Equal(t, 3, team.Team.Virtual)
	require.Equal(t, money.Fen(2000), team.Team.CostFen)
	require.Len(t, team.Seats, 1)
	require.Equal(t, []string{"team.formed"}, w.lastEvents(1))
}
