package activity

import (
	"slices"
	"time"

	"kaituan/groupbuy/partner"
)

// ID names an activity.
type ID string

// Status is where an activity stands.
type Status string

// The states of an activity.
const (
	Draft     Status = "draft"     // being written; nobody sees it
	Published Status = "published" // live within its window
	Paused    Status = "paused"    // no team may be opened or joined until it goes on
	Ended     Status = "ended"     // no team may be opened any more; open teams go on
)

// transitions is the whole life of an activity.
var transitions = map[Status][]Status{
	Draft:     {Published},
	Published: {Paused, Ended},
	Paused:    {Published, Ended},
}

// CanBecome says whether an activity in status s may be moved to next.
func (s Status) CanBecome(next Status) bool { return slices.Contains(transitions[s], next) }

// Activity is a group-buy over some goods of one partner.
type Activity struct {
	ID       ID
	Partner  partner.ID
	Name     string
	Status   Status
	Goods    []GoodsID
	Channels []Channel // empty: every channel
	Plan     Plan
	TeamSize int // people who must have paid

	// Three windows that are never mixed: when teams may be opened, how long a team may gather, how long a seat
	// may stay unpaid.
	StartsAt time.Time
	EndsAt   time.Time
	TeamTTL  time.Duration
	SeatTTL  time.Duration

	CloseTeamsAtEnd bool // a team does not outlive EndsAt
	MaxQuantity     int  // pieces in one seat
	Limits          Limits
	Stock           []Stock // pieces for sale per SKU; a SKU not listed is not limited

	Version   int64 // of the stored row; 0 before the first save
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Limits bound how often one buyer may take part, counting held and paid seats only. 0 is no limit.
type Limits struct {
	Open  int // teams opened
	Join  int // teams of others joined
	Total int // both
}

// Stock is how many pieces of one SKU the activity sells.
type Stock struct {
	Goods  GoodsID
	SKU    SKUID
	Pieces int
}

// Defaults of what an operator leaves open.
const (
	DefaultTeamTTL = 24 * time.Hour
	DefaultSeatTTL = 15 * time.Minute
)

// Bounds of what an operator may enter.
const (
	MaxTeamSize = 1000
	MaxGoods    = 5000
	MaxTTL      = 30 * 24 * time.Hour
	MinTTL      = time.Second
	MaxPieces   = 1_000_000_000
	maxPerSeat  = 100_000
)

// DraftFaults returns what keeps the activity from being saved at all. Everything else may be wrong in a draft.
func (a Activity) DraftFaults() []Fault {
	var f faults
	f.require(ValidName(a.Name), "name", "want 1 to 200 characters")
	return f
}

// Faults returns everything that keeps the activity from being published, given the goods it names and the
// partner's other published activities.
func (a Activity) Faults(goods []Goods, others []Activity) []Fault {
	f := faults(a.DraftFaults())
	f.require(len(a.Goods) >= 1 && len(a.Goods) <= MaxGoods, "goods", "want 1 to 5000 goods")
	f.require(a.TeamSize >= 1 && a.TeamSize <= MaxTeamSize, "team_size", "want 1 to 1000 people")
	f.require(a.MaxQuantity >= 1 && a.MaxQuantity <= maxPerSeat, "max_quantity", "want 1 to 100000 pieces")
	f.require(a.Limits.Open >= 0 && a.Limits.Join >= 0 && a.Limits.Total >= 0, "limits", "want 0 (no limit) or more")
	a.channelFaults(&f)
	a.windowFaults(&f)
	a.goodsFaults(&f, goods)
	a.overlapFaults(&f, others)
	return append(f, a.Plan.faults(goods)...)
}

func (a Activity) channelFaults(f *faults) {
	for i, c := range a.Channels {
		f.require(partner.ValidID(string(c)), element("channels", i), "want 1 to 64 of A-Z a-z 0-9 _ . -")
	}
}

func (a Activity) windowFaults(f *faults) {
	f.require(!a.StartsAt.IsZero(), "starts_at", "is required")
	f.require(a.EndsAt.After(a.StartsAt), "ends_at", "must be after starts_at")
	f.require(a.TeamTTL >= MinTTL && a.TeamTTL <= MaxTTL, "team_ttl_seconds", "want 1 second to 30 days")
	f.require(a.SeatTTL >= MinTTL && a.SeatTTL <= MaxTTL, "seat_ttl_seconds", "want 1 second to 30 days")
}

func (a Activity) goodsFaults(f *faults, known []Goods) {
	byID := map[GoodsID]Goods{}
	for _, g := range known {
		byID[g.ID] = g
	}
	seen := map[GoodsID]bool{}
	for i, id := range a.Goods {
		_, found := byID[id]
		f.require(found, element("goods", i), "goods "+string(id)+" are not registered by the partner")
		f.require(!seen[id], element("goods", i), "is listed twice")
		seen[id] = true
	}
	limited := map[Stock]bool{}
	for i, s := range a.Stock {
		_, found := byID[s.Goods].SKU(s.SKU)
		f.require(found && seen[s.Goods], element("stock", i), "names a SKU outside the activity's goods")
		f.require(s.Pieces >= 0 && s.Pieces <= MaxPieces, element("stock", i)+".pieces", "want 0 to 1000000000")
		key := Stock{Goods: s.Goods, SKU: s.SKU}
		f.require(!limited[key], element("stock", i), "is listed twice")
		limited[key] = true
	}
}

func (a Activity) overlapFaults(f *faults, others []Activity) {
	for _, other := range others {
		if other.ID != a.ID && a.overlaps(other) {
			f.require(false, "goods", "activity "+string(other.ID)+" ("+other.Name+") covers some of the same goods and channels at the same time")
		}
	}
}

func (a Activity) overlaps(b Activity) bool {
	return a.StartsAt.Before(b.EndsAt) && b.StartsAt.Before(a.EndsAt) &&
		sharesChannel(a.Channels, b.Channels) && sharesAny(a.Goods, b.Goods)
}

func sharesChannel(a, b []Channel) bool { return len(a) == 0 || len(b) == 0 || sharesAny(a, b) }

func sharesAny[T comparable](a, b []T) bool {
	known := make(map[T]bool, len(a))
	for _, x := range a {
		known[x] = true
	}
	return slices.ContainsFunc(b, func(x T) bool { return known[x] })
}

// Covers says whether the activity is for goods sold on a channel.
func (a Activity) Covers(channel Channel) bool {
	return len(a.Channels) == 0 || slices.Contains(a.Channels, channel)
}

// TeamExpiry is when a team opened at the given instant stops gathering.
func (a Activity) TeamExpiry(openedAt time.Time) time.Time {
	end := openedAt.Add(a.TeamTTL)
	if a.CloseTeamsAtEnd && a.EndsAt.Before(end) {
		return a.EndsAt
	}
	return end
}

// WithDefaults fills what an operator left open.
func (a Activity) WithDefaults() Activity {
	if a.TeamTTL == 0 {
		a.TeamTTL = DefaultTeamTTL
	}
	if a.SeatTTL == 0 {
		a.SeatTTL = DefaultSeatTTL
	}
	if a.MaxQuantity == 0 {
		a.MaxQuantity = 1
	}
	return a
}
