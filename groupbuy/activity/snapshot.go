package activity

import (
	"cmp"
	"slices"
	"time"

	"kaituan/groupbuy/partner"
)

// Snapshot is everything a price depends on, frozen at one version of the configuration. It is never changed
// after NewSnapshot, so any number of requests read it without a lock.
type Snapshot struct {
	activities map[ID]*Activity
	byGoods    map[goodsKey][]*Activity
	goods      map[goodsKey]*Goods
	settings   Settings
	crowd      Crowd
}

type goodsKey struct {
	partner partner.ID
	goods   GoodsID
}

// NewSnapshot indexes the configuration. It keeps activities that may still matter to a buyer; drafts are left out.
// The lists are the snapshot's own from then on. The crowd changes by itself while the snapshot is in use.
func NewSnapshot(activities []Activity, goods []Goods, settings Settings, crowd Crowd) *Snapshot {
	s := &Snapshot{
		settings:   settings,
		crowd:      crowd,
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
		return cmp.Or(a.EndsAt.Compare(b.EndsAt), cmp.Compare(a.ID, b.ID))
	})
	return on
}

// AsIf returns a snapshot of one activity, published whatever its status, over the given goods, under the switches
// and tags of now: what an operator tries before publishing.
func (s *Snapshot) AsIf(a Activity, goods []Goods) *Snapshot {
	a.Status = Published
	return NewSnapshot([]Activity{a}, goods, s.settings, s.crowd)
}
