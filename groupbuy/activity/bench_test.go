package activity_test

import (
	"fmt"
	"testing"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/money"
)

// BenchmarkSnapshot_Quote has everything switched on that a quote may have to look at.
func BenchmarkSnapshot_Quote(b *testing.B) {
	s, asked, now := busy(), ask(), noon()
	b.ReportAllocs()
	for b.Loop() {
		s.Quote(asked, now)
	}
}

// BenchmarkNewSnapshot builds what a node keeps in memory of 1,000 activities, each over 20 goods of its own, as after a
// change of any of them.
func BenchmarkNewSnapshot(b *testing.B) {
	const count, each = 1000, 20
	var all []activity.Activity
	var sold []activity.Goods
	for i := range count {
		a := spring()
		a.ID, a.Goods = activity.ID(fmt.Sprint("act_", i)), nil
		for j := range each {
			g := goods(activity.GoodsID(fmt.Sprint("goods-", i, "-", j)), 1000, 1500)
			sold, a.Goods = append(sold, g), append(a.Goods, g.ID)
		}
		all = append(all, a)
	}
	b.ReportAllocs()
	for b.Loop() {
		activity.NewSnapshot(all, sold, activity.Settings{RolloutPercent: 100}, everyone{})
	}
}

func busy() *activity.Snapshot {
	a := spring()
	for i := range activity.MaxRules - 1 {
		a.Rules = append(a.Rules, activity.Rule{Plan: reduce(money.Fen(100 + i)), Tag: "vip"})
	}
	a.RolloutPercent, a.Audience, a.NewBuyersOnly, a.InstantTag = 99, activity.Audience{See: "vip", Join: "vip"}, true, "vip"
	a.DenyBuyers = buyers(activity.MaxBuyers)
	return activity.NewSnapshot([]activity.Activity{a}, catalogue(), activity.Settings{RolloutPercent: 99}, everyone{})
}

// everyone has every tag.
type everyone struct{}

func (everyone) Tagged(partner.ID, activity.TagID, activity.Buyer) activity.Membership {
	return activity.In
}

// A quote allocates nothing, however many rules there are: trials are the hottest path of all.
func TestSnapshot_QuoteAllocatesNothing(t *testing.T) {
	s, asked, now := busy(), ask(), noon()
	if n := testing.AllocsPerRun(100, func() { s.Quote(asked, now) }); n != 0 {
		t.Errorf("%v allocations per quote", n)
	}
}
