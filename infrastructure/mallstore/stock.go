package mallstore

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
	"kaituan/mall/catalog"
)

// stockRow is how many pieces are left of a SKU that can be bought.
type stockRow struct {
	key    mall.StockKey
	stock  int
	listed bool
}

// findStock holds the stock of SKUs.
func (l *ledger) findStock(keys []mall.StockKey, into *[]stockRow) sqldb.Query {
	primary, lock := l.held()
	var args []any
	for _, k := range keys {
		args = append(args, string(k.Product), string(k.SKU))
	}
	where := strings.TrimSuffix(strings.Repeat("product_id = ? AND sku_id = ? OR ", len(keys)), " OR ")
	return sqldb.Query{
		SQL: "SELECT product_id, sku_id, stock, listed FROM skus" + primary + " WHERE " + where + lock, Args: args,
		Each: func(scan func(...any) error) error {
			var r stockRow
			err := scan(&r.key.Product, &r.key.SKU, &r.stock, &r.listed)
			*into = append(*into, r)
			return err
		},
	}
}

// notForSale is what is left of a SKU that cannot be bought: nothing, however many pieces come back.
const notForSale = math.MinInt / 2

func (l *ledger) knowStock(keys []mall.StockKey, found []stockRow) {
	for _, k := range keys {
		remember(l, l.left, k, notForSale)
	}
	for _, r := range found {
		if r.listed {
			remember(l, l.left, r.key, r.stock)
		}
	}
}

// TakeStock implements mall.PurchaseTx. A shared transaction holds the stock, so that what is short is known at once.
func (l *ledger) TakeStock(product catalog.ProductID, sku catalog.SKUID, n int) error {
	key := mall.StockKey{Product: product, SKU: sku}
	if l.shared {
		if _, asked := l.left[key]; !asked {
			var found []stockRow
			if err := l.read(l.findStock([]mall.StockKey{key}, &found)); err != nil {
				return err
			}
			l.knowStock([]mall.StockKey{key}, found)
		}
		if l.left[key] < n {
			return mall.ErrStock
		}
		remember(l, l.left, key, l.left[key]-n)
	}
	l.stock[key] -= n
	if err := l.written(); !errors.Is(err, sqldb.ErrStale) {
		return err
	}
	return mall.ErrStock
}

// ReturnStock implements mall.PurchaseTx.
func (l *ledger) ReturnStock(product catalog.ProductID, sku catalog.SKUID, n int) error {
	key := mall.StockKey{Product: product, SKU: sku}
	if left, held := l.left[key]; held {
		remember(l, l.left, key, left+n)
	}
	l.stock[key] += n
	if err := l.written(); !errors.Is(err, sqldb.ErrStale) {
		return err
	}
	return fmt.Errorf("return %d pieces of %s %s: %w", n, product, sku, mall.ErrNotFound)
}

// stockChanges is one statement for each SKU, however many pieces came and went.
func (l *ledger) stockChanges() []sqldb.Write {
	var writes []sqldb.Write
	for key, n := range l.stock {
		w := sqldb.Write{SQL: "UPDATE skus SET stock = stock + ? WHERE product_id = ? AND sku_id = ?", Args: []any{n, string(key.Product), string(key.SKU)}, Rows: 1}
		if n < 0 {
			w.SQL += " AND listed = ? AND stock >= ?"
			w.Args = append(w.Args, true, -n)
		}
		if n != 0 {
			writes = append(writes, w)
		}
	}
	slices.SortFunc(writes, func(a, b sqldb.Write) int { return slices.Compare(names(a.Args), names(b.Args)) })
	return writes
}

// names are product and SKU of a change of stock: by them, changes are in the same order everywhere.
func names(args []any) []string { return []string{args[1].(string), args[2].(string)} }
