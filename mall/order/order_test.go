package order_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/mall/order"
	"kaituan/money"
)

func start() time.Time { return time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC) }

func placed(mode order.Mode) order.Order {
	return order.Place(order.Order{ID: "ord_1", Mode: mode, Original: 100, Item: order.Item{Quantity: 2}}, start())
}

// in returns a group order in a state, with its moves forgotten as the store does.
func in(t *testing.T, status order.Status) order.Order {
	t.Helper()
	o := placed(order.Group)
	now := start()
	offer := func() {
		o.Offer(order.Terms{PayPrice: 80, Amount: 160, Original: 100, ExpiresAt: now.Add(time.Minute)}, now)
	}
	pay := func() { offer(); o.Pay(order.Receipt{Payment: "pay_1", PaidAt: now}, now) }
	refund := func() { pay(); o.Hear(order.News{Outcome: "refund_required", Reason: "team_full"}, now) }
	switch status {
	case order.AwaitingPayment:
		offer()
	case order.Closed:
		offer()
		o.Close(order.BuyerCancelled, "", now)
	case order.Paid:
		pay()
	case order.Teaming:
		pay()
		o.Hear(order.News{Outcome: "joined", TeamStatus: "forming"}, now)
	case order.ToShip, order.Shipped:
		pay()
		o.Formed(now)
		if status == order.Shipped {
			o.Ship("SIM", now)
		}
	case order.Refunding:
		refund()
	case order.Refunded:
		refund()
		o.Refunded(now)
	}
	require.Equal(t, status, o.Status)
	o.Moves = nil
	return o
}

func TestHear(t *testing.T) {
	const none = order.NoReason
	for name, c := range map[string]struct {
		news   order.News
		from   order.Status
		want   order.Status
		refund order.Reason
	}{
		"joined":                       {order.News{Outcome: "joined", SeatStatus: "paid", TeamStatus: "forming"}, order.Paid, order.Teaming, none},
		"joined again":                 {order.News{Outcome: "joined", SeatStatus: "paid", TeamStatus: "forming"}, order.Teaming, order.Teaming, none},
		"formed":                       {order.News{Outcome: "formed", SeatStatus: "paid", TeamStatus: "formed"}, order.Paid, order.ToShip, none},
		"joined, since formed":         {order.News{Outcome: "joined", SeatStatus: "paid", TeamStatus: "formed"}, order.Paid, order.ToShip, none},
		"teaming, since formed":        {order.News{Outcome: "joined", SeatStatus: "paid", TeamStatus: "formed"}, order.Teaming, order.ToShip, none},
		"too late":                     {order.News{Outcome: "refund_required", SeatStatus: "released", TeamStatus: "formed", Reason: "team_full"}, order.Paid, order.Refunding, "team_full"},
		"joined, since failed":         {order.News{Outcome: "joined", SeatStatus: "refunding", TeamStatus: "failed", Reason: "team_did_not_fill"}, order.Paid, order.Refunding, "team_did_not_fill"},
		"teaming, since failed":        {order.News{SeatStatus: "refunding"}, order.Teaming, order.Refunding, order.TeamFailed},
		"given back at the engine":     {order.News{SeatStatus: "refunded", TeamStatus: "formed"}, order.ToShip, order.Refunding, order.TeamFailed},
		"formed says nothing new":      {order.News{Outcome: "formed", TeamStatus: "formed"}, order.ToShip, order.ToShip, none},
		"no settlement ships nothing":  {order.News{SeatStatus: "held", TeamStatus: "formed"}, order.Paid, order.Paid, none},
		"unpaid hears nothing":         {order.News{Outcome: "formed", TeamStatus: "formed"}, order.AwaitingPayment, order.AwaitingPayment, none},
		"unpaid is owed nothing":       {order.News{SeatStatus: "refunding"}, order.AwaitingPayment, order.AwaitingPayment, none},
		"closed is owed nothing":       {order.News{SeatStatus: "refunding"}, order.Closed, order.Closed, none},
		"shipped stays shipped":        {order.News{SeatStatus: "refunding"}, order.Shipped, order.Shipped, none},
		"refunding is owed once":       {order.News{SeatStatus: "refunding"}, order.Refunding, order.Refunding, none},
		"refunded is owed nothing":     {order.News{Outcome: "refund_required"}, order.Refunded, order.Refunded, none},
		"created hears nothing either": {order.News{Outcome: "formed", TeamStatus: "formed"}, order.Created, order.Created, none},
	} {
		t.Run(name, func(t *testing.T) {
			o := in(t, c.from)
			v := o.Hear(c.news, start())
			require.Equal(t, c.want, o.Status)
			require.Equal(t, c.refund, v.Refund)
			require.Equal(t, c.from != c.want, v.Moved)
			require.Equal(t, v.Moved, len(o.Moves) > 0)
			if c.refund != none {
				require.Equal(t, c.refund, o.Reason)
			}
		})
	}
}

// A team that grew to a lower price owes the difference, once, and the order stays the buyer's.
func TestHear_Difference(t *testing.T) {
	closed := order.News{SeatStatus: "refunding", TeamStatus: "formed", Reason: order.TierReached, Difference: 30}
	settled := closed
	settled.Outcome = "formed"
	for name, c := range map[string]struct {
		news order.News
		from order.Status
		want order.Status
		owed money.Fen
	}{
		"the event":                         {closed, order.ToShip, order.ToShip, 30},
		"the event, late":                   {closed, order.Shipped, order.Shipped, 30},
		"the event before the answer":       {closed, order.Paid, order.ToShip, 30},
		"the event before the team's event": {closed, order.Teaming, order.ToShip, 30},
		"the answer of who closed the team": {settled, order.Paid, order.ToShip, 30},
		"the answer, since confirmed":       {order.News{Outcome: "formed", SeatStatus: "paid", TeamStatus: "formed", Difference: 30}, order.Paid, order.ToShip, 30},
		"all goes back already":             {closed, order.Refunding, order.Refunding, 0},
		"all went back":                     {closed, order.Refunded, order.Refunded, 0},
		"never paid here":                   {closed, order.AwaitingPayment, order.AwaitingPayment, 0},
		"closed here":                       {closed, order.Closed, order.Closed, 0},
		"the event without an amount":       {order.News{SeatStatus: "refunding", TeamStatus: "formed", Reason: order.TierReached}, order.ToShip, order.ToShip, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := in(t, c.from)
			saved := o.Deduction()
			v := o.Hear(c.news, start())
			require.Equal(t, c.want, o.Status)
			require.Equal(t, order.Verdict{Moved: c.owed > 0, Difference: c.owed}, v)
			require.Equal(t, c.owed > 0, v.Owes())
			require.Equal(t, c.owed, o.Difference)
			require.Equal(t, saved+c.owed, o.Deduction())
			require.Zero(t, o.Hear(c.news, start()), "once")
		})
	}
}

func TestHear_AllGoesBackAfterADifference(t *testing.T) {
	o := in(t, order.ToShip)
	require.EqualValues(t, 30, o.Hear(order.News{TeamStatus: "formed", Difference: 30}, start()).Difference)
	require.Equal(t, order.Verdict{Moved: true, Refund: "after_sale"}, o.Hear(order.News{SeatStatus: "refunding", Reason: "after_sale"}, start()))
	require.Equal(t, order.Refunding, o.Status)
}

func TestRefuse_KeepsThePriceThatCounts(t *testing.T) {
	o := placed(order.Group)
	require.True(t, o.Refuse("price_changed", "", 90, start()))
	require.EqualValues(t, 90, o.PayPrice)
	require.True(t, o.Refused())
	require.False(t, o.Refuse("price_changed", "", 95, start()))
	require.EqualValues(t, 90, o.PayPrice)
}

func TestHear_SoloNeverListens(t *testing.T) {
	o := placed(order.Solo)
	o.Offer(order.Terms{Amount: 200}, start())
	o.Pay(order.Receipt{Payment: "pay_1"}, start())
	require.Equal(t, order.ToShip, o.Status)
	require.Zero(t, o.Hear(order.News{SeatStatus: "refunding"}, start()))
	require.Zero(t, o.Formed(start()))
}

func TestPay(t *testing.T) {
	for from, want := range map[order.Status]order.Verdict{
		order.AwaitingPayment: {Moved: true},
		order.Created:         {Refund: order.PaidTwice},
		order.Closed:          {Refund: order.LatePayment},
		order.Paid:            {Refund: order.PaidTwice},
		order.Teaming:         {Refund: order.PaidTwice},
		order.ToShip:          {Refund: order.PaidTwice},
		order.Shipped:         {Refund: order.PaidTwice},
		order.Refunding:       {Refund: order.PaidTwice},
		order.Refunded:        {Refund: order.PaidTwice},
	} {
		o := in(t, from)
		before := o.PaidBy
		require.Equal(t, want, o.Pay(order.Receipt{Payment: "pay_2", TradeNo: "2026", PaidAt: start()}, start()), from)
		if want.Moved {
			require.EqualValues(t, "pay_2", o.PaidBy)
		} else {
			require.Equal(t, before, o.PaidBy, "it is paid by what paid it first")
		}
	}
}

func TestClose_OnlyUnpaid(t *testing.T) {
	for status := range order.Transitions() {
		o := in(t, status)
		require.Equal(t, status.Unpaid(), o.Close(order.NotPaidInTime, "", start()), status)
	}
}

func TestClose_KeepsTheBeginningOfALongDetail(t *testing.T) {
	o := in(t, order.AwaitingPayment)
	require.True(t, o.Close("whatever", strings.Repeat("长", 10_000), start()))
	require.Equal(t, strings.Repeat("长", 500), o.Detail)
}

func TestRefused(t *testing.T) {
	for why, want := range map[order.Reason]bool{"team_full": true, order.BuyerCancelled: false, order.SeatLost: false} {
		o := placed(order.Group)
		require.True(t, o.Close(why, "", start()))
		require.Equal(t, want, o.Refused(), why)
	}
	o := in(t, order.AwaitingPayment)
	o.Close("seat_deadline", "", start())
	require.False(t, o.Refused(), "it had a seat")
}

func TestNextAt(t *testing.T) {
	now := start()
	for status, want := range map[order.Status]time.Time{
		order.Created: now.Add(time.Minute), order.AwaitingPayment: now.Add(time.Minute), order.Paid: now.Add(time.Minute),
		order.Teaming: now.Add(order.TeamAfter), order.ToShip: now,
		order.Shipped: {}, order.Closed: {}, order.Refunding: {}, order.Refunded: {},
	} {
		require.Equal(t, want, in(t, status).NextAt, status)
	}
}

// Whatever is told in whatever order, an order's history is a path in the table, goods and money are never owed at
// once, and money that came in is either spent on the order or owed back.
func TestOrder_AnyStory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := placed(rapid.SampledFrom([]order.Mode{order.Solo, order.Group}).Draw(t, "mode"))
		now := start()
		payments, owed, differences := 0, 0, 0
		told := func(v order.Verdict) {
			if v.Difference > 0 {
				differences++
				require.True(t, o.Status.Kept(), "a difference is of an order that stays")
			}
			require.LessOrEqual(t, differences, 1)
			if v.Refund != order.NoReason {
				owed++
			}
		}
		status := rapid.SampledFrom([]string{"", "held", "paid", "released", "refunding", "refunded"})
		outcome := rapid.SampledFrom([]string{"", "joined", "formed", "refund_required"})
		team := rapid.SampledFrom([]string{"forming", "formed", "failed"})
		t.Repeat(map[string]func(*rapid.T){
			"offer":    func(*rapid.T) { o.Offer(order.Terms{Amount: 160, ExpiresAt: now.Add(time.Minute)}, now) },
			"close":    func(*rapid.T) { o.Close(order.BuyerCancelled, "", now) },
			"formed":   func(*rapid.T) { told(o.Formed(now)) },
			"refunded": func(*rapid.T) { o.Refunded(now) },
			"ship":     func(*rapid.T) { o.Ship("SIM", now) },
			"pay": func(*rapid.T) {
				if o.Status != order.Created { // there is no payment before there are terms
					payments++
					told(o.Pay(order.Receipt{Payment: "pay", PaidAt: now}, now))
				}
			},
			"hear": func(t *rapid.T) {
				told(o.Hear(order.News{
					Outcome: outcome.Draw(t, "outcome"), SeatStatus: status.Draw(t, "seat"), TeamStatus: team.Draw(t, "team"),
				}, now))
			},
			"hear of a difference": func(*rapid.T) {
				told(o.Hear(order.News{SeatStatus: "refunding", TeamStatus: "formed", Reason: order.TierReached, Difference: 30}, now))
			},
			"": func(t *rapid.T) {
				requirePath(t, o)
				spent := 0
				if o.Status.HoldsStock() && !o.Status.Unpaid() {
					spent = 1
				}
				require.Equal(t, payments, spent+owed, "%s", o.Status)
			},
		})
	})
}

func requirePath(t require.TestingT, o order.Order) {
	at := order.Status("")
	for _, m := range o.Moves {
		require.Equal(t, at, m.From)
		if at != "" {
			require.Contains(t, order.Transitions()[at], m.To)
		}
		at = m.To
	}
	require.Equal(t, at, o.Status)
}

func TestTransitions_IsACopy(t *testing.T) {
	order.Transitions()[order.Created][0] = order.Shipped
	require.NotEqual(t, order.Shipped, order.Transitions()[order.Created][0])
}
