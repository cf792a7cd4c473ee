package team_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

// The worlds that rapid draws are small, so that commands meet the same teams, buyers, orders and stock over and over:
// the first orders open teams, one each, and the others join them.
const (
	drawnBuyers = 5
	drawnTeams  = 5 // see drawnTerms
	drawnOrders = 16
)

func startTime() time.Time { return time.UnixMilli(1_700_000_000_000).UTC() }

func limits() activity.Limits { return activity.Limits{Open: 2, Join: 1, Total: 2} }

func limitedKey() team.StockKey {
	return team.StockKey{Activity: "act-0", Goods: "goods-0", SKU: "sku"}
}

func drawnMemory() *memory {
	m := newMemory()
	m.stock[limitedKey()] = team.Stock{Key: limitedKey(), Pieces: 5}
	m.facts[team.Customer{Partner: "mall", Buyer: "buyer-0"}] = 1
	return m
}

// drawnTerms differ by team: an instant one, two with tiers, two with auto-completion, one for new buyers.
func drawnTerms(number int) team.Terms {
	terms := team.Terms{Original: 1000, PayPrice: 800, Limits: limits(), SeatTTL: 10 * time.Minute, Expiry: after(time.Hour)}
	switch number {
	case 0:
		terms.Sizes, terms.Instant = []int{3}, true
	case 1:
		terms.Sizes, terms.TierPrices = []int{2, 3, 4}, []money.Fen{800, 700, 500}
	case 2:
		terms.Sizes, terms.MinReal = []int{3}, 2
	case 3:
		terms.Sizes, terms.NewBuyersOnly = []int{4}, true
	default:
		terms.Sizes, terms.TierPrices, terms.MinReal = []int{2, 4}, []money.Fen{800, 600}, 1
	}
	return terms
}

func drawKey(t *rapid.T) team.Key {
	return team.Key{Partner: "mall", OutTradeNo: fmt.Sprintf("order-%02d", rapid.IntRange(0, drawnOrders-1).Draw(t, "order"))}
}

func teamNumber(n int) team.ID { return team.ID(fmt.Sprintf("team-%02d", n)) }

// drawLock makes everything but the team, quantity and buyer depend on the order, so that replays are common.
func drawLock(t *rapid.T) team.Command {
	n := rapid.IntRange(0, drawnOrders-1).Draw(t, "order")
	opens := n % drawnTeams // or joins
	quantity := rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "quantity")
	cmd := team.Lock{
		Key:      team.Key{Partner: "mall", OutTradeNo: fmt.Sprintf("order-%02d", n)},
		Activity: activity.ID(fmt.Sprintf("act-%d", opens/4)), Goods: activity.GoodsID(fmt.Sprintf("goods-%d", opens/3)), SKU: "sku",
		Channel: "app", Buyer: activity.Buyer(fmt.Sprintf("buyer-%d", rapid.IntRange(0, drawnBuyers-1).Draw(t, "buyer"))),
		Quantity: quantity, NewSeat: team.SeatID(fmt.Sprintf("seat-%02d", n)), NewTeam: teamNumber(opens),
		Terms: drawnTerms(opens),
	}
	cmd.Terms.Amount = 800 * money.Fen(quantity)
	if n >= drawnTeams {
		cmd.Team = teamNumber(opens)
	}
	return cmd
}

func drawCommand(t *rapid.T) team.Command {
	switch rapid.SampledFrom([]string{"lock", "lock", "lock", "settle", "settle", "settle", "release", "release", "overdue", "expire", "refund", "refund", "confirm", "confirm"}).Draw(t, "kind") {
	case "lock":
		return drawLock(t)
	case "settle":
		amount := 800 * rapid.SampledFrom([]money.Fen{1, 1, 1, 2}).Draw(t, "pieces")
		return team.Settle{Key: drawKey(t), Amount: amount, PaidAt: startTime(), ProviderNo: "pay"}
	case "release":
		return team.Release{Key: drawKey(t), Why: team.Cancelled}
	case "overdue":
		return team.Release{Key: drawKey(t), Why: team.SeatDeadline}
	case "expire":
		return team.Expire{Team: teamNumber(rapid.IntRange(0, drawnTeams-1).Draw(t, "team"))}
	case "refund":
		return team.Refund{Key: drawKey(t), RequestNo: drawRefundNo(t)}
	default:
		return team.ConfirmRefund{Key: drawKey(t), RefundNo: drawRefundNo(t)}
	}
}

func drawRefundNo(t *rapid.T) string {
	return fmt.Sprintf("rf-%d", rapid.IntRange(0, 1).Draw(t, "refund"))
}

func drawBatch(t *rapid.T, most int) []team.Command {
	return rapid.SliceOfN(rapid.Custom(drawCommand), 1, most).Draw(t, "batch")
}

// drawPassing lets mostly seconds pass, at times a payment deadline or a team's window.
func drawPassing(t *rapid.T) time.Duration {
	return rapid.SampledFrom([]time.Duration{time.Second, time.Second, time.Second, time.Second, time.Second, time.Second, 11 * time.Minute, time.Hour}).Draw(t, "passing")
}

func TestApply_BatchOfNEqualsNBatchesOfOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		together, now := drawnMemory(), startTime()
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			now = now.Add(drawPassing(t))
			cmds := drawBatch(t, 12)
			apart := together.clone()
			var want []team.Outcome
			for _, cmd := range cmds {
				want = append(want, apart.apply(now, cmd)...)
			}
			require.Equal(t, want, together.apply(now, cmds...))
			require.Equal(t, apart, together)
		}
	})
}

func TestApply_SameInputSameOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, two, now := drawnMemory(), drawnMemory(), startTime()
		for range rapid.IntRange(1, 10).Draw(t, "batches") {
			now = now.Add(drawPassing(t))
			cmds := drawBatch(t, 5)
			require.Equal(t, one.apply(now, cmds...), two.apply(now, cmds...))
		}
		require.Equal(t, one, two)
	})
}

// TestApply_AnyHistory plays long random lives and looks at everything after each batch.
func TestApply_AnyHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, now := drawnMemory(), startTime()
		for range rapid.IntRange(1, 40).Draw(t, "batches") {
			now = now.Add(drawPassing(t))
			cmds := drawBatch(t, 4)
			before := m.clone()
			for i, out := range m.apply(now, cmds...) {
				requireOutcome(t, m, cmds[i], out)
			}
			requireLegalSteps(t, before, m)
			requireSound(t, m)
		}
	})
}

// requireOutcome checks what a caller relies on whatever was asked.
func requireOutcome(t *rapid.T, m *memory, cmd team.Command, out team.Outcome) {
	if out.Refusal != team.NoRefusal {
		require.Equal(t, team.Outcome{Refusal: out.Refusal}, out)
		return
	}
	require.Contains(t, m.teams, out.Team.ID)
	if settle, ok := cmd.(team.Settle); ok {
		require.NotEmpty(t, out.Seat.Settlement)
		require.Equal(t, settle.Amount, out.Seat.PaidAmount)
	}
}

// requireLegalSteps follows the events of a batch: each status of a seat or team succeeds the one before in its graph.
func requireLegalSteps(t *rapid.T, before, m *memory) {
	seats, teams := map[team.Key]team.SeatStatus{}, map[team.ID]team.Status{}
	for key, seat := range before.seats {
		seats[key] = seat.Status
	}
	for id, of := range before.teams {
		teams[id] = of.Status
	}
	for _, e := range m.events[len(before.events):] {
		if from, known := teams[e.Team.ID]; !known {
			require.Equal(t, team.Forming, e.Team.Status)
		} else if from != e.Team.Status {
			require.Contains(t, team.Transitions()[from], e.Team.Status)
		}
		teams[e.Team.ID] = e.Team.Status
		if e.Seat == nil {
			continue
		}
		if from, known := seats[e.Seat.Key]; !known {
			require.Equal(t, team.Held, e.Seat.Status)
		} else if from != e.Seat.Status {
			require.Contains(t, team.SeatTransitions()[from], e.Seat.Status)
		}
		seats[e.Seat.Key] = e.Seat.Status
	}
	for key, seat := range m.seats {
		require.Equal(t, seats[key], seat.Status, "each change of status is in an event")
	}
	for id, of := range m.teams {
		require.Equal(t, teams[id], of.Status, "each change of status is in an event")
	}
}

func requireSound(t *rapid.T, m *memory) {
	taken := 0
	ordinals := map[team.Participation][]int{}
	for _, seat := range m.seats {
		if !seat.Live() {
			require.Zero(t, seat.Ordinal)
			continue
		}
		p := team.Participation{Activity: seat.Activity, Buyer: seat.Buyer}
		require.NotContains(t, ordinals[p], seat.Ordinal)
		require.Positive(t, seat.Ordinal)
		ordinals[p] = append(ordinals[p], seat.Ordinal)
		if (team.StockKey{Activity: seat.Activity, Goods: seat.Goods, SKU: seat.SKU}) == limitedKey() {
			taken += seat.Quantity
		}
	}
	require.Equal(t, taken, m.stock[limitedKey()].Taken)
	require.LessOrEqual(t, taken, m.stock[limitedKey()].Pieces)
	requireLimits(t, m)
	for id := range m.teams {
		requireTeam(t, m, id)
	}
}

func requireLimits(t *rapid.T, m *memory) {
	opened, joined := map[team.Participation]int{}, map[team.Participation]int{}
	for _, seat := range m.seats {
		p := team.Participation{Activity: seat.Activity, Buyer: seat.Buyer}
		switch {
		case seat.Live() && seat.Opened:
			opened[p]++
		case seat.Live():
			joined[p]++
		}
		require.LessOrEqual(t, opened[p], limits().Open)
		require.LessOrEqual(t, joined[p], limits().Join)
		require.LessOrEqual(t, opened[p]+joined[p], limits().Total)
		require.LessOrEqual(t, seat.Ordinal, limits().Total)
	}
}

func requireTeam(t *rapid.T, m *memory, id team.ID) {
	of := m.teams[id]
	c := count(t, m.roster(id))
	require.Equal(t, c.held, of.Held)
	require.Equal(t, c.paid, of.Paid)
	require.Equal(t, c.left, of.Refunded)
	require.LessOrEqual(t, of.Held+of.Paid+of.Virtual, of.Capacity())
	require.GreaterOrEqual(t, of.Free(), 0)
	if of.Open() || of.Status == team.Formed && of.Refunded == 0 {
		require.True(t, slices.Contains(c.live, of.Leader), "somebody in the team leads it")
	}
	require.Equal(t, of.Status == team.Forming, of.EndedAt.IsZero())
	switch of.Status {
	case team.Forming:
		require.Less(t, c.settled, of.Target())
		require.Zero(t, c.formed+c.left+of.Virtual)
		require.True(t, of.Open())
		require.Positive(t, c.held+c.paid)
	case team.Formed:
		requireFormed(t, of, c)
	case team.Failed:
		require.Zero(t, c.held+c.paid+c.formed+c.left+of.Virtual)
		require.False(t, of.Open())
	}
	requireFen(t, m, of)
}

// requireFormed checks that a team is formed by payments, or by as many virtual seats as were missing, and that it does
// not matter for that who left since.
func requireFormed(t *rapid.T, of team.Team, c counted) {
	require.Equal(t, c.settled, c.paid+c.left)
	if of.Virtual > 0 {
		require.Equal(t, of.Target(), c.settled+of.Virtual)
		require.GreaterOrEqual(t, c.settled, of.MinReal)
		require.Zero(t, c.formed)
		require.False(t, of.Open())
		return
	}
	require.Equal(t, c.settled-of.Target()+1, c.formed, "the one who formed it and all who came later")
	require.Zero(t, of.CostFen)
	require.False(t, of.Open() && (of.Paid == of.Capacity() || of.Held+of.Paid == 0))
}

// requireFen checks that what buyers paid, less what goes back, is the price of the tier that was reached.
func requireFen(t *rapid.T, m *memory, of team.Team) {
	var paid, back, want, cost money.Fen
	for _, seat := range m.roster(of.ID) {
		requireOwed(t, seat)
		if seat.LeftFormed {
			cost += seat.Original*money.Fen(seat.Quantity) - seat.Amount
		}
		if !seat.Live() || seat.Status == team.Held {
			require.False(t, seat.Difference > 0 && seat.AskedNo == "")
			continue
		}
		paid += seat.PaidAmount
		back += seat.Difference
		price := seat.PayPrice
		if !of.Open() && len(seat.TierPrices) > 0 {
			price = seat.TierPrices[of.Tier]
		}
		want += price * money.Fen(seat.Quantity)
		cost += seat.Original*money.Fen(seat.Quantity) - seat.Amount
	}
	require.Equal(t, want, paid-back)
	if of.Virtual > 0 {
		require.Equal(t, cost, of.CostFen)
	}
	if of.Open() || len(of.Sizes) == 1 || of.Virtual > 0 || of.Status == team.Failed {
		require.Zero(t, of.Tier)
		return
	}
	require.GreaterOrEqual(t, of.Paid+of.Refunded, of.Sizes[of.Tier])
	if of.Tier+1 < len(of.Sizes) {
		require.Less(t, of.Paid, of.Sizes[of.Tier+1])
	}
}

// requireOwed checks that what a buyer paid is kept, owed or back, each fen in one of these places.
func requireOwed(t *rapid.T, seat team.Seat) {
	require.Equal(t, seat.OwesDifference(), seat.Live() && seat.Status == team.Refunding)
	require.Equal(t, seat.AskedNo == "", seat.AskedAt.IsZero())
	require.False(t, seat.LeftFormed && seat.AskedNo == "")
	var kept, back money.Fen
	if seat.Status == team.Paid || seat.OwesDifference() {
		kept = seat.PaidAmount - seat.Difference
	}
	switch {
	case seat.RefundNo != "":
		back = seat.PaidAmount
	case seat.DifferenceNo != "":
		back = seat.Difference
	}
	require.Equal(t, seat.PaidAmount, kept+seat.Owed()+back)
}

// counted is what the seats of a team say. Who left before the team formed had no part in forming it.
type counted struct {
	held, paid, left, settled, formed int
	live                              []activity.Buyer
}

func count(t *rapid.T, roster []team.Seat) (c counted) {
	for _, seat := range roster {
		if seat.Live() {
			require.NotContains(t, c.live, seat.Buyer, "one seat per buyer and team")
			c.live = append(c.live, seat.Buyer)
		}
		switch {
		case seat.Status == team.Held:
			c.held++
		case seat.Live():
			c.paid++
			require.Equal(t, seat.Amount, seat.PaidAmount)
		}
		if seat.LeftFormed {
			c.left++
		}
		if seat.AskedNo != "" && !seat.LeftFormed {
			continue
		}
		switch seat.Settlement {
		case team.FormedTeam:
			c.formed++
			c.settled++
		case team.Joined:
			c.settled++
		}
	}
	return c
}
