package activity

import (
	"time"

	"kaituan/groupbuy/partner"
	"kaituan/money"
)

// Item is what a buyer looks at, and where.
type Item struct {
	Goods   GoodsID
	SKU     SKUID
	Channel Channel
}

// Ask is whose price is asked, and of what.
type Ask struct {
	Partner partner.ID
	Buyer   Buyer
	Item    Item
	Joining bool // a team that is open already, which outlives the activity's window; otherwise the buyer opens one
}

// Quote is the price of one item for one buyer.
type Quote struct {
	Activity *Activity // nil when no activity covers the goods; never to be changed
	Goods    *Goods
	SKU      SKU
	Original money.Fen // per piece
	PayPrice money.Fen // per piece
	Rule     int       // which of the activity's rules makes the price, or NoRule
	// LeaderDiscount is what the pay price has lost, per piece, because the buyer opens the team.
	LeaderDiscount money.Fen
	Instant        bool // the buyer's own team has size 1
	Visible        bool
	Joinable       bool
	Reason         Reason // why not joinable
}

// Deduction is what the group price takes off, per piece.
func (q Quote) Deduction() money.Fen { return q.Original - q.PayPrice }

// ActivityID is the id of the quote's activity; empty when there is none.
func (q Quote) ActivityID() ID {
	if q.Activity == nil {
		return ""
	}
	return q.Activity.ID
}

// Chosen is the rule that makes the price; an empty one where none does.
func (q Quote) Chosen() Rule {
	if q.Rule == NoRule {
		return Rule{}
	}
	return q.Activity.Rules[q.Rule]
}

// Quote tells the price of an item as of now, in whichever of the partner's activities takes the buyer, or else in
// the one that comes nearest to it.
func (s *Snapshot) Quote(ask Ask, now time.Time) Quote {
	q, found := s.item(ask)
	if !found {
		return q
	}
	for _, a := range s.byGoods[goodsKey{ask.Partner, ask.Item.Goods}] {
		if candidate := s.under(q, a, ask, now); q.Activity == nil || candidate.Joinable || !q.Joinable && candidate.Visible {
			q = candidate
		}
	}
	return q
}

// QuoteIn tells the price of an item in one activity.
func (s *Snapshot) QuoteIn(ask Ask, id ID, now time.Time) Quote {
	q, found := s.item(ask)
	if !found {
		return q
	}
	a := s.covering(ask, id)
	if a == nil {
		return q
	}
	return s.under(q, a, ask, now)
}

// covering returns an activity of the partner over the goods asked about, or nil.
func (s *Snapshot) covering(ask Ask, id ID) *Activity {
	for _, a := range s.byGoods[goodsKey{ask.Partner, ask.Item.Goods}] {
		if a.ID == id {
			return a
		}
	}
	return nil
}

func (s *Snapshot) item(ask Ask) (Quote, bool) {
	goods, ok := s.goods[goodsKey{ask.Partner, ask.Item.Goods}]
	if !ok {
		return Quote{Reason: ReasonGoodsNotFound, Rule: NoRule}, false
	}
	sku, ok := goods.SKU(ask.Item.SKU)
	if !ok {
		return Quote{Reason: ReasonGoodsNotFound, Rule: NoRule}, false
	}
	return Quote{
		Goods: goods, SKU: sku, Original: sku.OriginalPrice, PayPrice: sku.OriginalPrice, Rule: NoRule, Reason: ReasonNoActivity,
	}, true
}

// under is the quote in one activity.
func (s *Snapshot) under(q Quote, a *Activity, ask Ask, now time.Time) Quote {
	t := trial{snapshot: s, activity: a, ask: &ask, original: q.Original, now: now}
	q.Activity = a
	group, rule := t.price()
	q.PayPrice, q.Rule, q.LeaderDiscount = group, rule, 0
	if !ask.Joining && rule != NoRule {
		q.PayPrice = (group - a.LeaderDiscount).Clamp(1, group)
		q.LeaderDiscount = group - q.PayPrice
	}
	q.Instant = t.instant()
	q.Reason = t.refusal()
	q.Joinable = q.Reason == ReasonNone
	q.Visible = t.visible()
	return q
}
