package activity_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/money"
)

func item() activity.Item { return activity.Item{Goods: "tea", SKU: "tea-0", Channel: "app"} }

func snapshot(change func(a *activity.Activity)) *activity.Snapshot {
	a := spring()
	if change != nil {
		change(&a)
	}
	return snapshotOf(a)
}

func snapshotOf(list ...activity.Activity) *activity.Snapshot {
	return activity.NewSnapshot(list, catalogue(), activity.DefaultSettings(), activity.NoCrowd{})
}

func ask() activity.Ask { return activity.Ask{Partner: "mall", Buyer: "ann", Item: item()} }

func joining() activity.Ask {
	a := ask()
	a.Joining = true
	return a
}

func TestSnapshot_Quote(t *testing.T) {
	q := snapshot(nil).Quote(ask(), noon())
	require.Equal(t, activity.ID("act_1"), q.Activity.ID)
	require.Equal(t, activity.GoodsID("tea"), q.Goods.ID)
	require.Equal(t, activity.SKUID("tea-0"), q.SKU.ID)
	require.EqualValues(t, 1000, q.Original)
	require.EqualValues(t, 800, q.PayPrice)
	require.EqualValues(t, 200, q.Deduction())
	require.True(t, q.Visible)
	require.True(t, q.Joinable)
	require.Empty(t, q.Reason)
}

// TestSnapshot_Refusals looks at opening and joining from every side of the windows.
func TestSnapshot_Refusals(t *testing.T) {
	const closed, blocked = activity.ReasonActivityNotOpen, activity.ReasonChannelBlocked
	start, end := spring().StartsAt, spring().EndsAt
	status := func(s activity.Status) func(*activity.Activity) {
		return func(a *activity.Activity) { a.Status = s }
	}
	closing := func(a *activity.Activity) { a.CloseTeamsAtEnd = true }
	for _, test := range []struct {
		name         string
		change       func(a *activity.Activity)
		at           time.Time
		opens, joins activity.Reason
		visible      bool
	}{
		{"within", nil, noon(), "", "", true},
		{"at the start", nil, start, "", "", true},
		{"before the start", nil, start.Add(-1), closed, "", true},
		{"before the end", nil, end.Add(-1), "", "", true},
		{"at the end", nil, end, closed, "", false},
		{"at the end, teams close too", closing, end, closed, closed, false},
		{"before the end, teams close too", closing, end.Add(-1), "", "", true},
		{"paused", status(activity.Paused), noon(), closed, closed, true},
		{"ended", status(activity.Ended), noon(), closed, "", false},
		{"archived", status(activity.Archived), noon(), closed, "", false},
		{"blocked channel", func(a *activity.Activity) { a.BlockedChannels = []activity.Channel{"app"} }, noon(), blocked, blocked, false},
		{"other channel blocked", func(a *activity.Activity) { a.BlockedChannels = []activity.Channel{"live"} }, noon(), "", "", true},
		{"ended, teams close too", func(a *activity.Activity) { a.Status, a.CloseTeamsAtEnd = activity.Ended, true }, noon(), closed, closed, false},
		{"its channel", func(a *activity.Activity) { a.Channels = []activity.Channel{"live", "app"} }, noon(), "", "", true},
		{"other channel", func(a *activity.Activity) { a.Channels = []activity.Channel{"live"} }, noon(), blocked, blocked, false},
		{"other channel goes before time", func(a *activity.Activity) { a.Channels = []activity.Channel{"live"} }, end, blocked, blocked, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := snapshot(test.change)
			opening := s.QuoteIn(ask(), "act_1", test.at)
			require.Equal(t, test.opens, opening.Reason)
			require.Equal(t, test.opens == "", opening.Joinable)
			require.Equal(t, test.visible, opening.Visible)
			joined := s.QuoteIn(joining(), "act_1", test.at)
			require.Equal(t, test.joins, joined.Reason)
			require.Equal(t, test.joins == "", joined.Joinable)
			require.Equal(t, opening, s.Quote(ask(), test.at), "the only activity there is")
			require.EqualValues(t, 800, opening.PayPrice)
		})
	}
}

func TestSnapshot_QuoteOfNothing(t *testing.T) {
	s := snapshot(nil)
	items := map[string]activity.Item{
		"goods": {Goods: "pots", SKU: "tea-0", Channel: "app"}, "SKU": {Goods: "tea", SKU: "tea-9", Channel: "app"},
	}
	nothing := activity.Quote{Reason: activity.ReasonGoodsNotFound, Rule: activity.NoRule}
	for name, item := range items {
		unknown := ask()
		unknown.Item = item
		require.Equal(t, nothing, s.Quote(unknown, noon()), name)
		require.Equal(t, nothing, s.QuoteIn(unknown, "act_1", noon()), name)
	}
	theirs := ask()
	theirs.Partner = "other"
	require.Equal(t, activity.ReasonGoodsNotFound, s.Quote(theirs, noon()).Reason)

	bare := snapshotOf()
	q := bare.Quote(ask(), noon())
	require.Equal(t, activity.ReasonNoActivity, q.Reason)
	require.Nil(t, q.Activity)
	require.Equal(t, money.Fen(1000), q.PayPrice, "the original price")
	require.False(t, q.Visible || q.Joinable)
}

func TestSnapshot_QuoteInOtherActivity(t *testing.T) {
	theirs := spring()
	theirs.ID, theirs.Partner = "act_2", "other"
	pots := spring()
	pots.ID, pots.Goods = "act_3", []activity.GoodsID{"pots"}
	draft := spring()
	draft.ID, draft.Status = "act_4", activity.Draft
	s := snapshotOf(spring(), theirs, pots, draft)
	for _, id := range []activity.ID{"act_2", "act_3", "act_4", "act_5"} {
		require.Equal(t, activity.ReasonNoActivity, s.QuoteIn(ask(), id, noon()).Reason, id)
	}
}

// TestSnapshot_QuoteChooses among several activities over the same goods, whatever order they come in.
func TestSnapshot_QuoteChooses(t *testing.T) {
	shaped := func(id activity.ID, change func(a *activity.Activity)) activity.Activity {
		a := spring()
		a.ID = id
		change(&a)
		return a
	}
	over := shaped("act_over", func(a *activity.Activity) {
		a.StartsAt, a.EndsAt = noon().Add(-9*time.Hour), noon().Add(-8*time.Hour)
	})
	open := shaped("act_open", func(*activity.Activity) {})
	coming := shaped("act_coming", func(a *activity.Activity) {
		a.StartsAt, a.EndsAt = noon().Add(8*time.Hour), noon().Add(9*time.Hour)
	})
	live := shaped("act_live", func(a *activity.Activity) { a.Channels = []activity.Channel{"live"} })
	for _, test := range []struct {
		list []activity.Activity
		want activity.ID
	}{
		{[]activity.Activity{over, open, coming, live}, "act_open"},
		{[]activity.Activity{over, coming, live}, "act_coming"},
		{[]activity.Activity{over, live}, "act_over"},
		{[]activity.Activity{coming, over}, "act_coming"},
	} {
		s := snapshotOf(test.list...)
		require.Equal(t, test.want, s.Quote(ask(), noon()).Activity.ID)
	}
}

func TestSnapshot_Activity(t *testing.T) {
	s := snapshot(nil)
	a, found := s.Activity("mall", "act_1")
	require.True(t, found)
	require.Equal(t, spring(), a)
	_, found = s.Activity("other", "act_1")
	require.False(t, found)
	_, found = snapshot(func(a *activity.Activity) { a.Status = activity.Draft }).Activity("mall", "act_1")
	require.False(t, found, "nobody sees a draft")
}

func TestSnapshot_Activities(t *testing.T) {
	list := func(channel activity.Channel, at time.Time) []activity.ID {
		var all []activity.Activity
		for id, change := range map[activity.ID]func(a *activity.Activity){
			"act_b": func(*activity.Activity) {}, "act_a": func(*activity.Activity) {},
			"act_soon":   func(a *activity.Activity) { a.EndsAt = noon().Add(time.Minute) },
			"act_live":   func(a *activity.Activity) { a.Channels = []activity.Channel{"live"} },
			"act_paused": func(a *activity.Activity) { a.Status = activity.Paused },
			"act_theirs": func(a *activity.Activity) { a.Partner = "other" },
		} {
			a := spring()
			a.ID = id
			change(&a)
			all = append(all, a)
		}
		var ids []activity.ID
		for _, a := range snapshotOf(all...).Activities("mall", channel, at) {
			ids = append(ids, a.ID)
		}
		return ids
	}
	require.Equal(t, []activity.ID{"act_soon", "act_a", "act_b"}, list("app", noon()))
	require.Equal(t, []activity.ID{"act_soon", "act_a", "act_b", "act_live"}, list("", noon()))
	require.Empty(t, list("", noon().Add(24*time.Hour)))
}
