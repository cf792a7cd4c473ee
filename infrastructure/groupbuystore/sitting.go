package groupbuystore

import (
	"context"
	"slices"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/sqldb"
)

// sits asks in which teams buyers sit, which every product page does: for one of them, and for so many at once.
type sits struct {
	one  *sqldb.Asked
	many []crowdAsked
}

// crowdAsked is a question about up to so many buyers.
type crowdAsked struct {
	size int
	ask  *sqldb.Asked
}

func newSits(db *sqldb.DB) sits {
	s := sits{one: db.Ask("SELECT team_id FROM seats WHERE partner_id = ? AND buyer = ? AND goods_id = ? AND " + live)}
	for _, size := range []int{4, 16, 64} {
		s.many = append(s.many, crowdAsked{size, db.Ask(crowdSQL(db.Dialect(), size))})
	}
	return s
}

// crowdSQL finds the seats of many buyers of one partner by index, and picks those of the goods from what it found:
// databases would look up each buyer with each of the goods and each status otherwise.
func crowdSQL(dialect sqldb.Dialect, size int) string {
	goods := "+s.goods_id" // which is in no index
	if dialect == sqldb.MySQL {
		goods = "CONCAT(s.goods_id)"
	}
	return "SELECT s.buyer, s.goods_id, s.team_id FROM seats s WHERE s.partner_id = ? AND s.buyer IN " + places(size) +
		" AND " + goods + " IN " + places(size) + " AND s.ordinal IS NOT NULL"
}

// Sitting tells where visitors sit, by one statement for those of one partner. See groupbuy.Reader.
func (s *Store) Sitting(ctx context.Context, visitors []groupbuy.Visitor) ([][]team.ID, error) {
	found := make([][]team.ID, len(visitors))
	for _, some := range perPartner(visitors) {
		largest := s.sits.many[len(s.sits.many)-1].size
		for part := range slices.Chunk(some, largest) {
			if err := s.sitting(ctx, visitors, part, found); err != nil {
				return nil, failed(err, "where buyers sit")
			}
		}
	}
	return found, nil
}

// perPartner groups the places of visitors in their list, but for strangers.
func perPartner(visitors []groupbuy.Visitor) map[partner.ID][]int {
	groups := map[partner.ID][]int{}
	for i, v := range visitors {
		if v.Buyer != "" {
			groups[v.Partner] = append(groups[v.Partner], i)
		}
	}
	return groups
}

// sitting asks about visitors of one partner.
func (s *Store) sitting(ctx context.Context, visitors []groupbuy.Visitor, of []int, found [][]team.ID) error {
	if len(of) == 1 {
		v := visitors[of[0]]
		return s.sits.one.Each(ctx, func(scan func(...any) error) error {
			var id team.ID
			err := scan(&id)
			found[of[0]] = append(found[of[0]], id)
			return err
		}, string(v.Partner), string(v.Buyer), string(v.Goods))
	}
	crowd := s.sits.many[slices.IndexFunc(s.sits.many, func(c crowdAsked) bool { return len(of) <= c.size })]
	args := make([]any, 1, 1+2*crowd.size)
	args[0] = string(visitors[of[0]].Partner)
	for i := range crowd.size { // what is left is filled with the last one again
		args = append(args, string(visitors[of[min(i, len(of)-1)]].Buyer))
	}
	for i := range crowd.size {
		args = append(args, string(visitors[of[min(i, len(of)-1)]].Goods))
	}
	return crowd.ask.Each(ctx, func(scan func(...any) error) error {
		var buyer activity.Buyer
		var goods activity.GoodsID
		var id team.ID
		if err := scan(&buyer, &goods, &id); err != nil {
			return err
		}
		for _, i := range of {
			if visitors[i].Buyer == buyer && visitors[i].Goods == goods {
				found[i] = append(found[i], id)
			}
		}
		return nil
	}, args...)
}
