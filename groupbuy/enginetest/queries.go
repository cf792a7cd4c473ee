package enginetest

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

func queryTests() []test {
	return []test{
		{"Seat_NotFound", seatNotFound},
		{"OpenTeams_OwnFirstThenSoonest", openTeamsOrder},
		{"Sitting_OfManyVisitorsAtOnce", sittingOfMany},
		{"OpenTeams_HidesUnpaidLeaders", openTeamsUnpaid},
		{"OpenTeams_OnlyJoinable", openTeamsJoinable},
		{"OpenTeams_ByActivityAndGoods", openTeamsOf},
		{"Statistics", statistics},
		{"Standing", standing},
		{"DueTeams", dueTeams},
		{"DueSeats", dueSeats},
	}
}

func seatNotFound(e *env) {
	id, seats := e.teamOf(2, "ann")
	stranger := seats[0].Key
	stranger.Partner = "other"
	_, _, err := e.store().Seat(e.ctx, stranger)
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
	_, _, err = e.store().Team(e.ctx, "other", id)
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
	_, _, err = e.store().Team(e.ctx, mall, "team_none")
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
}

// paidTeam opens a team whose leader has paid and that gathers for the given time.
func (e *env) paidTeam(leader activity.Buyer, target int, window time.Duration) team.ID {
	e.Helper()
	open := e.lock(leader)
	open.Terms.Sizes, open.Terms.Expiry = []int{target}, after(window)
	out := e.do(open)
	e.do(settle(out.Seat))
	return out.Team.ID
}

func (e *env) openTeams(change func(q *groupbuy.OpenTeamsQuery)) []team.ID {
	e.Helper()
	q := groupbuy.OpenTeamsQuery{Partner: mall, Activity: act, Goods: tea, Now: time.Now().UTC(), Limit: 10}
	if change != nil {
		change(&q)
	}
	teams, err := e.store().OpenTeams(e.ctx, q)
	require.NoError(e, err)
	ids := []team.ID{}
	for _, t := range teams {
		ids = append(ids, t.ID)
	}
	return ids
}

func openTeamsOrder(e *env) {
	late := e.paidTeam("ann", 3, 3*time.Hour)
	soon := e.paidTeam("bob", 3, time.Hour)
	middle := e.paidTeam("cat", 3, 2*time.Hour)
	require.Equal(e, []team.ID{soon, middle, late}, e.openTeams(nil))
	require.Equal(e, []team.ID{soon, middle}, e.openTeams(func(q *groupbuy.OpenTeamsQuery) { q.Limit = 2 }))
	ann := func(q *groupbuy.OpenTeamsQuery) { q.Buyer = "ann" }
	require.Equal(e, []team.ID{late, soon, middle}, e.openTeams(ann))
	require.Equal(e, []team.ID{late}, e.openTeams(func(q *groupbuy.OpenTeamsQuery) { q.Buyer, q.Limit = "ann", 1 }))
	e.do(e.lockIn(middle, "ann"))
	require.Equal(e, []team.ID{middle, late, soon}, e.openTeams(ann))
	q := groupbuy.OpenTeamsQuery{Partner: mall, Activity: act, Goods: tea, Buyer: "ann", Now: time.Now().UTC(), Limit: 10}
	own, err := e.store().OwnTeams(e.ctx, q, []team.ID{late, middle})
	require.NoError(e, err)
	require.Len(e, own, 2)
	require.Equal(e, []team.ID{middle, late}, []team.ID{own[0].ID, own[1].ID})
	q.Buyer = "" // a stranger has none
	own, err = e.store().OwnTeams(e.ctx, q, []team.ID{late, middle})
	require.NoError(e, err)
	require.Empty(e, own)
}

// Everybody hears of their own seats alone, however many ask at once.
func sittingOfMany(e *env) {
	of := func(buyer activity.Buyer, goods activity.GoodsID) groupbuy.Visitor {
		return groupbuy.Visitor{Partner: mall, Buyer: buyer, Goods: goods}
	}
	anns := e.paidTeam("ann", 4, time.Hour)
	bobs := e.paidTeam("bob", 4, time.Hour)
	e.do(e.lockIn(bobs, "ann"))
	e.do(release(e.do(e.lockIn(bobs, "cat")).Seat))
	cups := e.lock("ann")
	cups.Goods = "cups"
	annsCups := e.do(cups).Team.ID
	visitors := []groupbuy.Visitor{
		of("ann", tea), of("bob", tea), of("cat", tea), of("", tea), of("bob", "cups"), of("ann", "cups"), of("ann", tea),
		{Partner: "other", Buyer: "ann", Goods: tea},
	}
	want := [][]team.ID{{anns, bobs}, {bobs}, nil, nil, nil, {annsCups}, {anns, bobs}, nil}
	for n := range 150 { // more than one statement takes
		visitors, want = append(visitors, of(activity.Buyer(fmt.Sprint("stranger-", n)), tea)), append(want, nil)
	}
	for _, n := range []int{0, 1, 2, 8, 20, len(visitors)} {
		got, err := e.store().Sitting(e.ctx, visitors[:n])
		require.NoError(e, err)
		require.Len(e, got, n)
		for i := range got {
			require.ElementsMatch(e, want[i], got[i], "%d of %d: %+v", i, n, visitors[i])
		}
	}
}

func openTeamsUnpaid(e *env) {
	id, seats := e.teamOf(4, "ann", "bob", "cat")
	e.do(settle(seats[1])) // a member's payment does not show the team
	require.Empty(e, e.openTeams(nil))
	require.Empty(e, e.openTeams(func(q *groupbuy.OpenTeamsQuery) { q.Buyer = "bob" }))
	require.Equal(e, []team.ID{id}, e.openTeams(func(q *groupbuy.OpenTeamsQuery) { q.Buyer = "ann" }))
	e.do(release(seats[0])) // the lead passes to bob, who has paid
	require.Equal(e, []team.ID{id}, e.openTeams(nil))
}

func openTeamsJoinable(e *env) {
	open := e.paidTeam("ann", 2, time.Hour)
	full := e.paidTeam("bob", 2, time.Hour)
	e.do(e.lockIn(full, "cat"))
	formed := e.paidTeam("dan", 1, time.Hour)
	e.requireTeam(formed, team.Formed, 0, 1)
	e.paidTeam("eve", 2, time.Minute)
	later := func(q *groupbuy.OpenTeamsQuery) { q.Now = time.Now().UTC().Add(time.Minute) }
	require.Equal(e, []team.ID{open}, e.openTeams(later))
}

func openTeamsOf(e *env) {
	here := e.paidTeam("ann", 2, time.Hour)
	elsewhere := e.lock("ann")
	elsewhere.Activity = "act_2"
	elsewhere.Terms.Expiry = after(2 * time.Hour)
	there := e.do(elsewhere)
	e.do(settle(there.Seat))
	others := e.lock("ann")
	others.Goods = "cups"
	e.do(settle(e.do(others).Seat))
	require.Equal(e, []team.ID{here}, e.openTeams(nil))
	require.Equal(e, []team.ID{here, there.Team.ID}, e.openTeams(func(q *groupbuy.OpenTeamsQuery) { q.Activity = "" }))
	require.Equal(e, []team.ID{here, there.Team.ID}, e.openTeams(func(q *groupbuy.OpenTeamsQuery) { q.Activity, q.Buyer = "", "ann" }))
	require.Empty(e, e.openTeams(func(q *groupbuy.OpenTeamsQuery) { q.Partner = "other" }))
}

func statistics(e *env) {
	none, err := e.store().Statistics(e.ctx, act, tea)
	require.NoError(e, err)
	require.Zero(e, none)
	_, seats := e.teamOf(2, "ann", "bob")
	e.do(settle(seats[0]))
	e.do(settle(seats[1]))
	e.paidTeam("ann", 2, time.Hour) // the same buyer once more
	_, seats = e.teamOf(2, "cat")
	e.do(release(seats[0]))
	got, err := e.store().Statistics(e.ctx, act, tea)
	require.NoError(e, err)
	require.Equal(e, groupbuy.Statistics{TeamsOpened: 3, TeamsFormed: 1, TeamsFailed: 1, Buyers: 2}, got)
}

func dueTeams(e *env) {
	second := e.paidTeam("ann", 2, 2*time.Minute)
	first := e.paidTeam("bob", 2, time.Minute)
	e.paidTeam("cat", 1, time.Minute) // formed
	e.paidTeam("dan", 2, time.Hour)
	require.Empty(e, e.dueTeams(time.Now(), 10))
	soon := time.Now().Add(10 * time.Minute)
	require.Equal(e, []team.ID{first, second}, e.dueTeams(soon, 10))
	require.Equal(e, []team.ID{first}, e.dueTeams(soon, 1))
}

func (e *env) dueTeams(now time.Time, limit int) []team.ID {
	e.Helper()
	all, err := e.store().DueTeams(e.ctx, groupbuy.DueQuery{By: now.UTC(), Limit: limit})
	require.NoError(e, err)
	return paged(e, all, func(q groupbuy.DueQuery) ([]groupbuy.Due[team.ID], error) {
		q.By = now.UTC()
		return e.store().DueTeams(e.ctx, q)
	})
}

// paged returns what is due, and asks for each of it again as the page behind the one before.
func paged[T any](e *env, all []groupbuy.Due[T], due func(q groupbuy.DueQuery) ([]groupbuy.Due[T], error)) (whats []T) {
	e.Helper()
	after := groupbuy.Place{}
	for _, one := range all {
		page, err := due(groupbuy.DueQuery{After: after, Limit: 1})
		require.NoError(e, err)
		require.Equal(e, []groupbuy.Due[T]{one}, page)
		whats, after = append(whats, one.What), one.Place
	}
	return whats
}

func (e *env) dueSeats(now time.Time, limit int) []team.Key {
	e.Helper()
	all, err := e.store().DueSeats(e.ctx, groupbuy.DueQuery{By: now, Limit: limit})
	require.NoError(e, err)
	return paged(e, all, func(q groupbuy.DueQuery) ([]groupbuy.Due[team.Key], error) {
		q.By = now
		return e.store().DueSeats(e.ctx, q)
	})
}

func dueSeats(e *env) {
	long, short, paid := e.lock("ann"), e.lock("bob"), e.lock("cat")
	long.Terms.SeatTTL, short.Terms.SeatTTL, paid.Terms.SeatTTL = 2*time.Minute, time.Minute, time.Minute
	e.do(long)
	e.do(short)
	e.do(settle(e.do(paid).Seat))
	require.Empty(e, e.dueSeats(time.Now().UTC(), 10))
	soon := time.Now().UTC().Add(10 * time.Minute)
	require.Equal(e, []team.Key{short.Key, long.Key}, e.dueSeats(soon, 10))
	require.Equal(e, []team.Key{short.Key}, e.dueSeats(soon, 1))
}
