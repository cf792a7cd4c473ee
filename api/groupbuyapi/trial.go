package groupbuyapi

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

// CreateTrial tells one buyer's prices.
func (a *API) CreateTrial(c *gin.Context) {
	var in wire.TrialInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	if err := checkTrial(in); err != nil {
		fail(c, err)
		return
	}
	trial, err := a.engine.Trial(c.Request.Context(), caller(c), groupbuy.TrialRequest{
		Buyer: activity.Buyer(in.BuyerID), Channel: activity.Channel(in.Channel),
		TeamsLimit: in.TeamsLimit, Statistics: in.Statistics,
		Items: each(in.Items, func(i wire.Item) groupbuy.TrialItem {
			return groupbuy.TrialItem{Goods: activity.GoodsID(i.GoodsID), SKU: activity.SKUID(i.SKUID)}
		}),
	})
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, trialWire(in, trial))
}

func checkTrial(in wire.TrialInput) error {
	if !within(&in.TeamsLimit, 0, maxLimit) {
		return invalid("teams_limit", "want 0 to 100")
	}
	for i, item := range in.Items {
		at := "items[" + strconv.Itoa(i) + "]"
		if !partner.ValidID(item.GoodsID) {
			return invalid(at+".goods_id", wantID)
		}
		if !partner.ValidID(item.SKUID) {
			return invalid(at+".sku_id", wantID)
		}
	}
	return nil
}

func trialWire(in wire.TrialInput, trial groupbuy.Trial) wire.Trial {
	out := wire.Trial{
		Quotes: each(trial.Quotes, quoteWire),
		Goods: each(trial.Outlooks, func(o groupbuy.Outlook) wire.GoodsOutlook {
			return outlookWire(o, activity.Buyer(in.BuyerID))
		}),
	}
	for i, item := range in.Items { // unknown goods have no id in their quote
		out.Quotes[i].GoodsID, out.Quotes[i].SKUID = item.GoodsID, item.SKUID
	}
	return out
}

func quoteWire(q activity.Quote) wire.Quote {
	out := wire.Quote{
		OriginalPriceFen: q.Original, DeductionFen: q.Deduction(), PayPriceFen: q.PayPrice,
		Visible: q.Visible, Joinable: q.Joinable, Reason: wire.TrialReason(q.Reason),
	}
	if a := q.Activity; a != nil {
		out.Activity = wire.ActivitySummary{
			ActivityID: string(a.ID), Name: a.Name, TeamSize: a.TeamSize, MaxQuantity: a.MaxQuantity,
			StartsAt: instant.Of(a.StartsAt), EndsAt: instant.Of(a.EndsAt),
		}
	}
	return out
}

func outlookWire(o groupbuy.Outlook, buyer activity.Buyer) wire.GoodsOutlook {
	out := wire.GoodsOutlook{
		GoodsID: string(o.Goods),
		Teams:   each(o.Teams, func(t team.Team) wire.OpenTeam { return openTeamWire(t, buyer) }),
	}
	if s := o.Statistics; s != nil {
		out.Statistics = &wire.Statistics{
			TeamsOpened: s.TeamsOpened, TeamsFormed: s.TeamsFormed, TeamsFailed: s.TeamsFailed, Buyers: s.Buyers,
		}
	}
	return out
}
