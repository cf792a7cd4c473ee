package activity_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/groupbuy/activity"
	"kaituan/money"
)

func TestPlan_PayPrice(t *testing.T) {
	for _, test := range []struct {
		name           string
		plan           activity.Plan
		original, want money.Fen
	}{
		{"reduce", activity.Plan{Kind: activity.Reduce, Off: 200}, 1000, 800},
		{"reduce to one fen", activity.Plan{Kind: activity.Reduce, Off: 999}, 1000, 1},
		{"reduce by everything", activity.Plan{Kind: activity.Reduce, Off: 1000}, 1000, 1},
		{"reduce by more", activity.Plan{Kind: activity.Reduce, Off: 5000}, 1000, 1},
		{"reduce one fen", activity.Plan{Kind: activity.Reduce, Off: 1}, 1, 1},
		{"threshold not reached", activity.Plan{Kind: activity.Threshold, From: 1000, Off: 300}, 999, 999},
		{"threshold met exactly", activity.Plan{Kind: activity.Threshold, From: 1000, Off: 300}, 1000, 700},
		{"threshold passed", activity.Plan{Kind: activity.Threshold, From: 1000, Off: 300}, 2500, 2200},
		{"threshold takes all", activity.Plan{Kind: activity.Threshold, From: 100, Off: 300}, 200, 1},
		{"percent", activity.Plan{Kind: activity.Percent, Share: 8500}, 1000, 850},
		{"percent rounds half up", activity.Plan{Kind: activity.Percent, Share: 8500}, 10, 9},        // 8.5
		{"percent rounds down below half", activity.Plan{Kind: activity.Percent, Share: 3333}, 1, 1}, // 0.3333, but never 0
		{"percent rounds down", activity.Plan{Kind: activity.Percent, Share: 8333}, 100, 83},         // 83.33
		{"percent rounds up", activity.Plan{Kind: activity.Percent, Share: 8366}, 100, 84},           // 83.66
		{"percent just below half", activity.Plan{Kind: activity.Percent, Share: 4999}, 3, 1},        // 1.4997
		{"percent half of an odd amount", activity.Plan{Kind: activity.Percent, Share: 5000}, 3, 2},  // 1.5
		{"percent of the dearest", activity.Plan{Kind: activity.Percent, Share: 9999}, 10000000000, 9999000000},
		{"percent of one basis point", activity.Plan{Kind: activity.Percent, Share: 1}, 10000, 1},
		{"fixed", activity.Plan{Kind: activity.Fixed, Price: 990}, 1000, 990},
		{"fixed above the original", activity.Plan{Kind: activity.Fixed, Price: 1500}, 1000, 1000},
		{"fixed at one fen", activity.Plan{Kind: activity.Fixed, Price: 1}, 1000, 1},
		{"no plan", activity.Plan{}, 1000, 1000},
		{"unknown plan", activity.Plan{Kind: "gift", Off: 1, Price: 1}, 1000, 1000},
	} {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, test.plan.PayPrice(test.original)) })
	}
}

func drawPlan(t *rapid.T) activity.Plan {
	fen := rapid.Int64Range(-10, int64(activity.MaxPrice)*2)
	return activity.Plan{
		Kind:  rapid.SampledFrom([]activity.PlanKind{activity.Reduce, activity.Threshold, activity.Percent, activity.Fixed, "gift"}).Draw(t, "kind"),
		Off:   money.Fen(fen.Draw(t, "off")),
		From:  money.Fen(fen.Draw(t, "from")),
		Share: money.BasisPoints(rapid.Int64Range(-1, 20_000).Draw(t, "share")),
		Price: money.Fen(fen.Draw(t, "price")),
	}
}

// TestPlan_PayPriceBounds holds for every plan, also for those that no publication lets through.
func TestPlan_PayPriceBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		original := money.Fen(rapid.Int64Range(1, int64(activity.MaxPrice)).Draw(t, "original"))
		price := drawPlan(t).PayPrice(original)
		require.GreaterOrEqual(t, price, money.Fen(1))
		require.LessOrEqual(t, price, original)
	})
}

// TestPlan_PercentIsExact compares with arithmetic on fractions.
func TestPlan_PercentIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		original := rapid.Int64Range(1, int64(activity.MaxPrice)).Draw(t, "original")
		share := rapid.Int64Range(1, 9999).Draw(t, "share")
		exact := new(big.Rat).Mul(big.NewRat(original, 1), big.NewRat(share, 10_000))
		exact.Add(exact, big.NewRat(1, 2))
		rounded := new(big.Int).Div(exact.Num(), exact.Denom()).Int64()
		plan := activity.Plan{Kind: activity.Percent, Share: money.BasisPoints(share)}
		require.Equal(t, money.Fen(max(rounded, 1)), plan.PayPrice(money.Fen(original)))
	})
}

// TestPlan_DearerStaysDearer keeps two SKUs in the order of their original prices, except that a threshold may
// turn them round once.
func TestPlan_DearerStaysDearer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := drawPlan(t)
		if plan.Kind == activity.Threshold {
			t.Skip("takes off from a price on")
		}
		cheap := money.Fen(rapid.Int64Range(1, int64(activity.MaxPrice)-1).Draw(t, "cheap"))
		dear := money.Fen(rapid.Int64Range(int64(cheap), int64(activity.MaxPrice)).Draw(t, "dear"))
		require.LessOrEqual(t, plan.PayPrice(cheap), plan.PayPrice(dear))
	})
}
