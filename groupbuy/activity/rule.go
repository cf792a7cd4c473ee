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
// several make the same. A rule that leaves no price, because the partner lowered the original one, makes none.
func (t *trial) price() (money.Fen, int) {
	lowest, chosen := t.original, NoRule
	for i := range t.activity.Rules {
		rule := &t.activity.Rules[i]
		if !t.applies(rule) || !t.activity.prices(rule.Plan, t.original) {
			continue
		}
		if price := rule.Plan.PayPrice(t.original); chosen == NoRule || price < lowest {
			lowest, chosen = price, i
		}
	}
	return lowest, chosen
}

func (t *trial) applies(rule *Rule) bool { return rule.Tag == "" || t.tagged(rule.Tag) == In }

// prices says whether a plan leaves a price of its own for a SKU, also for the seat that opens a team. Publishing asks
// it of every SKU, and the trial asks again, because original prices may change at any time.
func (a *Activity) prices(plan Plan, original money.Fen) bool {
	return plan.raw(original) >= 1 && plan.PayPrice(original)-a.LeaderDiscount >= 1
}

// priced says whether there is a group price for the buyer at every size of the team. One tier without a price keeps
// everybody out: what goes back when the team closes must never be nearly all that was paid.
func (t *trial) priced() bool {
	for i := range t.activity.Tiers {
		if !t.activity.prices(t.activity.Tiers[i].Plan, t.original) {
			return false
		}
	}
	_, rule := t.price()
	return rule != NoRule
}

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
