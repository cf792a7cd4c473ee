package groupbuystore

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/team"
)

// Standing returns what the seats already taken say about a buyer and a SKU. See groupbuy.Reader.
func (s *Store) Standing(ctx context.Context, q groupbuy.StandingQuery) (groupbuy.Standing, error) {
	var standing groupbuy.Standing
	db := s.db.Read(ctx)
	var counts []struct{ Opened, Seats int }
	err := db.Model(&seatRow{}).Select("opened, COUNT(*) AS seats").
		Where("activity_id = ? AND buyer = ? AND ordinal IS NOT NULL", string(q.Activity), string(q.Buyer)).
		Group("opened").Find(&counts).Error
	if err != nil {
		return standing, failed(err, "count seats of a buyer in %s", q.Activity)
	}
	for _, c := range counts {
		if c.Opened == 1 {
			standing.Opened = c.Seats
		} else {
			standing.Joined = c.Seats
		}
	}
	var row stockRow
	err = stockOf(db, team.StockKey{Activity: q.Activity, Goods: q.Goods, SKU: q.SKU}).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return standing, nil
	}
	stock := row.stock()
	standing.Stock = &stock
	return standing, failed(err, "stock of %s", q.SKU)
}
