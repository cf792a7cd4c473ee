package activity

import "kaituan/money"

// Rule is a plan for everybody, or for the members of a crowd tag only.
type Rule struct {
	Plan Plan
	Tag  TagID // empty: everybody
}

// Tier is a lower price for a team that grows beyond its first size.
type Tier struct {
	Size int // people who must have paid
	Plan Plan
}

// NoRule stands for the index of a rule where none applies.
const NoRule = -1

// price returns the lowest price among the rules that apply to the buyer, and which rule makes it: the first one, when
// several make the same.
func (t *trial) price(original money.Fen) (money.Fen, int) {
	lowest, chosen := original, NoRule
	for i := range t.activity.Rules {
		rule := &t.activity.Rules[i]
		if !t.applies(rule) {
			continue
		}
		if price := rule.Plan.PayPrice(original); chosen == NoRule || price < lowest {
			lowest, chosen = price, i
		}
	}
	return lowest, chosen
}

func (t *trial) applies(rule *Rule) bool { return rule.Tag == "" || t.tagged(rule.Tag) == In }

// Steps returns the sizes at which a team of the activity gets cheaper and the buyer's price per piece from each on,
// falling. The first is the activity's own size at the pay price; there is no other without tiers.
func (q Quote) Steps() (sizes []int, prices []money.Fen) {
	sizes, prices = append(sizes, q.Activity.TeamSize), append(prices, q.PayPrice)
	for i, tier := range q.Activity.Tiers {
		lower := (tier.Plan.PayPrice(q.Original) - q.LeaderDiscount).Clamp(1, prices[i])
		sizes, prices = append(sizes, tier.Size), append(prices, lower)
	}
	return sizes, prices
}
