package groupbuyapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/groupbuy/activity"
)

// PutGoods registers goods.
func (a *API) PutGoods(c *gin.Context, id wire.GoodsID) {
	var in wire.GoodsInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	goods, err := a.engine.PutGoods(c.Request.Context(), activity.Goods{
		Partner: caller(c), ID: activity.GoodsID(id), Name: in.Name,
		SKUs: each(in.Skus, func(s wire.SKU) activity.SKU {
			return activity.SKU{ID: activity.SKUID(s.SKUID), Name: s.Name, OriginalPrice: s.OriginalPriceFen}
		}),
	})
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, goodsWire(goods))
}

func goodsWire(g activity.Goods) wire.Goods {
	return wire.Goods{
		GoodsID: string(g.ID), Name: g.Name, UpdatedAt: instant.Of(g.UpdatedAt),
		Skus: each(g.SKUs, func(s activity.SKU) wire.SKU {
			return wire.SKU{SKUID: string(s.ID), Name: s.Name, OriginalPriceFen: s.OriginalPrice}
		}),
	}
}
