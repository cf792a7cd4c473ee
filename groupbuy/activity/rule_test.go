package activity_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/groupbuy/activity"
	"kaituan/money"
)

func TestQuote_LowestApplicableRuleWins(t *testing.T) {
	rule := func(off money.Fen, tag activity.TagID) activity.Rule {
		return activity.Rule{Plan: reduce(off), Tag: tag}
	}
	for _, test := range []struct {
		name  string
		rules []activity.Rule
		price money.Fen
		rule  int
	}{
		{"one for everybody", []activity.Rule{rule(200, "")}, 800, 0},
		{"the lower of two", []activity.Rule{rule(200, ""), rule(300, "")}, 700, 1},
		{"the first of equals", []activity.Rule{rule(200, ""), rule(200, "vip")}, 800, 0},
		{"a tag that the buyer has", []activity.Rule{rule(200, ""), rule(300, "vip")}, 700, 1},
		{"a tag that the buyer has not", []activity.Rule{rule(200, ""), rule(900, "gold")}, 800, 0},
		{"a tag that was never built", []activity.Rule{rule(200, ""), rule(900, "later")}, 800, 0},
		{"everybody gets less than the tag", []activity.Rule{rule(300, ""), rule(200, "vip")}, 700, 0},
		{"none applies", []activity.Rule{rule(200, "gold")}, 1000, activity.NoRule},
		{"a threshold not met is a rule all the same", []activity.Rule{{Plan: activity.Plan{Kind: activity.Threshold, From: 2000, Off: 5}}}, 1000, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := spring()
			a.Rules = test.rules
			q := judge(a, activity.DefaultSettings()).QuoteIn(ask(), "act_1", noon())
			require.Equal(t, test.price, q.PayPrice)
			require.Equal(t, test.rule, q.Rule)
			if test.rule == activity.NoRule {
				require.Equal(t, activity.Rule{}, q.Chosen())
			} else {
				require.Equal(t, test.rules[test.rule], q.Chosen())
			}
		})
	}
}

func TestQuote_LeaderDiscount(t *testing.T) {
	for _, test := range []struct {
		discount, opens, off money.Fen
	}{
		{0, 800, 0}, {1, 799, 1}, {799, 1, 799},
	} {
		a := spring()
		a.LeaderDiscount = test.discount
		s := judge(a, activity.DefaultSettings())
		opens, joins := s.QuoteIn(ask(), "act_1", noon()), s.QuoteIn(joining(), "act_1", noon())
		require.Equal(t, [2]money.Fen{test.opens, test.off}, [2]money.Fen{opens.PayPrice, opens.LeaderDiscount})
		require.Equal(t, [2]money.Fen{800, 0}, [2]money.Fen{joins.PayPrice, joins.LeaderDiscount})
	}
}

func TestQuote_Steps(t *testing.T) {
	a := spring()
	s := judge(a, activity.DefaultSettings())
	sizes, prices := s.QuoteIn(ask(), "act_1", noon()).Steps()
	require.Equal(t, []int{3}, sizes)
	require.Equal(t, []money.Fen{800}, prices)

	a.Rules = append(a.Rules, activity.Rule{Plan: reduce(270), Tag: "vip"})
	a.Tiers = []activity.Tier{{Size: 5, Plan: reduce(250)}, {Size: 9, Plan: reduce(400)}}
	a.LeaderDiscount = 10
	s = judge(a, activity.DefaultSettings())
	sizes, prices = s.QuoteIn(joining(), "act_1", noon()).Steps()
	require.Equal(t, []int{3, 5, 9}, sizes)
	require.Equal(t, []money.Fen{730, 730, 600}, prices, "a tier never costs a member more")
	_, prices = s.QuoteIn(ask(), "act_1", noon()).Steps()
	require.Equal(t, []money.Fen{720, 720, 590}, prices, "the leader keeps the discount")
}

func TestQuote_Instant(t *testing.T) {
	a := spring()
	a.InstantTag = "vip"
	s := judge(a, activity.DefaultSettings())
	require.True(t, s.QuoteIn(ask(), "act_1", noon()).Instant)
	require.False(t, s.QuoteIn(joining(), "act_1", noon()).Instant, "who joins is in the team of another")
	other := ask()
	other.Buyer = "bob"
	require.False(t, s.QuoteIn(other, "act_1", noon()).Instant)
	a.InstantTag = "later"
	require.False(t, judge(a, activity.DefaultSettings()).QuoteIn(ask(), "act_1", noon()).Instant, "a tag never built has no members")
}

func TestSnapshot_ExplainPrice(t *testing.T) {
	a := spring()
	a.Rules = []activity.Rule{{Plan: reduce(200)}, {Plan: reduce(300), Tag: "vip"}, {Plan: reduce(900), Tag: "gold"}}
	a.LeaderDiscount, a.InstantTag = 50, "vip"
	s := judge(a, activity.DefaultSettings())
	require.Equal(t, []activity.Verdict{
		{Rule: "rules[0]", OK: true, Value: "8.00", Detail: "for everybody"},
		{Rule: "rules[1]", OK: true, Value: "7.00", Detail: "the lowest that applies, for members of vip; the buyer is in"},
		{Rule: "rules[2]", OK: false, Value: "1.00", Detail: "for members of gold; the buyer is not in"},
		{Rule: "leader_discount_fen", OK: true, Value: "0.50", Detail: "for the seat that opens a team"},
		{Rule: "instant_tag", OK: true, Value: "vip: in", Detail: "a member who opens a team fills it alone"},
	}, s.ExplainPrice(ask(), s.QuoteIn(ask(), "act_1", noon()), noon()))
}

// Whatever the rules: the price lies in [1, original], no applicable rule asks less, and no step asks more than the
// one before.
func TestQuote_PriceProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := spring()
		a.Rules = nil
		for range rapid.IntRange(0, 5).Draw(t, "rules") {
			tag := rapid.SampledFrom([]activity.TagID{"", "vip", "gold", "later"}).Draw(t, "tag")
			a.Rules = append(a.Rules, activity.Rule{Plan: drawPlan(t), Tag: tag})
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "tiers") {
			a.Tiers = append(a.Tiers, activity.Tier{Size: 4 + i, Plan: drawPlan(t)})
		}
		a.LeaderDiscount = money.Fen(rapid.Int64Range(0, int64(activity.MaxPrice)).Draw(t, "leader discount"))
		original := money.Fen(rapid.Int64Range(1, int64(activity.MaxPrice)).Draw(t, "original"))
		known := crowd{"vip": {"ann"}, "gold": {"bob"}}
		s := activity.NewSnapshot([]activity.Activity{a}, []activity.Goods{goods("tea", original)}, activity.DefaultSettings(), known)
		asked := ask()
		asked.Joining = rapid.Bool().Draw(t, "joining")
		q := s.QuoteIn(asked, "act_1", noon())

		require.GreaterOrEqual(t, q.PayPrice, money.Fen(1))
		require.LessOrEqual(t, q.PayPrice, original)
		require.GreaterOrEqual(t, q.LeaderDiscount, money.Fen(0))
		for i, rule := range a.Rules {
			if rule.Tag != "" && rule.Tag != "vip" {
				require.NotEqual(t, i, q.Rule)
				continue
			}
			if rule.Plan.PayPrice(original)-a.LeaderDiscount <= 1 {
				continue // leaves no price, or the last fen
			}
			require.LessOrEqual(t, q.PayPrice+q.LeaderDiscount, rule.Plan.PayPrice(original))
		}
		_, prices := q.Steps()
		for i, price := range prices {
			require.GreaterOrEqual(t, price, money.Fen(1))
			require.LessOrEqual(t, price, prices[max(0, i-1)])
		}
	})
}
