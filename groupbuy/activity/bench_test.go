package activity_test

import (
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
