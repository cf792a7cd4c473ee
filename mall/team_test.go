package mall_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/order"
)

// teamOfTwo has one paid member and one who may pay.
func (e *env) teamOfTwo() (leader, joiner order.Order, second mall.Actor) {
	e.t.Helper()
	leader = e.paid(e.buyer(), e.group(""))
	second = e.buyer()
	return leader, e.place(second, e.group(leader.Team)), second
}

// payFor pays an order that is placed.
func (e *env) payFor(who mall.Actor, o order.Order) {
	e.t.Helper()
	p := e.pay(who, o)
	require.NoError(e.t, e.shop.HandlePayNotice(e.ctx, e.gateway.buyerPays(p.ID, p.Amount)))
}

func TestTeam_FormsAndShips(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		leader, joiner, second := e.teamOfTwo()
		e.settle()
		e.requireStatus(leader.ID, order.Teaming)
		n, err := e.shop.ShipDue(e.ctx, 10)
		require.NoError(t, err)
		require.Zero(t, n, "shipping only after the team formed")

		e.payFor(second, joiner)
		e.settle()
		for _, id := range []order.ID{leader.ID, joiner.ID} {
			require.Equal(t, []order.Status{
				order.Created, order.AwaitingPayment, order.Paid, order.Teaming, order.ToShip,
			}, moves(e.view(id).History))
		}
		n, err = e.shop.ShipDue(e.ctx, 10)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		o := e.order(leader.ID)
		require.Equal(t, order.Shipped, o.Status)
		require.NotEmpty(t, o.Tracking)
		require.NotEqual(t, o.Tracking, e.order(joiner.ID).Tracking)
		e.check()

		totals, err := e.store.Totals(e.ctx)
		require.NoError(t, err)
		require.Equal(t, mall.Totals{
			Orders:   map[order.Status]int{order.Shipped: 2},
			Original: 2 * price, Deduction: 2 * (price - reduced), Due: 2 * reduced, Received: 2 * reduced,
		}, totals)
	})
}

func TestShipDue_WaitsForTheDelay(t *testing.T) {
	e := newEnv(t)
	e.shop.ShipDelay = time.Hour
	o := e.paid(e.buyer(), e.solo())
	e.clock.Advance(59 * time.Minute)
	n, err := e.shop.ShipDue(e.ctx, 10)
	require.NoError(t, err)
	require.Zero(t, n)
	e.clock.Advance(time.Minute)
	_, err = e.shop.ShipDue(e.ctx, 10)
	require.NoError(t, err)
	e.requireStatus(o.ID, order.Shipped)
}

// The event overtakes the answer to the settlement.
func TestTeamEvent_BeforeTheSettleAnswer(t *testing.T) {
	e := newEnv(t)
	leader, joiner, second := e.teamOfTwo()
	e.settle()
	e.payFor(second, joiner)
	e.engine.mute = true
	e.drain() // settled at the engine; the answer is lost
	e.deliver()
	e.requireStatus(leader.ID, order.ToShip)
	e.requireStatus(joiner.ID, order.Paid)
	e.engine.mute = false
	e.settle() // the event had the engine asked again
	e.requireStatus(joiner.ID, order.ToShip)
	e.check()
}

// A replayed settlement says "joined" for ever; what the team has become since counts.
func TestSettle_LostAnswerIsReplayed(t *testing.T) {
	e := newEnv(t)
	leader := e.paid(e.buyer(), e.group(""))
	e.engine.mute = true
	e.drain()
	e.requireStatus(leader.ID, order.Paid)
	e.engine.mute = false
	second := e.buyer()
	joiner := e.place(second, e.group(leader.Team))
	e.payFor(second, joiner)
	e.drain()
	e.engine.takeEvents() // every event is lost as well
	e.clock.Advance(3 * time.Second)
	e.drain() // the relay tries the leader's settlement again
	e.requireStatus(leader.ID, order.ToShip)
	e.requireStatus(joiner.ID, order.ToShip)
	require.Equal(t, 3, e.engine.count("settle"))
	e.check()
}

func TestCheckTeams_FindsWhatNoEventTold(t *testing.T) {
	e := newEnv(t)
	leader, joiner, second := e.teamOfTwo()
	e.settle()
	e.payFor(second, joiner)
	e.drain()
	e.engine.takeEvents()
	e.requireStatus(leader.ID, order.Teaming)
	e.clock.Advance(order.TeamAfter)
	n, err := e.shop.CheckTeams(e.ctx, 10)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	e.requireStatus(leader.ID, order.ToShip)
}

func TestCheckTeams_LeavesAGatheringTeamAlone(t *testing.T) {
	e := newEnv(t)
	leader := e.paid(e.buyer(), e.group(""))
	e.settle()
	e.clock.Advance(order.TeamAfter)
	n, err := e.shop.CheckTeams(e.ctx, 10)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	e.requireStatus(leader.ID, order.Teaming)
	n, err = e.shop.CheckTeams(e.ctx, 10)
	require.NoError(t, err)
	require.Zero(t, n)

	e.clock.Advance(order.TeamAfter)
	e.engine.down = true
	_, err = e.shop.CheckTeams(e.ctx, 10)
	require.ErrorIs(t, err, mall.ErrEngineUnknown)
}

// Anybody can send "formed"; it turns no unpaid order into a delivered one: rivals' mistake number 8.
func TestTeamEvent_DeliversNothingUnpaid(t *testing.T) {
	e := newEnv(t)
	o := e.place(e.buyer(), e.group(""))
	for i, kind := range []string{"team.formed", "seat.refunding", "seat.refund_required", "team.failed"} {
		require.NoError(t, e.shop.HandleTeamEvent(e.ctx, mall.EngineEvent{
			ID: "evt_free_" + string(rune('a'+i)), Type: kind, TeamID: string(o.Team), OrderNo: string(o.ID), TeamStatus: "formed",
		}))
	}
	e.settle()
	require.Equal(t, o, e.order(o.ID))
	require.Zero(t, e.engine.count("settle"))
}

// The seat was lost and the team formed without it: the event must not ship the order, the engine decides.
func TestTeamEvent_FormedWithoutThisOrder(t *testing.T) {
	e := newEnv(t)
	leader, loser, second := e.teamOfTwo()
	e.settle()
	p := e.pay(second, loser)
	e.engine.loseSeat(string(loser.ID))
	e.engine.takeEvents()
	winner := e.paid(e.buyer(), e.group(leader.Team))
	require.NoError(t, e.shop.HandlePayNotice(e.ctx, e.gateway.buyerPays(p.ID, p.Amount)))
	require.NoError(t, e.shop.HandleTeamEvent(e.ctx, mall.EngineEvent{ID: "evt_early", Type: "team.formed", TeamID: string(leader.Team)}))
	e.requireStatus(loser.ID, order.Paid)
	e.drain()
	e.settle()
	// Who settled first has the seat; the other's money goes back.
	statuses := []order.Status{e.order(winner.ID).Status, e.order(loser.ID).Status}
	require.ElementsMatch(t, []order.Status{order.ToShip, order.Refunding}, statuses)
	e.check()
}

func TestTeamEvent_TwiceAndReordered(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		leader, joiner, second := e.teamOfTwo()
		e.settle()
		e.payFor(second, joiner)
		e.drain()
		events := e.engine.takeEvents()
		require.NotEmpty(t, events)
		for range 3 {
			for i := len(events) - 1; i >= 0; i-- {
				require.NoError(t, e.shop.HandleTeamEvent(e.ctx, events[i]))
			}
		}
		_, err := e.shop.ShipDue(e.ctx, 10)
		require.NoError(t, err)
		atOnce(20, func(int) {
			for _, event := range events {
				if err := e.shop.HandleTeamEvent(e.ctx, event); err != nil {
					t.Error(err)
				}
			}
		})
		e.requireStatus(leader.ID, order.Shipped)
		require.Len(t, e.view(leader.ID).History, 6, "a repeated event is a no-op")
		e.check()
	})
}

func TestTeamEvent_UnknownThings(t *testing.T) {
	e := newEnv(t)
	for i, kind := range []string{"team.formed", "seat.refunding", "seat.refund_required", "seat.released", "seat.held", "activity.published"} {
		require.NoError(t, e.shop.HandleTeamEvent(e.ctx, mall.EngineEvent{
			ID: "evt_x" + string(rune('a'+i)), Type: kind, TeamID: "team_x", OrderNo: "ord_x",
		}), kind)
	}
	requireCode(t, mall.CodeInvalid, e.shop.HandleTeamEvent(e.ctx, mall.EngineEvent{Type: "team.formed"}))
}

func TestTeamEvent_ReleasedSeatClosesTheOrder(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.group(""))
	p := e.pay(who, o)
	e.gateway.buyerOpens(p.ID, p.Amount)
	e.engine.loseSeat(string(o.ID))
	e.settle()
	closed := e.order(o.ID)
	require.Equal(t, order.Closed, closed.Status)
	require.Equal(t, order.SeatLost, closed.Reason)
	require.Equal(t, "closed", string(e.gateway.trades[p.ID].Status), "first at the provider")
	e.requireStock(pieces)
	e.check()
}

func TestTeamEvent_ReleasedAtTheDeadline(t *testing.T) {
	e := newEnv(t)
	o := e.place(e.buyer(), e.group(""))
	e.clock.Advance(15 * time.Minute)
	e.engine.loseSeat(string(o.ID))
	e.settle()
	require.Equal(t, order.NotPaidInTime, e.order(o.ID).Reason)
}

func TestTeamEvent_ReleasedSeatOfAPayerIsSettled(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.group(""))
	p := e.pay(who, o)
	form := e.gateway.buyerPays(p.ID, p.Amount)
	e.engine.loseSeat(string(o.ID))
	e.deliver()
	e.drain() // closing asks the provider and finds the money
	require.NotEqual(t, order.Closed, e.order(o.ID).Status)
	require.NoError(t, e.shop.HandlePayNotice(e.ctx, form))
	e.settle()
	e.requireStatus(o.ID, order.Refunding)
	e.check()
}

// An engine that went back to an older backup does not know the seat: the buyer gets the money, whether the payment
// was counted before or not.
func TestSettle_NoSeatMeansMoneyBack(t *testing.T) {
	for name, counted := range map[string]bool{"never counted": false, "counted before": true} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t)
			o := e.paid(e.buyer(), e.group(""))
			if counted {
				e.settle()
				e.requireStatus(o.ID, order.Teaming)
			}
			delete(e.engine.seats, string(o.ID))
			e.engine.takeEvents()
			e.clock.Advance(order.TeamAfter)
			_, err := e.shop.CheckTeams(e.ctx, 10)
			require.NoError(t, err)
			e.requireStatus(o.ID, order.Refunding)
			require.Equal(t, order.SeatLost, e.order(o.ID).Reason)
			_, err = e.shop.PushRefunds(e.ctx, 10)
			require.NoError(t, err)
			e.settle() // the engine, told that the money is back, knows no seat: nothing waits for it
			e.requireStatus(o.ID, order.Refunded)
			require.Equal(t, o.Amount, e.gateway.sentBack())
			e.requireStock(pieces)
			e.check()
		})
	}
}

// Any other refusal of a payment is a mistake of ours: the order stays paid, is asked about again and again, and the
// check reports it.
func TestSettle_RefusedStaysPaid(t *testing.T) {
	for name, refusal := range map[string]*mall.Refused{
		"another amount": {Status: 422, Code: "amount_mismatch"},
		"another input":  {Status: 409, Code: "idempotency_mismatch"},
		"a wrong key":    {Status: 401, Code: "signature_invalid"},
		"no permission":  {Status: 403, Code: "forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t)
			o := e.paid(e.buyer(), e.group(""))
			e.engine.fault = func(call string, _ bool) error {
				if call == "settle" {
					return refusal
				}
				return nil
			}
			for range 15 {
				_, _ = e.shop.CheckTeams(e.ctx, 10) // fails once it is due: that is the point
				e.clock.Advance(time.Minute)
			}
			require.ErrorContains(t, e.shop.Perform(e.ctx, mall.Task{Topic: mall.TopicSettle, Subject: string(o.ID)}), refusal.Code)
			require.Greater(t, e.engine.count("settle"), 10)
			e.requireStatus(o.ID, order.Paid)
			violations, err := e.store.Violations(e.ctx, e.clock.Now())
			require.NoError(t, err)
			require.Contains(t, violations, mall.Violation{Invariant: "I4", Subject: string(o.ID), Detail: "is paid for over 10 min"})

			e.engine.fault = nil
			e.drain()
			e.requireStatus(o.ID, order.Teaming)
			e.check()
		})
	}
}

func TestPerform_UnknownTask(t *testing.T) {
	e := newEnv(t)
	require.Error(t, e.shop.Perform(e.ctx, mall.Task{Topic: "mall.dance", Subject: "x"}))
	require.ErrorIs(t, e.shop.Perform(e.ctx, mall.Task{Topic: mall.TopicSettle, Subject: "ord_none"}), mall.ErrNotFound)
}
