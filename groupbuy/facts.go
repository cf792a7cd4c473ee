package groupbuy

import (
	"context"
	"fmt"
	"slices"

	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/team"
)

// RecordFacts adds order facts of one partner and says what became of each. A fact that cannot be taken never stops
// the others, and a repeat changes nothing. At most MaxFactBatch at once.
func (e *Engine) RecordFacts(ctx context.Context, facts []crowd.Fact) ([]crowd.Verdict, error) {
	verdicts := make([]crowd.Verdict, len(facts))
	var sound []crowd.Fact
	var places []int
	now := e.Clock()
	for i, fact := range facts {
		if fault := fact.Fault(now); fault.Param != "" {
			verdicts[i] = crowd.Verdict{Outcome: crowd.Refused, Fault: fault}
			continue
		}
		sound = append(sound, fact)
		places = append(places, i)
	}
	if len(sound) == 0 {
		return verdicts, nil
	}
	taken, err := e.Crowds.PutFacts(ctx, sound)
	if err != nil {
		return nil, fmt.Errorf("groupbuy: put %d order facts: %w", len(sound), err)
	}
	for i, verdict := range taken {
		verdicts[places[i]] = verdict
	}
	return verdicts, nil
}

// LearnFacts turns those events of seats of ours that tell one into order facts. Safe to repeat, and in any order: an order
// takes each kind of fact once. A fact that contradicts one that the partner sent itself is left out and logged.
func (e *Engine) LearnFacts(ctx context.Context, news ...News) error {
	telling := slices.DeleteFunc(slices.Clone(news), func(n News) bool { return !slices.Contains(factTypes(), n.Type) })
	if len(telling) == 0 {
		return nil
	}
	ids := idsOf(telling)
	events, err := e.Store.EventsOf(ctx, ids, factTypes())
	if err != nil {
		return fmt.Errorf("groupbuy: facts of events %v: %w", ids, err)
	}
	var facts []crowd.Fact
	for _, event := range events {
		if fact, tells := factOf(event); tells {
			facts = append(facts, fact)
		}
	}
	if len(facts) == 0 {
		return nil
	}
	verdicts, err := e.RecordFacts(ctx, facts)
	if err != nil {
		return err
	}
	for i, v := range verdicts {
		if v.Outcome == crowd.Refused {
			e.Log.WarnContext(ctx, "order fact left out", "order", facts[i].Order, "param", v.Fault.Param, "detail", v.Fault.Detail)
		}
	}
	return nil
}

// factTypes are the events that factOf takes. Most events, those of seats that are held, need not be read at all.
func factTypes() []string {
	return []string{string(team.EventSeatPaid), string(team.EventSeatRefunded), string(team.EventDifferenceBack)}
}

// factOf returns what an event says about an order. Money that came too late for a seat never bought anything.
func factOf(e Event) (crowd.Fact, bool) {
	if e.Seat == nil || e.Seat.Settlement == team.RefundRequired || e.Seat.Settlement == team.SettlementNone {
		return crowd.Fact{}, false
	}
	seat := e.Seat
	fact := crowd.Fact{Partner: seat.Key.Partner, Order: crowd.OrderID(seat.Key.OutTradeNo), Buyer: seat.Buyer}
	switch team.EventType(e.Type) {
	case team.EventSeatPaid:
		fact.Kind, fact.Amount, fact.At = crowd.Paid, seat.PaidAmount, seat.PaidAt
	case team.EventSeatRefunded:
		fact.Kind, fact.Amount, fact.At = crowd.Refunded, seat.PaidAmount, e.At
	case team.EventDifferenceBack:
		fact.Kind, fact.Amount, fact.At = crowd.Refunded, seat.Difference, e.At
	default:
		return crowd.Fact{}, false
	}
	return fact, fact.Amount > 0
}
