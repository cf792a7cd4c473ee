package groupbuy

import (
	"context"
	"fmt"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

// TrialRequest asks for the price of some items for one buyer.
type TrialRequest struct {
	Buyer      activity.Buyer
	Channel    activity.Channel
	Items      []TrialItem
	TeamsLimit int // open teams to list per goods; 0: none
	Statistics bool
}

// TrialItem names one SKU.
type TrialItem struct {
	Goods activity.GoodsID
	SKU   activity.SKUID
}

// Trial is the answer: one quote per item in the order asked, and one outlook per goods when asked for.
type Trial struct {
	Quotes   []activity.Quote
	Outlooks []Outlook
}

// Outlook is what a buyer sees of goods besides the price.
type Outlook struct {
	Goods      activity.GoodsID
	Teams      []team.Team
	Statistics *Statistics
}

// MaxTrialItems bounds one trial.
const MaxTrialItems = 100

// Trial tells a buyer's prices (试算). Prices come from memory; only open teams and statistics ask the store.
// Errors: CodeInvalid.
func (e *Engine) Trial(ctx context.Context, p partner.ID, req TrialRequest) (Trial, error) {
	if len(req.Items) < 1 || len(req.Items) > MaxTrialItems {
		return Trial{}, invalid("items", "want 1 to 100 items")
	}
	if err := validIDs("buyer_id", string(req.Buyer), "channel", string(req.Channel)); err != nil {
		return Trial{}, err
	}
	rules, err := e.rules.load(ctx)
	if err != nil {
		return Trial{}, err
	}
	now := e.Clock()
	trial := Trial{Quotes: make([]activity.Quote, len(req.Items))}
	for i, item := range req.Items {
		trial.Quotes[i] = rules.snapshot.Quote(activity.Ask{
			Partner: p, Buyer: req.Buyer, Item: activity.Item{Goods: item.Goods, SKU: item.SKU, Channel: req.Channel},
		}, now)
	}
	if req.TeamsLimit > 0 || req.Statistics {
		trial.Outlooks, err = e.outlooks(ctx, p, req, trial.Quotes, now)
	}
	return trial, err
}

func (e *Engine) outlooks(ctx context.Context, p partner.ID, req TrialRequest, quotes []activity.Quote, now time.Time) ([]Outlook, error) {
	var outlooks []Outlook
	seen := map[activity.GoodsID]bool{}
	for i, item := range req.Items {
		if seen[item.Goods] || quotes[i].Activity == nil {
			continue
		}
		seen[item.Goods] = true
		outlook, err := e.outlook(ctx, p, req, quotes[i].Activity.ID, item.Goods, now)
		if err != nil {
			return nil, err
		}
		outlooks = append(outlooks, outlook)
	}
	return outlooks, nil
}

func (e *Engine) outlook(ctx context.Context, p partner.ID, req TrialRequest, id activity.ID, goods activity.GoodsID, now time.Time) (Outlook, error) {
	outlook := Outlook{Goods: goods}
	if req.TeamsLimit > 0 {
		teams, err := e.OpenTeams(ctx, OpenTeamsQuery{Partner: p, Activity: id, Goods: goods, Buyer: req.Buyer, Now: now, Limit: req.TeamsLimit})
		if err != nil {
			return Outlook{}, err
		}
		outlook.Teams = teams
	}
	if req.Statistics {
		statistics, err := e.Store.Statistics(ctx, id, goods)
		if err != nil {
			return Outlook{}, fmt.Errorf("groupbuy: statistics: %w", err)
		}
		outlook.Statistics = &statistics
	}
	return outlook, nil
}

// OpenTeams lists teams that a buyer may join, own first, then the soonest to end.
func (e *Engine) OpenTeams(ctx context.Context, q OpenTeamsQuery) ([]team.Team, error) {
	if q.Now.IsZero() {
		q.Now = e.Clock()
	}
	teams, err := e.Store.OpenTeams(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("groupbuy: open teams: %w", err)
	}
	return teams, nil
}

// Activities lists a partner's activities that take buyers now. An empty channel asks for all.
func (e *Engine) Activities(ctx context.Context, p partner.ID, channel activity.Channel) ([]activity.Activity, error) {
	rules, err := e.rules.load(ctx)
	if err != nil {
		return nil, err
	}
	return rules.snapshot.Activities(p, channel, e.Clock()), nil
}

// PartnerActivity returns one of a partner's activities that is not a draft. Errors: CodeActivityNotFound.
func (e *Engine) PartnerActivity(ctx context.Context, p partner.ID, id activity.ID) (activity.Activity, error) {
	a, err := e.Store.ActivityByID(ctx, id)
	if err == nil && (a.Partner != p || a.Status == activity.Draft) {
		err = ErrNotFound
	}
	return a, notFound(err, CodeActivityNotFound)
}

// validIDs takes pairs of a wire name and a value.
func validIDs(pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if !partner.ValidID(pairs[i+1]) {
			return invalid(pairs[i], "want 1 to 64 of A-Z a-z 0-9 _ . -")
		}
	}
	return nil
}
