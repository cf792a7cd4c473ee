package app_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuyclient"
	"kaituan/api/groupbuywire"
	"kaituan/api/mallwire"
	"kaituan/api/sign"
	"kaituan/infrastructure/demo"
	"kaituan/money"
)

// twoThenThree sells to teams of two at 80.00 that go on to three at 70.00.
func twoThenThree(in *groupbuywire.ActivityInput) {
	in.Tiers = []groupbuywire.Tier{{Size: 3, Plan: groupbuywire.Plan{Kind: groupbuywire.Reduce, OffFen: 30_00}}}
}

// differenceBack waits until an order's difference is back and returns the order as it is then.
func (b *buyer) differenceBack(id string) mallwire.OrderView {
	b.w.t.Helper()
	var view mallwire.OrderView
	require.Eventually(b.w.t, func() bool {
		view = b.order(id)
		return len(view.Refunds) == 1 && view.Refunds[0].Status == mallwire.RefundStatusSucceeded
	}, patience, pace)
	return view
}

func (b *buyer) product(id string) mallwire.ProductView {
	b.w.t.Helper()
	view, err := b.w.shop().GetProductWithResponse(context.Background(), id, bearer(b.token), func(_ context.Context, req *http.Request) error {
		req.Header.Set("Accept-Language", "en")
		return nil
	})
	require.NoError(b.w.t, err)
	require.NotNil(b.w.t, view.JSON200, string(view.Body))
	return *view.JSON200
}

func (b *buyer) team(id string) mallwire.TeamView {
	b.w.t.Helper()
	view, err := b.w.shop().GetTeamWithResponse(context.Background(), id, bearer(b.token))
	require.NoError(b.w.t, err)
	require.NotNil(b.w.t, view.JSON200, string(view.Body))
	return *view.JSON200
}

// together lets buyers pay for seats in one team.
func (w *world) together(product, activityID string, buyers []*buyer) []string {
	w.t.Helper()
	ids := make([]string, len(buyers))
	team := ""
	for i, b := range buyers {
		order := b.lock(product, activityID, team)
		b.pay(order.OrderID)
		ids[i], team = order.OrderID, order.TeamID
	}
	return ids
}

// The third member brings the price down: everybody gets the difference back by themselves, to the fen, and the goods.
func TestApp_TeamThatGrowsPaysTheDifferenceBack(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 10, twoThenThree)
		engine := w.partner()
		anna, bert, cora := w.buyer("anna"), w.buyer("bert"), w.buyer("cora")
		offer := anna.product("cup").Offers[0]
		require.Equal(w.t, []mallwire.TierPrice{{Size: 2, PriceFen: 80_00}, {Size: 3, PriceFen: 70_00}}, offer.Tiers)

		opened := anna.lock("cup", activityID, "")
		anna.pay(opened.OrderID)
		anna.becomes(opened.OrderID, mallwire.OrderStatusTeaming)
		second := bert.lock("cup", activityID, opened.TeamID)
		bert.pay(second.OrderID)
		bert.becomes(second.OrderID, mallwire.OrderStatusShipped)
		page := cora.team(opened.TeamID)
		require.Equal(w.t, mallwire.TeamStatusFormed, page.Team.Status)
		require.Equal(w.t, 3, page.Team.NextSize)
		require.True(w.t, page.Team.ClosedAt.IsZero())

		third := cora.lock("cup", activityID, opened.TeamID)
		require.Equal(w.t, money.Fen(80_00), third.AmountFen, "everybody pays the first price")
		cora.pay(third.OrderID)
		for b, id := range map[*buyer]string{anna: opened.OrderID, bert: second.OrderID, cora: third.OrderID} {
			b.becomes(id, mallwire.OrderStatusShipped)
			view := b.differenceBack(id)
			require.Equal(w.t, mallwire.OrderStatusShipped, view.Order.Status)
			require.Equal(w.t, money.Fen(10_00), view.Refunds[0].AmountFen)
			require.Equal(w.t, money.Fen(10_00), view.Order.DifferenceFen)
			require.Equal(w.t, money.Fen(30_00), view.Order.DeductionFen)
			w.settled(engine, view)
		}
		require.False(w.t, cora.team(opened.TeamID).Team.ClosedAt.IsZero())
		received, refunded := w.gateway()
		require.Equal(w.t, money.Fen(240_00), received)
		require.Equal(w.t, money.Fen(30_00), refunded)
		totals, err := w.shop().GetTotalsWithResponse(context.Background(), bearer(w.app.OperatorToken()))
		require.NoError(w.t, err)
		require.Equal(w.t, money.Fen(210_00), totals.JSON200.DueFen)
		require.Equal(w.t, money.Fen(90_00), totals.JSON200.DeductionFen)
		w.check()
	})
}

// partner is a client of the engine in the mall's name.
func (w *world) partner() *groupbuyclient.ClientWithResponses {
	w.t.Helper()
	made, err := w.operator().CreateKeyWithResponse(context.Background(), "mall")
	require.NoError(w.t, err)
	require.NotNil(w.t, made.JSON201, string(made.Body))
	client, err := groupbuyclient.NewPartner(groupbuyclient.Config{
		BaseURL: w.app.PublicURL(), Key: sign.Key{ID: made.JSON201.Key.KeyID, Secret: made.JSON201.Secret}, Transport: w.http.Transport,
	})
	require.NoError(w.t, err)
	return client
}

// settled waits until the engine has heard that an order's difference is back, under the refund's own number.
func (w *world) settled(engine *groupbuyclient.ClientWithResponses, view mallwire.OrderView) {
	w.t.Helper()
	var seat groupbuywire.Seat
	require.Eventually(w.t, func() bool {
		told, err := engine.GetSeatWithResponse(context.Background(), view.Order.OrderID)
		if err != nil || told.JSON200 == nil {
			return false
		}
		seat = told.JSON200.Seat
		return seat.Status == groupbuywire.Paid
	}, patience, pace)
	require.Equal(w.t, view.Refunds[0].AmountFen, seat.DifferenceFen)
	require.Equal(w.t, view.Refunds[0].RefundNo, seat.DifferenceNo)
}

// A team that does not grow by the end of its window stays at the first price, and one that did not close before gives
// the difference back then.
func TestApp_WindowEndsOnTheTierReached(t *testing.T) {
	w := open(t, nil) // what a window's end does is tried on every database by groupbuy/enginetest
	activityID := w.sell("cup", 10, func(in *groupbuywire.ActivityInput) {
		twoThenThree(in)
		in.Tiers = append(in.Tiers, groupbuywire.Tier{Size: 9, Plan: groupbuywire.Plan{Kind: groupbuywire.Reduce, OffFen: 60_00}})
	})
	engine := w.partner()
	buyers := []*buyer{w.buyer("anna"), w.buyer("bert"), w.buyer("cora")}
	ids := w.together("cup", activityID, buyers)
	for i, b := range buyers {
		b.becomes(ids[i], mallwire.OrderStatusShipped)
	}
	w.endWindow(buyers[0].order(ids[0]).Order.TeamID)
	for i, b := range buyers {
		view := b.differenceBack(ids[i])
		require.Equal(t, money.Fen(10_00), view.Refunds[0].AmountFen)
		w.settled(engine, view)
	}
	_, refunded := w.gateway()
	require.Equal(t, money.Fen(30_00), refunded)
	w.check()
}

// A restart between the payment that closes the team and the money that goes back loses nothing and pays nobody twice.
func TestApp_DifferenceSurvivesARestart(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 10, twoThenThree)
		engine := w.partner()
		buyers := []*buyer{w.buyer("anna"), w.buyer("bert"), w.buyer("cora")}
		ids := w.together("cup", activityID, buyers)
		w.stop()
		w.start()
		for i, b := range buyers {
			w.settled(engine, b.differenceBack(ids[i]))
		}
		_, refunded := w.gateway()
		require.Equal(w.t, money.Fen(30_00), refunded)
		w.check()
	})
}

func TestApp_PlaysTheStoryOfATeamThatGrows(t *testing.T) {
	w := open(t, nil)
	w.sell("cup", 10, func(in *groupbuywire.ActivityInput) {
		twoThenThree(in)
		in.LeaderDiscountFen = 5_00
	})
	site, err := demo.NewSite(demo.Address{Server: w.app.PublicURL(), OperatorToken: w.app.OperatorToken()})
	require.NoError(t, err)
	story := demo.Story{Site: site, Out: io.Discard}
	require.NoError(t, story.Play(context.Background()))
	site.Close()
	received, refunded := w.gateway()
	require.Equal(t, money.Fen(75_00+80_00+80_00+100_00), received)
	require.Equal(t, money.Fen(30_00), refunded)
	w.check()
}

func TestApp_PlaysTheStoryOfGoodsSoldInTeamsOnly(t *testing.T) {
	w := open(t, nil)
	w.sell("cup", 10, func(in *groupbuywire.ActivityInput) {
		no := false
		in.BuyAlone = &no
	})
	site, err := demo.NewSite(demo.Address{Server: w.app.PublicURL(), OperatorToken: w.app.OperatorToken()})
	require.NoError(t, err)
	story := demo.Story{Site: site, Out: io.Discard}
	require.NoError(t, story.Play(context.Background()))
	site.Close()
	received, _ := w.gateway()
	require.Equal(t, money.Fen(160_00), received)

	anna := w.buyer("anna")
	require.False(t, anna.product("cup").BuyAlone)
	refused := anna.tryOrder("alone", mallwire.OrderInput{Mode: mallwire.Solo, ProductID: "cup", SKUID: "one"})
	require.Equal(t, "buy_alone_off", refused.ApplicationProblemJSONDefault.Code)
	w.check()
}

// tag makes a manual crowd tag of some buyers.
func (w *world) tag(members ...*buyer) string {
	w.t.Helper()
	owner := "mall"
	made, err := w.operator().CreateTagWithResponse(context.Background(), groupbuywire.TagInput{
		Name: "friends", Kind: groupbuywire.TagKindManual, PartnerID: &owner,
	})
	require.NoError(w.t, err)
	require.NotNil(w.t, made.JSON201, string(made.Body))
	ids := make([]string, len(members))
	for i, b := range members {
		ids[i] = b.account()
	}
	edit, err := json.Marshal(groupbuywire.TagMembersInput{Edit: groupbuywire.Add, Buyers: ids})
	require.NoError(w.t, err)
	status, body := w.call(http.MethodPost, "/api/groupbuy/admin/v1/tags/"+made.JSON201.TagID+"/members", http.Header{
		"Authorization": {"Bearer " + w.app.OperatorToken()}, "Content-Type": {"application/json"},
	}, string(edit))
	require.Equal(w.t, http.StatusOK, status, body)
	return made.JSON201.TagID
}

// account is the buyer's id at the shop and at the engine.
func (b *buyer) account() string {
	b.w.t.Helper()
	me, err := b.w.shop().GetMeWithResponse(context.Background(), bearer(b.token))
	require.NoError(b.w.t, err)
	require.NotNil(b.w.t, me.JSON200, string(me.Body))
	return me.JSON200.AccountID
}

// A member of the tag needs nobody else: the own payment forms the team, and the goods go out.
func TestApp_InstantBuyer(t *testing.T) {
	onEachStore(t, func(w *world) {
		anna, bert := w.buyer("anna"), w.buyer("bert")
		friends := w.tag(anna)
		activityID := w.sell("cup", 10, func(in *groupbuywire.ActivityInput) { in.InstantTag = &friends })
		require.Eventually(w.t, func() bool { return anna.product("cup").Offers[0].Instant }, patience, pace)
		require.False(w.t, bert.product("cup").Offers[0].Instant)

		order := anna.lock("cup", activityID, "")
		require.Equal(w.t, money.Fen(80_00), order.AmountFen)
		anna.pay(order.OrderID)
		anna.becomes(order.OrderID, mallwire.OrderStatusShipped)
		team := anna.team(order.TeamID).Team
		require.Equal(w.t, mallwire.TeamStatusFormed, team.Status)
		require.Equal(w.t, 1, team.Capacity)

		waits := bert.lock("cup", activityID, "")
		bert.pay(waits.OrderID)
		bert.becomes(waits.OrderID, mallwire.OrderStatusTeaming)
		w.check()
	})
}

// A buyer outside the audience sees the price and why it is not for them, is refused, and may buy alone.
func TestApp_BuyerOutsideTheAudienceSeesWhy(t *testing.T) {
	onEachStore(t, func(w *world) {
		anna, bert := w.buyer("anna"), w.buyer("bert")
		friends := w.tag(anna)
		activityID := w.sell("cup", 10, func(in *groupbuywire.ActivityInput) { in.Audience = groupbuywire.Audience{Join: &friends} })
		require.Eventually(w.t, func() bool { return anna.product("cup").Offers[0].Joinable }, patience, pace)
		require.Empty(w.t, anna.product("cup").Refusal)

		view := bert.product("cup")
		require.False(w.t, view.Offers[0].Joinable)
		require.Equal(w.t, "audience", view.Offers[0].Reason)
		require.Equal(w.t, mallwire.Refusal{Reason: "audience", Text: "The activity is for certain buyers"}, view.Refusal)
		refused := bert.tryOrder("join", mallwire.OrderInput{Mode: mallwire.Group, ProductID: "cup", SKUID: "one", ActivityID: activityID})
		require.Equal(w.t, "audience", refused.ApplicationProblemJSONDefault.Code)
		require.NotNil(w.t, bert.tryOrder("alone", mallwire.OrderInput{Mode: mallwire.Solo, ProductID: "cup", SKUID: "one"}).JSON201)
		anna.lock("cup", activityID, "")
		w.check()
	})
}

// Teams for new buyers are opened by anybody and joined by who never paid before.
func TestApp_OldBuyerJoinsNoTeamForNewOnes(t *testing.T) {
	onEachStore(t, func(w *world) {
		plain := w.sell("pot", 10, nil)
		activityID := w.sell("cup", 10, func(in *groupbuywire.ActivityInput) { in.NewBuyersOnly = true })
		anna, bert := w.buyer("anna"), w.buyer("bert")
		bought := anna.lock("pot", plain, "")
		anna.pay(bought.OrderID)
		anna.becomes(bought.OrderID, mallwire.OrderStatusTeaming)

		other := bert.lock("cup", activityID, "")
		refused := anna.tryOrder("join", mallwire.OrderInput{
			Mode: mallwire.Group, ProductID: "cup", SKUID: "one", ActivityID: activityID, TeamID: other.TeamID,
		})
		require.Equal(w.t, "new_buyers_only", refused.ApplicationProblemJSONDefault.Code)
		own := anna.lock("cup", activityID, "") // an old buyer may open one
		cora := w.buyer("cora")
		cora.lock("cup", activityID, own.TeamID)
		w.check()
	})
}

// A buyer who saw another price is told the one that counts, and pays nothing before saying yes to it.
func TestApp_ChangedPriceIsTold(t *testing.T) {
	w := open(t, nil)
	activityID := w.sell("cup", 10, nil)
	seen := money.Fen(79_00)
	refused := w.buyer("anna").tryOrder("dear", mallwire.OrderInput{
		Mode: mallwire.Group, ProductID: "cup", SKUID: "one", ActivityID: activityID, ExpectedPriceFen: &seen,
	})
	require.Equal(t, "price_changed", refused.ApplicationProblemJSONDefault.Code)
	require.Equal(t, money.Fen(80_00), refused.ApplicationProblemJSONDefault.CurrentPriceFen)
	w.check()
}

// Virtual seats that complete a short team are called by their name, and nobody gets money back for them.
func TestApp_VirtualSeatsAreShownAsSuch(t *testing.T) {
	w := open(t, nil)
	activityID := w.sell("cup", 10, func(in *groupbuywire.ActivityInput) { in.MinReal = 1 })
	anna := w.buyer("anna")
	order := anna.lock("cup", activityID, "")
	anna.pay(order.OrderID)
	anna.becomes(order.OrderID, mallwire.OrderStatusTeaming)
	w.endWindow(order.TeamID)
	anna.becomes(order.OrderID, mallwire.OrderStatusShipped)
	view := anna.team(order.TeamID)
	require.Equal(t, 1, view.Team.Virtual)
	require.Len(t, view.Members, 2)
	require.True(t, view.Members[0].Self)
	require.True(t, view.Members[1].Virtual)
	_, refunded := w.gateway()
	require.Zero(t, refunded)
	w.check()
}
