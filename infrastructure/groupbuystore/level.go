package groupbuystore

import (
	"context"

	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/observe"
)

// Levels counts teams, seats and deliveries that are under way, by state, the latter for each partner; a state that
// nothing is in counts 0, but no partner is listed for that. Errors: groupbuy.ErrUnavailable.
func (s *Store) Levels(ctx context.Context) ([]observe.Level, error) {
	teams, err := s.levels(ctx, "team", []string{string(team.Forming), string(team.Formed)},
		"SELECT '' AS partner_id, status AS state, COUNT(*) AS n, MIN(opened_at) AS since FROM teams WHERE closed_at = 0 AND status IN ? GROUP BY status")
	if err != nil {
		return nil, err
	}
	seats, err := s.levels(ctx, "seat", []string{string(team.Held), string(team.Refunding)},
		"SELECT '' AS partner_id, status AS state, COUNT(*) AS n, MIN(held_at) AS since FROM seats WHERE status IN ? GROUP BY status")
	if err != nil {
		return nil, err
	}
	deliveries, err := s.levels(ctx, "delivery", []string{string(partner.DeliveryPending), string(partner.DeliveryDead)},
		"SELECT partner_id, status AS state, COUNT(*) AS n, MIN(created_at) AS since FROM deliveries WHERE partner_id IN (SELECT id FROM partners) AND status IN ? "+
			"GROUP BY partner_id, status")
	return append(append(teams, seats...), deliveries...), err
}

// levels runs one of the statements above.
func (s *Store) levels(ctx context.Context, of string, states []string, sql string) ([]observe.Level, error) {
	var found []struct {
		PartnerID string
		State     string
		N         int64
		Since     int64
	}
	if err := s.db.Read(ctx).Raw(sql, states).Scan(&found).Error; err != nil {
		return nil, failed(err, "count what is under way")
	}
	var levels []observe.Level
	seen := map[string]bool{}
	for _, f := range found {
		levels = append(levels, observe.Level{Of: of, State: f.State, Partner: f.PartnerID, Count: f.N, Since: instant(f.Since)})
		seen[f.State] = true
	}
	for _, state := range states {
		if !seen[state] {
			levels = append(levels, observe.Level{Of: of, State: state})
		}
	}
	return levels, nil
}
