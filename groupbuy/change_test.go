package groupbuy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
)

func TestChangeActivity(t *testing.T) {
	onEach(t, func(w *world) {
		id := w.publish(func(a *activity.Activity) { a.Stock = []activity.Stock{{Goods: tea, SKU: green, Pieces: 1}} })
		w.open(id, "ann")
		_, err := w.Lock(w.ctx, mall, w.request(id, "bob"))
		w.refused(err, "stock_out")
		before, err := w.Activity(w.ctx, id)
		require.NoError(w, err)
		more := activity.Change{Name: "new", EndsAt: before.EndsAt.Add(time.Hour), Stock: []activity.Stock{{Goods: tea, SKU: green, Pieces: 2}}}
		after, err := w.ChangeActivity(w.ctx, id, more)
		require.NoError(w, err)
		stored, err := w.Activity(w.ctx, id)
		require.NoError(w, err)
		after.Version = stored.Version
		require.Equal(w, stored, after)
		require.Equal(w, "new", stored.Name)
		require.Equal(w, before.EndsAt.Add(time.Hour), stored.EndsAt)
		require.Equal(w, 2, stored.Stock[0].Pieces)
		w.open(id, "bob")
		_, err = w.Lock(w.ctx, mall, w.request(id, "cleo"))
		w.refused(err, "stock_out")
		w.clock.advance(before.EndsAt.Sub(w.clock.Now()) + time.Minute)
		require.True(w, w.trial("cleo", nil).Quotes[0].Joinable, "the new end is live at once")
		require.Contains(w, w.events(), "activity.changed")
		w.requireSound()
	})
}

func TestChangeActivity_Refusals(t *testing.T) {
	w := newWorld(t)
	_, err := w.ChangeActivity(w.ctx, "act_0", activity.Change{Name: "x"})
	w.refused(err, groupbuy.CodeActivityNotFound)
	draft, err := w.CreateActivity(w.ctx, w.draft("draft"))
	require.NoError(t, err)
	_, err = w.ChangeActivity(w.ctx, draft.ID, activity.Change{Name: "x"})
	w.refused(err, groupbuy.CodeActivityState)

	id := w.publish(nil)
	before, err := w.Activity(w.ctx, id)
	require.NoError(t, err)
	_, err = w.ChangeActivity(w.ctx, id, activity.Change{EndsAt: w.clock.Now(), Stock: []activity.Stock{{Goods: tea, SKU: green, Pieces: 5}}})
	require.Len(t, w.refusal(err, groupbuy.CodeActivityInvalid).Faults, 2)
	_, err = w.ChangeActivity(w.ctx, id, activity.Change{Name: "draft"})
	w.refused(err, groupbuy.CodeNameTaken)
	rival := w.draft("rival")
	rival.StartsAt, rival.EndsAt = before.EndsAt, before.EndsAt.Add(time.Hour)
	created, err := w.CreateActivity(w.ctx, rival)
	require.NoError(t, err)
	_, err = w.PublishActivity(w.ctx, created.ID)
	require.NoError(t, err)
	_, err = w.ChangeActivity(w.ctx, id, activity.Change{EndsAt: before.EndsAt.Add(time.Minute)})
	require.Equal(t, "goods", w.refusal(err, groupbuy.CodeActivityInvalid).Param)
	stored, err := w.Activity(w.ctx, id)
	require.NoError(t, err)
	require.Equal(t, before, stored, "no refusal changed anything")

	_, err = w.EndActivity(w.ctx, id)
	require.NoError(t, err)
	_, err = w.ChangeActivity(w.ctx, id, activity.Change{Name: "x"})
	w.refused(err, groupbuy.CodeActivityState)
}

func TestCopyActivity(t *testing.T) {
	w := newWorld(t)
	id := w.publish(func(a *activity.Activity) {
		a.DenyBuyers, a.LeaderDiscount, a.RolloutPercent = []activity.Buyer{"eve"}, 1_00, 40
	})
	_, err := w.EndActivity(w.ctx, id)
	require.NoError(t, err)
	w.clock.advance(time.Minute)
	copied, err := w.CopyActivity(w.ctx, id, "second")
	require.NoError(t, err)
	source, err := w.Activity(w.ctx, id)
	require.NoError(t, err)
	stored, err := w.Activity(w.ctx, copied.ID)
	require.NoError(t, err)
	want := source
	want.ID, want.Name, want.Status, want.Version = copied.ID, "second", activity.Draft, 1
	want.CreatedAt, want.UpdatedAt = w.clock.Now(), w.clock.Now()
	require.Equal(t, want, stored)
	_, err = w.PublishActivity(w.ctx, copied.ID)
	require.NoError(t, err)

	_, err = w.CopyActivity(w.ctx, id, "second")
	w.refused(err, groupbuy.CodeNameTaken)
	_, err = w.CopyActivity(w.ctx, "act_0", "third")
	w.refused(err, groupbuy.CodeActivityNotFound)
	_, err = w.CopyActivity(w.ctx, id, "")
	require.Equal(t, "name", w.refusal(err, groupbuy.CodeInvalid).Param)
}

// Teams that are open when their activity is put away go on.
func TestArchiveActivity_TeamsGoOn(t *testing.T) {
	w := newWorld(t)
	id := w.publish(nil)
	opened := w.open(id, "ann")
	_, err := w.EndActivity(w.ctx, id)
	require.NoError(t, err)
	_, err = w.ArchiveActivity(w.ctx, id)
	require.NoError(t, err)
	w.join(opened.Team, "bob")
	_, err = w.Lock(w.ctx, mall, w.request(id, "cleo"))
	w.refused(err, "activity_not_open")
	w.requireSound()
}

// The partner hears of an activity without thousands of names.
func TestEvents_LeaveOutTheListsOfBuyers(t *testing.T) {
	w := newWorld(t)
	id := w.publish(func(a *activity.Activity) { a.DenyBuyers = []activity.Buyer{"eve"} })
	list, err := w.Events(w.ctx, mall, "", 10)
	require.NoError(t, err)
	require.Empty(t, list[0].Activity.DenyBuyers)
	stored, err := w.Activity(w.ctx, id)
	require.NoError(t, err)
	require.Len(t, stored.DenyBuyers, 1)
}

// The longest lists fit their column, and the audit's.
func TestCreateActivity_Buyers(t *testing.T) {
	onEach(t, func(w *world) {
		a := w.draft("x")
		for range activity.MaxBuyers + 1 {
			a.DenyBuyers = append(a.DenyBuyers, activity.Buyer(w.next(strings.Repeat("u", 58))))
		}
		_, err := w.CreateActivity(w.ctx, a)
		refusal := w.refusal(err, groupbuy.CodeInvalid)
		require.Equal(w, "deny_buyers", refusal.Param)
		require.Contains(w, refusal.Detail, "10001")
		a.DenyBuyers = a.DenyBuyers[1:]
		created, err := w.CreateActivity(w.ctx, a)
		require.NoError(w, err)
		created, err = w.PublishActivity(w.ctx, created.ID)
		require.NoError(w, err)
		stored, err := w.Activity(w.ctx, created.ID)
		require.NoError(w, err)
		require.Equal(w, a.DenyBuyers, stored.DenyBuyers)
		_, err = w.Lock(w.ctx, mall, w.request(created.ID, a.DenyBuyers[activity.MaxBuyers-1]))
		w.refused(err, groupbuy.Code(activity.ReasonBuyerDenied))
		w.open(created.ID, "ann")
	})
}

// Neither a draft nor a paused activity goes live once its window is over.
func TestPublishActivity_AfterItsEnd(t *testing.T) {
	w := newWorld(t)
	paused := w.publish(nil)
	_, err := w.PauseActivity(w.ctx, paused)
	require.NoError(t, err)
	other := w.draft("late")
	other.Channels = []activity.Channel{"other"}
	draft, err := w.CreateActivity(w.ctx, other)
	require.NoError(t, err)
	w.clock.advance(23 * time.Hour)
	for _, id := range []activity.ID{paused, draft.ID} {
		_, err = w.PublishActivity(w.ctx, id)
		require.Equal(t, "ends_at", w.refusal(err, groupbuy.CodeActivityInvalid).Param)
	}
	_, err = w.ChangeActivity(w.ctx, paused, activity.Change{EndsAt: w.clock.Now().Add(time.Hour)})
	require.NoError(t, err)
	_, err = w.PublishActivity(w.ctx, paused)
	require.NoError(t, err)
}

func TestChangeActivity_Nothing(t *testing.T) {
	w := newWorld(t)
	id := w.publish(nil)
	before, err := w.Activity(w.ctx, id)
	require.NoError(t, err)
	events := w.events()
	log, err := w.Audit(w.ctx, groupbuy.AuditQuery{Limit: 10})
	require.NoError(t, err)
	w.clock.advance(time.Minute)
	for _, change := range []activity.Change{{}, {Name: before.Name}} {
		answered, err := w.ChangeActivity(w.ctx, id, change)
		require.NoError(t, err)
		require.Equal(t, before, answered)
	}
	stored, err := w.Activity(w.ctx, id)
	require.NoError(t, err)
	require.Equal(t, before, stored)
	require.Equal(t, events, w.events())
	again, err := w.Audit(w.ctx, groupbuy.AuditQuery{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, log, again)
}
