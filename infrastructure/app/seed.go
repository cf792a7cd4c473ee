package app

import (
	"context"
	"errors"
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

// seed fills an empty shop with something to look at. It runs once: a shop with products is left alone.
func seed(ctx context.Context, engine *groupbuy.Engine, shop *mall.Shop) error {
	operator := mall.Actor{Account: "demo-data", Role: account.Operator}
	shelf, err := shop.Products(ctx, operator, mall.ListProducts{Limit: 1, All: true})
	if err != nil || len(shelf.Items) > 0 {
		return err
	}
	for _, p := range demoProducts() {
		draft := catalog.Draft{ID: catalog.ProductID(p.id), Name: p.name, Description: p.description, Shelf: catalog.OnShelf, SKUs: p.skus}
		if _, err := shop.SaveProduct(ctx, operator, draft); err != nil {
			return err
		}
	}
	for _, p := range demoProducts() {
		if p.size == 0 {
			continue
		}
		if err := publishDemo(ctx, engine, p); err != nil {
			return err
		}
	}
	return nil
}

func publishDemo(ctx context.Context, engine *groupbuy.Engine, p demoProduct) error {
	now := time.Now().UTC().Truncate(time.Millisecond)
	a := activity.Blank()
	a.Partner, a.Name, a.Goods = mallPartner, p.activity, []activity.GoodsID{activity.GoodsID(p.id)}
	a.Rules, a.TeamSize, a.MaxQuantity = []activity.Rule{{Plan: p.plan}}, p.size, 5
	a.StartsAt, a.EndsAt = now, now.AddDate(0, 0, 30)
	draft, err := engine.CreateActivity(ctx, a)
	if err != nil {
		return err
	}
	// The shop registers its goods at the engine by itself, right after it saved them.
	ctx, cancel := context.WithTimeout(ctx, seedTime)
	defer cancel()
	for {
		_, err = engine.PublishActivity(ctx, draft.ID)
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
