package groupbuyapi

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/api/problem"
	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
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
		Buyer: activity.Buyer(in.BuyerID), Channel: activity.Channel(in.Channel), Items: each(in.Items, itemOf),
		Activity: activity.ID(in.ActivityID), Joining: in.Joining, Explain: in.Explain,
		TeamsLimit: in.TeamsLimit, Statistics: in.Statistics,
	})
	if err != nil {
		fail(c, err)
		return
	}
	if err := writeTrial(c, activity.Buyer(in.BuyerID), quotesWire(in.Items, trial, languageOf(c)), trial.Outlooks); err != nil {
		fail(c, err)
	}
}

func itemOf(i wire.Item) groupbuy.TrialItem {
	return groupbuy.TrialItem{Goods: activity.GoodsID(i.GoodsID), SKU: activity.SKUID(i.SKUID)}
}

// DryRunActivity tells an operator what a buyer would pay in an activity, and why not.
func (a *API) DryRunActivity(c *gin.Context, id wire.ActivityID) {
	var in wire.DryRunInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	if err := checkItems(in.Items); err != nil {
		fail(c, err)
		return
	}
	found, trial, err := a.engine.DryRun(c.Request.Context(), activity.ID(id), groupbuy.TrialRequest{
		Buyer: activity.Buyer(in.BuyerID), Channel: activity.Channel(in.Channel), Items: each(in.Items, itemOf), Joining: in.Joining,
	}, orZero(in.At).Time)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.DryRun{
		ActivityID: string(found.ID), Status: wire.ActivityStatus(found.Status), Quotes: quotesWire(in.Items, trial, languageOf(c)),
	})
}

func checkTrial(in wire.TrialInput) error {
	if !within(&in.TeamsLimit, 0, maxLimit) {
		return invalid("teams_limit", "want 0 to 100")
	}
	return checkItems(in.Items)
}

func checkItems(items []wire.Item) error {
	for i, item := range items {
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

func quotesWire(items []wire.Item, trial groupbuy.Trial, lang problem.Language) []wire.Quote {
	out := each(trial.Quotes, quoteWire)
	for i, item := range items { // unknown goods have no id in their quote
		out[i].GoodsID, out[i].SKUID = item.GoodsID, item.SKUID
	}
	for i, verdicts := range trial.Verdicts {
		out[i].Verdicts = each(verdicts, func(v activity.Verdict) wire.Verdict {
			return wire.Verdict{Rule: v.Rule, Ok: v.OK, Value: v.Value, Detail: problem.Say(v.Detail, lang)}
		})
	}
	return out
}

func languageOf(c *gin.Context) problem.Language {
	return problem.LanguageOf(c.GetHeader("Accept-Language"))
}

func quoteWire(q activity.Quote) wire.Quote {
	out := wire.Quote{
		OriginalPriceFen: q.Original, DeductionFen: q.Deduction(), PayPriceFen: q.PayPrice, LeaderDiscountFen: q.LeaderDiscount,
		Tag: string(q.Chosen().Tag), Instant: q.Instant, BuyAlone: q.Activity == nil || q.Activity.BuyAlone,
		Visible: q.Visible, Joinable: q.Joinable, Reason: wire.TrialReason(q.Reason),
	}
	if a := q.Activity; a != nil {
		out.Activity = wire.ActivitySummary{
			ActivityID: string(a.ID), Name: a.Name, TeamSize: a.TeamSize, MaxQuantity: a.MaxQuantity,
			StartsAt: instant.Of(a.StartsAt), EndsAt: instant.Of(a.EndsAt),
		}
		out.Tiers = tiersWire(q)
	}
	return out
}

func tiersWire(q activity.Quote) []wire.TierPrice {
	if len(q.Activity.Tiers) == 0 {
		return nil
	}
	sizes, prices := q.Steps()
	out := make([]wire.TierPrice, len(sizes))
	for i, size := range sizes {
		out[i] = wire.TierPrice{Size: size, PriceFen: prices[i]}
	}
	return out
}
