package groupbuystore

import (
	"encoding/json"
	"fmt"

	"gorm.io/gorm/clause"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/money"
)

type goodsRow struct {
	PartnerID string `gorm:"primaryKey"`
	ID        string `gorm:"primaryKey"`
	Name      string
	Skus      string
	UpdatedAt int64 `gorm:"autoUpdateTime:false"`
}

// TableName is GORM's hook for the table.
func (goodsRow) TableName() string { return "goods" }

type skuDoc struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	PriceFen int64  `json:"price_fen"`
}

func newGoodsRow(g activity.Goods) (goodsRow, error) {
	skus, err := json.Marshal(mapped(g.SKUs, func(sku activity.SKU) skuDoc {
		return skuDoc{ID: string(sku.ID), Name: sku.Name, PriceFen: int64(sku.OriginalPrice)}
	}))
	if err != nil {
		return goodsRow{}, fmt.Errorf("groupbuystore: SKUs of goods %s: %w", g.ID, err)
	}
	return goodsRow{
		PartnerID: string(g.Partner), ID: string(g.ID), Name: g.Name, Skus: string(skus), UpdatedAt: millis(g.UpdatedAt),
	}, nil
}

func (r goodsRow) goods() (activity.Goods, error) {
	var docs []skuDoc
	if err := json.Unmarshal([]byte(r.Skus), &docs); err != nil {
		return activity.Goods{}, fmt.Errorf("groupbuystore: SKUs of goods %s: %w", r.ID, err)
	}
	return activity.Goods{
		Partner: partner.ID(r.PartnerID), ID: activity.GoodsID(r.ID), Name: r.Name, UpdatedAt: instant(r.UpdatedAt),
		SKUs: mapped(docs, func(d skuDoc) activity.SKU {
			return activity.SKU{ID: activity.SKUID(d.ID), Name: d.Name, OriginalPrice: money.Fen(d.PriceFen)}
		}),
	}, nil
}

// Goods returns the named goods that exist. See groupbuy.Tx.
func (t *tx) Goods(p partner.ID, ids []activity.GoodsID) ([]activity.Goods, error) {
	var rows []goodsRow
	if err := t.db.Where("partner_id = ? AND id IN ?", string(p), texts(ids)).Order("id").Find(&rows).Error; err != nil {
		return nil, failed(err, "goods of %s", p)
	}
	return mappedOrFail(rows, goodsRow.goods)
}

// PutGoods registers or replaces goods. See groupbuy.Tx.
func (t *tx) PutGoods(g activity.Goods) error {
	row, err := newGoodsRow(g)
	if err != nil {
		return err
	}
	replace := clause.OnConflict{
		Columns:   []clause.Column{{Name: "partner_id"}, {Name: "id"}},
		DoUpdates: clause.AssignmentColumns([]string{"name", "skus", "updated_at"}),
	}
	return failed(t.db.Clauses(replace).Create(&row).Error, "put goods %s of %s", g.ID, g.Partner)
}

// texts unwraps ids for a query.
func texts[T ~string](ids []T) []string {
	return mapped(ids, func(id T) string { return string(id) })
}
