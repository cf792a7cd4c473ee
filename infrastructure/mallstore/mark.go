package mallstore

import (
	"context"
	"fmt"

	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/order"
)

// markRow counts orders and adds up their versions: whatever happens to one of them makes another pair.
type markRow struct {
	Subject  string
	Orders   int64
	Versions int64
}

// Marks implements mall.Reader.
func (s *Store) Marks(ctx context.Context, of []mall.Watched) (map[mall.Watched]string, error) {
	var buyers, teams, scans []string
	marks := make(map[mall.Watched]string, len(of))
	for _, w := range of {
		marks[w] = ""
		switch {
		case w.Buyer != "":
			buyers = append(buyers, string(w.Buyer))
		case w.Team != "":
			teams = append(teams, string(w.Team))
		default:
			scans = append(scans, string(w.Scan))
		}
	}
	buyer := func(key string) mall.Watched { return mall.Watched{Buyer: account.ID(key)} }
	team := func(key string) mall.Watched { return mall.Watched{Team: order.TeamID(key)} }
	scan := func(key string) mall.Watched { return mall.Watched{Scan: account.ScanID(key)} }
	for _, part := range []struct {
		keys  []string
		thing func(key string) mall.Watched
		sql   string
		rest  []any
	}{
		{buyers, buyer, `SELECT buyer AS subject, COUNT(*) AS orders, SUM(version) AS versions FROM orders WHERE buyer IN ? GROUP BY buyer`, nil},
		{buyers, buyer, `SELECT mine.buyer AS subject, COUNT(*) AS orders, SUM(o.version) AS versions
			FROM (SELECT DISTINCT buyer, team_id FROM orders WHERE buyer IN ? AND team_id <> '' AND status IN ?) mine
			JOIN orders o ON o.team_id = mine.team_id GROUP BY mine.buyer`, []any{states(gathers)}},
		{teams, team, `SELECT team_id AS subject, COUNT(*) AS orders, SUM(version) AS versions FROM orders WHERE team_id IN ? GROUP BY team_id`, nil},
		{scans, scan, `SELECT id AS subject, 1 AS orders, version AS versions FROM scans WHERE id IN ?`, nil},
	} {
		if err := s.mark(ctx, marks, part.keys, part.thing, part.sql, part.rest); err != nil {
			return nil, err
		}
	}
	return marks, nil
}

// mark appends what a query tells of each key.
func (s *Store) mark(ctx context.Context, marks map[mall.Watched]string, keys []string, thing func(string) mall.Watched, sql string, rest []any) error {
	if len(keys) == 0 {
		return nil
	}
	var rows []markRow
	if err := s.read(ctx).Raw(sql, append([]any{keys}, rest...)...).Scan(&rows).Error; err != nil {
		return translate(err)
	}
	for _, r := range rows {
		marks[thing(r.Subject)] += fmt.Sprintf("%d.%d.", r.Orders, r.Versions)
	}
	return nil
}

// gathers says whether others in the team still matter to an order in this state.
func gathers(s order.Status) bool {
	return s == order.AwaitingPayment || s == order.Paid || s == order.Teaming || s == order.ToShip
}
