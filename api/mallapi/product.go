package mallapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/instant"
	wire "kaituan/api/mallwire"
	"kaituan/api/problem"
	"kaituan/mall"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
)

// ListProducts lists the shelf.
func (a *API) ListProducts(c *gin.Context, params wire.ListProductsParams) {
	a.listProducts(c, mall.ListProducts{Cursor: given(params.Cursor), Limit: limitOf(params.Limit)})
}

// AdminListProducts lists the whole catalogue.
func (a *API) AdminListProducts(c *gin.Context, params wire.AdminListProductsParams) {
	a.listProducts(c, mall.ListProducts{Cursor: given(params.Cursor), Limit: limitOf(params.Limit), All: true})
}

func (a *API) listProducts(c *gin.Context, l mall.ListProducts) {
	page, err := a.shop.Products(c.Request.Context(), callerOf(c).Actor, l)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.ProductList{Items: each(page.Items, a.productViewIn(languageOf(c))), HasMore: page.Next != "", NextCursor: page.Next})
}

// languageOf is the language that the caller reads.
func languageOf(c *gin.Context) problem.Language {
	return problem.LanguageOf(c.GetHeader("Accept-Language"))
}

// productViewIn writes views in the caller's language.
func (a *API) productViewIn(lang problem.Language) func(mall.ProductView) wire.ProductView {
	now := instant.Of(a.shop.Clock())
	return func(v mall.ProductView) wire.ProductView {
		out := productViewWire(v, lang)
		out.ServerTime = now
		return out
	}
}

// GetProduct shows one product.
func (a *API) GetProduct(c *gin.Context, productID wire.ProductID) {
	view, err := a.shop.Product(c.Request.Context(), callerOf(c).Actor, catalog.ProductID(productID))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, a.productViewIn(languageOf(c))(view))
}

// PutProduct creates or changes a product.
func (a *API) PutProduct(c *gin.Context, productID wire.ProductID) {
	var in wire.ProductInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	product, err := a.shop.SaveProduct(c.Request.Context(), callerOf(c).Actor, catalog.Draft{
		ID: catalog.ProductID(productID), Name: in.Name, Description: in.Description, Pictures: in.Pictures,
		Shelf: catalog.Shelf(in.Shelf), SKUs: each(in.Skus, draftSKU),
	})
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, productWire(product))
}

func draftSKU(s wire.SKUInput) catalog.DraftSKU {
	return catalog.DraftSKU{ID: catalog.SKUID(s.SKUID), Name: s.Name, Price: s.PriceFen, Stock: s.Stock}
}

func productViewWire(v mall.ProductView, lang problem.Language) wire.ProductView {
	out := wire.ProductView{
		Product: productWire(v.Product), GroupKnown: v.Group, BuyAlone: v.BuyAlone,
		Offers: offersWire(v.Quotes, lang), Teams: each(v.Teams, teamCardWire), Refusal: refusalWire(v.Refusal, lang),
	}
	if v.Group {
		out.Statistics = &wire.Statistics{
			TeamsOpened: v.Stats.TeamsOpened, TeamsFormed: v.Stats.TeamsFormed, TeamsFailed: v.Stats.TeamsFailed, Buyers: v.Stats.Buyers,
		}
	}
	return out
}

// refusalWire is the zero value, which is left out, for no reason.
func refusalWire(reason string, lang problem.Language) wire.Refusal {
	if reason == "" {
		return wire.Refusal{}
	}
	return wire.Refusal{Reason: reason, Text: reasonText(order.Reason(reason), lang)}
}

func productWire(p catalog.Product) wire.Product {
	sku := func(s catalog.SKU) wire.SKU {
		return wire.SKU{SKUID: string(s.ID), Name: s.Name, PriceFen: s.Price, Stock: s.Stock}
	}
	return wire.Product{
		ProductID: string(p.ID), Name: p.Name, Description: p.Description, Pictures: append([]string{}, p.Pictures...),
		Shelf: wire.Shelf(p.Shelf), Skus: each(p.SKUs, sku), CreatedAt: instant.Of(p.CreatedAt), UpdatedAt: instant.Of(p.UpdatedAt),
	}
}

// offersWire leaves out quotes that no activity gives and those that the buyer is not to see.
func offersWire(quotes []mall.Quote, lang problem.Language) []wire.Offer {
	offers := []wire.Offer{}
	for _, q := range quotes {
		if q.ActivityID == "" || !q.Visible {
			continue
		}
		offers = append(offers, offerWire(q, lang))
	}
	return offers
}

func offerWire(q mall.Quote, lang problem.Language) wire.Offer {
	out := wire.Offer{
		SKUID: q.SKUID, ActivityID: q.ActivityID, ActivityName: q.ActivityName, TeamSize: q.TeamSize, MaxQuantity: q.MaxQuantity,
		OriginalPriceFen: q.Original, DeductionFen: q.Original - q.PayPrice, PriceFen: q.PayPrice,
		LeaderDiscountFen: q.LeaderDiscount, Instant: q.Instant, Joinable: q.Joinable, Reason: q.Reason,
		StartsAt: instant.Of(q.StartsAt), EndsAt: instant.Of(q.EndsAt),
	}
	if q.Reason != "" {
		out.ReasonText = reasonText(order.Reason(q.Reason), lang)
	}
	for _, tier := range q.Tiers {
		out.Tiers = append(out.Tiers, wire.TierPrice{Size: tier.Size, PriceFen: tier.Price})
	}
	return out
}
