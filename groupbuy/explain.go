package groupbuy

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

// StandingQuery names a buyer in an activity, before one SKU of it.
type StandingQuery struct {
	Activity activity.ID
	Buyer    activity.Buyer
	Goods    activity.GoodsID
	SKU      activity.SKUID
}

// Standing is what the seats already taken say about a buyer and a SKU.
type Standing struct {
	Opened int         // live seats that opened a team
	Joined int         // live seats in teams of others
	Stock  *team.Stock // nil: not limited, or not published yet
}

// explain lists what every rule says about the buyer: those of the trial, then limits and stock, which only the store
// knows, then the prices. A quote that nothing else speaks against takes the first refusal of the store's.
func (e *Engine) explain(ctx context.Context, snapshot *activity.Snapshot, ask activity.Ask, q *activity.Quote, now time.Time) ([]activity.Verdict, error) {
	verdicts := snapshot.Explain(ask, q.ActivityID(), now)
	if q.Activity == nil {
		return verdicts, nil
	}
	standing, err := e.Store.Standing(ctx, StandingQuery{Activity: q.Activity.ID, Buyer: ask.Buyer, Goods: ask.Item.Goods, SKU: ask.Item.SKU})
	if err != nil {
		return nil, fmt.Errorf("groupbuy: standing of a buyer: %w", err)
	}
	for _, verdict := range standing.verdicts(q.Activity, ask) {
		verdicts = append(verdicts, verdict)
		if !verdict.OK && q.Reason == activity.ReasonNone {
			q.Reason, q.Joinable = activity.Reason(verdict.Rule), false
		}
	}
	return append(verdicts, snapshot.ExplainPrice(ask, *q, now)...), nil
}

// verdicts judges as team.Lock does, in its order.
func (s Standing) verdicts(a *activity.Activity, ask activity.Ask) []activity.Verdict {
	return []activity.Verdict{
		limitVerdict(team.LimitOpen, s.Opened, a.Limits.Open, !ask.Joining),
		limitVerdict(team.LimitJoin, s.Joined, a.Limits.Join, ask.Joining),
		limitVerdict(team.LimitTotal, s.Opened+s.Joined, a.Limits.Total, true),
		s.stockVerdict(),
	}
}

func limitVerdict(rule team.Reason, taken, limit int, asked bool) activity.Verdict {
	return activity.Verdict{
		Rule: string(rule), OK: !asked || limit == 0 || taken < limit, Value: strconv.Itoa(taken),
		Detail: "at most " + strconv.Itoa(limit) + " seats held or paid (0: no limit)",
	}
}

func (s Standing) stockVerdict() activity.Verdict {
	if s.Stock == nil {
		return activity.Verdict{Rule: string(team.StockOut), OK: true, Detail: "is not limited"}
	}
	left := s.Stock.Pieces - s.Stock.Taken
	return activity.Verdict{
		Rule: string(team.StockOut), OK: left >= 1, Value: strconv.Itoa(left),
		Detail: "pieces left of " + strconv.Itoa(s.Stock.Pieces),
	}
}
