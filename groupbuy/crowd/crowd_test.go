package crowd_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/money"
)

func day(d, h int) time.Time { return time.Date(2026, 11, d, h, 0, 0, 0, time.UTC) }

// The first instant of a window is inside, the last is not; of the last days both are.
func TestTally_AtTheEdgesOfItsWindow(t *testing.T) {
	now := day(20, 8)
	ms := time.Millisecond
	fixed := crowd.Window{From: day(1, 0), To: day(2, 0)}
	last := crowd.Window{Days: 7}
	tests := map[string]struct {
		window crowd.Window
		paidAt time.Time
		want   bool
	}{
		"all time":               {crowd.Window{}, day(1, 0), true},
		"only refund known":      {crowd.Window{}, time.Time{}, false},
		"before from":            {fixed, fixed.From.Add(-ms), false},
		"at from":                {fixed, fixed.From, true},
		"before to":              {fixed, fixed.To.Add(-ms), true},
		"at to":                  {fixed, fixed.To, false},
		"open end":               {crowd.Window{From: day(1, 0)}, day(30, 0), true},
		"open end, before":       {crowd.Window{From: day(1, 0)}, day(1, 0).Add(-ms), false},
		"open beginning":         {crowd.Window{To: day(1, 0)}, time.UnixMilli(1), true},
		"open beginning, at to":  {crowd.Window{To: day(1, 0)}, day(1, 0), false},
		"exactly seven days ago": {last, now.Add(-7 * 24 * time.Hour), true},
		"a moment more":          {last, now.Add(-7*24*time.Hour - ms), false},
		"now":                    {last, now, true},
		"after now":              {last, now.Add(ms), false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			rule := crowd.Rule{Match: crowd.All, Conditions: []crowd.Condition{{Measure: crowd.OrderCount, AtLeast: 1, Window: tc.window}}}
			tally := crowd.NewTally(rule, now)
			paidAt := int64(0)
			if !tc.paidAt.IsZero() {
				paidAt = tc.paidAt.UnixMilli()
			}
			tally.Add(100, 0, paidAt)
			require.Equal(t, tc.want, tally.Take())
			require.False(t, tally.Take(), "the next buyer begins with nothing")
		})
	}
}

func TestTally_SubtractsWhatWentBack(t *testing.T) {
	rule := func(match crowd.Match, orders, fen int64) crowd.Rule {
		return crowd.Rule{Match: match, Conditions: []crowd.Condition{
			{Measure: crowd.OrderCount, AtLeast: orders}, {Measure: crowd.Spend, AtLeast: fen},
		}}
	}
	type order struct{ amount, back money.Fen }
	tests := map[string]struct {
		rule   crowd.Rule
		orders []order
		want   bool
	}{
		"exactly enough":         {rule(crowd.All, 2, 300), []order{{100, 0}, {200, 0}}, true},
		"a fen short":            {rule(crowd.All, 2, 301), []order{{100, 0}, {200, 0}}, false},
		"any of two":             {rule(crowd.Any, 2, 301), []order{{100, 0}, {200, 0}}, true},
		"none of two":            {rule(crowd.Any, 3, 301), []order{{100, 0}, {200, 0}}, false},
		"part went back":         {rule(crowd.All, 2, 250), []order{{100, 50}, {200, 0}}, true},
		"one went back whole":    {rule(crowd.All, 2, 1), []order{{100, 100}, {200, 0}}, false},
		"nothing ordered at all": {rule(crowd.Any, 1, 1), nil, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tally := crowd.NewTally(tc.rule, day(20, 0))
			for _, o := range tc.orders {
				tally.Add(o.amount, o.back, day(1, 0).UnixMilli())
			}
			require.Equal(t, tc.want, tally.Take())
		})
	}
}

func TestSchedule_Next(t *testing.T) {
	daily := crowd.Schedule{Daily: true, Minute: 3*60 + 30} // 19:30 UTC the day before
	tests := map[string]struct {
		schedule    crowd.Schedule
		after, want time.Time
	}{
		"never":             {crowd.Schedule{}, day(20, 0), time.Time{}},
		"hours":             {crowd.Schedule{Every: 6 * time.Hour}, day(20, 23), day(21, 5)},
		"later today":       {daily, day(20, 19), day(20, 19).Add(30 * time.Minute)},
		"at that very time": {daily, day(20, 19).Add(30 * time.Minute), day(21, 19).Add(30 * time.Minute)},
		"tomorrow":          {daily, day(20, 20), day(21, 19).Add(30 * time.Minute)},
		"end of the month":  {daily, day(30, 20), time.Date(2026, 12, 1, 19, 30, 0, 0, time.UTC)},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) { require.Equal(t, tc.want, tc.schedule.Next(tc.after)) })
	}
}

func TestTag_TellsAllFaultsAtOnce(t *testing.T) {
	tag := crowd.Tag{Kind: crowd.Ruled, Rule: crowd.Rule{Match: "some", Conditions: []crowd.Condition{
		{Measure: "age", AtLeast: 1}, {Measure: crowd.Spend, AtLeast: 0, Window: crowd.Window{Days: -1}},
	}}, Schedule: crowd.Schedule{Daily: true, Minute: 1440, Every: time.Second}}
	var params []string
	for _, fault := range tag.Faults() {
		params = append(params, fault.Param)
		require.NotEmpty(t, fault.Detail)
	}
	require.Equal(t, []string{
		"name", "rule.match", "rule.conditions[0].measure", "rule.conditions[1].at_least", "rule.conditions[1].days",
		"schedule", "schedule.daily_at", "schedule.every_minutes",
	}, params)
	require.Equal(t, "kind", crowd.Tag{Name: "x"}.Faults()[0].Param)
	require.Equal(t, "rule.conditions", crowd.Rule{Match: crowd.All}.Faults()[0].Param)
}

func TestFact_NamesItsFault(t *testing.T) {
	now := day(20, 0)
	good := crowd.Fact{Partner: "mall", Order: "o", Buyer: "u", Amount: 1, At: now, Kind: crowd.Paid}
	require.Empty(t, good.Fault(now))
	for param, spoil := range map[string]func(*crowd.Fact){
		"order_id":   func(f *crowd.Fact) { f.Order = "" },
		"buyer_id":   func(f *crowd.Fact) { f.Buyer = "a b" },
		"kind":       func(f *crowd.Fact) { f.Kind = "" },
		"amount_fen": func(f *crowd.Fact) { f.Amount = crowd.MaxAmount + 1 },
		"at":         func(f *crowd.Fact) { f.At = time.Time{} },
	} {
		bad := good
		spoil(&bad)
		require.Equal(t, param, bad.Fault(now).Param)
	}
}

// directory returns one with a tag of so many members, b0 and on.
func directory(t testing.TB, members int) *crowd.Directory {
	t.Helper()
	d := crowd.NewDirectory()
	draft := d.Draft(int64(members))
	chunk := crowd.Chunk{Partner: "mall"}
	for i := range members {
		chunk.Buyers = append(chunk.Buyers, activity.Buyer(fmt.Sprintf("b%d", i)))
	}
	draft.Add(chunk)
	draft.Publish("tag", 1)
	return d
}

func TestDirectory_KnowsItsMembers(t *testing.T) {
	d := directory(t, 100_000)
	for i := range 200_000 {
		want := activity.NotIn
		if i < 100_000 {
			want = activity.In
		}
		require.Equal(t, want, d.Tagged("mall", "tag", activity.Buyer(fmt.Sprintf("b%d", i))))
	}
	require.Equal(t, activity.NotIn, d.Tagged("mal", "tag", "lb1"))
	require.Equal(t, activity.NotIn, d.Tagged("other", "tag", "b1"))
	require.Equal(t, activity.NeverBuilt, d.Tagged("mall", "none", "b1"))
}

func TestDirectory_NeverGoesBack(t *testing.T) {
	d := crowd.NewDirectory()
	d.Draft(0).Publish("tag", 2)
	require.Equal(t, activity.NotIn, d.Tagged("mall", "tag", "a"), "built, and empty")
	old := d.Draft(1)
	old.Add(crowd.Chunk{Partner: "mall", Buyers: []activity.Buyer{"a"}})
	old.Publish("tag", 1)
	require.Equal(t, activity.NotIn, d.Tagged("mall", "tag", "a"))
	require.EqualValues(t, 2, d.Generation("tag"))
	require.Zero(t, d.Generation("none"))
}

// Readers see either generation whole: the buyer who is in every one is never out, whoever swaps meanwhile.
func TestDirectory_SwapsUnderReaders(t *testing.T) {
	d := directory(t, 1000)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if d.Tagged("mall", "tag", "b7") != activity.In || d.Tagged("mall", "tag", "x") != activity.NotIn {
					t.Error("half a generation")
					return
				}
			}
		})
	}
	var writers sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			for i := range 100 {
				draft := d.Draft(2)
				draft.Add(crowd.Chunk{Partner: "mall", Buyers: []activity.Buyer{"b7", activity.Buyer(fmt.Sprintf("b%d", i))}})
				draft.Publish("tag", crowd.Generation(2+3*i+w))
				d.Draft(0).Publish(activity.TagID(fmt.Sprintf("t%d", w)), crowd.Generation(i+1))
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	require.EqualValues(t, 2+3*99+2, d.Generation("tag"))
}

func TestDirectory_AllocatesNothing(t *testing.T) {
	d := directory(t, 1000)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		d.Tagged("mall", "tag", "b500")
		d.Tagged("mall", "tag", "nobody")
		d.Tagged("mall", "none", "b1")
	}))
}

func BenchmarkTagged(b *testing.B) {
	const members = 5_000_000
	d := directory(b, members)
	buyers := make([]activity.Buyer, 1<<16)
	for i := range buyers {
		buyers[i] = activity.Buyer(fmt.Sprintf("b%d", rand.IntN(2*members))) // half of them are members
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		d.Tagged("mall", "tag", buyers[i&(1<<16-1)])
	}
}
