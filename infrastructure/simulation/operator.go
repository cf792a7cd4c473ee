package simulation

import (
	"fmt"
	"slices"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/mallstore"
	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/money"
)

// product is something on the shelf with the activity over it.
type product struct {
	id       catalog.ProductID
	activity activity.ID
	wanting  bool // its activity is over and another one is to follow
}

// open sets the shop up, without faults: partners, products, activities, buyers.
func (w *world) open() bool {
	w.layout()
	w.shipDelay = pick(w, []time.Duration{0, 0, 5 * time.Minute})
	w.jobs = w.newJobs()
	for _, n := range w.nodes {
		w.start(n)
	}
	if w.failed() {
		return false
	}
	w.enrol()
	for i := range 3 {
		p := &product{id: catalog.ProductID(fmt.Sprintf("goods-%d", i))}
		w.shop.products = append(w.shop.products, p)
		w.stock(p, pick(w, []int{3, 20, 100}))
	}
	w.pass(time.Second)
	for _, p := range w.shop.products {
		w.launch(p)
	}
	for i := range pick(w, []int{5, 12, 25}) {
		w.shop.buyers = append(w.shop.buyers, mall.Actor{Account: account.ID(fmt.Sprintf("acc_%d", i)), Role: account.Buyer})
	}
	w.faults = drawFaults(w.rng)
	w.calm = w.faults.calm()
	w.note("faults: %+v", w.faults)
	return !w.failed()
}

func (w *world) operator() mall.Actor {
	return mall.Actor{Account: "ops", Role: account.Operator, Rank: mall.RankEditor}
}

// enrol makes the mall a partner of the engine.
func (w *world) enrol() {
	engine := w.anyNode((*node).runsEngine).engine
	_, err := engine.PutPartner(w.ctx, partnerID, "Mall")
	w.must(err, "partner")
	_, err = engine.AddKey(w.ctx, partner.Key{ID: keyID, Partner: partnerID, Secret: keySecret})
	w.must(err, "key")
	_, err = engine.CreateTag(w.ctx, crowd.Tag{Partner: partnerID, Name: "VIP", Kind: crowd.Manual})
	w.must(err, "tag")
	_, err = engine.AddEndpoint(w.ctx, partner.Endpoint{
		ID: endpointID, Partner: partnerID, URL: mallURL + "/callbacks/groupbuy", Secrets: []string{hookSecret}, Status: partner.EndpointEnabled,
	})
	w.must(err, "endpoint")
	for _, n := range w.nodes {
		if n.engine != nil {
			w.must(n.engine.Refresh(w.ctx), "refresh")
		}
	}
}

func (w *world) stock(p *product, pieces int) {
	w.shopper("stock "+string(p.id), func(s *mall.Shop) error {
		_, err := s.SaveProduct(w.ctx, w.operator(), catalog.Draft{
			ID: p.id, Name: "Goods", Shelf: catalog.OnShelf,
			SKUs: []catalog.DraftSKU{{ID: "one", Name: "One", Price: pick(w, []money.Fen{100_00, 100_00, 100_00, 90_00, 130_00}), Stock: &pieces}},
		})
		return err
	})
}

func (w *world) operatorsActs() []act {
	return []act{
		{3, func() { w.stock(pick(w, w.shop.products), 5+w.rng.IntN(50)) }},
		{3, func() { w.pause(pick(w, w.shop.products)) }},
		{2, func() { w.end(pick(w, w.shop.products)) }},
		{2, func() { w.prolong(pick(w, w.shop.products)) }},
		{6, w.replace},
		{3, w.redoRefunds},
	}
}

// engineer has a node of the engine do something for an operator and says whether it was answered.
func (w *world) engineer(what string, do func(*groupbuy.Engine) error) bool {
	n := w.anyNode((*node).runsEngine)
	if n == nil {
		return false
	}
	var err error
	lived := w.on(n, func() { err = do(n.engine) })
	if err != nil {
		w.note("%s: %s", what, firstLine(err))
	}
	return lived && err == nil
}

// launch writes an activity over a product and publishes it. An operator who is not answered tries again later.
func (w *world) launch(p *product) {
	p.wanting = true
	done := w.engineer("launch", func(e *groupbuy.Engine) error {
		draft, err := e.CreateActivity(w.ctx, w.draft(p))
		if err != nil {
			return err
		}
		a, err := e.PublishActivity(w.ctx, draft.ID)
		if err != nil {
			return err
		}
		w.note("%s: %s of %d, %s", p.id, a.ID, a.TeamSize, a.Name)
		p.activity = a.ID
		return nil
	})
	p.wanting = !done
}

// draft draws an activity of some kind.
func (w *world) draft(p *product) activity.Activity {
	a := activity.Blank()
	a.Partner, a.Goods = partnerID, []activity.GoodsID{activity.GoodsID(p.id)}
	a.Rules = []activity.Rule{{Plan: activity.Plan{Kind: activity.Reduce, Off: 20_00}}}
	a.TeamSize, a.MaxQuantity = pick(w, []int{1, 2, 2, 2, 3, 3, 4}), 2
	a.StartsAt, a.EndsAt = w.now.Add(-time.Minute).Truncate(time.Second), w.now.Add(30*time.Hour).Truncate(time.Second)
	a.TeamTTL = pick(w, []time.Duration{5 * time.Minute, 20 * time.Minute, 20 * time.Minute, time.Hour, time.Hour, 3 * time.Hour})
	a.SeatTTL = pick(w, []time.Duration{2 * time.Minute, 10 * time.Minute, 15 * time.Minute})
	name := "plain"
	w.draw([]act{
		{3, func() {}},
		{3, func() {
			name, a.Tiers = "tiers", []activity.Tier{
				{Size: a.TeamSize + 1, Plan: activity.Plan{Kind: activity.Reduce, Off: 30_00}},
				{Size: a.TeamSize + 2, Plan: activity.Plan{Kind: activity.Reduce, Off: 40_00}},
			}
		}},
		{1, func() { name, a.LeaderDiscount = "leader discount", 5_00 }},
		{1, func() { name, a.Limits = "limits", activity.Limits{Open: 1, Join: 1, Total: 2} }},
		{1, func() {
			name, a.Stock = "stock", []activity.Stock{{Goods: activity.GoodsID(p.id), SKU: "one", Pieces: 1 + w.rng.IntN(6)}}
		}},
		{2, func() { name, a.MinReal = "auto-complete", 1+w.rng.IntN(a.TeamSize) }},
		{1, func() { name, a.NewBuyersOnly = "new buyers only", true }},
		{1, func() {
			name, a.CloseTeamsAtEnd, a.EndsAt = "close teams at end", true, w.now.Add(w.between(10*time.Minute, 2*time.Hour))
		}},
		{1, func() { name, a.BuyAlone = "teams only", false }},
		{1, func() { name, a.InstantTag = "instant", vip }},
		{1, func() { name, a.Audience = "audience", activity.Audience{Join: vip} }},
	})
	a.Name = w.number(name + " ")
	return a
}

func (w *world) pause(p *product) {
	to := pick(w, []func(*groupbuy.Engine) error{
		func(e *groupbuy.Engine) error { _, err := e.PauseActivity(w.ctx, p.activity); return err },
		func(e *groupbuy.Engine) error { _, err := e.PublishActivity(w.ctx, p.activity); return err },
	})
	w.engineer("pause or go on with "+string(p.activity), to)
}

func (w *world) end(p *product) {
	if w.engineer("end "+string(p.activity), func(e *groupbuy.Engine) error { _, err := e.EndActivity(w.ctx, p.activity); return err }) {
		w.note("%s is ended", p.activity)
		p.wanting = true
	}
}

func (w *world) prolong(p *product) {
	w.engineer("change "+string(p.activity), func(e *groupbuy.Engine) error {
		a, err := e.Activity(w.ctx, p.activity)
		if err != nil {
			return err
		}
		change := activity.Change{EndsAt: a.EndsAt.Add(time.Hour)}
		for _, s := range a.Stock {
			change.Stock = append(change.Stock, activity.Stock{Goods: s.Goods, SKU: s.SKU, Pieces: s.Pieces + 2})
		}
		_, err = e.ChangeActivity(w.ctx, p.activity, change)
		return err
	})
}

// replace launches activities over products whose last one is over.
func (w *world) replace() {
	i := slices.IndexFunc(w.shop.products, func(p *product) bool { return p.wanting })
	if i >= 0 {
		w.end(w.shop.products[i]) // it may have been published by a call that was not answered
		w.launch(w.shop.products[i])
	}
}

// redoRefunds does what operators do about refunds that wait for a person.
func (w *world) redoRefunds() {
	store := mallstore.New(w.mallDB, func() time.Time { return w.now }, nil)
	failed, err := store.FailedRefunds(w.ctx, "", 100)
	w.must(err, "failed refunds")
	for _, r := range failed {
		w.note("operator redoes %s", r.No)
		w.shopper("redo "+string(r.No), func(s *mall.Shop) error {
			_, err := s.RedoRefund(w.ctx, w.operator(), r.No)
			return err
		})
	}
}
