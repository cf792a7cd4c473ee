// Package catalog holds what the mall sells: products with their specifications, prices and stock.
package catalog

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kaituan/money"
)

// ProductID names a product; it is the goods id at the engine.
type ProductID string

// SKUID names a specification within its product.
type SKUID string

// Shelf says whether a product can be bought.
type Shelf string

// The shelf states.
const (
	OnShelf  Shelf = "on_shelf"
	OffShelf Shelf = "off_shelf"
)

// Limits of what an operator may enter.
const (
	MaxName        = 128            // characters
	MaxDescription = 4000           // characters
	MaxPictures    = 20             // per product
	MaxPictureURL  = 500            // bytes
	MaxSKUs        = 200            // per product
	MaxPrice       = 100_000_000_00 // fen; the most that Alipay takes in one trade
	MaxStock       = 100_000_000    // pieces
)

// Product is something on sale.
type Product struct {
	ID          ProductID
	Name        string
	Description string
	Pictures    []string // addresses, the first one is the cover
	Shelf       Shelf
	SKUs        []SKU
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Version     int64 // of the stored row; 0 before the first save
}

// SKU is one specification of a product.
type SKU struct {
	ID    SKUID
	Name  string
	Price money.Fen // per piece, bought alone
	Stock int       // pieces that can still be ordered
}

// SKU returns the named specification.
func (p Product) SKU(id SKUID) (SKU, bool) {
	for _, s := range p.SKUs {
		if s.ID == id {
			return s, true
		}
	}
	return SKU{}, false
}

// Draft is what an operator enters to create or change a product.
type Draft struct {
	ID          ProductID
	Name        string
	Description string
	Pictures    []string
	Shelf       Shelf
	SKUs        []DraftSKU
}

// DraftSKU is one specification in a Draft.
type DraftSKU struct {
	ID    SKUID
	Name  string
	Price money.Fen // per piece
	Stock *int      // pieces that can be ordered from now on; nil leaves the stock as it is, a new SKU has none
}

// Fault is one thing wrong with what an operator entered.
type Fault struct {
	Param  string // the field, as named on the wire
	Detail string // what would be right
}

type faults []Fault

func (f *faults) require(ok bool, param, detail string) {
	if !ok {
		*f = append(*f, Fault{Param: param, Detail: detail})
	}
}

// Validate returns every fault of the draft.
func (d Draft) Validate() []Fault {
	var f faults
	f.require(ValidID(string(d.ID)), "product_id", "1 to 64 of A-Z a-z 0-9 _ . -")
	f.require(name(d.Name), "name", "1 to 128 characters, on one line")
	f.require(text(d.Description, 0, MaxDescription), "description", "at most 4000 characters")
	f.require(d.Shelf == OnShelf || d.Shelf == OffShelf, "shelf", "on_shelf or off_shelf")
	f.require(len(d.Pictures) <= MaxPictures, "pictures", "at most 20")
	for i, picture := range d.Pictures {
		f.require(ValidPicture(picture), element("pictures", i), "an https or http address or a path on this site, at most 500 bytes")
	}
	f.require(len(d.SKUs) >= 1 && len(d.SKUs) <= MaxSKUs, "skus", "1 to 200")
	seen := make(map[SKUID]bool, len(d.SKUs))
	for i, sku := range d.SKUs {
		sku.validate(&f, element("skus", i))
		f.require(!seen[sku.ID], element("skus", i)+".sku_id", "unique within the product")
		seen[sku.ID] = true
	}
	return f
}

func (s DraftSKU) validate(f *faults, at string) {
	f.require(ValidID(string(s.ID)), at+".sku_id", "1 to 64 of A-Z a-z 0-9 _ . -")
	f.require(name(s.Name), at+".name", "1 to 128 characters, on one line")
	f.require(s.Price >= 1 && s.Price <= MaxPrice, at+".price_fen", "1 to 10000000000")
	f.require(s.Stock == nil || *s.Stock >= 0 && *s.Stock <= MaxStock, at+".stock", "0 to 100000000")
}

// ValidID says whether s can name goods, SKUs or anything else that the engine is told of.
func ValidID(s string) bool {
	for _, c := range []byte(s) {
		if !idByte(c) {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 64
}

func idByte(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-'
}

// ValidPicture says whether s is where a browser may fetch a picture from: an absolute address of the web, or a path
// on the site that shows it. Other schemes could carry a script.
func ValidPicture(s string) bool {
	u, err := url.Parse(s)
	if err != nil || len(s) > MaxPictureURL || strings.Contains(s, `\`) { // which browsers read as a slash
		return false
	}
	if u.Scheme == "" && u.Host == "" {
		return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//")
	}
	return (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// name is a text of one line.
func name(s string) bool { return text(s, 1, MaxName) && !strings.ContainsFunc(s, unicode.IsControl) }

// text may have several lines, and no other control characters.
func text(s string, low, high int) bool {
	n := utf8.RuneCountInString(s)
	return n >= low && n <= high && utf8.ValidString(s) && !strings.ContainsFunc(s, unprintable)
}

func unprintable(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }

func element(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// Over returns the product that the draft makes of old, the zero Product when there was none.
func (d Draft) Over(old Product, now time.Time) Product {
	p := Product{
		ID: d.ID, Name: d.Name, Description: d.Description, Pictures: d.Pictures, Shelf: d.Shelf,
		CreatedAt: old.CreatedAt, UpdatedAt: now, Version: old.Version,
	}
	if p.CreatedAt.IsZero() {
		p.CreatedAt = now
	}
	for _, s := range d.SKUs {
		kept, _ := old.SKU(s.ID)
		if s.Stock != nil {
			kept.Stock = *s.Stock
		}
		p.SKUs = append(p.SKUs, SKU{ID: s.ID, Name: s.Name, Price: s.Price, Stock: kept.Stock})
	}
	return p
}
