package activity

import (
	"slices"
	"time"

	"kaituan/groupbuy/partner"
	"kaituan/money"
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
	Archived  Status = "archived"  // ended and put away; open teams go on
)

// transitions is the whole life of an activity.
var transitions = map[Status][]Status{
	Draft:     {Published},
	Published: {Paused, Ended},
	Paused:    {Published, Ended},
	Ended:     {Archived},
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
	TeamSize int       // people who must have paid

	// Rules make the price: a buyer gets the lowest of those that apply. One of them has no tag.
	Rules          []Rule
	LeaderDiscount money.Fen // taken off once more, per piece, for the seat that opens a team
	Tiers          []Tier    // beyond TeamSize, sizes rising; none: the team is over when it is formed

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

	// Who may see and join.
	Audience        Audience
	AllowBuyers     []Buyer   // sorted; empty: everybody who is not denied
	DenyBuyers      []Buyer   // sorted
	BlockedChannels []Channel // even when Channels would let them in
	RolloutPercent  int       // the share of buyers that the activity is for: 0 nobody, 100 everybody
	NewBuyersOnly   bool      // teams are joined by buyers without a paid order at the partner; anybody opens them
	InstantTag      TagID     // its members' own teams have size 1 (免拼); empty: nobody's
	MinReal         int       // a team that many paid for is filled up with virtual seats at its end; 0: never
	BuyAlone        bool      // the partner may sell the goods alone as well, at their original price

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

// Covers says whether the activity is for goods sold on a channel.
func (a *Activity) Covers(channel Channel) bool {
	return (len(a.Channels) == 0 || slices.Contains(a.Channels, channel)) && !slices.Contains(a.BlockedChannels, channel)
}

// admits says whether a buyer's name is on the right lists.
func (a *Activity) admits(b Buyer) bool {
	if _, denied := slices.BinarySearch(a.DenyBuyers, b); denied {
		return false
	}
	_, allowed := slices.BinarySearch(a.AllowBuyers, b)
	return allowed || len(a.AllowBuyers) == 0
}

// open says whether teams may be opened.
func (a *Activity) open(now time.Time) bool {
	return a.Status == Published && !now.Before(a.StartsAt) && now.Before(a.EndsAt)
}

// joinable says whether open teams may be joined. The team's own window decides when that ends.
func (a *Activity) joinable(now time.Time) bool {
	if a.CloseTeamsAtEnd && (a.Over() || !now.Before(a.EndsAt)) {
		return false
	}
	return a.Status == Published || a.Over()
}

// Over says whether no team may be opened any more, for ever.
func (a Activity) Over() bool { return a.Status == Ended || a.Status == Archived }

// TeamExpiry is when a team opened at the given instant stops gathering.
func (a Activity) TeamExpiry(openedAt time.Time) time.Time {
	end := openedAt.Add(a.TeamTTL)
	if a.CloseTeamsAtEnd && a.EndsAt.Before(end) {
		return a.EndsAt
	}
	return end
}
