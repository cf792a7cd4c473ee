package mall_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// lowest is what a piece costs in a team of three.
const lowest money.Fen = 70_00

// tiered lets teams of two go on to three at a lower price.
func (e *env) tiered() { e.engine.tiers = []mall.TierPrice{{Size: 3, Price: lowest}} }

// join has somebody new buy n pieces in a team and pay; nothing is settled yet.
func (e *env) join(team order.TeamID, n int) order.Order {
	e.t.Helper()
	r := e.group(team)
	r.Quantity = n
	return e.paid(e.buyer(), r)
}

// grown is a team of two that a third member brought to the lower price. The leader bought two pieces.
func (e *env) grown() (orders []order.Order) {
	e.t.Helper()
	e.tiered()
	leader := e.join("", 2)
	orders = []order.Order{leader, e.join(leader.Team, 1)}
	e.settle()
	e.requireStatus(leader.ID, order.ToShip)
	orders = append(orders, e.join(leader.Team, 1))
	return orders
}

func (e *env) push() {
	e.t.Helper()
	_, err := e.shop.PushRefunds(e.ctx, 100)
	require.NoError(e.t, err)
	e.settle()
}

func TestDifference_GoesBackByItself(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		orders := e.grown()
		e.settle()
		for i, want := range []money.Fen{20_00, 10_00, 10_00} {
			view := e.view(orders[i].ID)
			require.Equal(t, order.ToShip, view.Order.Status)
			require.Equal(t, want, view.Order.Difference)
			require.Len(t, view.Refunds, 1)
			r := view.Refunds[0]
			require.Equal(t, payment.Difference, r.Intent)
			require.Equal(t, want, r.Amount)
			require.Equal(t, order.TierReached, r.Reason)
			require.EqualValues(t, view.Order.PaidBy, r.Payment, "each against the own payment")
		}
		e.check()
		e.push()
		require.EqualValues(t, 40_00, e.gateway.sentBack())
		require.Equal(t, 3, e.engine.count("confirm_refund"))
		for _, o := range orders {
			view := e.view(o.ID)
			require.Equal(t, order.ToShip, view.Order.Status)
			require.Equal(t, "paid", e.engine.seats[string(o.ID)].Status)
			require.Equal(t, []string{string(view.Refunds[0].No)}, e.engine.backs[string(o.ID)])
		}
		_, err := e.shop.ShipDue(e.ctx, 10)
		require.NoError(t, err)
		e.push()
		require.EqualValues(t, 40_00, e.gateway.sentBack(), "nobody is paid back twice")
		e.check()
		totals, err := e.store.Totals(e.ctx)
		require.NoError(t, err)
		require.Equal(t, mall.Totals{
			Orders:   map[order.Status]int{order.Shipped: 3},
			Original: 4 * price, Deduction: 4 * (price - lowest), Due: 4 * lowest, Received: 4 * reduced, Refunded: 4 * (reduced - lowest),
		}, totals)
	})
}

func TestDifference_OnTheTimeline(t *testing.T) {
	e := newEnv(t)
	o := e.grown()[0]
	e.settle()
	e.clock.Advance(time.Second)
	_, err := e.shop.ShipDue(e.ctx, 10)
	require.NoError(t, err)
	e.clock.Advance(time.Second)
	e.push()
	view := e.view(o.ID)
	no := view.Refunds[0].No
	steps := view.Timeline()
	require.Equal(t, view.History[4].At, steps[4].At)
	require.Equal(t, []mall.Step{
		{Status: order.ToShip, At: steps[4].At},
		{Status: order.ToShip, Reason: order.TierReached, At: view.Refunds[0].CreatedAt, Refund: no, RefundStatus: payment.RefundCreated, Amount: 20_00},
		{Status: order.Shipped, At: e.clock.Now().Add(-time.Second)},
		{Status: order.Shipped, Reason: order.TierReached, At: e.clock.Now(), Refund: no, RefundStatus: payment.RefundSucceeded, Amount: 20_00},
	}, steps[4:])
}

// Without the third member nobody is owed anything.
func TestDifference_NoneBelowTheNextSize(t *testing.T) {
	e := newEnv(t)
	e.tiered()
	leader := e.join("", 1)
	second := e.join(leader.Team, 1)
	e.settle()
	e.engine.end(string(leader.Team))
	e.settle()
	e.push()
	require.Zero(t, e.gateway.sentBack())
	require.Empty(t, e.view(second.ID).Refunds)
	e.check()
}

// Events come late, twice and in any order, before and after the answer to the settlement; whatever the order, each
// buyer gets the difference once.
func TestDifference_EventsInAnyOrder(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		e.stock(100)
		for seed := range uint64(8) {
			orders := e.grown()
			rnd := rand.New(rand.NewPCG(seed, 3))
			e.engine.set(func(g *engine) { g.mute = seed%2 == 0 }) // the last settlement is not answered
			e.drain()
			e.engine.set(func(g *engine) { g.mute = false })
			events := e.engine.takeEvents()
			for _, i := range append(rnd.Perm(len(events)), rnd.Perm(len(events))...) {
				require.NoError(t, e.shop.HandleTeamEvent(e.ctx, events[i]))
				again := events[i]
				again.ID += "-again"
				require.NoError(t, e.shop.HandleTeamEvent(e.ctx, again))
			}
			e.clock.Advance(time.Minute)
			e.settle()
			e.push()
			for _, o := range orders {
				e.requireStatus(o.ID, order.ToShip)
				require.Len(t, e.view(o.ID).Refunds, 1)
			}
		}
		require.EqualValues(t, 8*40_00, e.gateway.sentBack())
		e.check()
	})
}

// The event of a seat whose order the mall does not count as paid changes nothing.
func TestDifference_OfNobody(t *testing.T) {
	e := newEnv(t)
	o := e.place(e.buyer(), e.group(""))
	for _, no := range []string{string(o.ID), "ord_of_nobody"} {
		require.NoError(t, e.shop.HandleTeamEvent(e.ctx, mall.EngineEvent{
			ID: "evt_" + no, Type: "seat.difference", OrderNo: no, TeamStatus: "formed", SeatStatus: "refunding", Difference: 1,
		}))
	}
	require.Empty(t, e.view(o.ID).Refunds)
	e.requireStatus(o.ID, order.AwaitingPayment)
}

// More than the payment is never promised back: the event is not taken, and nothing has changed.
func TestDifference_NotMoreThanWasPaid(t *testing.T) {
	e := newEnv(t)
	o := e.join("", 1)
	e.settle()
	event := mall.EngineEvent{ID: "evt_wrong", Type: "seat.difference", OrderNo: string(o.ID), TeamStatus: "formed", Difference: reduced}
	for range 2 {
		require.ErrorContains(t, e.shop.HandleTeamEvent(e.ctx, event), "8000 fen cannot be a difference")
	}
	e.requireStatus(o.ID, order.Teaming)
	require.Empty(t, e.view(o.ID).Refunds)
	event.Difference--
	require.NoError(t, e.shop.HandleTeamEvent(e.ctx, event), "the delivery is repeated once the engine is right")
	require.EqualValues(t, reduced-1, e.view(o.ID).Refunds[0].Amount)
}

// All of the money goes back after a part of it did, or while it is on its way.
func TestDifference_ThenEverything(t *testing.T) {
	for name, first := range map[string]bool{"after the difference": true, "while it is on its way": false} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, e *env) {
				o := e.grown()[0]
				e.settle()
				if first {
					e.push()
				} else {
					e.gateway.set(func(g *gateway) { g.down = true })
					_, err := e.shop.PushRefunds(e.ctx, 100)
					require.ErrorIs(t, err, payment.ErrUnknown)
					e.gateway.set(func(g *gateway) { g.down = false })
				}
				e.engine.giveBack(string(o.ID))
				e.settle()
				view := e.view(o.ID)
				require.Equal(t, order.Refunding, view.Order.Status)
				require.Len(t, view.Refunds, 2)
				require.Equal(t, payment.Full, view.Refunds[1].Intent)
				require.Equal(t, 2*lowest, view.Refunds[1].Amount, "the rest only")
				e.check()
				_, err := e.shop.PushRefunds(e.ctx, 100)
				require.NoError(t, err)
				if !first {
					e.requireStatus(o.ID, order.Refunding) // until the difference is back as well
				}
				e.check()
				e.clock.Advance(time.Minute)
				e.push()
				e.requireStatus(o.ID, order.Refunded)
				require.Equal(t, 40_00+2*lowest, e.gateway.sentBack())
				e.check()
			})
		})
	}
}

// A part that Alipay refuses waits for a person, and the order goes on.
func TestDifference_RefusedWaitsForAPerson(t *testing.T) {
	e := newEnv(t)
	o := e.grown()[0]
	e.settle()
	e.gateway.set(func(g *gateway) { g.refuse = true })
	for range 10 {
		_, _ = e.shop.PushRefunds(e.ctx, 10) // fails while refused: that is the point
		e.clock.Advance(time.Hour)
	}
	failed, err := e.shop.FailedRefunds(e.ctx, e.operator, mall.ListRefunds{})
	require.NoError(t, err)
	require.Len(t, failed.Items, 3)
	e.requireStatus(o.ID, order.ToShip)
	e.gateway.set(func(g *gateway) { g.refuse = false })
	for _, r := range failed.Items {
		_, err := e.shop.RedoRefund(e.ctx, e.operator, r.No)
		require.NoError(t, err)
	}
	e.push()
	require.EqualValues(t, 40_00, e.gateway.sentBack())
	e.check()
}

// TestDifference_CrashAtEveryBoundary kills the process at each boundary on the way of three differences.
func TestDifference_CrashAtEveryBoundary(t *testing.T) {
	boundaries := 0
	for at := 1; ; at++ {
		done := false
		t.Run(fmt.Sprint(at), func(t *testing.T) { done = surviveDifference(t, at) })
		if done || t.Failed() {
			break
		}
		boundaries = at
	}
	require.Greater(t, boundaries, 30, "the story passes fewer boundaries than it has steps")
}

func surviveDifference(t *testing.T, at int) bool {
	e := newEnv(t)
	orders := e.grown()
	s := &story{env: e} // of nobody: the orders are paid, the last one's settlement is under way
	d := &death{at: at}
	dying := e.newShop(mortal{e.store, d})
	call := func(call string, done bool) error {
		if d.pass(fmt.Sprint(call, " done: ", done)) != nil {
			return fmt.Errorf("%w: %w", payment.ErrUnknown, mall.ErrEngineUnknown)
		}
		return nil
	}
	e.engine.fault, e.gateway.fault = call, call
	for _, pause := range pace() {
		_ = s.round(dying, pause) // fails where death strikes: that is the point
		if d.struck() {
			break
		}
	}
	struck := d.struck()
	e.engine.fault, e.gateway.fault = nil, nil
	var errs error
	for _, pause := range pace() {
		errs = s.round(e.shop, pause)
	}
	require.NoError(t, errs, "after dying %s", d.where)
	e.check()
	for _, o := range orders {
		e.requireStatus(o.ID, order.Shipped)
		require.Len(t, e.view(o.ID).Refunds, 1, "after dying %s", d.where)
		require.Equal(t, "paid", e.engine.seats[string(o.ID)].Status, "after dying %s", d.where)
		require.Len(t, e.engine.backs[string(o.ID)], 1, "after dying %s", d.where)
	}
	require.EqualValues(t, 40_00, e.gateway.sentBack(), "after dying %s", d.where)
	return !struck
}

func TestTeam_PageOfATeamThatGrows(t *testing.T) {
	e := newEnv(t)
	e.tiered()
	leader := e.join("", 1)
	page := func() mall.TeamPage {
		page, err := e.shop.Team(e.ctx, mall.Actor{}, leader.Team)
		require.NoError(t, err)
		return page
	}
	e.settle()
	require.Equal(t, 2, page().Team.NextSize())
	e.join(leader.Team, 1)
	e.settle()
	require.Equal(t, "formed", page().Team.Status)
	require.Equal(t, 3, page().Team.NextSize())
	asked := e.engine.asked[len(e.engine.asked)-1]
	require.True(t, asked.Joining, "the price for whoever joins this team")
	require.Equal(t, string(deal), asked.ActivityID)
	e.join(leader.Team, 1)
	e.settle()
	require.Zero(t, page().Team.NextSize())
	for _, m := range page().Members {
		require.Equal(t, "paid", m.Status, "a seat stays its buyer's while the difference goes back")
	}
	who := mall.Actor{Account: leader.Buyer}
	mine, err := e.shop.Team(e.ctx, who, leader.Team)
	require.NoError(t, err)
	require.True(t, mine.Joined)
}

func TestTeam_PageShowsVirtualSeatsAsSuch(t *testing.T) {
	e := newEnv(t)
	leader := e.join("", 1)
	e.settle()
	e.engine.set(func(g *engine) {
		team := g.teams[string(leader.Team)]
		team.Status, team.Virtual, team.EndedAt, team.ClosedAt = "formed", 1, g.now(), g.now()
	})
	page, err := e.shop.Team(e.ctx, mall.Actor{}, leader.Team)
	require.NoError(t, err)
	require.Equal(t, []mall.Member{
		{Nickname: "B*1", Leader: true, Status: "paid"},
		{Virtual: true, Status: "paid", At: e.clock.Now()},
	}, page.Members)
	require.Zero(t, page.Team.NextSize())
}

func TestNextSize(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		team mall.Team
		want int
	}{
		"gathering":       {mall.Team{Status: "forming", Target: 2, Paid: 1}, 2},
		"formed":          {mall.Team{Status: "formed", Target: 2, Paid: 2, ClosedAt: now}, 0},
		"short of tiers":  {mall.Team{Status: "forming", Target: 2, Tiers: []int{3, 5}, Paid: 1}, 2},
		"on to a tier":    {mall.Team{Status: "formed", Target: 2, Tiers: []int{3, 5}, Paid: 2}, 3},
		"between tiers":   {mall.Team{Status: "formed", Target: 2, Tiers: []int{3, 5}, Paid: 4}, 5},
		"at the last one": {mall.Team{Status: "formed", Target: 2, Tiers: []int{3, 5}, Paid: 5}, 0},
		"closed before":   {mall.Team{Status: "formed", Target: 2, Tiers: []int{3, 5}, Paid: 3, ClosedAt: now}, 0},
		"failed":          {mall.Team{Status: "failed", Target: 2, Paid: 1}, 0},
	} {
		require.Equal(t, c.want, c.team.NextSize(), name)
	}
}

// An order that forms its team by its own payment goes straight on.
func TestSettle_InstantTeam(t *testing.T) {
	e := newEnv(t)
	e.engine.target = 1
	o := e.paid(e.buyer(), e.group(""))
	e.drain()
	e.requireStatus(o.ID, order.ToShip)
	require.Equal(t, []order.Status{
		order.Created, order.AwaitingPayment, order.Paid, order.Teaming, order.ToShip,
	}, moves(e.view(o.ID).History))
	e.deliver()
	_, err := e.shop.ShipDue(e.ctx, 10)
	require.NoError(t, err)
	e.requireStatus(o.ID, order.Shipped)
	e.check()
}
