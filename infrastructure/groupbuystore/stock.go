package groupbuystore

import (
	"fmt"

	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

type stockRow struct {
	ActivityID string `gorm:"primaryKey"`
	GoodsID    string `gorm:"primaryKey"`
	SkuID      string `gorm:"primaryKey"`
	Pieces     int
	Taken      int
	Version    int64
}

// TableName is GORM's hook for the table.
func (stockRow) TableName() string { return "activity_stock" }

func (r stockRow) stock() team.Stock {
	return team.Stock{
		Key:    team.StockKey{Activity: activity.ID(r.ActivityID), Goods: activity.GoodsID(r.GoodsID), SKU: activity.SKUID(r.SkuID)},
		Pieces: r.Pieces, Taken: r.Taken, Version: r.Version,
	}
}

func newStockRow(s team.Stock) stockRow {
	return stockRow{
		ActivityID: string(s.Key.Activity), GoodsID: string(s.Key.Goods), SkuID: string(s.Key.SKU),
		Pieces: s.Pieces, Taken: s.Taken, Version: s.Version,
	}
}

func stockKey() []string { return []string{"activity_id", "goods_id", "sku_id"} }

func stockOf(db *gorm.DB, k team.StockKey) *gorm.DB {
	return db.Model(&stockRow{}).
		Where("activity_id = ? AND goods_id = ? AND sku_id = ?", string(k.Activity), string(k.Goods), string(k.SKU))
}

// OpenStock makes SKUs countable, or changes how many pieces there are. It returns groupbuy.ErrConflict when more
// are taken already. See groupbuy.Tx.
func (t *tx) OpenStock(id activity.ID, stock []activity.Stock) error {
	for _, s := range stock {
		if err := t.openStock(id, s); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) openStock(id activity.ID, s activity.Stock) error {
	key := team.StockKey{Activity: id, Goods: s.Goods, SKU: s.SKU}
	changed := stockOf(t.db, key).Where("taken <= ?", s.Pieces).
		Updates(map[string]any{"pieces": s.Pieces, "version": gorm.Expr("version + 1")})
	if changed.Error != nil || changed.RowsAffected == 1 {
		return failed(changed.Error, "change stock of %v", key)
	}
	var existing int64
	if err := stockOf(t.db, key).Count(&existing).Error; err != nil {
		return failed(err, "look for stock of %v", key)
	}
	if existing > 0 {
		return fmt.Errorf("stock of %v: more than %d pieces are taken: %w", key, s.Pieces, groupbuy.ErrConflict)
	}
	row := stockRow{ActivityID: string(id), GoodsID: string(s.Goods), SkuID: string(s.SKU), Pieces: s.Pieces, Version: 1}
	return failed(t.db.Create(&row).Error, "open stock of %v", key)
}

// stockColumns are the columns of the table, in the order of pointers and values.
func stockColumns() []string {
	return []string{
		"activity_id", "goods_id", "sku_id", "pieces", "taken", "version",
	}
}

func (r *stockRow) pointers() []any {
	return []any{
		&r.ActivityID, &r.GoodsID, &r.SkuID, &r.Pieces, &r.Taken, &r.Version,
	}
}

func (r stockRow) values() []any {
	return []any{
		r.ActivityID, r.GoodsID, r.SkuID, r.Pieces, r.Taken, r.Version,
	}
}

func (r stockRow) version() int64 { return r.Version }
