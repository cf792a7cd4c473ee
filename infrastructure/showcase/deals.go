package showcase

import (
	"context"
	"slices"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
	"kaituan/mall/catalog"
	"kaituan/money"
)

// deal is a group-buy over one product, and how people take to it.
type deal struct {
	name    string
	product catalog.ProductID
	plan    activity.Plan
	size    int
	// from and until are days from the first start; 0 and 0: through the whole past, and a while longer.
	from, until int
	adapt       func(a *activity.Activity, regulars activity.TagID)
	daily       float64 // teams opened a day
	loved       bool    // no team fails
	fresh       bool    // those who join have to be new buyers
}

// ahead is for how many days a deal is open when it says nothing else.
const ahead = 21

func reduce(off money.Fen) activity.Plan { return activity.Plan{Kind: activity.Reduce, Off: off} }

func fixed(price money.Fen) activity.Plan { return activity.Plan{Kind: activity.Fixed, Price: price} }

// deals are the group-buys: each kind of plan, teams of two, three and five, and each rule that buyers notice.
func deals() []deal {
	return []deal{
		{name: "龙井两人团，直减 40 元", product: "longjing-tea", plan: reduce(40_00), size: 2, daily: 1.1},
		{name: "和纸灯阶梯团，人越多越便宜", product: "paper-lamp", plan: reduce(30_00), size: 2, daily: 0.4, adapt: tiers},
		{name: "青瓷杯三人团，八折", product: "celadon-cup", plan: activity.Plan{Kind: activity.Percent, Share: 8000}, size: 3, daily: 0.7},
		{
			name: "普洱两人团，满 500 减 120", product: "pu-erh-cake",
			plan: activity.Plan{Kind: activity.Threshold, From: 500_00, Off: 120_00}, size: 2, daily: 0.3,
		},
		{name: "土蜂蜜老带新，39.9 元", product: "wild-honey", plan: fixed(39_90), size: 2, daily: 0.5, fresh: true, adapt: newcomers},
		{name: "铸铁锅回头客专享，立减 100 元", product: "cast-iron-pot", plan: reduce(100_00), size: 2, from: -12, until: ahead, daily: 0.2, adapt: regularsOnly},
		{name: "桂花糕五人团，9.9 元", product: "osmanthus-cake", plan: fixed(9_90), size: 5, daily: 0.6},
		{name: "山茶油三人团，团长再减 5 元", product: "camellia-oil", plan: reduce(22_00), size: 3, daily: 0.5, adapt: leaders},
		{name: "宣纸手账两人团，回头客免拼", product: "xuan-notebook", plan: reduce(12_00), size: 2, daily: 0.4, adapt: instantForRegulars},
		{name: "羊毛盖毯首发三人团", product: "lambswool-blanket", plan: reduce(80_00), size: 3, from: 2, until: ahead},
		{name: "脐橙尝鲜三人团，限量", product: "navel-orange", plan: fixed(24_90), size: 3, from: -9, until: 14, loved: true, adapt: limited},
		{name: "油纸伞三人团", product: "oil-paper-umbrella", plan: reduce(50_00), size: 3, from: -24, until: -3, daily: 0.4},
		{name: "沉香三人团，只拼不单卖", product: "incense-set", plan: reduce(40_00), size: 3, daily: 0.3, adapt: func(a *activity.Activity, _ activity.TagID) { a.BuyAlone = false }},
	}
}

// tiers make the price of the lamp go down twice more.
func tiers(a *activity.Activity, _ activity.TagID) {
	a.Tiers = []activity.Tier{{Size: 4, Plan: reduce(60_00)}, {Size: 6, Plan: reduce(90_00)}}
}

// newcomers lets anybody open a team, and only new buyers join it.
func newcomers(a *activity.Activity, _ activity.TagID) { a.NewBuyersOnly = true }

func regularsOnly(a *activity.Activity, regulars activity.TagID) { a.Audience.Join = regulars }

func instantForRegulars(a *activity.Activity, regulars activity.TagID) { a.InstantTag = regulars }

func leaders(a *activity.Activity, _ activity.TagID) { a.LeaderDiscount = 5_00 }

// limited sells few pieces; the script has them sold out.
func limited(a *activity.Activity, _ activity.TagID) {
	a.Stock = []activity.Stock{{Goods: "navel-orange", SKU: "m", Pieces: 9}}
}

// opens is when teams may be opened from, for a past that begins at an instant.
func (d deal) opens(begin time.Time) time.Time {
	if d.from == 0 {
		return begin
	}
	return begin.Add(Past).AddDate(0, 0, d.from)
}

// ends is when no team may be opened any more.
func (d deal) ends(begin time.Time) time.Time {
	if d.until == 0 {
		return begin.Add(Past).AddDate(0, 0, ahead)
	}
	return begin.Add(Past).AddDate(0, 0, d.until)
}

func (d deal) activity(by partner.ID, regulars activity.TagID, begin time.Time) activity.Activity {
	a := activity.Blank()
	a.Partner, a.Name, a.Goods = by, d.name, []activity.GoodsID{activity.GoodsID(d.product)}
	a.Rules, a.TeamSize, a.MaxQuantity = []activity.Rule{{Plan: d.plan}}, d.size, 5
	a.StartsAt, a.EndsAt = d.opens(begin), d.ends(begin)
	if d.adapt != nil {
		d.adapt(&a, regulars)
	}
	return a
}

const regularsName = "回头客：30 天内买过两单"

// regulars is the tag of those who came back, which a job computes each night.
func (s *Stage) regulars(ctx context.Context) (activity.TagID, error) {
	tags, err := s.Engine.Tags(ctx, groupbuy.TagQuery{Limit: 100})
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(tags, func(t crowd.Tag) bool { return t.Name == regularsName }); i >= 0 {
		return tags[i].ID, nil
	}
	tag, err := s.Engine.CreateTag(ctx, crowd.Tag{
		Partner: s.Partner, Name: regularsName, Kind: crowd.Ruled, Schedule: crowd.Schedule{Daily: true, Minute: 3 * 60},
		Rule: crowd.Rule{Match: crowd.All, Conditions: []crowd.Condition{{Measure: crowd.OrderCount, AtLeast: 2, Window: crowd.Window{Days: 30}}}},
	})
	return tag.ID, err
}
