package activity

import (
	"strconv"

	"kaituan/money"
)

// priceFaults checks the plans by themselves, and those that are sound against every original price that they will
// meet, whatever is wrong with the others. A plan that would leave no price of its own for a SKU is refused, although
// PayPrice would still ask 1 fen: nobody means that.
func (a Activity) priceFaults(goods []Goods) []Fault {
	var f faults
	f.got(len(a.Rules) >= 1 && len(a.Rules) <= MaxRules, "rules", len(a.Rules), "want 1 to 20 rules")
	f.require(len(a.Rules) == 0 || a.forEverybody() != NoRule, "rules", "want one rule without a tag, for buyers of no tag")
	f.got(a.LeaderDiscount >= 0 && a.LeaderDiscount <= MaxPrice, "leader_discount_fen", a.LeaderDiscount, "want 0 to 10000000000 fen")
	f.got(len(a.Tiers) <= MaxTiers, "tiers", len(a.Tiers), "want at most 10 tiers")
	f = append(f, a.sizeFaults()...)
	if len(a.Rules) > MaxRules || len(a.Tiers) > MaxTiers {
		goods = nil // how many prices are looked at stays bounded
	}
	if a.LeaderDiscount < 0 || a.LeaderDiscount > MaxPrice {
		a.LeaderDiscount = 0 // is told above, not once more for every SKU
	}
	for i := range a.Rules {
		f = append(f, a.planFaults(element("rules", i)+".plan", a.Rules[i].Plan, goods)...)
	}
	for i := range a.Tiers {
		f = append(f, a.planFaults(element("tiers", i)+".plan", a.Tiers[i].Plan, goods)...)
		if a.Tiers[i].Plan.sound() {
			f = append(f, a.dearTier(i, goods)...)
		}
	}
	return f
}

// planFaults are those of a plan by itself, or else those it has with SKUs.
func (a Activity) planFaults(param string, plan Plan, goods []Goods) []Fault {
	if !plan.sound() {
		return plan.faults(param)
	}
	return a.noPrice(param, plan, goods)
}

func (a Activity) sizeFaults() []Fault {
	var f faults
	before := a.TeamSize
	for i, tier := range a.Tiers {
		f.got(tier.Size > before && tier.Size <= MaxTeamSize, element("tiers", i)+".size", tier.Size,
			"want more people than the "+strconv.Itoa(before)+" of the step before, at most 1000")
		before = tier.Size
	}
	return f
}

// forEverybody returns the first rule without a tag.
func (a Activity) forEverybody() int {
	for i := range a.Rules {
		if a.Rules[i].Tag == "" {
			return i
		}
	}
	return NoRule
}

// noPrice reports the SKUs that a plan, and the leader discount on top of it, leave no price for.
func (a Activity) noPrice(param string, plan Plan, goods []Goods) []Fault {
	return perSKU(param, goods, func(g Goods, sku SKU) string {
		at := " for SKU " + string(sku.ID) + " of goods " + string(g.ID) + " at " + sku.OriginalPrice.String()
		if plan.raw(sku.OriginalPrice) < 1 {
			return "leaves no price" + at
		}
		if !a.prices(plan, sku.OriginalPrice) {
			return "leaves no price after the leader discount" + at
		}
		return ""
	})
}

// dearTier reports the SKUs that a tier makes no cheaper than the step before it, the last one that is sound.
func (a Activity) dearTier(i int, goods []Goods) []Fault {
	before := a.openPrice
	for _, tier := range a.Tiers[:i] {
		if tier.Plan.sound() {
			before = tier.Plan.PayPrice
		}
	}
	return perSKU(element("tiers", i)+".plan", goods, func(g Goods, sku SKU) string {
		price, limit := a.Tiers[i].Plan.PayPrice(sku.OriginalPrice), before(sku.OriginalPrice)
		if price < limit {
			return ""
		}
		return "want less than the " + limit.String() + " of the step before, not " + price.String() + ", for SKU " + string(sku.ID) + " of goods " + string(g.ID)
	})
}

// openPrice is the price of a buyer of no tag who joins.
func (a Activity) openPrice(original money.Fen) money.Fen {
	lowest := original
	for _, rule := range a.Rules {
		if rule.Tag == "" && rule.Plan.sound() {
			lowest = min(lowest, rule.Plan.PayPrice(original))
		}
	}
	return lowest
}

// perSKU asks what is wrong with every SKU.
func perSKU(param string, goods []Goods, wrong func(Goods, SKU) string) []Fault {
	var f alike
	for _, g := range goods {
		for _, sku := range g.SKUs {
			detail := wrong(g, sku)
			f.require(detail == "", param, detail)
		}
	}
	return f.all(param)
}
