package groupbuy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

func TestTrial_AnswersInTheOrderAsked(t *testing.T) {
	w := newWorld(t)
	w.putGoods("cups", 50_00)
	id := w.publish(nil)
	trial, err := w.Trial(w.ctx, mall, groupbuy.TrialRequest{
		Buyer: "ann", Channel: app, Items: []groupbuy.TrialItem{{"cups", green}, {tea, green}, {"jars", green}, {tea, "black"}},
	})
	require.NoError(t, err)
	require.Len(t, trial.Quotes, 4)
	require.Empty(t, trial.Outlooks)
	require.Equal(t, activity.ReasonNoActivity, trial.Quotes[0].Reason)
	require.Equal(t, money.Fen(50_00), trial.Quotes[0].PayPrice)
	quote := trial.Quotes[1]
	require.Equal(t, id, quote.Activity.ID)
	require.Equal(t, [3]money.Fen{100_00, 80_00, 20_00}, [3]money.Fen{quote.Original, quote.PayPrice, quote.Deduction()})
	require.True(t, quote.Visible && quote.Joinable)
	require.Equal(t, activity.ReasonGoodsNotFound, trial.Quotes[2].Reason)
	require.Equal(t, activity.ReasonGoodsNotFound, trial.Quotes[3].Reason)
}

func TestTrial_Bounds(t *testing.T) {
	w := newWorld(t)
	ask := groupbuy.TrialRequest{Buyer: "ann", Channel: app, Items: []groupbuy.TrialItem{{tea, green}}}
	for _, n := range []int{0, groupbuy.MaxTrialItems + 1} {
		many := ask
		many.Items = make([]groupbuy.TrialItem, n)
		_, err := w.Trial(w.ctx, mall, many)
		require.Equal(t, "items", w.refusal(err, groupbuy.CodeInvalid).Param)
	}
	nobody := ask
	nobody.Buyer = ""
	_, err := w.Trial(w.ctx, mall, nobody)
	require.Equal(t, "buyer_id", w.refusal(err, groupbuy.CodeInvalid).Param)
}

// Open teams and statistics are told once per goods, and only of goods that an activity covers.
func TestTrial_Outlooks(t *testing.T) {
	w := newWorld(t)
	w.putGoods("cups", 50_00)
	id := w.publish(nil)
	opened := w.open(id, "ann")
	ask := groupbuy.TrialRequest{
		Buyer: "bob", Channel: app, Items: []groupbuy.TrialItem{{tea, green}, {tea, green}, {"cups", green}}, TeamsLimit: 5, Statistics: true,
	}
	look := func() groupbuy.Outlook {
		trial, err := w.Trial(w.ctx, mall, ask)
		require.NoError(t, err)
		require.Len(t, trial.Outlooks, 1)
		require.Equal(t, tea, trial.Outlooks[0].Goods)
		return trial.Outlooks[0]
	}
	require.Empty(t, look().Teams, "a leader who has not paid is nobody to join")
	w.pay(opened.Seat)
	outlook := look()
	require.Len(t, outlook.Teams, 1)
	require.Equal(t, opened.Team.ID, outlook.Teams[0].ID)
	require.Equal(t, groupbuy.Statistics{TeamsOpened: 1, Buyers: 1}, *outlook.Statistics)
	ask.TeamsLimit = 0
	require.Empty(t, look().Teams)
	ask.TeamsLimit, ask.Statistics = 5, false
	require.Nil(t, look().Statistics)

	teams, err := w.OpenTeams(w.ctx, groupbuy.OpenTeamsQuery{Partner: mall, Goods: tea, Limit: 5})
	require.NoError(t, err)
	require.Len(t, teams, 1)
}

// look is what a buyer sees of the tea besides the price.
func look(w *world, at *groupbuy.Engine, buyer activity.Buyer, limit int) (teams []team.ID, opened int) {
	w.Helper()
	trial, err := at.Trial(w.ctx, mall, groupbuy.TrialRequest{
		Buyer: buyer, Channel: app, Items: []groupbuy.TrialItem{{tea, green}}, TeamsLimit: limit, Statistics: true,
	})
	require.NoError(w, err)
	for _, t := range trial.Outlooks[0].Teams {
		teams = append(teams, t.ID)
	}
	return teams, trial.Outlooks[0].Statistics.TeamsOpened
}

// A page shows at once what happened on its node, and within a second what happened on another.
func TestTrial_PagesFollowEveryNode(t *testing.T) {
	onEach(t, func(w *world) {
		id := w.publish(nil)
		other := w.secondNode()
		first := w.open(id, "ann")
		w.pay(first.Seat)
		teams, opened := look(w, other, "eve", 5)
		require.Equal(w, []team.ID{first.Team.ID}, teams)
		require.Equal(w, 1, opened)
		w.clock.advance(time.Millisecond)
		second := w.open(id, "bob")
		w.pay(second.Seat)
		teams, opened = look(w, w.Engine, "eve", 5)
		require.Equal(w, []team.ID{first.Team.ID, second.Team.ID}, teams)
		require.Equal(w, 2, opened)
		w.clock.advance(time.Second)
		teams, opened = look(w, other, "eve", 5)
		require.Equal(w, []team.ID{first.Team.ID, second.Team.ID}, teams)
		require.Equal(w, 2, opened)
		teams, _ = look(w, w.Engine, "bob", 5)
		require.Equal(w, []team.ID{second.Team.ID, first.Team.ID}, teams, "the own one first")
		teams, _ = look(w, w.Engine, "bob", 1)
		require.Equal(w, []team.ID{second.Team.ID}, teams)
		w.clock.advance(first.Team.ExpiresAt.Sub(w.clock.Now()))
		teams, _ = look(w, w.Engine, "eve", 5)
		require.Equal(w, []team.ID{second.Team.ID}, teams, "nobody joins what has run out")
	})
}

// Who sits in very many teams sees those as well.
func TestTrial_ManyOwnTeams(t *testing.T) {
	w := newWorld(t)
	id := w.publish(nil)
	for range 25 {
		w.pay(w.open(id, "ann").Seat)
	}
	teams, _ := look(w, w.Engine, "ann", 30)
	require.Len(t, teams, 25)
}
