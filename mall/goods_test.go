package mall_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
)

// overtaken lets something happen between reading a product and registering it, once.
type overtaken struct {
	mall.GroupBuy
	meanwhile func()
}

func (g *overtaken) PutGoods(ctx context.Context, goods mall.EngineGoods) error {
	if meanwhile := g.meanwhile; meanwhile != nil {
		g.meanwhile = nil
		meanwhile()
	}
	return g.GroupBuy.PutGoods(ctx, goods)
}

// The first of two saves is registered after the second: the engine must not keep the old price.
func TestPutGoods_LastSaveWins(t *testing.T) {
	e := newEnv(t)
	put := mall.Task{Topic: mall.TopicPutGoods, Subject: string(teapot)}
	engine := &overtaken{GroupBuy: e.engine}
	deps := e.shop.Deps
	deps.GroupBuy = engine
	shop, err := mall.New(deps)
	require.NoError(t, err)
	engine.meanwhile = func() {
		dearer := teapotDraft(pieces)
		dearer.SKUs[0].Price = 2 * price
		_, err := shop.SaveProduct(e.ctx, e.operator, dearer)
		require.NoError(t, err)
		require.NoError(t, shop.Perform(e.ctx, put))
	}
	require.NoError(t, shop.Perform(e.ctx, put))
	require.EqualValues(t, 2*price, e.engine.goods[string(teapot)].SKUs[0].OriginalPrice)
}
