package team_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

func TestLock_OpensTeam(t *testing.T) {
	w := newWorld(t)
	cmd := w.lock("ann")
	cmd.Quantity, cmd.Terms.Amount = 2, 1600
	out := w.do(cmd)
	require.Equal(t, team.Team{
		ID: cmd.NewTeam, Partner: "mall", Activity: "act", Goods: "tea", Status: team.Forming, Sizes: []int{3}, Held: 1, Leader: "ann",
		OpenedAt: w.now, ExpiresAt: w.now.Add(24 * time.Hour),
	}, out.Team)
	require.Equal(t, team.Seat{
		ID: cmd.NewSeat, Key: cmd.Key, Team: cmd.NewTeam, Activity: "act", Goods: "tea", SKU: "green", Channel: "app", Buyer: "ann",
		Quantity: 2, Opened: true, Status: team.Held, Original: 1000, PayPrice: 800, Amount: 1600, Plan: cmd.Terms.Plan,
		Ordinal: 1, HeldAt: w.now, ExpiresAt: w.now.Add(15 * time.Minute),
	}, out.Seat)
	require.Equal(t, []team.EventType{team.EventTeamOpened, team.EventSeatHeld}, w.kinds(0))
	require.Equal(t, out.Seat, *w.events[1].Seat)
	require.Equal(t, 1, w.events[1].Team.Held)
}

func TestLock_JoinsTeam(t *testing.T) {
	w := newWorld(t)
	id, _ := w.teamOf(3, "ann")
	out := w.do(w.lockIn(id, "bob"))
	require.False(t, out.Seat.Opened)
	require.Equal(t, 2, out.Team.Held)
	require.Equal(t, activity.Buyer("ann"), out.Team.Leader)
	require.Equal(t, []team.EventType{team.EventSeatHeld}, w.kinds(2))
}

func TestLock_DeadlineEndsWithTheTeam(t *testing.T) {
	w := newWorld(t)
	cmd := w.lock("ann")
	cmd.Terms.Expiry = after(time.Minute)
	out := w.do(cmd)
	require.Equal(t, out.Team.ExpiresAt, out.Seat.ExpiresAt)
}

func TestLock_Replayed(t *testing.T) {
	for name, change := range map[string]func(cmd *team.Lock){
		"as it was":        func(*team.Lock) {},
		"fresh ids":        func(cmd *team.Lock) { cmd.NewSeat, cmd.NewTeam = "seat_x", "team_x" },
		"other price now":  func(cmd *team.Lock) { cmd.Terms.PayPrice = 1 },
		"refused by rules": func(cmd *team.Lock) { cmd.Refusal, cmd.Terms = "activity_not_open", team.Terms{} },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			cmd := w.lock("ann")
			first := w.do(cmd)
			change(&cmd)
			w.requireNothing(cmd, func(out team.Outcome) {
				require.Equal(t, team.Outcome{Seat: first.Seat, Team: first.Team, Replayed: true}, out)
			})
		})
	}
}

// TestLock_ReplayedWhateverHappened answers with the seat as it is, not with a refusal, also when the team is over.
func TestLock_ReplayedWhateverHappened(t *testing.T) {
	w := newWorld(t)
	id, _ := w.teamOf(2, "ann")
	join := w.lockIn(id, "bob")
	w.do(release(w.do(join).Seat))
	out := w.do(join)
	require.True(t, out.Replayed)
	require.Equal(t, team.Released, out.Seat.Status)
}

func TestLock_OtherInputUnderTheSameKey(t *testing.T) {
	for name, change := range map[string]func(cmd *team.Lock){
		"activity": func(cmd *team.Lock) { cmd.Activity = "act_2" },
		"goods":    func(cmd *team.Lock) { cmd.Goods = "cups" },
		"SKU":      func(cmd *team.Lock) { cmd.SKU = "black" },
		"channel":  func(cmd *team.Lock) { cmd.Channel = "live" },
		"buyer":    func(cmd *team.Lock) { cmd.Buyer = "bob" },
		"quantity": func(cmd *team.Lock) { cmd.Quantity = 2 },
		"joining":  func(cmd *team.Lock) { cmd.Team = cmd.NewTeam },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			cmd := w.lock("ann")
			w.do(cmd)
			change(&cmd)
			w.requireNothing(cmd, func(out team.Outcome) { require.Equal(t, team.Outcome{Refusal: team.IdempotencyMismatch}, out) })
		})
	}
	t.Run("other team", func(t *testing.T) {
		w := newWorld(t)
		one, _ := w.teamOf(3, "ann")
		two, _ := w.teamOf(3, "ann")
		cmd := w.lockIn(one, "bob")
		w.do(cmd)
		cmd.Team = two
		require.Equal(t, team.IdempotencyMismatch, w.try(cmd).Refusal)
	})
}

// TestLock_RefusalsInOrder starts with a request that everything speaks against and takes one objection away at a
// time: the answer is always the first that is left.
func TestLock_RefusalsInOrder(t *testing.T) {
	w := newWorld(t)
	full, seats := w.teamOf(2, "ann", "bob")
	elsewhere, _ := w.teamOf(3, "bob")
	roomy, _ := w.teamOf(3, "cat")
	other := w.lock("dan")
	other.Activity = "act_2"
	otherActivity := w.do(other).Team.ID
	other = w.lock("dan")
	other.Goods = "cups"
	otherGoods := w.do(other).Team.ID
	foreign := w.lock("dan")
	foreign.Key.Partner = "other"
	foreignTeam := w.do(foreign).Team.ID
	brief := w.lock("dan")
	brief.Terms.Expiry = after(time.Second)
	expired := w.do(brief).Team.ID
	ended, closing := w.teamOf(2, "eve")
	w.do(release(closing[0]))
	w.stock[team.StockKey{Activity: "act", Goods: "tea", SKU: "green"}] = team.Stock{Key: team.StockKey{Activity: "act", Goods: "tea", SKU: "green"}, Pieces: 4, Taken: 4}
	require.Equal(t, elsewhere, w.teams[elsewhere].ID)

	cmd := w.lockIn("team_none", "bob") // who opened one team and joined another
	cmd.Key = seats[0].Key
	cmd.Refusal = "channel_blocked"
	w.facts[team.Customer{Partner: "mall", Buyer: "bob"}] = 1
	cmd.Terms.NewBuyersOnly = true
	cmd.Terms.Limits = activity.Limits{Open: 1, Join: 1, Total: 2}
	for _, step := range []struct {
		want team.Reason
		then func()
	}{
		{team.IdempotencyMismatch, func() { cmd.Key.OutTradeNo = "order-fresh" }},
		{"channel_blocked", func() { cmd.Refusal = "" }},
		{team.NewBuyersOnly, func() { cmd.Terms.NewBuyersOnly = false }},
		{team.LimitJoin, func() { cmd.Terms.Limits.Join = 0 }},
		{team.LimitTotal, func() { cmd.Team = "" }},
		{team.LimitOpen, func() { cmd.Terms.Limits.Open = 0 }},
		{team.LimitTotal, func() { cmd.Terms.Limits.Total = 0 }},
		{team.StockOut, func() { cmd.SKU, cmd.Team = "black", "team_none" }},
		{team.TeamNotFound, func() { cmd.Team = foreignTeam }},
		{team.TeamNotFound, func() { cmd.Team = otherActivity }},
		{team.TeamOtherActivity, func() { cmd.Team = otherGoods }},
		{team.TeamOtherGoods, func() { cmd.Team = full }},
		{team.AlreadyInTeam, func() { cmd.Buyer = "fay" }},
		{team.TeamFull, func() { cmd.Team = expired }},
		{team.TeamExpired, func() { cmd.Team = ended }},
		{team.TeamNotForming, func() { cmd.Team = roomy }},
	} {
		w.requireNothing(cmd, func(out team.Outcome) { require.Equal(t, team.Outcome{Refusal: step.want}, out) })
		step.then()
	}
	w.do(cmd)
}

func TestLock_LimitsCountLiveSeatsOnly(t *testing.T) {
	for _, test := range []struct {
		name            string
		limits          activity.Limits
		opened, joined  int
		opening, expect bool
	}{
		{"no limit", activity.Limits{}, 5, 5, true, true},
		{"open below", activity.Limits{Open: 2}, 1, 5, true, true},
		{"open reached", activity.Limits{Open: 2}, 2, 0, true, false},
		{"open reached, joining", activity.Limits{Open: 2}, 2, 0, false, true},
		{"join below", activity.Limits{Join: 2}, 5, 1, false, true},
		{"join reached", activity.Limits{Join: 2}, 0, 2, false, false},
		{"join reached, opening", activity.Limits{Join: 2}, 0, 2, true, true},
		{"total below", activity.Limits{Total: 3}, 1, 1, true, true},
		{"total reached by opening", activity.Limits{Total: 2}, 2, 0, false, false},
		{"total reached by joining", activity.Limits{Total: 2}, 0, 2, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			for range test.opened {
				w.do(settle(w.do(w.lock("ann")).Seat)) // paid seats count like held ones
			}
			for range test.joined {
				id, _ := w.teamOf(2, "bob")
				w.do(w.lockIn(id, "ann"))
			}
			for range 3 {
				w.do(release(w.do(w.lock("ann")).Seat)) // released ones do not
			}
			cmd := w.lock("ann")
			if !test.opening {
				cmd.Team, _ = w.teamOf(2, "cat")
			}
			cmd.Terms.Limits = test.limits
			require.Equal(t, test.expect, w.try(cmd).Refusal == team.NoRefusal)
		})
	}
}

// TestLock_LimitsAreOfOneActivity lets the buyer start over elsewhere.
func TestLock_LimitsAreOfOneActivity(t *testing.T) {
	w := newWorld(t)
	first, second := w.lock("ann"), w.lock("ann")
	first.Terms.Limits, second.Terms.Limits = activity.Limits{Total: 1}, activity.Limits{Total: 1}
	second.Activity = "act_2"
	w.do(first)
	require.Equal(t, 1, w.do(second).Seat.Ordinal)
}

func TestLock_OrdinalsFillGaps(t *testing.T) {
	w := newWorld(t)
	first := w.do(w.lock("ann"))
	require.Equal(t, 2, w.do(w.lock("ann")).Seat.Ordinal)
	require.Equal(t, 3, w.do(w.lock("ann")).Seat.Ordinal)
	require.Zero(t, w.do(release(first.Seat)).Seat.Ordinal)
	require.Equal(t, 1, w.do(w.lock("ann")).Seat.Ordinal)
	require.Equal(t, 4, w.do(w.lock("ann")).Seat.Ordinal)
}

func TestLock_StockCountsPieces(t *testing.T) {
	w := newWorld(t)
	key := team.StockKey{Activity: "act", Goods: "tea", SKU: "green"}
	w.stock[key] = team.Stock{Key: key, Pieces: 5}
	take := func(pieces int) team.Lock {
		cmd := w.lock("ann")
		cmd.Quantity, cmd.Terms.Amount = pieces, cmd.Terms.PayPrice*5
		return cmd
	}
	require.Equal(t, team.StockOut, w.try(take(6)).Refusal)
	three := w.do(take(3))
	require.Equal(t, 3, w.stock[key].Taken)
	require.Equal(t, team.StockOut, w.try(take(3)).Refusal)
	w.do(take(2))
	w.do(release(three.Seat))
	require.Equal(t, 2, w.stock[key].Taken)
	w.do(take(3))
}

func TestTeam_Free(t *testing.T) {
	require.Equal(t, 2, team.Team{Sizes: []int{2, 5}, Held: 1, Paid: 2}.Free())
}
