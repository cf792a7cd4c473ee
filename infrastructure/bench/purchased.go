package bench

import (
	"context"
	"fmt"
	"time"
)

// Purchases is what became of the orders that were paid at the gateway.
type Purchases struct {
	Round     int     `json:"round"`
	Orders    int     `json:"orders"`
	Formed    int     `json:"formed"`         // of which the shop heard that their team had formed
	PerSecond float64 `json:"per_second"`     // of those, until the last was heard of
	Handled99 float64 `json:"handled_p99_ms"` // from the engine's event until the shop had acted on it
	Whole50   float64 `json:"whole_p50_ms"`   // from placing an order until then
	Verdict   Verdict `json:"-"`
}

// orderSeen is an order as the mall's database has it.
type orderSeen struct {
	id, team, status string
	placedAt         int64 // milliseconds, as all
	readyAt          int64 // when the shop acted on the team's event, 0: not yet
}

// follow waits until the shop has heard of everything, and says when it did. Began is when the first order was placed.
func (s *site) follow(ctx context.Context, of *shop, began time.Time) (Purchases, error) {
	if err := s.heard(ctx, of); err != nil {
		return Purchases{}, err
	}
	formed, err := s.formedAt(ctx, of.at.activity)
	if err != nil {
		return Purchases{}, err
	}
	orders, err := s.orders(ctx, of.at.activity)
	if err != nil {
		return Purchases{}, err
	}
	return tally(orders, formed, of.paid, began), nil
}

// heard waits until every payment was told of and every message sent.
func (s *site) heard(ctx context.Context, of *shop) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for {
		var known int
		err := s.mall.Read(ctx).Raw("SELECT COUNT(*) FROM orders WHERE activity_id = ? AND paid_at > 0", of.at.activity).Row().Scan(&known)
		if err != nil {
			return fmt.Errorf("bench: count paid orders: %w", err)
		}
		if known >= len(of.paid) {
			return s.quiet(ctx)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("bench: the shop knows of %d of %d payments after %s", known, len(of.paid), settleTime)
		}
	}
}

// tally wants every paid order ready, or in a team that is not full.
func tally(orders []orderSeen, formed map[string]int64, paid map[string]bool, began time.Time) Purchases {
	result := Purchases{Orders: len(paid), Verdict: Verdict{Promised: len(paid)}}
	var handled, whole histogram
	last := began.UnixMilli()
	found := 0
	for _, o := range orders {
		if paid[o.id] {
			found++
		}
		at, full := formed[o.team]
		switch {
		case paid[o.id] && full != (o.status == "to_ship"), paid[o.id] && !full && o.status != "teaming":
			result.Verdict.fault("order %s was paid and is %s; team %s formed: %t", o.id, o.status, o.team, full)
		case full && o.readyAt > 0:
			result.Formed++
			last = max(last, o.readyAt)
			handled.add(time.Duration(o.readyAt-at) * time.Millisecond)
			whole.add(time.Duration(o.readyAt-o.placedAt) * time.Millisecond)
		}
	}
	if found != len(paid) {
		result.Verdict.fault("of %d paid orders %d exist", len(paid), found)
	}
	if took := float64(last-began.UnixMilli()) / 1000; took > 0 {
		result.PerSecond = float64(result.Formed) / took
	}
	result.Handled99, result.Whole50 = millis(handled.percentile(99)), millis(whole.percentile(50))
	return result
}

func (s *site) orders(ctx context.Context, activity string) ([]orderSeen, error) {
	rows, err := s.mall.Read(ctx).Raw(`SELECT o.id, o.team_id, o.status, o.placed_at, COALESCE(h.at, 0) FROM orders o
		LEFT JOIN order_history h ON h.order_id = o.id AND h.to_status = 'to_ship' WHERE o.activity_id = ?`, activity).Rows()
	if err != nil {
		return nil, fmt.Errorf("bench: read orders: %w", err)
	}
	defer rows.Close()
	var list []orderSeen
	for rows.Next() {
		var o orderSeen
		if err := rows.Scan(&o.id, &o.team, &o.status, &o.placedAt, &o.readyAt); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

// formedAt is when each full team of an activity formed, by the engine.
func (s *site) formedAt(ctx context.Context, activity string) (map[string]int64, error) {
	rows, err := s.engine.Read(ctx).Raw(`SELECT t.id, h.happened_at FROM teams t JOIN team_history h ON h.id = t.id
		WHERE t.activity_id = ? AND h.to_status = 'formed'`, activity).Rows()
	if err != nil {
		return nil, fmt.Errorf("bench: read teams: %w", err)
	}
	defer rows.Close()
	formed := map[string]int64{}
	for rows.Next() {
		var id string
		var at int64
		if err := rows.Scan(&id, &at); err != nil {
			return nil, err
		}
		formed[id] = at
	}
	return formed, rows.Err()
}
