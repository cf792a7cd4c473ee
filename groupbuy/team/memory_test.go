package team_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

// memory keeps what batches lead to and loads for each batch what its Touch names and nothing more, as the port
// groupbuy.Seats asks of a database. A rule that needs more than it touches fails here.
type memory struct {
	teams  map[team.ID]team.Team
	seats  map[team.Key]team.Seat
	stock  map[team.StockKey]team.Stock
	events []team.Event
	facts  map[team.Customer]int // orders elsewhere at the partner
}

func newMemory() *memory {
	return &memory{teams: map[team.ID]team.Team{}, seats: map[team.Key]team.Seat{}, stock: map[team.StockKey]team.Stock{}, facts: map[team.Customer]int{}}
}

func (m *memory) clone() *memory {
	return &memory{teams: maps.Clone(m.teams), seats: maps.Clone(m.seats), stock: maps.Clone(m.stock), events: slices.Clone(m.events), facts: m.facts}
}

func (m *memory) apply(now time.Time, cmds ...team.Command) []team.Outcome {
	s := m.load(team.TouchOf(cmds))
	out := team.Apply(s, cmds, now)
	m.save(s)
	return out
}

func (m *memory) load(touch team.Touch) *team.State {
	s := team.NewState()
	teams, rosters := slices.Concat(touch.Teams, touch.Whole), slices.Clone(touch.Whole)
	buyers, stock := slices.Clone(touch.Buyers), slices.Clone(touch.Stock)
	history := slices.Clone(touch.History)
	for _, key := range slices.Concat(touch.Seats, touch.WholeOf) {
		seat, known := m.seats[key]
		if !known {
			continue
		}
		s.LoadSeat(seat)
		teams = append(teams, seat.Team)
		buyers = append(buyers, team.Participation{Activity: seat.Activity, Buyer: seat.Buyer})
		stock = append(stock, team.StockKey{Activity: seat.Activity, Goods: seat.Goods, SKU: seat.SKU})
		if slices.Contains(touch.WholeOf, key) {
			rosters = append(rosters, seat.Team)
		}
		if touch.Payments > 0 && seat.ForNewBuyers {
			rosters, history = append(rosters, seat.Team), append(history, team.Customer{Partner: seat.Key.Partner, Buyer: seat.Buyer})
		}
	}
	for _, id := range teams {
		if t, known := m.teams[id]; known && t.MayClose(touch.Payments) {
			rosters = append(rosters, id)
		}
	}
	for _, seat := range m.seats {
		of := team.Participation{Activity: seat.Activity, Buyer: seat.Buyer}
		if whole := slices.Contains(rosters, seat.Team); seat.Live() && (whole || slices.Contains(buyers, of)) {
			s.LoadSeat(seat)
			if whole {
				stock = append(stock, team.StockKey{Activity: seat.Activity, Goods: seat.Goods, SKU: seat.SKU})
			}
		}
	}
	for _, id := range teams {
		if t, known := m.teams[id]; known {
			s.LoadTeam(t)
		}
	}
	for _, c := range history {
		s.LoadHistory(c, m.history(c))
	}
	for _, key := range stock {
		if row, limited := m.stock[key]; limited {
			s.LoadStock(row)
		}
	}
	return s
}

// history counts what a customer has paid for and keeps, and the seats held as somebody new.
func (m *memory) history(c team.Customer) team.History {
	h := team.History{Orders: m.facts[c]}
	for _, seat := range m.seats {
		switch {
		case seat.Key.Partner != c.Partner || seat.Buyer != c.Buyer || !seat.Live():
		case seat.Status != team.Held:
			h.Orders++
		case seat.ForNewBuyers:
			h.Newcomers++
		}
	}
	return h
}

func (m *memory) save(s *team.State) {
	for _, t := range s.ChangedTeams() {
		m.teams[t.ID] = t
	}
	for _, seat := range s.ChangedSeats() {
		m.seats[seat.Key] = seat
	}
	for _, row := range s.ChangedStock() {
		m.stock[row.Key] = row
	}
	m.events = append(m.events, s.Events...)
}

// roster returns every seat of a team, the first taken first.
func (m *memory) roster(id team.ID) []team.Seat {
	var seats []team.Seat
	for _, seat := range m.seats {
		if seat.Team == id {
			seats = append(seats, seat)
		}
	}
	slices.SortFunc(seats, func(a, b team.Seat) int { return cmp.Or(a.HeldAt.Compare(b.HeldAt), cmp.Compare(a.ID, b.ID)) })
	return seats
}

// world is a test's memory with a clock and short ways to say what buyers do.
type world struct {
	*testing.T
	*memory
	now   time.Time
	count int
}

func newWorld(t *testing.T) *world {
	return &world{T: t, memory: newMemory(), now: time.UnixMilli(1_700_000_000_000).UTC()}
}

func (w *world) id(prefix string) string {
	w.count++
	return fmt.Sprintf("%s%03d", prefix, w.count)
}

func after(d time.Duration) func(time.Time) time.Time {
	return func(at time.Time) time.Time { return at.Add(d) }
}

// lock is a request to open a team of three for a day.
func (w *world) lock(buyer activity.Buyer) team.Lock {
	return team.Lock{
		Key: team.Key{Partner: "mall", OutTradeNo: w.id("order-")}, Activity: "act", Goods: "tea", SKU: "green", Channel: "app",
		Buyer: buyer, Quantity: 1, NewSeat: team.SeatID(w.id("seat_")), NewTeam: team.ID(w.id("team_")),
		Terms: team.Terms{
			Original: 1000, PayPrice: 800, Amount: 800, Plan: activity.Plan{Kind: activity.Reduce, Off: 200},
			Sizes: []int{3}, SeatTTL: 15 * time.Minute, Expiry: after(24 * time.Hour),
		},
	}
}

func (w *world) lockIn(id team.ID, buyer activity.Buyer) team.Lock {
	cmd := w.lock(buyer)
	cmd.Team = id
	return cmd
}

// try carries out one command a second later.
func (w *world) try(cmd team.Command) team.Outcome {
	w.now = w.now.Add(time.Second)
	return w.apply(w.now, cmd)[0]
}

// do carries out one command that must not be refused.
func (w *world) do(cmd team.Command) team.Outcome {
	w.Helper()
	out := w.try(cmd)
	require.Empty(w, out.Refusal)
	return out
}

// teamOf opens a team in which the buyers hold seats, the first of them as its leader.
func (w *world) teamOf(target int, buyers ...activity.Buyer) (team.ID, []team.Seat) {
	w.Helper()
	open := w.lock(buyers[0])
	open.Terms.Sizes = []int{target}
	return w.teamBy(open, buyers[1:]...)
}

// teamBy opens a team in which others hold seats too.
func (w *world) teamBy(open team.Lock, others ...activity.Buyer) (team.ID, []team.Seat) {
	w.Helper()
	first := w.do(open)
	seats := []team.Seat{first.Seat}
	for _, buyer := range others {
		join := w.lockIn(first.Team.ID, buyer)
		join.Terms.TierPrices = open.Terms.TierPrices
		seats = append(seats, w.do(join).Seat)
	}
	return first.Team.ID, seats
}

func settle(seat team.Seat) team.Settle {
	return team.Settle{Key: seat.Key, Amount: seat.Amount, PaidAt: seat.HeldAt, ProviderNo: "pay-" + seat.Key.OutTradeNo}
}

func release(seat team.Seat) team.Release { return team.Release{Key: seat.Key, Why: team.Cancelled} }

// kinds are the types of the events since the given number of them.
func (w *world) kinds(since int) []team.EventType {
	kinds := []team.EventType{}
	for _, e := range w.events[since:] {
		kinds = append(kinds, e.Type)
	}
	return kinds
}

// requireNothing checks that a command changed nothing.
func (w *world) requireNothing(cmd team.Command, check func(out team.Outcome)) {
	w.Helper()
	before := w.clone()
	check(w.try(cmd))
	require.Equal(w, before, w.memory)
}
