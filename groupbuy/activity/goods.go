// Package activity holds what operators configure: the goods a partner registered, the activities over them,
// and the trial that tells one buyer's price. Everything in it is a pure decision.
package activity

import (
	"time"

	"kaituan/groupbuy/partner"
	"kaituan/money"
)

// GoodsID is the partner's own name of its goods.
type GoodsID string

// SKUID is the partner's own name of one specification of its goods.
type SKUID string

// Buyer is the partner's own name of its buyer.
type Buyer string

// Channel is a partner's sales channel.
type Channel string

// Goods is what a partner sells, with the original price of each SKU.
type Goods struct {
	Partner   partner.ID
	ID        GoodsID
	Name      string
	SKUs      []SKU
	UpdatedAt time.Time
}

// SKU is one specification of goods.
type SKU struct {
	ID            SKUID
	Name          string
	OriginalPrice money.Fen // per piece
}

// SKU returns the specification with the given id.
func (g Goods) SKU(id SKUID) (SKU, bool) {
	for _, sku := range g.SKUs {
		if sku.ID == id {
			return sku, true
		}
	}
	return SKU{}, false
}

// Bounds of what one registration of goods may hold.
const (
	MaxSKUs     = 200
	MaxNameRune = 200
	MaxPrice    = money.Fen(100_000_000_00) // 100 million yuan: keeps price x quantity far from overflow
)

// Validate returns every fault of a registration.
func (g Goods) Validate() []Fault {
	var faults faults
	faults.require(partner.ValidID(string(g.ID)), "goods_id", wantID)
	faults.require(ValidName(g.Name), "name", "want 1 to 200 characters")
	faults.require(len(g.SKUs) >= 1 && len(g.SKUs) <= MaxSKUs, "skus", "want 1 to 200 SKUs")
	seen := map[SKUID]bool{}
	for i, sku := range g.SKUs {
		at := element("skus", i)
		faults.require(partner.ValidID(string(sku.ID)), at+".sku_id", wantID)
		faults.require(!seen[sku.ID], at+".sku_id", "is listed twice")
		faults.require(ValidName(sku.Name), at+".name", "want 1 to 200 characters")
		faults.require(sku.OriginalPrice >= 1 && sku.OriginalPrice <= MaxPrice, at+".original_price_fen", "want 1 to 10000000000 fen")
		seen[sku.ID] = true
	}
	return faults
}
