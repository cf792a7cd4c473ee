package mallapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/instant"
	wire "kaituan/api/mallwire"
	"kaituan/api/problem"
	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/money"
)

// PreviewOrder tells what an order would cost.
func (a *API) PreviewOrder(c *gin.Context) {
	var in wire.OrderInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	req, err := orderRequest(in, "")
	if err != nil {
		fail(c, err)
		return
	}
	preview, err := a.shop.Preview(c.Request.Context(), callerOf(c).Actor, req)
	if err != nil {
		fail(c, err)
		return
	}
	out := previewWire(preview, languageOf(c))
	out.ServerTime = instant.Of(a.shop.Clock())
	c.JSON(http.StatusOK, out)
}

func previewWire(p mall.Preview, lang problem.Language) wire.OrderPreview {
	out := wire.OrderPreview{
		Mode: wire.Mode(p.Mode), ProductID: string(p.Product.ID), ProductName: p.Product.Name, SKUID: string(p.SKU.ID), SKUName: p.SKU.Name,
		Quantity: p.Quantity, Stock: p.SKU.Stock, OriginalPriceFen: p.SKU.Price, PriceFen: p.Price, AmountFen: p.Amount,
		Lines: priceLines(p, lang), CanOrder: len(p.Refusals) == 0,
		Refusals: each(p.Refusals, func(code mall.Code) wire.Refusal { return refusalWire(string(code), lang) }),
	}
	if len(p.Product.Pictures) > 0 {
		out.Picture = p.Product.Pictures[0]
	}
	if p.Mode == order.Group && p.Quote.ActivityID != "" {
		offer := offerWire(p.Quote, lang)
		out.Offer = &offer
	}
	if p.Team.ID != "" {
		team := teamWire(p.Team)
		out.Team = &team
	}
	return out
}

// priceLines add up: goods less discounts is what is due. A discount of nothing has no line.
func priceLines(p mall.Preview, lang problem.Language) []wire.PriceLine {
	pieces := money.Fen(p.Quantity)
	goods := p.SKU.Price
	if p.Quote.ActivityID != "" {
		goods = p.Quote.Original
	}
	lines := []wire.PriceLine{}
	add := func(kind wire.PriceLineKind, t text, each money.Fen) {
		lines = append(lines, wire.PriceLine{Kind: kind, Text: t.in(lang), AmountFen: each * pieces})
	}
	add(wire.Goods, text{"商品金额", "Goods"}, goods)
	if off := goods - p.Price - p.Quote.LeaderDiscount; off > 0 {
		add(wire.GroupDiscount, text{"拼团优惠", "Group discount"}, off)
	}
	if p.Quote.LeaderDiscount > 0 {
		add(wire.LeaderDiscount, text{"团长优惠", "For opening the team"}, p.Quote.LeaderDiscount)
	}
	add(wire.Due, text{"应付", "To pay"}, p.Price)
	return lines
}
