package activity_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
)

func TestActivity_Change(t *testing.T) {
	stocked := func() activity.Activity {
		a := spring()
		a.Stock = []activity.Stock{{Goods: "tea", SKU: "tea-0", Pieces: 10}, {Goods: "tea", SKU: "tea-1", Pieces: 20}}
		return a
	}
	later := spring().EndsAt.Add(time.Hour)
	tea := func(pieces int) []activity.Stock {
		return []activity.Stock{{Goods: "tea", SKU: "tea-0", Pieces: pieces}}
	}
	for _, test := range []struct {
		name   string
		change activity.Change
		want   []string
	}{
		{"nothing", activity.Change{}, nil},
		{"all at once", activity.Change{Name: "new", EndsAt: later, Stock: tea(11)}, nil},
		{"bad name", activity.Change{Name: "\xff"}, []string{"name"}},
		{"ends when it did", activity.Change{EndsAt: spring().EndsAt}, []string{"ends_at"}},
		{"ends earlier", activity.Change{EndsAt: noon()}, []string{"ends_at"}},
		{"as much stock", activity.Change{Stock: tea(10)}, []string{"stock[0].pieces"}},
		{"too much stock", activity.Change{Stock: tea(activity.MaxPieces + 1)}, []string{"stock[0].pieces"}},
		{"stock not limited", activity.Change{Stock: []activity.Stock{{Goods: "cups", SKU: "cups-0", Pieces: 9}}}, []string{"stock[0]"}},
		{"stock twice", activity.Change{Stock: append(tea(11), tea(12)...)}, []string{"stock[1]"}},
		{"everything wrong", activity.Change{Name: "\xff", EndsAt: noon(), Stock: tea(1)}, []string{"name", "ends_at", "stock[0].pieces"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := stocked()
			var got []string
			for _, fault := range a.ChangeFaults(test.change, nil) {
				require.NotEmpty(t, fault.Detail)
				got = append(got, fault.Param)
			}
			require.Equal(t, test.want, got)
		})
	}
	before := stocked()
	after := before.With(activity.Change{Name: "new", EndsAt: later, Stock: tea(11)})
	require.Equal(t, stocked(), before, "the original stays")
	require.Equal(t, "new", after.Name)
	require.Equal(t, later, after.EndsAt)
	require.Equal(t, []activity.Stock{{Goods: "tea", SKU: "tea-0", Pieces: 11}, {Goods: "tea", SKU: "tea-1", Pieces: 20}}, after.Stock)
}

func TestActivity_ChangeMeetsRivals(t *testing.T) {
	next := spring()
	next.ID, next.Name = "act_2", "next"
	next.StartsAt, next.EndsAt = spring().EndsAt, spring().EndsAt.Add(time.Hour)
	require.Empty(t, spring().ChangeFaults(activity.Change{Name: "x"}, []activity.Activity{next}))
	faults := spring().ChangeFaults(activity.Change{EndsAt: next.EndsAt}, []activity.Activity{next, spring()})
	require.Len(t, faults, 1)
	require.Contains(t, faults[0].Detail, "next")
}
