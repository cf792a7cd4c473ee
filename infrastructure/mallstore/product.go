package mallstore

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"kaituan/mall"
	"kaituan/mall/catalog"
	"kaituan/money"
)

type productRow struct {
	ID          string `gorm:"primaryKey"`
	Name        string
	Description string
	Pictures    string // JSON array
	Shelf       string
	CreatedAt   int64 `gorm:"autoCreateTime:false"`
	UpdatedAt   int64 `gorm:"autoUpdateTime:false"`
	Version     int64
}

// TableName is GORM's hook for the table.
func (productRow) TableName() string { return "products" }

type skuRow struct {
	ProductID string `gorm:"primaryKey"`
	SKUID     string `gorm:"column:sku_id;primaryKey"`
	Position  int
	Name      string
	PriceFen  int64
	Stock     int
	Supplied  int
	Listed    bool
}

// TableName is GORM's hook for the table.
func (skuRow) TableName() string { return "skus" }

func newProductRow(p catalog.Product) (productRow, error) {
	pictures, err := json.Marshal(p.Pictures)
	return productRow{
		ID: string(p.ID), Name: p.Name, Description: p.Description, Pictures: string(pictures), Shelf: string(p.Shelf),
		CreatedAt: millis(p.CreatedAt), UpdatedAt: millis(p.UpdatedAt), Version: p.Version + 1,
	}, err
}

func (r productRow) product(skus []skuRow) (catalog.Product, error) {
	p := catalog.Product{
		ID: catalog.ProductID(r.ID), Name: r.Name, Description: r.Description, Shelf: catalog.Shelf(r.Shelf),
		CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt), Version: r.Version,
	}
	for _, s := range skus {
		p.SKUs = append(p.SKUs, catalog.SKU{
			ID: catalog.SKUID(s.SKUID), Name: s.Name, Price: money.Fen(s.PriceFen), Stock: s.Stock,
		})
	}
	if err := json.Unmarshal([]byte(r.Pictures), &p.Pictures); err != nil {
		return p, fmt.Errorf("pictures of product %s: %w", r.ID, err)
	}
	return p, nil
}

// load completes products with their SKUs, in one query for all.
func load(db *gorm.DB, rows []productRow) ([]catalog.Product, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	var skus []skuRow
	ids := each(rows, func(r productRow) string { return r.ID })
	err := db.Where("product_id IN ? AND listed = ?", ids, true).Order("product_id, position, sku_id").Find(&skus).Error
	if err != nil {
		return nil, translate(err)
	}
	of := make(map[string][]skuRow, len(rows))
	for _, s := range skus {
		of[s.ProductID] = append(of[s.ProductID], s)
	}
	products := make([]catalog.Product, len(rows))
	for i, r := range rows {
		if products[i], err = r.product(of[r.ID]); err != nil {
			return nil, err
		}
	}
	return products, nil
}

func forUpdate(db *gorm.DB) *gorm.DB { return db.Clauses(clause.Locking{Strength: "UPDATE"}) }

// LockProduct implements mall.TxCatalog.
func (t *tx) LockProduct(id catalog.ProductID) (catalog.Product, error) {
	var row productRow
	if err := forUpdate(t.db).Where("id = ?", string(id)).Take(&row).Error; err != nil {
		return catalog.Product{}, translate(err)
	}
	products, err := load(forUpdate(t.db), []productRow{row})
	if err != nil {
		return catalog.Product{}, err
	}
	return products[0], nil
}

// PutProduct implements mall.TxCatalog.
func (t *tx) PutProduct(p catalog.Product) error {
	row, err := newProductRow(p)
	if err != nil {
		return err
	}
	if p.Version == 0 {
		err = translate(t.db.Create(&row).Error)
	} else {
		err = update(t.db, &row, p.Version)
	}
	if err != nil {
		return err
	}
	return t.putSKUs(p)
}

func (t *tx) putSKUs(p catalog.Product) error {
	var stored []skuRow
	if err := forUpdate(t.db).Where("product_id = ?", string(p.ID)).Find(&stored).Error; err != nil {
		return translate(err)
	}
	old := make(map[catalog.SKUID]skuRow, len(stored))
	for _, s := range stored {
		old[catalog.SKUID(s.SKUID)] = s
	}
	for i, s := range p.SKUs {
		was, known := old[s.ID]
		row := skuRow{
			ProductID: string(p.ID), SKUID: string(s.ID), Position: i, Name: s.Name, PriceFen: int64(s.Price), Listed: true,
			Stock: s.Stock, Supplied: was.Supplied + s.Stock - was.Stock,
		}
		if err := t.putSKU(row, known); err != nil {
			return err
		}
		delete(old, s.ID)
	}
	for id := range old {
		err := t.db.Model(&skuRow{}).Where("product_id = ? AND sku_id = ?", string(p.ID), string(id)).Update("listed", false).Error
		if err != nil {
			return translate(err)
		}
	}
	return nil
}

func (t *tx) putSKU(row skuRow, known bool) error {
	if !known {
		return translate(t.db.Create(&row).Error)
	}
	return translate(t.db.Model(&row).Select("*").Updates(&row).Error)
}

// Product implements mall.Reader.
func (s *Store) Product(ctx context.Context, id catalog.ProductID) (catalog.Product, error) {
	var row productRow
	var skus []skuRow
	err := s.asked.product.Each(ctx, func(scan func(...any) error) error {
		var sku skuRow
		err := scan(&row.ID, &row.Name, &row.Description, &row.Pictures, &row.Shelf, &row.CreatedAt, &row.UpdatedAt, &row.Version,
			&sku.SKUID, &sku.Name, &sku.PriceFen, &sku.Stock)
		if sku.SKUID != "" { // a product without any that can be bought has one row all the same
			skus = append(skus, sku)
		}
		return err
	}, true, string(id))
	if err != nil {
		return catalog.Product{}, translate(err)
	}
	if row.ID == "" {
		return catalog.Product{}, mall.ErrNotFound
	}
	return row.product(skus)
}

// Covers implements mall.Reader.
func (s *Store) Covers(ctx context.Context, ids []catalog.ProductID) (map[catalog.ProductID]string, error) {
	covers := make(map[catalog.ProductID]string, len(ids))
	if len(ids) == 0 {
		return covers, nil
	}
	var rows []productRow
	err := s.read(ctx).Select("id", "pictures").Where("id IN ?", each(ids, func(id catalog.ProductID) string { return string(id) })).
		Find(&rows).Error
	for _, r := range rows {
		p, err := r.product(nil)
		if err != nil {
			return covers, err
		}
		if len(p.Pictures) > 0 {
			covers[p.ID] = p.Pictures[0]
		}
	}
	return covers, translate(err)
}

// Products implements mall.Reader.
func (s *Store) Products(ctx context.Context, q mall.ProductQuery) ([]catalog.Product, error) {
	db := s.read(ctx).Order("created_at DESC, id DESC").Limit(q.Limit)
	if q.Shelf != "" {
		db = db.Where("shelf = ?", string(q.Shelf))
	}
	if q.Before.ID != "" {
		at := millis(q.Before.CreatedAt)
		db = db.Where("created_at < ? OR (created_at = ? AND id < ?)", at, at, string(q.Before.ID))
	}
	var rows []productRow
	if err := db.Find(&rows).Error; err != nil {
		return nil, translate(err)
	}
	return load(s.read(ctx), rows)
}
