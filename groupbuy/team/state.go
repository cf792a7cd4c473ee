package team

import (
	"cmp"
	"slices"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
)

// Participation is one buyer in one activity.
type Participation struct {
	Activity activity.ID
	Buyer    activity.Buyer
}

// Customer is one buyer of a partner, in any activity or none.
type Customer struct {
	Partner partner.ID
	Buyer   activity.Buyer
}

// History is what a customer bought or is about to buy as somebody new.
type History struct {
	Orders    int // that are paid
	Newcomers int // held seats that are ForNewBuyers
}

// Touch names what a batch needs to have loaded. To a named seat belongs its team; if it is not live and payments are
// reported, also its buyer's live seats and its stock, because it may be taken again. To a seat in WholeOf belong its
// buyer's live seats. To a whole team belongs the stock of each of its live seats.
type Touch struct {
	Seats   []Key
	Teams   []ID
	Whole   []ID  // teams of which every live seat is needed
	WholeOf []Key // seats of whose team every live seat is needed
	Buyers  []Participation
	Stock   []StockKey
	History []Customer // buyers of whom it is needed whether they ever bought anything
	// Payments is how many payments are reported: of a team that MayClose by so many, every live seat is needed, and so
	// it is of the team of a named seat that is ForNewBuyers, with the history of its buyer.
	Payments int
}

// Add merges another touch into t.
func (t *Touch) Add(other Touch) {
	t.Seats = append(t.Seats, other.Seats...)
	t.Teams = append(t.Teams, other.Teams...)
	t.Whole = append(t.Whole, other.Whole...)
	t.WholeOf = append(t.WholeOf, other.WholeOf...)
	t.Buyers = append(t.Buyers, other.Buyers...)
	t.Stock = append(t.Stock, other.Stock...)
	t.History = append(t.History, other.History...)
	t.Payments += other.Payments
}

// State is all that a batch may touch: loaded by the store before Apply, written back after it.
type State struct {
	Events []Event // appended in order; the store writes them to the outbox

	teams   map[ID]*Team
	seats   map[Key]*Seat
	stock   map[StockKey]*Stock
	byBuyer map[Participation][]*Seat
	byTeam  map[ID][]*Seat
	past    map[Customer]History // right for those whose history was loaded

	changedTeams map[ID]bool
	changedSeats map[Key]bool
	changedStock map[StockKey]bool
}

// NewState returns an empty state for a store to fill.
func NewState() *State {
	return &State{
		teams: map[ID]*Team{}, seats: map[Key]*Seat{}, stock: map[StockKey]*Stock{},
		byBuyer: map[Participation][]*Seat{}, byTeam: map[ID][]*Seat{}, past: map[Customer]History{},
		changedTeams: map[ID]bool{}, changedSeats: map[Key]bool{}, changedStock: map[StockKey]bool{},
	}
}

// LoadTeam puts a stored team into the state.
func (s *State) LoadTeam(t Team) { s.teams[t.ID] = &t }

// LoadStock puts a stored stock row into the state.
func (s *State) LoadStock(k Stock) { s.stock[k.Key] = &k }

// LoadHistory says what a customer bought, at the engine and elsewhere.
func (s *State) LoadHistory(c Customer, h History) { s.past[c] = h }

// LoadSeat puts a stored seat into the state. Loading the same seat twice keeps the first.
func (s *State) LoadSeat(seat Seat) {
	if _, known := s.seats[seat.Key]; known {
		return
	}
	s.index(&seat)
}

func (s *State) index(seat *Seat) {
	s.seats[seat.Key] = seat
	p := Participation{seat.Activity, seat.Buyer}
	s.byBuyer[p] = append(s.byBuyer[p], seat)
	s.byTeam[seat.Team] = append(s.byTeam[seat.Team], seat)
}

// ChangedTeams returns the teams to be written, by id.
func (s *State) ChangedTeams() []Team {
	return changed(s.changedTeams, s.teams, func(a, b Team) int { return cmp.Compare(a.ID, b.ID) })
}

// ChangedSeats returns the seats to be written, by id.
func (s *State) ChangedSeats() []Seat {
	return changed(s.changedSeats, s.seats, func(a, b Seat) int { return cmp.Compare(a.ID, b.ID) })
}

// ChangedStock returns the stock rows to be written, by key.
func (s *State) ChangedStock() []Stock {
	return changed(s.changedStock, s.stock, func(a, b Stock) int {
		return cmp.Or(cmp.Compare(a.Key.Activity, b.Key.Activity), cmp.Compare(a.Key.Goods, b.Key.Goods), cmp.Compare(a.Key.SKU, b.Key.SKU))
	})
}

func changed[K comparable, V any](marks map[K]bool, all map[K]*V, order func(a, b V) int) []V {
	out := make([]V, 0, len(marks))
	for key := range marks {
		out = append(out, *all[key])
	}
	slices.SortFunc(out, order)
	return out
}

func (s *State) addTeam(t *Team) {
	s.teams[t.ID] = t
	s.changedTeams[t.ID] = true
}

func (s *State) addSeat(seat *Seat) {
	s.index(seat)
	s.changedSeats[seat.Key] = true
}

// live returns the buyer's seats that count against limits.
func (s *State) live(p Participation) []*Seat {
	return slices.DeleteFunc(slices.Clone(s.byBuyer[p]), func(seat *Seat) bool { return !seat.Live() })
}

// roster returns a team's seats in the order they were taken. It is complete only for teams touched whole.
func (s *State) roster(id ID) []*Seat {
	seats := slices.Clone(s.byTeam[id])
	slices.SortFunc(seats, func(a, b *Seat) int {
		return cmp.Or(a.HeldAt.Compare(b.HeldAt), cmp.Compare(a.ID, b.ID))
	})
	return seats
}

// take counts pieces of a SKU as taken and says whether there were enough.
func (s *State) take(key StockKey, pieces int) bool {
	row, limited := s.stock[key]
	if !limited {
		return true
	}
	if row.Pieces-row.Taken < pieces {
		return false
	}
	row.Taken += pieces
	s.changedStock[key] = true
	return true
}

func (s *State) giveBack(key StockKey, pieces int) {
	if row, limited := s.stock[key]; limited {
		row.Taken -= pieces
		s.changedStock[key] = true
	}
}

func (s *State) emit(e Event) { s.Events = append(s.Events, e) }
