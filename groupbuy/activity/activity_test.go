package activity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/money"
)

// noon is the middle of the tests' activity.
func noon() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

// spring is a published activity from 8 to 20 o'clock that nothing speaks against.
func spring() activity.Activity {
	return activity.Activity{
		ID: "act_1", Partner: "mall", Name: "spring", Status: activity.Published, Goods: []activity.GoodsID{"tea", "cups"},
		Plan: activity.Plan{Kind: activity.Reduce, Off: 200}, TeamSize: 3,
		StartsAt: noon().Add(-4 * time.Hour), EndsAt: noon().Add(8 * time.Hour),
		TeamTTL: time.Hour, SeatTTL: 10 * time.Minute, MaxQuantity: 1,
	}
}

func goods(id activity.GoodsID, prices ...money.Fen) activity.Goods {
	g := activity.Goods{Partner: "mall", ID: id, Name: string(id)}
	for i, price := range prices {
		name := fmt.Sprintf("%s-%d", id, i)
		g.SKUs = append(g.SKUs, activity.SKU{ID: activity.SKUID(name), Name: name, OriginalPrice: price})
	}
	return g
}

func catalogue() []activity.Goods {
	return []activity.Goods{goods("tea", 1000, 1500), goods("cups", 300)}
}

func TestStatus_CanBecome(t *testing.T) {
	all := []activity.Status{activity.Draft, activity.Published, activity.Paused, activity.Ended, "gone", ""}
	legal := map[activity.Status][]activity.Status{
		activity.Draft: {activity.Published}, activity.Published: {activity.Paused, activity.Ended}, activity.Paused: {activity.Published, activity.Ended},
	}
	for _, from := range all {
		for _, to := range all {
			expect := false
			for _, next := range legal[from] {
				expect = expect || next == to
			}
			require.Equal(t, expect, from.CanBecome(to), "%s -> %s", from, to)
		}
	}
}

func TestActivity_Faults(t *testing.T) {
	require.Empty(t, spring().Faults(catalogue(), nil))
	for _, test := range []struct {
		name   string
		change func(a *activity.Activity)
		want   []string // parameters
	}{
		{"no name", func(a *activity.Activity) { a.Name = "" }, []string{"name"}},
		{"longest name", func(a *activity.Activity) { a.Name = strings.Repeat("团", 200) }, nil},
		{"name too long", func(a *activity.Activity) { a.Name = strings.Repeat("团", 201) }, []string{"name"}},
		{"name not text", func(a *activity.Activity) { a.Name = "\xff" }, []string{"name"}},
		{"no goods", func(a *activity.Activity) { a.Goods = nil }, []string{"goods"}},
		{"unknown goods", func(a *activity.Activity) { a.Goods[1] = "pots" }, []string{"goods[1]"}},
		{"goods twice", func(a *activity.Activity) { a.Goods[1] = "tea" }, []string{"goods[1]"}},
		{"team of nobody", func(a *activity.Activity) { a.TeamSize = 0 }, []string{"team_size"}},
		{"team of one", func(a *activity.Activity) { a.TeamSize = 1 }, nil},
		{"largest team", func(a *activity.Activity) { a.TeamSize = 1000 }, nil},
		{"team too large", func(a *activity.Activity) { a.TeamSize = 1001 }, []string{"team_size"}},
		{"no pieces", func(a *activity.Activity) { a.MaxQuantity = 0 }, []string{"max_quantity"}},
		{"too many pieces", func(a *activity.Activity) { a.MaxQuantity = 100_001 }, []string{"max_quantity"}},
		{"negative limit", func(a *activity.Activity) { a.Limits.Join = -1 }, []string{"limits"}},
		{"bad channel", func(a *activity.Activity) { a.Channels = []activity.Channel{"app", "live room"} }, []string{"channels[1]"}},
		{"no start", func(a *activity.Activity) { a.StartsAt = time.Time{} }, []string{"starts_at"}},
		{"ends at its start", func(a *activity.Activity) { a.EndsAt = a.StartsAt }, []string{"ends_at"}},
		{"team window too short", func(a *activity.Activity) { a.TeamTTL = time.Second - 1 }, []string{"team_ttl_seconds"}},
		{"team window too long", func(a *activity.Activity) { a.TeamTTL = 30*24*time.Hour + 1 }, []string{"team_ttl_seconds"}},
		{"deadline too short", func(a *activity.Activity) { a.SeatTTL = 0 }, []string{"seat_ttl_seconds"}},
		{"deadline too long", func(a *activity.Activity) { a.SeatTTL = 31 * 24 * time.Hour }, []string{"seat_ttl_seconds"}},
		{"stock of other goods", func(a *activity.Activity) { a.Stock = []activity.Stock{{Goods: "pots", SKU: "pots-0", Pieces: 1}} }, []string{"stock[0]"}},
		{"stock of unlisted goods", func(a *activity.Activity) {
			a.Goods = a.Goods[:1]
			a.Stock = []activity.Stock{{Goods: "cups", SKU: "cups-0", Pieces: 1}}
		}, []string{"stock[0]"}},
		{"stock of unknown SKU", func(a *activity.Activity) { a.Stock = []activity.Stock{{Goods: "tea", SKU: "tea-9", Pieces: 1}} }, []string{"stock[0]"}},
		{"stock twice", func(a *activity.Activity) {
			a.Stock = []activity.Stock{{Goods: "tea", SKU: "tea-0", Pieces: 1}, {Goods: "tea", SKU: "tea-1", Pieces: 1}, {Goods: "tea", SKU: "tea-0", Pieces: 2}}
		}, []string{"stock[2]"}},
		{"negative stock", func(a *activity.Activity) { a.Stock = []activity.Stock{{Goods: "tea", SKU: "tea-0", Pieces: -1}} }, []string{"stock[0].pieces"}},
		{"no stock at all", func(a *activity.Activity) { a.Stock = []activity.Stock{{Goods: "tea", SKU: "tea-0"}} }, nil},
		{"plan without kind", func(a *activity.Activity) { a.Plan = activity.Plan{} }, []string{"plan.kind"}},
		{"reduce nothing", func(a *activity.Activity) { a.Plan = activity.Plan{Kind: activity.Reduce} }, []string{"plan.off_fen"}},
		{"threshold of nothing", func(a *activity.Activity) { a.Plan = activity.Plan{Kind: activity.Threshold} }, []string{"plan.off_fen", "plan.from_fen"}},
		{"percent of nothing", func(a *activity.Activity) { a.Plan = activity.Plan{Kind: activity.Percent} }, []string{"plan.share_bp"}},
		{"percent of the whole", func(a *activity.Activity) { a.Plan = activity.Plan{Kind: activity.Percent, Share: 10_000} }, []string{"plan.share_bp"}},
		{"fixed at nothing", func(a *activity.Activity) { a.Plan = activity.Plan{Kind: activity.Fixed} }, []string{"plan.price_fen"}},
		{"no price left for one SKU", func(a *activity.Activity) { a.Plan.Off = 300 }, []string{"plan"}},
		{"no price left for all", func(a *activity.Activity) { a.Plan.Off = 2000 }, []string{"plan", "plan", "plan"}},
		{"one fen left", func(a *activity.Activity) { a.Plan.Off = 299 }, nil},
		{"percent below half a fen", func(a *activity.Activity) { a.Plan = activity.Plan{Kind: activity.Percent, Share: 1} }, []string{"plan", "plan", "plan"}},
		{"everything at once", func(a *activity.Activity) { *a = activity.Activity{} },
			[]string{"name", "goods", "team_size", "max_quantity", "starts_at", "ends_at", "team_ttl_seconds", "seat_ttl_seconds", "plan.kind"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := spring()
			test.change(&a)
			var got []string
			for _, fault := range a.Faults(catalogue(), nil) {
				require.NotEmpty(t, fault.Detail)
				got = append(got, fault.Param)
			}
			require.Equal(t, test.want, got)
		})
	}
}

func TestActivity_FaultsNameTheRival(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(rival *activity.Activity)
		rivals bool
	}{
		{"the same", func(*activity.Activity) {}, true},
		{"itself", func(r *activity.Activity) { r.ID = "act_1" }, false},
		{"one goods in common", func(r *activity.Activity) { r.Goods = []activity.GoodsID{"pots", "cups"} }, true},
		{"other goods", func(r *activity.Activity) { r.Goods = []activity.GoodsID{"pots"} }, false},
		{"one channel in common", func(r *activity.Activity) { r.Channels = []activity.Channel{"app", "live"} }, true},
		{"other channels", func(r *activity.Activity) { r.Channels = []activity.Channel{"live"} }, false},
		{"every channel", func(r *activity.Activity) { r.Channels = nil }, true},
		{"starts when it ends", func(r *activity.Activity) { r.StartsAt, r.EndsAt = r.EndsAt, r.EndsAt.Add(time.Hour) }, false},
		{"ends when it starts", func(r *activity.Activity) { r.StartsAt, r.EndsAt = r.StartsAt.Add(-time.Hour), r.StartsAt }, false},
		{"a millisecond in common", func(r *activity.Activity) { r.StartsAt = r.EndsAt.Add(-time.Millisecond) }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, rival := spring(), spring()
			a.Channels, rival.Channels = []activity.Channel{"app"}, []activity.Channel{"app"}
			rival.ID, rival.Name = "act_2", "rival"
			test.change(&rival)
			faults := a.Faults(catalogue(), []activity.Activity{rival})
			if !test.rivals {
				require.Empty(t, faults)
				return
			}
			require.Len(t, faults, 1)
			require.Contains(t, faults[0].Detail, "act_2")
			require.Contains(t, faults[0].Detail, "rival")
		})
	}
}

func TestActivity_TeamExpiry(t *testing.T) {
	a := spring()
	require.Equal(t, noon().Add(time.Hour), a.TeamExpiry(noon()))
	last := a.EndsAt.Add(-time.Minute)
	require.Equal(t, last.Add(time.Hour), a.TeamExpiry(last), "a team outlives the activity's window")
	a.CloseTeamsAtEnd = true
	require.Equal(t, a.EndsAt, a.TeamExpiry(last))
	require.Equal(t, noon().Add(time.Hour), a.TeamExpiry(noon()))
}

func TestActivity_WithDefaults(t *testing.T) {
	filled := activity.Activity{}.WithDefaults()
	require.Equal(t, activity.Activity{TeamTTL: 24 * time.Hour, SeatTTL: 15 * time.Minute, MaxQuantity: 1}, filled)
	require.Equal(t, spring(), spring().WithDefaults())
}

func TestGoods_Validate(t *testing.T) {
	require.Empty(t, goods("tea", 1, activity.MaxPrice).Validate())
	for _, test := range []struct {
		name   string
		change func(g *activity.Goods)
		want   []string
	}{
		{"bad id", func(g *activity.Goods) { g.ID = "a b" }, []string{"goods_id"}},
		{"id too long", func(g *activity.Goods) { g.ID = activity.GoodsID(strings.Repeat("a", 65)) }, []string{"goods_id"}},
		{"no name", func(g *activity.Goods) { g.Name = "" }, []string{"name"}},
		{"no SKU", func(g *activity.Goods) { g.SKUs = nil }, []string{"skus"}},
		{"too many SKUs", func(g *activity.Goods) {
			*g = goods("tea", make([]money.Fen, 201)...)
			for i := range g.SKUs {
				g.SKUs[i].OriginalPrice = 1
			}
		}, []string{"skus"}},
		{"bad SKU", func(g *activity.Goods) { g.SKUs[1] = activity.SKU{ID: "红"} }, []string{"skus[1].sku_id", "skus[1].name", "skus[1].original_price_fen"}},
		{"SKU twice", func(g *activity.Goods) { g.SKUs[1].ID = g.SKUs[0].ID }, []string{"skus[1].sku_id"}},
		{"too dear", func(g *activity.Goods) { g.SKUs[0].OriginalPrice = activity.MaxPrice + 1 }, []string{"skus[0].original_price_fen"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := goods("tea", 1000, 1500)
			test.change(&g)
			var got []string
			for _, fault := range g.Validate() {
				got = append(got, fault.Param)
			}
			require.Equal(t, test.want, got)
		})
	}
}
