package activity

import (
	"slices"
	"time"

	"kaituan/groupbuy/partner"
	"kaituan/money"
)

// Snapshot is everything a price depends on, frozen at one version of the configuration. It is never changed
// after NewSnapshot, so any number of requests read it without a lock.
type Snapshot struct {
	activities map[ID]*Activity
	byGoods    map[goodsKey][]*Activity
	goods      map[goodsKey]*Goods
}

type goodsKey struct {
	partner partner.ID
	goods   GoodsID
}

// NewSnapshot indexes the configuration. It keeps activities that may still matter to a buyer; drafts are left out.
func NewSnapshot(activities []Activity, goods []Goods) *Snapshot {
	s := &Snapshot{
		activities: make(map[ID]*Activity, len(activities)),
		byGoods:    make(map[goodsKey][]*Activity, len(goods)),
		goods:      make(map[goodsKey]*Goods, len(goods)),
	}
	for i := range goods {
		g := &goods[i]
		s.goods[goodsKey{g.Partner, g.ID}] = g
	}
	for i := range activities {
		a := &activities[i]
		if a.Status == Draft {
			continue
		}
		s.activities[a.ID] = a
		for _, id := range a.Goods {
			key := goodsKey{a.Partner, id}
			s.byGoods[key] = append(s.byGoods[key], a)
		}
	}
	for _, list := range s.byGoods {
		slices.SortFunc(list, func(a, b *Activity) int { return a.StartsAt.Compare(b.StartsAt) })
	}
	return s
}

// Activity returns a partner's activity that buyers may know of.
func (s *Snapshot) Activity(p partner.ID, id ID) (Activity, bool) {
	a, ok := s.activities[id]
	if !ok || a.Partner != p {
		return Activity{}, false
	}
	return *a, true
}

// Activities returns a partner's activities that take buyers on a channel at an instant, the soonest to end first.
// An empty channel asks for all channels.
func (s *Snapshot) Activities(p partner.ID, channel Channel, now time.Time) []Activity {
	var on []Activity
	for _, a := range s.activities {
		if a.Partner == p && a.open(now) && (channel == "" || a.Covers(channel)) {
			on = append(on, *a)
		}
	}
	slices.SortFunc(on, func(a, b Activity) int {
		if c := a.EndsAt.Compare(b.EndsAt); c != 0 {
			return c
		}
		return compareID(a.ID, b.ID)
	})
	return on
}

func compareID(a, b ID) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

// Item is what a buyer looks at, and where.
type Item struct {
	Goods   GoodsID
	SKU     SKUID
	Channel Channel
}

// Reason says why a buyer may not see or join.
type Reason string

// The reasons, in the order they are checked.
const (
	ReasonNone            Reason = ""
	ReasonGoodsNotFound   Reason = "goods_not_found"   // the partner registered no such goods or SKU
	ReasonNoActivity      Reason = "no_activity"       // no activity covers these goods
	ReasonChannelBlocked  Reason = "channel_blocked"   // the activity is not for this channel
	ReasonActivityNotOpen Reason = "activity_not_open" // before or after its window, paused or ended
)

// Quote is the price of one item for one buyer.
type Quote struct {
	Activity *Activity // nil when no activity covers the goods; never to be changed
	Goods    *Goods
	SKU      SKU
	Original money.Fen // per piece
	PayPrice money.Fen // per piece
	Visible  bool
	Joinable bool
	Reason   Reason // why not joinable
}

// Deduction is what the group price takes off, per piece.
func (q Quote) Deduction() money.Fen { return q.Original - q.PayPrice }

// Quote tells the price of an item as of now, in whichever of the partner's activities takes buyers, or else in
// the one that comes nearest to it.
func (s *Snapshot) Quote(p partner.ID, item Item, now time.Time) Quote {
	q, found := s.item(p, item)
	if !found {
		return q
	}
	for _, a := range s.byGoods[goodsKey{p, item.Goods}] {
		if candidate := q.under(a, item.Channel, now, false); q.Activity == nil || candidate.Joinable || !q.Joinable && candidate.Visible {
			q = candidate
		}
	}
	return q
}

// QuoteIn tells the price of an item in one activity. joining asks for a seat in a team that is already open,
// which outlives the activity's window.
func (s *Snapshot) QuoteIn(p partner.ID, id ID, item Item, joining bool, now time.Time) Quote {
	q, found := s.item(p, item)
	if !found {
		return q
	}
	a, ok := s.activities[id]
	if !ok || a.Partner != p || !slices.Contains(a.Goods, item.Goods) {
		return q
	}
	return q.under(a, item.Channel, now, joining)
}

func (s *Snapshot) item(p partner.ID, item Item) (Quote, bool) {
	goods, ok := s.goods[goodsKey{p, item.Goods}]
	if !ok {
		return Quote{Reason: ReasonGoodsNotFound}, false
	}
	sku, ok := goods.SKU(item.SKU)
	if !ok {
		return Quote{Reason: ReasonGoodsNotFound}, false
	}
	return Quote{Goods: goods, SKU: sku, Original: sku.OriginalPrice, PayPrice: sku.OriginalPrice, Reason: ReasonNoActivity}, true
}

func (q Quote) under(a *Activity, channel Channel, now time.Time, joining bool) Quote {
	q.Activity = a
	q.PayPrice = a.Plan.PayPrice(q.Original)
	q.Reason = a.refuses(channel, now, joining)
	q.Joinable = q.Reason == ReasonNone
	q.Visible = a.Covers(channel) && a.Status != Ended && now.Before(a.EndsAt)
	return q
}

func (a *Activity) refuses(channel Channel, now time.Time, joining bool) Reason {
	switch {
	case !a.Covers(channel):
		return ReasonChannelBlocked
	case joining && !a.joinable(now), !joining && !a.open(now):
		return ReasonActivityNotOpen
	default:
		return ReasonNone
	}
}

// open says whether teams may be opened.
func (a *Activity) open(now time.Time) bool {
	return a.Status == Published && !now.Before(a.StartsAt) && now.Before(a.EndsAt)
}

// joinable says whether open teams may be joined. The team's own window decides when that ends.
func (a *Activity) joinable(now time.Time) bool {
	if a.CloseTeamsAtEnd && (a.Status == Ended || !now.Before(a.EndsAt)) {
		return false
	}
	return a.Status == Published || a.Status == Ended
}
