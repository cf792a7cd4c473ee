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
	Activity   activity.ID // look at this one only; empty: whichever takes the buyer
	Joining    bool        // a team that is open already; otherwise the buyer opens one
	Explain    bool
	TeamsLimit int // open teams to list per goods; 0: none
	Statistics bool
}

// TrialItem names one SKU.
type TrialItem struct {
	Goods activity.GoodsID
	SKU   activity.SKUID
}

func (req TrialRequest) ask(p partner.ID, item TrialItem) activity.Ask {
	return activity.Ask{
		Partner: p, Buyer: req.Buyer, Joining: req.Joining,
		Item: activity.Item{Goods: item.Goods, SKU: item.SKU, Channel: req.Channel},
	}
}

func (req TrialRequest) validate() error {
	if len(req.Items) < 1 || len(req.Items) > MaxTrialItems {
		return invalid("items", "want 1 to 100 items")
	}
	return validIDs("buyer_id", string(req.Buyer), "channel", string(req.Channel))
}

// Trial is the answer: one quote per item in the order asked, with its verdicts when they were asked for, and one
// outlook per goods when asked for.
type Trial struct {
	Quotes   []activity.Quote
	Verdicts [][]activity.Verdict
	Outlooks []Outlook
}

// Outlook is what a buyer sees of goods besides the price.
type Outlook struct {
	Goods      activity.GoodsID
	Teams      []*OpenTeam
	Statistics *Statistics
}

// OpenTeam is a team that a page shows. It is shared with others who look, and must not be changed.
type OpenTeam struct {
	team.Team
	Shown []byte // what Deps.Show made of it; nil for teams that the buyer sits in
}

// MaxTrialItems bounds one trial.
const MaxTrialItems = 100

// Trial tells a buyer's prices (试算). Prices come from memory; only a buyer's own teams and explanations ask the store
// each time. What else a page shows may be a second old, see pages. Errors: CodeInvalid.
func (e *Engine) Trial(ctx context.Context, p partner.ID, req TrialRequest) (Trial, error) {
	if err := req.validate(); err != nil {
		return Trial{}, err
	}
	if err := optionalIDs("activity_id", string(req.Activity)); err != nil {
		return Trial{}, err
	}
	rules, err := e.rules.load(ctx)
	if err != nil {
		return Trial{}, err
	}
	now := e.Clock()
	trial, err := e.quote(ctx, rules.snapshot, p, req, now)
	if err == nil && (req.TeamsLimit > 0 || req.Statistics) {
		trial.Outlooks, err = e.outlooks(ctx, p, req, trial.Quotes, now)
	}
	return trial, err
}

// quote answers every item, and explains the answers when asked to.
func (e *Engine) quote(ctx context.Context, snapshot *activity.Snapshot, p partner.ID, req TrialRequest, now time.Time) (Trial, error) {
	trial := Trial{Quotes: make([]activity.Quote, len(req.Items))}
	if req.Explain {
		trial.Verdicts = make([][]activity.Verdict, len(req.Items))
	}
	for i, item := range req.Items {
		ask := req.ask(p, item)
		if req.Activity == "" {
			trial.Quotes[i] = snapshot.Quote(ask, now)
		} else {
			trial.Quotes[i] = snapshot.QuoteIn(ask, req.Activity, now)
		}
		if !req.Explain {
			continue
		}
		var err error
		if trial.Verdicts[i], err = e.explain(ctx, snapshot, ask, &trial.Quotes[i], now); err != nil {
			return Trial{}, err
		}
	}
	return trial, nil
}

// DryRun tells an operator what a buyer would pay in one activity, and what every rule says, at a given instant. The
// activity may be in any state; a draft is looked at as if it were published. It returns the activity as it is.
// Errors: CodeInvalid, CodeActivityNotFound.
func (e *Engine) DryRun(ctx context.Context, id activity.ID, req TrialRequest, at time.Time) (activity.Activity, Trial, error) {
	if err := req.validate(); err != nil {
		return activity.Activity{}, Trial{}, err
	}
	rules, err := e.rules.load(ctx)
	if err != nil {
		return activity.Activity{}, Trial{}, err
	}
	a, goods, err := e.withGoods(ctx, id)
	if err != nil {
		return activity.Activity{}, Trial{}, err
	}
	if at.IsZero() {
		at = e.Clock()
	}
	req.Activity, req.Explain = id, true
	trial, err := e.quote(ctx, rules.snapshot.AsIf(a, goods), a.Partner, req, at)
	return a, trial, err
}

// withGoods returns an activity in any state with those of its goods that are registered.
func (e *Engine) withGoods(ctx context.Context, id activity.ID) (a activity.Activity, goods []activity.Goods, err error) {
	err = e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		if a, err = tx.Activity(id); err != nil {
			return notFound(err, CodeActivityNotFound)
		}
		goods, err = tx.Goods(a.Partner, a.Goods)
		return err
	})
	return a, goods, err
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
		teams, err := e.openTeams(ctx, OpenTeamsQuery{Partner: p, Activity: id, Goods: goods, Buyer: req.Buyer, Now: now, Limit: req.TeamsLimit})
		if err != nil {
			return Outlook{}, err
		}
		outlook.Teams = teams
	}
	if req.Statistics {
		statistics, err := e.pages.counts(ctx, shelf{p, id, goods})
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

// optionalIDs is validIDs for values that may be left out.
func optionalIDs(pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		if err := validIDs(pairs[i], pairs[i+1]); err != nil {
			return err
		}
	}
	return nil
}
