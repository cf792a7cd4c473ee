package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/money"
)

// demoProduct is something on the demo shelf with the group-buy over it.
type demoProduct struct {
	id, name, description string
	skus                  []catalog.DraftSKU
	activity              string
	plan                  activity.Plan
	size                  int
}

func sku(id, name string, price money.Fen, stock int) catalog.DraftSKU {
	return catalog.DraftSKU{ID: catalog.SKUID(id), Name: name, Price: price, Stock: &stock}
}

// demoProducts has every kind of plan once, and something to buy alone.
func demoProducts() []demoProduct {
	return []demoProduct{
		{
			"longjing-tea", "明前龙井 250 克", "狮峰山产，当年新茶，罐装。",
			[]catalog.DraftSKU{sku("tin", "罐装", 168_00, 500), sku("gift", "礼盒", 238_00, 200)},
			"龙井两人团，直减 40 元", activity.Plan{Kind: activity.Reduce, Off: 40_00}, 2,
		},
		{
			"celadon-cup", "龙泉青瓷杯", "手工拉坯，口径 8 厘米。",
			[]catalog.DraftSKU{sku("plum", "梅子青", 99_00, 300), sku("powder", "粉青", 99_00, 300)},
			"青瓷杯三人团，八折", activity.Plan{Kind: activity.Percent, Share: 8000}, 3,
		},
		{
			"pu-erh-cake", "勐海普洱熟饼 357 克", "三年陈，一饼一票。",
			[]catalog.DraftSKU{sku("one", "单饼", 128_00, 400), sku("seven", "一提七饼", 820_00, 60)},
			"普洱两人团，满 500 减 120", activity.Plan{Kind: activity.Threshold, From: 500_00, Off: 120_00}, 2,
		},
		{
			"osmanthus-cake", "桂花糕 6 块", "当日现做，冷链到家。",
			[]catalog.DraftSKU{sku("box", "一盒", 29_90, 1000)},
			"桂花糕五人团，9.9 元", activity.Plan{Kind: activity.Fixed, Price: 9_90}, 5,
		},
		{
			id: "bamboo-tray", name: "竹编茶盘", description: "安吉毛竹，长 40 厘米。只单独出售。",
			skus: []catalog.DraftSKU{sku("m", "40 厘米", 76_00, 80)},
		},
	}
}

// seedTime bounds the wait for the shop to register one product at the engine.
const seedTime = 30 * time.Second

// seed fills the shop with something to look at, unless it sells anything else. Every step looks whether it was done
// before, so that a first start that was cut short is made up for by the next.
func seed(ctx context.Context, engine *groupbuy.Engine, shop *mall.Shop) error {
	operator := mall.Actor{Account: "demo-data", Role: account.Operator}
	shelf, err := shop.Products(ctx, operator, mall.ListProducts{Limit: mall.MaxPage, All: true})
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, view := range shelf.Items {
		there[string(view.Product.ID)] = true
	}
	products := demoProducts()
	missing := slices.DeleteFunc(slices.Clone(products), func(p demoProduct) bool { return there[p.id] })
	if len(products)-len(missing) < len(there) {
		return nil // the shop has products of its own
	}
	for _, p := range missing {
		draft := catalog.Draft{ID: catalog.ProductID(p.id), Name: p.name, Description: p.description, Shelf: catalog.OnShelf, SKUs: p.skus}
		if _, err := shop.SaveProduct(ctx, operator, draft); err != nil {
			return err
		}
	}
	return seedActivities(ctx, engine, products)
}

func seedActivities(ctx context.Context, engine *groupbuy.Engine, products []demoProduct) error {
	activities, err := engine.ListActivities(ctx, groupbuy.ActivityQuery{Partner: mallPartner, Limit: 100})
	if err != nil {
		return err
	}
	for _, p := range products {
		i := slices.IndexFunc(activities, func(a activity.Activity) bool { return a.Name == p.activity })
		switch {
		case p.size == 0, i >= 0 && activities[i].Status != activity.Draft:
			continue
		case i >= 0:
			err = publishDemo(ctx, engine, activities[i].ID)
		default:
			err = createDemo(ctx, engine, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func createDemo(ctx context.Context, engine *groupbuy.Engine, p demoProduct) error {
	now := time.Now().UTC().Truncate(time.Millisecond)
	a := activity.Blank()
	a.Partner, a.Name, a.Goods = mallPartner, p.activity, []activity.GoodsID{activity.GoodsID(p.id)}
	a.Rules, a.TeamSize, a.MaxQuantity = []activity.Rule{{Plan: p.plan}}, p.size, 5
	a.StartsAt, a.EndsAt = now, now.AddDate(0, 0, 30)
	draft, err := engine.CreateActivity(ctx, a)
	if err != nil {
		return err
	}
	return publishDemo(ctx, engine, draft.ID)
}

// publishDemo waits for the shop to have registered the goods at the engine, which it does by itself after saving.
func publishDemo(ctx context.Context, engine *groupbuy.Engine, id activity.ID) error {
	ctx, cancel := context.WithTimeout(ctx, seedTime)
	defer cancel()
	for {
		_, err := engine.PublishActivity(ctx, id)
		var refused *groupbuy.Error
		if !errors.As(err, &refused) || refused.Code != groupbuy.CodeActivityInvalid {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
