package team

import (
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/money"
)

// Lock takes a seat for a buyer (锁单): in Team, or in a new team when Team is empty.
type Lock struct {
	Key      Key
	Activity activity.ID
	Goods    activity.GoodsID
	SKU      activity.SKUID
	Channel  activity.Channel
	Buyer    activity.Buyer
	Quantity int
	Team     ID

	Terms   Terms
	Refusal Reason // what the trial says against it; a replay is answered all the same

	NewSeat SeatID // the seat's id, should it be taken
	NewTeam ID     // the team's id, should one be opened
}

// Terms are what the trial and the activity grant the buyer.
type Terms struct {
	Original money.Fen // per piece
	PayPrice money.Fen // per piece
	Amount   money.Fen // for the whole quantity
	Plan     activity.Plan
	Tag      activity.TagID // whose members the plan is for; empty: everybody
	Limits   activity.Limits

	LeaderDiscount money.Fen // per piece; what PayPrice has lost for opening the team

	SeatTTL time.Duration

	Sizes      []int       // people who must have paid, of a new team: to form, then for each lower price; rising
	TierPrices []money.Fen // per piece, at each of Sizes; may be empty without tiers
	MinReal    int         // of a new team, see Team
	Instant    bool        // a team that the buyer opens has one seat and no tiers: it forms by its own payment
	Expiry     func(openedAt time.Time) time.Time

	NewBuyersOnly bool // nobody joins who has a paid order at the partner, or another such seat; the one who opens may
}

// Touches names the order, the team to join, the buyer's seats in the activity, the stock, and the buyer's history
// where that matters.
func (c Lock) Touches() Touch {
	t := Touch{
		Seats:  []Key{c.Key},
		Buyers: []Participation{c.participation()},
		Stock:  []StockKey{{c.Activity, c.Goods, c.SKU}},
	}
	if c.Team != "" {
		t.Teams = []ID{c.Team}
	}
	if c.forNewBuyers() {
		t.History = []Customer{c.customer()}
	}
	return t
}

func (c Lock) participation() Participation { return Participation{c.Activity, c.Buyer} }

func (c Lock) customer() Customer { return Customer{c.Key.Partner, c.Buyer} }

func (c Lock) forNewBuyers() bool { return c.Team != "" && c.Terms.NewBuyersOnly }

func (c Lock) apply(s *State, now time.Time) Outcome {
	if seat, known := s.seats[c.Key]; known {
		if !c.asked(seat) {
			return refuse(IdempotencyMismatch)
		}
		return s.outcome(seat, true)
	}
	if reason := c.refusal(s, now); reason != NoRefusal {
		return refuse(reason)
	}
	t := s.teams[c.Team]
	if c.Team == "" {
		t = c.open(s, now)
	}
	seat := c.sit(s, t, now)
	s.emitSeat(EventSeatHeld, seat, now)
	return s.outcome(seat, false)
}

// asked says whether the seat is what this very request led to earlier.
func (c Lock) asked(seat *Seat) bool {
	return seat.Activity == c.Activity && seat.Goods == c.Goods && seat.SKU == c.SKU && seat.Channel == c.Channel &&
		seat.Buyer == c.Buyer && seat.Quantity == c.Quantity && seat.Opened == (c.Team == "") && (c.Team == "" || seat.Team == c.Team)
}

func (c Lock) refusal(s *State, now time.Time) Reason {
	if c.Refusal != NoRefusal {
		return c.Refusal
	}
	if c.forNewBuyers() && s.past[c.customer()] != (History{}) {
		return NewBuyersOnly
	}
	if reason := s.admits(c.participation(), c.Terms.Limits, c.Team == ""); reason != NoRefusal {
		return reason
	}
	if row, limited := s.stock[StockKey{c.Activity, c.Goods, c.SKU}]; limited && row.Pieces-row.Taken < c.Quantity {
		return StockOut
	}
	if c.Team == "" {
		return NoRefusal
	}
	return c.joinRefusal(s, now)
}

func (c Lock) joinRefusal(s *State, now time.Time) Reason {
	t, known := s.teams[c.Team]
	switch {
	case !known || t.Partner != c.Key.Partner:
		return TeamNotFound
	case t.Activity != c.Activity:
		return TeamOtherActivity
	case t.Goods != c.Goods:
		return TeamOtherGoods
	case s.inTeam(c.participation(), t.ID):
		return AlreadyInTeam
	default:
		return t.takes(now)
	}
}

// takes says why a team takes nobody more.
func (t *Team) takes(now time.Time) Reason {
	switch {
	case !t.Open():
		return TeamNotForming
	case !now.Before(t.ExpiresAt):
		return TeamExpired
	case t.Free() < 1:
		return TeamFull
	default:
		return NoRefusal
	}
}

func (c Lock) open(s *State, now time.Time) *Team {
	t := &Team{
		ID: c.NewTeam, Partner: c.Key.Partner, Activity: c.Activity, Goods: c.Goods,
		Status: Forming, Sizes: c.Terms.Sizes, MinReal: c.Terms.MinReal, Leader: c.Buyer,
		OpenedAt: now, ExpiresAt: c.Terms.Expiry(now),
	}
	if c.Terms.Instant {
		t.Sizes, t.MinReal = []int{1}, 0
	}
	s.addTeam(t)
	s.emitTeam(EventTeamOpened, t, now)
	return t
}

func (c Lock) sit(s *State, t *Team, now time.Time) *Seat {
	deadline := now.Add(c.Terms.SeatTTL)
	if t.ExpiresAt.Before(deadline) {
		deadline = t.ExpiresAt
	}
	seat := &Seat{
		ID: c.NewSeat, Key: c.Key, Team: t.ID, Activity: c.Activity, Goods: c.Goods, SKU: c.SKU, Channel: c.Channel,
		Buyer: c.Buyer, Quantity: c.Quantity, Opened: c.Team == "", Status: Held,
		Original: c.Terms.Original, PayPrice: c.Terms.PayPrice, Amount: c.Terms.Amount, Plan: c.Terms.Plan, Tag: c.Terms.Tag,
		LeaderDiscount: c.Terms.LeaderDiscount, Limits: c.Terms.Limits, ForNewBuyers: c.forNewBuyers(),
		Ordinal: s.freeOrdinal(c.participation()), HeldAt: now, ExpiresAt: deadline,
	}
	if len(t.Sizes) > 1 {
		seat.TierPrices = c.Terms.TierPrices
	}
	s.take(seat.stockKey(), seat.Quantity)
	s.addSeat(seat)
	s.count(t, seat, +1)
	s.changedTeams[t.ID] = true
	return seat
}
