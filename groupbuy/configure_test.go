package groupbuy_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
)

func TestCreateActivity_FillsWhatIsLeftOpen(t *testing.T) {
	w := newWorld(t)
	a, err := w.CreateActivity(w.ctx, activity.Activity{Partner: mall, Name: "bare", Status: activity.Published, Version: 7, ID: "mine"})
	require.NoError(t, err)
	require.NotEqual(t, activity.ID("mine"), a.ID)
	require.Equal(t, activity.Draft, a.Status)
	require.Equal(t, [2]time.Duration{24 * time.Hour, 15 * time.Minute}, [2]time.Duration{a.TeamTTL, a.SeatTTL})
	require.Equal(t, 1, a.MaxQuantity)
	stored, err := w.Activity(w.ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, a.Name, stored.Name)
	require.Equal(t, w.clock.Now(), stored.CreatedAt)

	own := w.draft("own")
	own.TeamTTL, own.SeatTTL, own.MaxQuantity = time.Hour, time.Minute, 3
	a, err = w.CreateActivity(w.ctx, own)
	require.NoError(t, err)
	require.Equal(t, [2]time.Duration{time.Hour, time.Minute}, [2]time.Duration{a.TeamTTL, a.SeatTTL})
	require.Equal(t, 3, a.MaxQuantity)
}

func TestCreateActivity_Refusals(t *testing.T) {
	w := newWorld(t)
	stranger := w.draft("x")
	stranger.Partner = "nobody"
	_, err := w.CreateActivity(w.ctx, stranger)
	w.refused(err, groupbuy.CodePartnerNotFound)
	_, err = w.CreateActivity(w.ctx, w.draft(""))
	require.Equal(t, "name", w.refusal(err, groupbuy.CodeInvalid).Param)
	_, err = w.CreateActivity(w.ctx, w.draft("spring"))
	require.NoError(t, err)
	_, err = w.CreateActivity(w.ctx, w.draft("spring"))
	require.Equal(t, "name", w.refusal(err, groupbuy.CodeNameTaken).Param)
}

func TestCreateActivity_OneNameAtOnce(t *testing.T) {
	onEach(t, func(w *world) {
		const n = 8
		errs := make([]error, n)
		atOnce(n, func(i int) { _, errs[i] = w.CreateActivity(w.ctx, w.draft("spring")) })
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			w.refused(err, groupbuy.CodeNameTaken)
		}
		require.Equal(w, 1, won)
	})
}

func TestChangeDraft(t *testing.T) {
	w := newWorld(t)
	created, err := w.CreateActivity(w.ctx, w.draft("spring"))
	require.NoError(t, err)
	taken, err := w.CreateActivity(w.ctx, w.draft("summer"))
	require.NoError(t, err)
	rewrite := w.draft("autumn")
	rewrite.ID, rewrite.TeamSize = created.ID, 5
	w.clock.advance(time.Minute)
	changed, err := w.ChangeDraft(w.ctx, rewrite)
	require.NoError(t, err)
	require.Equal(t, 5, changed.TeamSize)
	require.Equal(t, created.CreatedAt, changed.CreatedAt)
	require.Equal(t, w.clock.Now(), changed.UpdatedAt)

	unknown := rewrite
	unknown.ID = "act_0"
	_, err = w.ChangeDraft(w.ctx, unknown)
	w.refused(err, groupbuy.CodeActivityNotFound)
	moved := rewrite
	moved.Partner = "other"
	_, err = w.ChangeDraft(w.ctx, moved)
	require.Equal(t, "partner_id", w.refusal(err, groupbuy.CodeInvalid).Param)
	nameless := rewrite
	nameless.Name = ""
	_, err = w.ChangeDraft(w.ctx, nameless)
	require.Equal(t, "name", w.refusal(err, groupbuy.CodeInvalid).Param)
	clash := rewrite
	clash.Name = taken.Name
	_, err = w.ChangeDraft(w.ctx, clash)
	w.refused(err, groupbuy.CodeNameTaken)

	_, err = w.PublishActivity(w.ctx, created.ID)
	require.NoError(t, err)
	_, err = w.ChangeDraft(w.ctx, rewrite)
	w.refused(err, groupbuy.CodeActivityState)
	stored, err := w.Activity(w.ctx, created.ID)
	require.NoError(t, err)
	require.Equal(t, "autumn", stored.Name, "no refusal changed anything")
}

// What was checked when an activity was published is what is live: a rewrite at the same moment comes before or is
// refused.
func TestChangeDraft_AgainstPublish(t *testing.T) {
	onEach(t, func(w *world) {
		for range 10 {
			draft, err := w.CreateActivity(w.ctx, w.draft(w.next("activity ")))
			require.NoError(w, err)
			rewrite := draft
			rewrite.TeamSize = 0 // may be saved, may not be published
			var published, rewritten error
			atOnce(2, func(i int) {
				if i == 0 {
					_, published = w.PublishActivity(w.ctx, draft.ID)
				} else {
					_, rewritten = w.ChangeDraft(w.ctx, rewrite)
				}
			})
			stored, err := w.Activity(w.ctx, draft.ID)
			require.NoError(w, err)
			require.NotEqual(w, published == nil, rewritten == nil, "one of the two: %v, %v", published, rewritten)
			require.Equal(w, published == nil, stored.Status == activity.Published && stored.TeamSize == 2)
			if published == nil {
				_, err = w.EndActivity(w.ctx, draft.ID)
				require.NoError(w, err)
			}
		}
	})
}

func TestPublishActivity_ReportsEveryFaultAtOnce(t *testing.T) {
	w := newWorld(t)
	rival := w.publish(nil)
	bad := w.draft("bad")
	bad.Goods = []activity.GoodsID{tea, "unknown"}
	bad.TeamSize, bad.Rules[0].Plan.Off = 0, 200_00
	created, err := w.CreateActivity(w.ctx, bad)
	require.NoError(t, err)
	_, err = w.PublishActivity(w.ctx, created.ID)
	var params []string
	refusal := w.refusal(err, groupbuy.CodeActivityInvalid)
	for _, fault := range refusal.Faults {
		params = append(params, fault.Param)
	}
	require.ElementsMatch(t, []string{"team_size", "goods[1]", "goods", "rules[0].plan"}, params)
	require.Contains(t, err.Error(), refusal.Param)
	for _, fault := range refusal.Faults {
		if fault.Param == "goods" {
			require.Contains(t, fault.Detail, string(rival))
		}
	}
	stored, err := w.Activity(w.ctx, created.ID)
	require.NoError(t, err)
	require.Equal(t, activity.Draft, stored.Status)
}

// Two activities over the same goods, published by two nodes at the same moment: exactly one wins.
func TestPublishActivity_RivalsAtOnce(t *testing.T) {
	onEach(t, func(w *world) {
		nodes := []*groupbuy.Engine{w.Engine, w.secondNode()}
		for range 5 {
			const n = 4
			ids := make([]activity.ID, n)
			for i := range ids {
				created, err := w.CreateActivity(w.ctx, w.draft(w.next("rival ")))
				require.NoError(w, err)
				ids[i] = created.ID
			}
			var mu sync.Mutex
			var winners []activity.ID
			atOnce(n, func(i int) {
				_, err := nodes[i%2].PublishActivity(w.ctx, ids[i])
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					winners = append(winners, ids[i])
				} else if !strings.Contains(err.Error(), string(groupbuy.CodeActivityInvalid)) {
					w.Errorf("publish: %v", err)
				}
			})
			require.Len(w, winners, 1)
			_, err := w.EndActivity(w.ctx, winners[0])
			require.NoError(w, err)
		}
	})
}

// The life of an activity, each state against each move.
func TestActivity_Moves(t *testing.T) {
	type move struct {
		name string
		do   func(w *world, id activity.ID) (activity.Activity, error)
		to   activity.Status
	}
	moves := []move{
		{"publish", func(w *world, id activity.ID) (activity.Activity, error) { return w.PublishActivity(w.ctx, id) }, activity.Published},
		{"pause", func(w *world, id activity.ID) (activity.Activity, error) { return w.PauseActivity(w.ctx, id) }, activity.Paused},
		{"end", func(w *world, id activity.ID) (activity.Activity, error) { return w.EndActivity(w.ctx, id) }, activity.Ended},
	}
	publish, pause, end := moves[0], moves[1], moves[2]
	for _, from := range []struct {
		state activity.Status
		by    []move
		legal []string
	}{
		{activity.Draft, nil, []string{"publish"}},
		{activity.Published, []move{publish}, []string{"pause", "end"}},
		{activity.Paused, []move{publish, pause}, []string{"publish", "end"}},
		{activity.Published, []move{publish, pause, publish}, []string{"pause", "end"}},
		{activity.Ended, []move{publish, end}, nil},
		{activity.Ended, []move{publish, pause, end}, nil},
	} {
		for _, next := range moves {
			t.Run(string(from.state)+" "+next.name, func(t *testing.T) {
				w := newWorld(t)
				a, err := w.CreateActivity(w.ctx, w.draft("x"))
				require.NoError(t, err)
				for _, step := range from.by {
					_, err = step.do(w, a.ID)
					require.NoError(t, err)
				}
				before := w.events()
				after, err := next.do(w, a.ID)
				if strings.Contains(strings.Join(from.legal, " "), next.name) {
					require.NoError(t, err)
					require.Equal(t, next.to, after.Status)
					require.Equal(t, append(before, "activity."+string(next.to)), w.events())
					return
				}
				w.refused(err, groupbuy.CodeActivityState)
				stored, err := w.Activity(w.ctx, a.ID)
				require.NoError(t, err)
				require.Equal(t, from.state, stored.Status)
				require.Equal(t, before, w.events())
			})
		}
	}
	w := newWorld(t)
	for _, move := range moves {
		_, err := move.do(w, "act_0")
		w.refused(err, groupbuy.CodeActivityNotFound)
	}
}

// Stock is opened once: pausing and going on gives nobody the sold pieces back.
func TestPublishActivity_AgainKeepsTheStockCounted(t *testing.T) {
	w := newWorld(t)
	id := w.publish(func(a *activity.Activity) { a.Stock = []activity.Stock{{Goods: tea, SKU: green, Pieces: 1}} })
	w.open(id, "ann")
	_, err := w.PauseActivity(w.ctx, id)
	require.NoError(t, err)
	_, err = w.PublishActivity(w.ctx, id)
	require.NoError(t, err)
	_, err = w.Lock(w.ctx, mall, w.request(id, "bob"))
	w.refused(err, "stock_out")
	w.requireSound()
}

// The largest activity that may be published fits its columns, and so does its event.
func TestPublishActivity_Largest(t *testing.T) {
	onEach(t, func(w *world) {
		a := w.draft(strings.Repeat("团", 200))
		a.Goods = nil
		for range 300 {
			id := activity.GoodsID(w.next(strings.Repeat("g", 58)))
			w.putGoods(id, 100_00)
			a.Goods = append(a.Goods, id)
			a.Stock = append(a.Stock, activity.Stock{Goods: id, SKU: green, Pieces: activity.MaxPieces})
		}
		created, err := w.CreateActivity(w.ctx, a)
		require.NoError(w, err)
		published, err := w.PublishActivity(w.ctx, created.ID)
		require.NoError(w, err)
		list, err := w.Events(w.ctx, mall, "", 10)
		require.NoError(w, err)
		require.Equal(w, published.Goods, list[0].Activity.Goods)
	})
}

func TestPutGoods_Refusals(t *testing.T) {
	w := newWorld(t)
	_, err := w.PutGoods(w.ctx, activity.Goods{Partner: mall, ID: "a b"})
	refusal := w.refusal(err, groupbuy.CodeInvalid)
	require.Len(t, refusal.Faults, 3)
}

func TestActivities_ArePublishedOnesOfThePartner(t *testing.T) {
	w := newWorld(t)
	_, err := w.PutPartner(w.ctx, "other", "Other")
	require.NoError(t, err)
	id := w.publish(func(a *activity.Activity) { a.Channels = []activity.Channel{app} })
	draft, err := w.CreateActivity(w.ctx, w.draft("draft"))
	require.NoError(t, err)

	live, err := w.Activities(w.ctx, mall, app)
	require.NoError(t, err)
	require.Len(t, live, 1)
	require.Equal(t, id, live[0].ID)
	live, err = w.Activities(w.ctx, mall, "web")
	require.NoError(t, err)
	require.Empty(t, live)

	_, err = w.PartnerActivity(w.ctx, mall, id)
	require.NoError(t, err)
	_, err = w.PartnerActivity(w.ctx, "other", id)
	w.refused(err, groupbuy.CodeActivityNotFound)
	_, err = w.PartnerActivity(w.ctx, mall, draft.ID)
	w.refused(err, groupbuy.CodeActivityNotFound)
	_, err = w.Activity(w.ctx, "act_0")
	w.refused(err, groupbuy.CodeActivityNotFound)

	list, err := w.ListActivities(w.ctx, groupbuy.ActivityQuery{Partner: mall, Limit: 10})
	require.NoError(t, err)
	require.Len(t, list, 2)
}
