package activity_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/money"
)

// crowd knows the members of some tags; any other was never built.
type crowd map[activity.TagID][]activity.Buyer

func (c crowd) Tagged(p partner.ID, tag activity.TagID, b activity.Buyer) activity.Membership {
	members, built := c[tag]
	switch {
	case !built || p != "mall":
		return activity.NeverBuilt
	case slices.Contains(members, b):
		return activity.In
	default:
		return activity.NotIn
	}
}

// obstacle is one thing that keeps ann out.
type obstacle struct {
	reason  activity.Reason
	put     func(a *activity.Activity, s *activity.Settings)
	visible bool // she still sees the activity
}

// obstacles are in the order of domain.md.
func obstacles() []obstacle {
	return []obstacle{
		{activity.ReasonDowngraded, func(_ *activity.Activity, s *activity.Settings) { s.Downgraded = true }, false},
		{activity.ReasonRolledOut, func(a *activity.Activity, _ *activity.Settings) { a.RolloutPercent = 0 }, false},
		{activity.ReasonChannelBlocked, func(a *activity.Activity, _ *activity.Settings) { a.BlockedChannels = []activity.Channel{"app"} }, false},
		{activity.ReasonBuyerDenied, func(a *activity.Activity, _ *activity.Settings) { a.DenyBuyers = []activity.Buyer{"ann"} }, false},
		{activity.ReasonActivityNotOpen, func(a *activity.Activity, _ *activity.Settings) { a.Status = activity.Paused }, true},
		{activity.ReasonAudience, func(a *activity.Activity, _ *activity.Settings) { a.Audience.Join = "gold" }, true},
		{activity.ReasonNoPrice, func(a *activity.Activity, _ *activity.Settings) { a.Rules = []activity.Rule{{Plan: reduce(1000)}} }, false},
		{activity.ReasonNewBuyersOnly, func(a *activity.Activity, _ *activity.Settings) { a.NewBuyersOnly = true }, true},
	}
}

func judge(a activity.Activity, s activity.Settings) *activity.Snapshot {
	known := crowd{"vip": {"ann"}, "gold": {"bob"}, activity.PaidBuyers: {"ann"}}
	return activity.NewSnapshot([]activity.Activity{a}, catalogue(), s, known)
}

// With every obstacle from one on in the way, that one is the answer; and explain shows exactly those.
func TestTrial_FirstRefusalIsTheAnswer(t *testing.T) {
	list := obstacles()
	for first := range len(list) + 1 {
		a, settings, visible := spring(), activity.DefaultSettings(), true
		for _, o := range list[first:] {
			o.put(&a, &settings)
			visible = visible && o.visible
		}
		want := activity.ReasonNone
		if first < len(list) {
			want = list[first].reason
		}
		s := judge(a, settings)
		q := s.QuoteIn(joining(), "act_1", noon())
		require.Equal(t, want, q.Reason)
		require.Equal(t, want == activity.ReasonNone, q.Joinable, want)
		require.Equal(t, visible, q.Visible, want)
		verdicts := s.Explain(joining(), "act_1", noon())
		require.Len(t, verdicts, len(list))
		for i, verdict := range verdicts {
			require.Equal(t, string(list[i].reason), verdict.Rule, "in the same order")
			require.Equal(t, i < first, verdict.OK, verdict.Rule)
			require.NotEmpty(t, verdict.Detail)
		}
	}
}

// Each obstacle by itself, and the ways round it.
func TestTrial_Refusals(t *testing.T) {
	const opens, joins = false, true
	for _, test := range []struct {
		name    string
		put     func(a *activity.Activity, s *activity.Settings)
		joining bool
		want    activity.Reason
		visible bool
	}{
		{"global rollout of nobody", func(_ *activity.Activity, s *activity.Settings) { s.RolloutPercent = 0 }, opens, activity.ReasonRolledOut, false},
		{"on the allow list", func(a *activity.Activity, _ *activity.Settings) {
			a.AllowBuyers = []activity.Buyer{"abe", "ann", "bob"}
		}, opens, "", true},
		{"not on the allow list", func(a *activity.Activity, _ *activity.Settings) { a.AllowBuyers = []activity.Buyer{"abe", "bob"} }, opens, activity.ReasonBuyerDenied, false},
		{"others are denied", func(a *activity.Activity, _ *activity.Settings) { a.DenyBuyers = []activity.Buyer{"abe", "bob"} }, opens, "", true},
		{"allowed and denied", func(a *activity.Activity, _ *activity.Settings) {
			a.AllowBuyers, a.DenyBuyers = []activity.Buyer{"ann"}, []activity.Buyer{"ann"}
		}, opens, activity.ReasonBuyerDenied, false},
		{"sees and joins", func(a *activity.Activity, _ *activity.Settings) {
			a.Audience = activity.Audience{See: "vip", Join: "vip"}
		}, opens, "", true},
		{"does not see", func(a *activity.Activity, _ *activity.Settings) { a.Audience.See = "gold" }, opens, activity.ReasonAudience, false},
		{"sees and may not join", func(a *activity.Activity, _ *activity.Settings) {
			a.Audience = activity.Audience{See: "vip", Join: "gold"}
		}, joins, activity.ReasonAudience, true},
		{"a tag never built is seen by nobody", func(a *activity.Activity, _ *activity.Settings) { a.Audience.See = "later" }, opens, activity.ReasonAudience, false},
		{"a tag never built is joined by nobody", func(a *activity.Activity, _ *activity.Settings) { a.Audience.Join = "later" }, joins, activity.ReasonAudience, true},
		{"an old buyer opens", func(a *activity.Activity, _ *activity.Settings) { a.NewBuyersOnly = true }, opens, "", true},
		{"an old buyer joins", func(a *activity.Activity, _ *activity.Settings) { a.NewBuyersOnly = true }, joins, activity.ReasonNewBuyersOnly, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, settings := spring(), activity.DefaultSettings()
			test.put(&a, &settings)
			asked := ask()
			asked.Joining = test.joining
			q := judge(a, settings).QuoteIn(asked, "act_1", noon())
			require.Equal(t, test.want, q.Reason)
			require.Equal(t, test.visible, q.Visible)
		})
	}
}

func TestTrial_NewBuyersJoin(t *testing.T) {
	a := spring()
	a.NewBuyersOnly = true
	asked := joining()
	asked.Buyer = "cleo"
	require.True(t, judge(a, activity.DefaultSettings()).QuoteIn(asked, "act_1", noon()).Joinable)
	require.Equal(t, activity.ReasonNewBuyersOnly, snapshotOf(a).QuoteIn(asked, "act_1", noon()).Reason, "nobody knows yet who ever paid")
}

func TestReasons_AreInOrder(t *testing.T) {
	want := []activity.Reason{activity.ReasonGoodsNotFound, activity.ReasonNoActivity}
	for _, o := range obstacles() {
		want = append(want, o.reason)
	}
	require.Equal(t, want, activity.Reasons())
}

func TestSnapshot_ExplainTellsValues(t *testing.T) {
	a := spring()
	a.RolloutPercent, a.Audience, a.NewBuyersOnly = 30, activity.Audience{See: "vip", Join: "later"}, true
	a.Channels, a.BlockedChannels = []activity.Channel{"app", "h5"}, []activity.Channel{"live"}
	a.DenyBuyers = []activity.Buyer{"eve"}
	values := map[string]activity.Verdict{}
	for _, v := range judge(a, activity.DefaultSettings()).Explain(joining(), "act_1", noon()) {
		values[v.Rule] = v
	}
	require.Equal(t, "false", values["downgraded"].Value)
	require.Regexp(t, `^activity \d+, global \d+$`, values["rolled_out"].Value)
	require.Contains(t, values["rolled_out"].Detail, "below 3000 of the activity and below 10000 of all")
	require.Equal(t, activity.Verdict{Rule: "channel_blocked", OK: true, Value: "app", Detail: "is for app, h5; blocked: live"}, values["channel_blocked"])
	require.Contains(t, values["buyer_denied"].Detail, "1 are denied")
	require.Equal(t, "published at 2026-05-01T12:00:00.000Z", values["activity_not_open"].Value)
	require.Equal(t, "vip: in, later: never built", values["audience"].Value)
	require.Equal(t, "paid_buyers: in", values["new_buyers_only"].Value)
}

func TestSnapshot_ExplainNothing(t *testing.T) {
	s := snapshot(nil)
	unknown := ask()
	unknown.Item.SKU = "tea-9"
	verdicts := s.Explain(unknown, "act_1", noon())
	require.Len(t, verdicts, 1)
	require.Equal(t, "goods_not_found", verdicts[0].Rule)
	require.Equal(t, "tea/tea-9", verdicts[0].Value)
	verdicts = s.Explain(ask(), "act_0", noon())
	require.Len(t, verdicts, 1)
	require.Equal(t, "no_activity", verdicts[0].Rule)
}

// A draft is tried as if it were published, under the switches and tags of the snapshot it is tried from.
func TestSnapshot_AsIf(t *testing.T) {
	draft := spring()
	draft.ID, draft.Status, draft.Rules = "act_2", activity.Draft, []activity.Rule{{Plan: reduce(300), Tag: "vip"}}
	live := judge(spring(), activity.DefaultSettings())
	tried := live.AsIf(draft, catalogue())
	q := tried.QuoteIn(ask(), "act_2", noon())
	require.True(t, q.Joinable)
	require.EqualValues(t, 700, q.PayPrice)
	require.Equal(t, activity.ReasonNoActivity, tried.QuoteIn(ask(), "act_1", noon()).Reason, "the draft alone")
	require.Equal(t, activity.ReasonNoActivity, live.QuoteIn(ask(), "act_2", noon()).Reason, "the draft stays unseen")
	require.Equal(t, activity.ReasonActivityNotOpen, tried.QuoteIn(ask(), "act_2", noon().Add(24*time.Hour)).Reason)
	off := judge(spring(), activity.Settings{Downgraded: true, RolloutPercent: 100})
	require.Equal(t, activity.ReasonDowngraded, off.AsIf(draft, catalogue()).QuoteIn(ask(), "act_2", noon()).Reason)
}

// A partner may lower a price below what an activity takes off at any time. Nobody then buys for 1 fen.
func TestTrial_NoPrice(t *testing.T) {
	vip := activity.Rule{Plan: reduce(1000), Tag: "vip"} // leaves nothing of 1,000 fen
	for _, test := range []struct {
		name   string
		change func(a *activity.Activity)
		pays   money.Fen // 0: no group price
	}{
		{"leaves one fen", plan(reduce(999)), 1},
		{"leaves nothing", plan(reduce(1000)), 0},
		{"a share of less than a fen", plan(activity.Plan{Kind: activity.Percent, Share: 1}), 0},
		{"the leader discount takes the last fen", func(a *activity.Activity) { a.LeaderDiscount = 800 }, 0},
		{"the leader discount leaves one fen", func(a *activity.Activity) { a.LeaderDiscount = 799 }, 1},
		{"another rule has a price", func(a *activity.Activity) { a.Rules = append(a.Rules, vip) }, 800},
		{"only the rule of others has a price", func(a *activity.Activity) {
			a.Rules = []activity.Rule{vip, {Plan: reduce(100), Tag: "gold"}}
		}, 0},
		{"a tier leaves nothing", tiered(activity.Tier{Size: 4, Plan: reduce(300)}, activity.Tier{Size: 5, Plan: reduce(1000)}), 0},
		{"a tier leaves a fen", tiered(activity.Tier{Size: 4, Plan: reduce(999)}), 800},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := spring()
			test.change(&a)
			s := judge(a, activity.DefaultSettings())
			q := s.Quote(ask(), noon())
			if test.pays > 0 {
				require.Equal(t, test.pays, q.PayPrice)
				require.True(t, q.Joinable)
				return
			}
			require.Equal(t, activity.ReasonNoPrice, q.Reason)
			require.False(t, q.Visible)
			require.Equal(t, activity.ReasonNoPrice, s.QuoteIn(joining(), "act_1", noon()).Reason)
		})
	}
	a := spring()
	a.Rules = append(a.Rules, vip)
	s := judge(a, activity.DefaultSettings())
	verdicts := s.ExplainPrice(ask(), s.Quote(ask(), noon()), noon())
	require.False(t, verdicts[1].OK)
	require.Equal(t, "no price", verdicts[1].Value)
	a.Rules = []activity.Rule{vip}
	q := judge(a, activity.DefaultSettings()).Quote(ask(), noon())
	require.Equal(t, activity.NoRule, q.Rule)
	require.Equal(t, q.Original, q.PayPrice)
	require.Zero(t, q.LeaderDiscount)
}
