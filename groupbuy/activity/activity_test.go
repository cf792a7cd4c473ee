package activity_test

import (
	"fmt"
	"slices"
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
		Rules: []activity.Rule{{Plan: reduce(200)}}, TeamSize: 3,
		StartsAt: noon().Add(-4 * time.Hour), EndsAt: noon().Add(8 * time.Hour),
		TeamTTL: time.Hour, SeatTTL: 10 * time.Minute, MaxQuantity: 1, RolloutPercent: 100, BuyAlone: true,
	}
}

func reduce(off money.Fen) activity.Plan { return activity.Plan{Kind: activity.Reduce, Off: off} }

func fixed(price money.Fen) activity.Plan { return activity.Plan{Kind: activity.Fixed, Price: price} }

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

// among is where the tests publish: with the catalogue, one tag, and rivals.
func among(rivals ...activity.Activity) activity.Background {
	return activity.Background{Goods: catalogue(), Rivals: rivals, Tags: []activity.TagID{"vip"}}
}

func buyers(n int) []activity.Buyer {
	list := make([]activity.Buyer, n)
	for i := range list {
		list[i] = activity.Buyer(fmt.Sprintf("u%06d", i))
	}
	return list
}

func plan(p activity.Plan) func(a *activity.Activity) {
	return func(a *activity.Activity) { a.Rules[0].Plan = p }
}

func tiered(list ...activity.Tier) func(a *activity.Activity) {
	return func(a *activity.Activity) { a.Tiers = list }
}

func TestStatus_CanBecome(t *testing.T) {
	all := []activity.Status{activity.Draft, activity.Published, activity.Paused, activity.Ended, activity.Archived, "gone", ""}
	legal := map[activity.Status][]activity.Status{
		activity.Draft: {activity.Published}, activity.Published: {activity.Paused, activity.Ended}, activity.Paused: {activity.Published, activity.Ended},
		activity.Ended: {activity.Archived},
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
	require.Empty(t, spring().Faults(among()))
	for _, test := range []struct {
		name   string
		change func(a *activity.Activity)
		want   []string // parameters
	}{
		{"no name", func(a *activity.Activity) { a.Name = "" }, []string{"name"}},
		{"longest name", func(a *activity.Activity) { a.Name = strings.Repeat("团", 200) }, nil},
		{"name too long", func(a *activity.Activity) { a.Name = strings.Repeat("团", 201) }, []string{"name"}},
		{"name of blanks", func(a *activity.Activity) { a.Name = " \u3000\u00a0" }, []string{"name"}},
		{"name of two lines", func(a *activity.Activity) { a.Name = "spring\nsale" }, []string{"name"}},
		{"name with a blank", func(a *activity.Activity) { a.Name = "spring sale" }, nil},
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
		{"no rules", func(a *activity.Activity) { a.Rules = nil }, []string{"rules"}},
		{"too many rules", func(a *activity.Activity) { a.Rules = slices.Repeat(a.Rules, 21) }, []string{"rules"}},
		{"no price for buyers of no tag", func(a *activity.Activity) { a.Rules[0].Tag = "vip" }, []string{"rules"}},
		{"rule of an unknown tag", func(a *activity.Activity) {
			a.Rules = append(a.Rules, activity.Rule{Plan: reduce(100), Tag: "gold"})
		}, []string{"rules[1].tag"}},
		{"rule of a tag", func(a *activity.Activity) { a.Rules = append(a.Rules, activity.Rule{Plan: reduce(250), Tag: "vip"}) }, nil},
		{"plan without kind", plan(activity.Plan{}), []string{"rules[0].plan.kind"}},
		{"reduce nothing", plan(reduce(0)), []string{"rules[0].plan.off_fen"}},
		{"threshold of nothing", plan(activity.Plan{Kind: activity.Threshold}), []string{"rules[0].plan.off_fen", "rules[0].plan.from_fen"}},
		{"percent of nothing", plan(activity.Plan{Kind: activity.Percent}), []string{"rules[0].plan.share_bp"}},
		{"percent of the whole", plan(activity.Plan{Kind: activity.Percent, Share: 10_000}), []string{"rules[0].plan.share_bp"}},
		{"fixed at nothing", plan(fixed(0)), []string{"rules[0].plan.price_fen"}},
		{"no price left for one SKU", plan(reduce(300)), []string{"rules[0].plan"}},
		{"no price left for all", plan(reduce(2000)), []string{"rules[0].plan", "rules[0].plan", "rules[0].plan"}},
		{"one fen left", plan(reduce(299)), nil},
		{"percent below half a fen", plan(activity.Plan{Kind: activity.Percent, Share: 1}), []string{"rules[0].plan", "rules[0].plan", "rules[0].plan"}},
		{"leader discount takes all of one SKU", func(a *activity.Activity) { a.LeaderDiscount = 100 }, []string{"rules[0].plan"}},
		{"leader discount leaves a fen", func(a *activity.Activity) { a.LeaderDiscount = 99 }, nil},
		{"leader discount below nothing", func(a *activity.Activity) { a.LeaderDiscount = -1 }, []string{"leader_discount_fen"}},
		{"a tier", tiered(activity.Tier{Size: 5, Plan: reduce(250)}), nil},
		{"two tiers", tiered(activity.Tier{Size: 4, Plan: reduce(210)}, activity.Tier{Size: 1000, Plan: reduce(220)}), nil},
		{"too many tiers", func(a *activity.Activity) {
			for i := range 11 {
				a.Tiers = append(a.Tiers, activity.Tier{Size: 4 + i, Plan: reduce(money.Fen(210 + i))})
			}
		}, []string{"tiers"}},
		{"tier no larger than the team", tiered(activity.Tier{Size: 3, Plan: reduce(250)}), []string{"tiers[0].size"}},
		{"tiers that do not rise", tiered(activity.Tier{Size: 5, Plan: reduce(210)}, activity.Tier{Size: 5, Plan: reduce(220)}), []string{"tiers[1].size"}},
		{"tier too large", tiered(activity.Tier{Size: 1001, Plan: reduce(250)}), []string{"tiers[0].size"}},
		{"tier as dear as the team", tiered(activity.Tier{Size: 5, Plan: reduce(200)}), []string{"tiers[0].plan", "tiers[0].plan", "tiers[0].plan"}},
		{"tier dearer for one SKU", tiered(activity.Tier{Size: 5, Plan: fixed(799)}), []string{"tiers[0].plan"}},
		{"second tier as dear", tiered(activity.Tier{Size: 4, Plan: reduce(250)}, activity.Tier{Size: 5, Plan: reduce(250)}),
			[]string{"tiers[1].plan", "tiers[1].plan", "tiers[1].plan"}},
		{"tier without a plan", tiered(activity.Tier{Size: 5}), []string{"tiers[0].plan.kind"}},
		{"tier leaves no price", tiered(activity.Tier{Size: 5, Plan: reduce(300)}), []string{"tiers[0].plan"}},
		{"unknown audience", func(a *activity.Activity) { a.Audience = activity.Audience{See: "gold", Join: "gone"} }, []string{"audience.see", "audience.join"}},
		{"known audience", func(a *activity.Activity) { a.Audience = activity.Audience{See: "vip", Join: "vip"} }, nil},
		{"unknown instant tag", func(a *activity.Activity) { a.InstantTag = "gold" }, []string{"instant_tag"}},
		{"percent 101", func(a *activity.Activity) { a.RolloutPercent = 101 }, []string{"rollout_percent"}},
		{"percent -1", func(a *activity.Activity) { a.RolloutPercent = -1 }, []string{"rollout_percent"}},
		{"nobody yet", func(a *activity.Activity) { a.RolloutPercent = 0 }, nil},
		{"more real people than the team has", func(a *activity.Activity) { a.MinReal = 4 }, []string{"min_real"}},
		{"as many real people as the team has", func(a *activity.Activity) { a.MinReal = 3 }, nil},
		{"bad buyer", func(a *activity.Activity) { a.DenyBuyers = []activity.Buyer{"ann", "b b"} }, []string{"deny_buyers[1]"}},
		{"most buyers", func(a *activity.Activity) { a.AllowBuyers = buyers(10_000) }, nil},
		{"too many buyers", func(a *activity.Activity) { a.AllowBuyers = buyers(10_001) }, []string{"allow_buyers"}},
		{"allowed and denied", func(a *activity.Activity) {
			a.AllowBuyers, a.DenyBuyers = []activity.Buyer{"ann", "bob"}, []activity.Buyer{"bob", "eve"}
		}, []string{"allow_buyers[1]"}},
		{"bad blocked channel", func(a *activity.Activity) { a.BlockedChannels = []activity.Channel{""} }, []string{"blocked_channels[0]"}},
		{"channel wanted and blocked", func(a *activity.Activity) {
			a.Channels, a.BlockedChannels = []activity.Channel{"app", "live"}, []activity.Channel{"live"}
		}, []string{"channels[1]"}},
		{"a faulty rule hides no other", func(a *activity.Activity) {
			a.Rules = append(a.Rules, activity.Rule{Plan: fixed(0), Tag: "vip"}, activity.Rule{Plan: reduce(300), Tag: "vip"})
		}, []string{"rules[1].plan.price_fen", "rules[2].plan"}},
		{"a faulty tier hides no other", tiered(activity.Tier{Size: 4, Plan: reduce(210)}, activity.Tier{Size: 5}, activity.Tier{Size: 6, Plan: reduce(210)}),
			[]string{"tiers[1].plan.kind", "tiers[2].plan", "tiers[2].plan", "tiers[2].plan"}},
		{"a bad leader discount hides no plan", func(a *activity.Activity) { a.LeaderDiscount, a.Rules[0].Plan = -1, reduce(300) },
			[]string{"leader_discount_fen", "rules[0].plan"}},
		{"no fixed price at one rule, a tier still looked at", func(a *activity.Activity) {
			a.Rules[0].Plan, a.Tiers = fixed(0), []activity.Tier{{Size: 5, Plan: reduce(300)}}
		}, []string{"rules[0].plan.price_fen", "tiers[0].plan"}},
		{"fixed with fields of the others", plan(activity.Plan{Kind: activity.Fixed, Price: 100, Off: 1, From: 1, Share: 1}),
			[]string{"rules[0].plan.off_fen", "rules[0].plan.from_fen", "rules[0].plan.share_bp"}},
		{"reduce with a price", plan(activity.Plan{Kind: activity.Reduce, Off: 100, Price: 1}), []string{"rules[0].plan.price_fen"}},
		{"everything at once", func(a *activity.Activity) {
			*a = activity.Activity{MinReal: 1, RolloutPercent: 101, Audience: activity.Audience{See: "gold"}}
		},
			[]string{"name", "goods", "team_size", "max_quantity", "rollout_percent", "min_real", "starts_at", "ends_at", "team_ttl_seconds",
				"seat_ttl_seconds", "audience.see", "rules"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := spring()
			test.change(&a)
			var got []string
			for _, fault := range a.Faults(among()) {
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
		{"blocks the channel in common", func(r *activity.Activity) {
			r.Channels, r.BlockedChannels = nil, []activity.Channel{"app"}
		}, false},
		{"blocks another channel", func(r *activity.Activity) {
			r.Channels, r.BlockedChannels = nil, []activity.Channel{"live"}
		}, true},
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
			faults := a.Faults(among(rival))
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
	given := []activity.Buyer{"bob", "ann", "bob"}
	a := activity.Activity{DenyBuyers: given}.WithDefaults()
	require.Equal(t, []activity.Buyer{"ann", "bob"}, a.DenyBuyers, "in order, each once")
	require.Equal(t, []activity.Buyer{"bob", "ann", "bob"}, given)
	blank := activity.Blank()
	require.Equal(t, 100, blank.RolloutPercent)
	require.True(t, blank.BuyAlone)
}

// One fault per SKU would be a million for the largest activity.
func TestActivity_FaultsAreBounded(t *testing.T) {
	a := spring()
	a.Goods, a.Rules = []activity.GoodsID{"many"}, []activity.Rule{{Plan: reduce(5000)}}
	many := goods("many", slices.Repeat([]money.Fen{1000}, 150)...)
	found := a.Faults(activity.Background{Goods: []activity.Goods{many}})
	require.Len(t, found, 21)
	require.Equal(t, activity.Fault{Param: "rules[0].plan", Detail: "the same goes for 130 more"}, found[20])
	require.Contains(t, found[0].Detail, "many-0")
	require.Contains(t, found[0].Detail, "10.00")
}

func TestActivity_FaultsTellTheValue(t *testing.T) {
	a := spring()
	a.AllowBuyers, a.DenyBuyers, a.MinReal = buyers(40)[:30], buyers(100_000), 7
	a.Tiers = []activity.Tier{{Size: 5, Plan: fixed(900)}}
	a.RolloutPercent, a.TeamTTL, a.LeaderDiscount, a.EndsAt = 101, time.Millisecond, -1, a.StartsAt
	details, values := map[string]string{}, map[string]string{}
	for _, fault := range a.Faults(among()) {
		details[fault.Param], values[fault.Param] = fault.Detail, fault.Value
	}
	for param, want := range map[string]string{
		"rollout_percent": "101", "team_ttl_seconds": "0", "leader_discount_fen": "-1", "min_real": "7", "deny_buyers": "100000",
		"ends_at": "2026-05-01T08:00:00.000Z",
	} {
		require.Equal(t, want, values[param], param)
	}
	a.LeaderDiscount = 0
	for _, fault := range a.Faults(among()) {
		details[fault.Param] = fault.Detail
	}
	require.Contains(t, details["deny_buyers"], "100000")
	require.Contains(t, details["min_real"], "3")
	require.Equal(t, "the same goes for 10 more", details["allow_buyers"])
	require.Contains(t, details["tiers[0].plan"], "3.00", "the limit")
}

func TestActivity_Copy(t *testing.T) {
	source := spring()
	source.Version, source.CreatedAt, source.Status = 3, noon(), activity.Ended
	draft := source.Copy("summer")
	want := spring()
	want.ID, want.Name, want.Status = "", "summer", activity.Draft
	require.Equal(t, want, draft)
}

func TestActivity_Tags(t *testing.T) {
	a := spring()
	require.Empty(t, a.Tags())
	a.Audience, a.InstantTag = activity.Audience{See: "vip", Join: "gold"}, "vip"
	a.Rules = append(a.Rules, activity.Rule{Tag: "new"})
	require.Equal(t, []activity.TagID{"gold", "new", "vip"}, a.Tags())
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
		{"name of blanks", func(g *activity.Goods) { g.Name, g.SKUs[0].Name = " ", "\t" }, []string{"name", "skus[0].name"}},
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

// An activity that is over sells nothing to anybody; it is copied, not published.
func TestActivity_FaultsOfAWindowThatIsOver(t *testing.T) {
	late := among()
	late.Now = spring().EndsAt.Add(-time.Millisecond)
	require.Empty(t, spring().Faults(late))
	late.Now = spring().EndsAt
	faults := spring().Faults(late)
	require.Len(t, faults, 1)
	require.Equal(t, "ends_at", faults[0].Param)
	require.Contains(t, faults[0].Detail, "now")
}
