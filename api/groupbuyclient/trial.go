package groupbuyclient

import (
	"context"
	"fmt"

	wire "kaituan/api/groupbuywire"
	"kaituan/mall"
)

// Trial implements mall.GroupBuy.
func (g *GroupBuy) Trial(ctx context.Context, r mall.TrialRequest) (mall.Trial, error) {
	in := wire.TrialInput{
		BuyerID: r.Buyer, Channel: r.Channel, ActivityID: r.ActivityID, Joining: r.Joining, TeamsLimit: r.TeamsLimit, Statistics: r.Statistics,
		Items: make([]wire.Item, len(r.Items)),
	}
	for i, item := range r.Items {
		in.Items[i] = wire.Item{GoodsID: item.GoodsID, SKUID: item.SKUID}
	}
	resp, err := g.engine.CreateTrialWithResponse(ctx, in)
	if err != nil {
		return mall.Trial{}, unknown(err)
	}
	answer, err := answered(resp.JSON200, resp.HTTPResponse, resp.Body)
	if err != nil {
		return mall.Trial{}, err
	}
	if len(answer.Quotes) != len(r.Items) {
		return mall.Trial{}, fmt.Errorf("%w: %d quotes for %d items", mall.ErrEngineUnknown, len(answer.Quotes), len(r.Items))
	}
	return trialOf(answer), nil
}

func trialOf(answer wire.Trial) mall.Trial {
	trial := mall.Trial{
		Quotes: make([]mall.Quote, len(answer.Quotes)),
		Teams:  map[string][]mall.Team{}, Stats: map[string]mall.Statistics{},
	}
	for i, q := range answer.Quotes {
		trial.Quotes[i] = quoteOf(q)
	}
	for _, goods := range answer.Goods {
		for _, t := range goods.Teams {
			trial.Teams[goods.GoodsID] = append(trial.Teams[goods.GoodsID], openTeamOf(t, goods.GoodsID))
		}
		if s := goods.Statistics; s != nil {
			trial.Stats[goods.GoodsID] = mall.Statistics{
				TeamsOpened: s.TeamsOpened, TeamsFormed: s.TeamsFormed, TeamsFailed: s.TeamsFailed, Buyers: s.Buyers,
			}
		}
	}
	return trial
}

func quoteOf(q wire.Quote) mall.Quote {
	quote := mall.Quote{
		GoodsID: q.GoodsID, SKUID: q.SKUID, ActivityID: q.Activity.ActivityID, ActivityName: q.Activity.Name,
		TeamSize: q.Activity.TeamSize, Original: q.OriginalPriceFen, PayPrice: q.PayPriceFen,
		LeaderDiscount: q.LeaderDiscountFen, Instant: q.Instant, BuyAlone: q.BuyAlone,
		Visible: q.Visible, Joinable: q.Joinable, Reason: string(q.Reason),
		StartsAt: q.Activity.StartsAt.Time, EndsAt: q.Activity.EndsAt.Time, MaxQuantity: q.Activity.MaxQuantity,
	}
	for _, tier := range q.Tiers {
		quote.Tiers = append(quote.Tiers, mall.TierPrice{Size: tier.Size, Price: tier.PriceFen})
	}
	return quote
}

// openTeamOf fills LeaderID with the masked name: the engine tells strangers no more.
func openTeamOf(t wire.OpenTeam, goods string) mall.Team {
	return mall.Team{
		ID: t.TeamID, ActivityID: t.ActivityID, GoodsID: goods, Status: string(t.Status),
		Target: t.Target, Tiers: t.Tiers, Capacity: t.Capacity, Held: t.Held, Paid: t.Paid, LeaderID: t.Leader, Own: t.Own, OpenedAt: t.OpenedAt.Time, ExpiresAt: t.ExpiresAt.Time,
	}
}
