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
	drawnTeams  = 5
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
	return m
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
		Terms: team.Terms{
			Original: 1000, PayPrice: 800, Amount: 800 * money.Fen(quantity), Limits: limits(),
			Target: 1 + opens, SeatTTL: 10 * time.Minute, Expiry: after(time.Hour),
		},
	}
	if n >= drawnTeams {
		cmd.Team = teamNumber(opens)
	}
	return cmd
}

func drawCommand(t *rapid.T) team.Command {
	switch rapid.SampledFrom([]string{"lock", "lock", "lock", "settle", "settle", "release", "release", "overdue", "expire", "confirm"}).Draw(t, "kind") {
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
	default:
		return team.ConfirmRefund{Key: drawKey(t), RefundNo: fmt.Sprintf("rf-%d", rapid.IntRange(0, 1).Draw(t, "refund"))}
	}
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
		if !seat.Status.Live() {
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
		case seat.Status.Live() && seat.Opened:
			opened[p]++
		case seat.Status.Live():
			joined[p]++
		}
		require.LessOrEqual(t, opened[p], limits().Open)
		require.LessOrEqual(t, joined[p], limits().Join)
		require.LessOrEqual(t, opened[p]+joined[p], limits().Total)
		require.LessOrEqual(t, seat.Ordinal, limits().Total)
	}
}

func requireTeam(t *rapid.T, m *memory, id team.ID) {
	of, roster := m.teams[id], m.roster(id)
	held, paid, settled, formedBy := 0, 0, 0, 0
	var live []activity.Buyer
	for _, seat := range roster {
		switch seat.Status {
		case team.Held:
			held++
		case team.Paid:
			paid++
		}
		if seat.Status.Live() {
			require.NotContains(t, live, seat.Buyer, "one seat per buyer and team")
			live = append(live, seat.Buyer)
		}
		if seat.Settlement == team.Joined || seat.Settlement == team.FormedTeam {
			settled++
		}
		if seat.Settlement == team.FormedTeam {
			formedBy++
		}
		require.False(t, seat.Status == team.Paid && seat.PaidAmount != seat.Amount)
	}
	require.Equal(t, held, of.Held)
	require.Equal(t, paid, of.Paid)
	require.LessOrEqual(t, held+paid, of.Target)
	switch of.Status {
	case team.Forming:
		require.Less(t, settled, of.Target)
		require.Zero(t, formedBy)
		require.True(t, slices.Contains(live, of.Leader), "somebody in the team leads it")
		require.True(t, of.EndedAt.IsZero())
	case team.Formed:
		require.Equal(t, of.Target, settled)
		require.Equal(t, 1, formedBy)
	case team.Failed:
		require.Zero(t, held+paid+formedBy)
	}
}
