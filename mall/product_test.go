package mall_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
)

func TestSaveProduct_RegistersTheGoods(t *testing.T) {
	e := newEnv(t)
	require.Equal(t, mall.EngineGoods{
		ID: "teapot", Name: "Teapot", SKUs: []mall.EngineSKU{{ID: "red", Name: "Red", OriginalPrice: price}},
	}, e.engine.goods["teapot"])

	e.engine.down = true
	dearer := teapotDraft(1)
	dearer.SKUs[0].Price = price + 1
	_, err := e.shop.SaveProduct(e.ctx, e.operator, dearer)
	require.NoError(t, err, "the engine hears of it later")
	e.drain()
	e.engine.down = false
	e.clock.Advance(3 * time.Second)
	e.drain()
	require.EqualValues(t, price+1, e.engine.goods["teapot"].SKUs[0].OriginalPrice)
}

func TestSaveProduct_Stock(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		e.place(e.buyer(), e.solo())
		keep := teapotDraft(0)
		keep.Name, keep.SKUs[0].Stock = "Better teapot", nil
		keep.SKUs = append(keep.SKUs, catalog.DraftSKU{ID: "blue", Name: "Blue", Price: price})
		product, err := e.shop.SaveProduct(e.ctx, e.operator, keep)
		require.NoError(t, err)
		require.Equal(t, pieces-1, product.SKUs[0].Stock, "left as it is")
		require.Zero(t, product.SKUs[1].Stock)
		e.check()

		e.stock(3) // only red ones are left
		product, err = e.store.Product(e.ctx, teapot)
		require.NoError(t, err)
		require.Len(t, product.SKUs, 1)
		require.Equal(t, 3, product.SKUs[0].Stock)
		r := e.solo()
		r.SKU = "blue"
		_, err = e.shop.PlaceOrder(e.ctx, e.buyer(), r)
		requireCode(t, mall.CodeSKUNotFound, err)
		e.check()
	})
}

func TestSaveProduct_StockOfARemovedSKUComesBack(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.place(who, e.solo())
	other := teapotDraft(5)
	other.SKUs[0].ID = "blue"
	_, err := e.shop.SaveProduct(e.ctx, e.operator, other)
	require.NoError(t, err)
	_, err = e.shop.CancelOrder(e.ctx, who, o.ID)
	require.NoError(t, err)
	e.check()
}

func TestSaveProduct_Refusals(t *testing.T) {
	e := newEnv(t)
	_, err := e.shop.SaveProduct(e.ctx, e.buyer(), teapotDraft(1))
	requireCode(t, mall.CodeForbidden, err)
	_, err = e.shop.SaveProduct(e.ctx, e.operator, catalog.Draft{})
	requireCode(t, mall.CodeInvalid, err)
	require.Greater(t, len(refusal(t, err).Faults), 3)
}

func TestSaveProduct_ManyAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		atOnce(10, func(i int) {
			d := teapotDraft(i)
			d.ID = "new"
			if _, err := e.shop.SaveProduct(e.ctx, e.operator, d); err != nil {
				t.Error(err)
			}
		})
		product, err := e.store.Product(e.ctx, "new")
		require.NoError(t, err)
		require.EqualValues(t, 10, product.Version)
		e.check()
	})
}

func TestProduct_WithGroupPrices(t *testing.T) {
	e := newEnv(t)
	leader := e.paid(e.buyer(), e.group(""))
	e.settle()
	view, err := e.shop.Product(e.ctx, e.buyer(), teapot)
	require.NoError(t, err)
	require.True(t, view.Group)
	require.Len(t, view.Quotes, 1)
	require.EqualValues(t, reduced, view.Quotes[0].PayPrice)
	require.Equal(t, 1, view.Stats.TeamsOpened)
	require.Len(t, view.Teams, 1)
	require.EqualValues(t, leader.Team, view.Teams[0].Team.ID)
	require.Equal(t, "B*1", view.Teams[0].Leader)
}

// The engine tells at most 100 prices at once.
func TestProducts_ManySKUs(t *testing.T) {
	e := newEnv(t)
	for i := range 3 {
		d := teapotDraft(1)
		d.ID, d.SKUs = catalog.ProductID(fmt.Sprintf("big%d", i)), nil
		for j := range 90 {
			d.SKUs = append(d.SKUs, catalog.DraftSKU{ID: catalog.SKUID(fmt.Sprintf("s%d", j)), Name: "S", Price: price})
		}
		_, err := e.shop.SaveProduct(e.ctx, e.operator, d)
		require.NoError(t, err)
	}
	page, err := e.shop.Products(e.ctx, mall.Actor{}, mall.ListProducts{})
	require.NoError(t, err)
	for _, v := range page.Items {
		require.True(t, v.Group)
		require.Len(t, v.Quotes, len(v.Product.SKUs))
		require.EqualValues(t, v.Product.ID, v.Quotes[0].GoodsID)
	}
}

func TestProduct_EngineDown(t *testing.T) {
	e := newEnv(t)
	e.engine.down = true
	view, err := e.shop.Product(e.ctx, mall.Actor{}, teapot)
	require.NoError(t, err)
	require.False(t, view.Group)
	require.Empty(t, view.Quotes)
	require.EqualValues(t, price, view.Product.SKUs[0].Price)
	_, err = e.shop.PlaceOrder(e.ctx, e.buyer(), e.solo())
	require.NoError(t, err, "buying alone goes on")
	page, err := e.shop.Products(e.ctx, mall.Actor{}, mall.ListProducts{})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.False(t, page.Items[0].Group)
}

func TestProduct_OffTheShelf(t *testing.T) {
	e := newEnv(t)
	hidden := teapotDraft(1)
	hidden.Shelf = catalog.OffShelf
	_, err := e.shop.SaveProduct(e.ctx, e.operator, hidden)
	require.NoError(t, err)
	_, err = e.shop.Product(e.ctx, e.buyer(), teapot)
	requireCode(t, mall.CodeProductNotFound, err)
	_, err = e.shop.Product(e.ctx, e.operator, teapot)
	require.NoError(t, err)
	_, err = e.shop.Product(e.ctx, e.operator, "kettle")
	requireCode(t, mall.CodeProductNotFound, err)
}

func TestProducts_Pages(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		for i := range 7 {
			d := teapotDraft(1)
			d.ID = catalog.ProductID(fmt.Sprintf("p%d", i))
			if i%3 == 0 {
				e.clock.Advance(time.Second)
			}
			_, err := e.shop.SaveProduct(e.ctx, e.operator, d)
			require.NoError(t, err)
		}
		hidden := teapotDraft(1)
		hidden.ID, hidden.Shelf = "hidden", catalog.OffShelf
		_, err := e.shop.SaveProduct(e.ctx, e.operator, hidden)
		require.NoError(t, err)
		var ids []catalog.ProductID
		l := mall.ListProducts{Limit: 3}
		for {
			page, err := e.shop.Products(e.ctx, e.buyer(), l)
			require.NoError(t, err)
			for _, v := range page.Items {
				require.Len(t, v.Quotes, 1)
				ids = append(ids, v.Product.ID)
			}
			if l.Cursor = page.Next; l.Cursor == "" {
				break
			}
		}
		require.Equal(t, []catalog.ProductID{"p6", "p5", "p4", "p3", "p2", "p1", "p0", "teapot"}, ids)
		all, err := e.shop.Products(e.ctx, e.operator, mall.ListProducts{All: true})
		require.NoError(t, err)
		require.Len(t, all.Items, 9)
	})
}

func TestLists_Refusals(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	for _, cursor := range []string{"x", "1~", "~a", "1~a b"} {
		_, err := e.shop.Products(e.ctx, who, mall.ListProducts{Cursor: cursor})
		requireCode(t, mall.CodeCursorInvalid, err)
	}
	_, err := e.shop.Products(e.ctx, who, mall.ListProducts{Limit: 101})
	requireCode(t, mall.CodeInvalid, err)
	_, err = e.shop.Products(e.ctx, who, mall.ListProducts{All: true})
	requireCode(t, mall.CodeForbidden, err)
	_, err = e.shop.Orders(e.ctx, who, mall.ListOrders{Cursor: "a b"})
	requireCode(t, mall.CodeCursorInvalid, err)
	_, err = e.shop.Orders(e.ctx, who, mall.ListOrders{Limit: -1})
	requireCode(t, mall.CodeInvalid, err)
	_, err = e.shop.Orders(e.ctx, who, mall.ListOrders{Tab: "lost"})
	requireCode(t, mall.CodeInvalid, err)
	_, err = e.shop.Orders(e.ctx, mall.Actor{}, mall.ListOrders{})
	requireCode(t, mall.CodeSessionExpired, err)
	_, err = e.shop.SearchOrders(e.ctx, who, mall.SearchOrders{})
	requireCode(t, mall.CodeForbidden, err)
	_, err = e.shop.SearchPayments(e.ctx, who, mall.SearchPayments{})
	requireCode(t, mall.CodeForbidden, err)
	_, err = e.shop.SearchPayments(e.ctx, e.operator, mall.SearchPayments{Cursor: "a b"})
	requireCode(t, mall.CodeCursorInvalid, err)
	_, err = e.shop.MyTeams(e.ctx, who, mall.ListTeams{Tab: "lost"})
	requireCode(t, mall.CodeInvalid, err)
	_, err = e.shop.MyTeams(e.ctx, who, mall.ListTeams{Limit: 21})
	requireCode(t, mall.CodeInvalid, err)
	_, err = e.shop.MyTeams(e.ctx, mall.Actor{}, mall.ListTeams{})
	requireCode(t, mall.CodeSessionExpired, err)
}

func TestOrders_OwnOnly(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		who, other := e.buyer(), e.buyer()
		mine, theirs := e.place(who, e.solo()), e.place(other, e.group(""))
		page, err := e.shop.Orders(e.ctx, who, mall.ListOrders{})
		require.NoError(t, err)
		require.Equal(t, []order.Order{mine}, page.Items)
		_, err = e.shop.Order(e.ctx, who, theirs.ID)
		requireCode(t, mall.CodeOrderNotFound, err)
		_, err = e.shop.Order(e.ctx, mall.Actor{}, mine.ID)
		requireCode(t, mall.CodeSessionExpired, err)

		for name, q := range map[string]mall.SearchOrders{
			"login":   {Login: "138-0000-0002"},
			"buyer":   {Buyer: other.Account},
			"mode":    {Mode: order.Group},
			"team":    {Team: theirs.Team},
			"product": {Product: teapot, Mode: order.Group, Status: order.AwaitingPayment},
		} {
			page, err := e.shop.SearchOrders(e.ctx, e.operator, q)
			require.NoError(t, err)
			require.Equal(t, []order.Order{theirs}, page.Items, name)
		}
		for name, q := range map[string]mall.SearchOrders{
			"nobody":        {Login: "13800009999"},
			"no login":      {Login: "x"},
			"other's login": {Login: "13800000002", Buyer: who.Account},
			"status":        {Status: order.Shipped},
		} {
			page, err := e.shop.SearchOrders(e.ctx, e.operator, q)
			require.NoError(t, err)
			require.Empty(t, page.Items, name)
		}
	})
}

func TestOrders_TabsAndPages(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	var all []order.ID
	for range 5 {
		all = append([]order.ID{e.place(who, e.solo()).ID}, all...)
	}
	var ids []order.ID
	l := mall.ListOrders{Tab: mall.TabToPay, Limit: 2}
	for {
		page, err := e.shop.Orders(e.ctx, who, l)
		require.NoError(t, err)
		for _, o := range page.Items {
			ids = append(ids, o.ID)
		}
		if l.Cursor = page.Next; l.Cursor == "" {
			break
		}
	}
	require.Equal(t, all, ids, "newest first")
	paid := e.paid(who, e.solo())
	grouped := e.paid(who, e.group(""))
	_, err := e.shop.CancelOrder(e.ctx, who, all[0])
	require.NoError(t, err)
	for tab, want := range map[mall.Tab][]order.ID{
		mall.TabToShip: {paid.ID}, mall.TabTeaming: {grouped.ID}, mall.TabClosed: {all[0]}, mall.TabShipped: nil, mall.TabRefunded: nil,
	} {
		page, err := e.shop.Orders(e.ctx, who, mall.ListOrders{Tab: tab})
		require.NoError(t, err)
		require.Len(t, page.Items, len(want), tab)
		for i := range want {
			require.Equal(t, want[i], page.Items[i].ID, tab)
		}
	}
}

func TestTeam_Page(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.paid(who, e.group(""))
	joiner := e.place(e.buyer(), e.group(o.Team))
	e.settle()
	page, err := e.shop.Team(e.ctx, mall.Actor{}, o.Team)
	require.NoError(t, err)
	require.Equal(t, teapot, page.Product.ID)
	require.False(t, page.Joined)
	require.Empty(t, page.Team.Seats, "strangers see members, not orders")
	require.Len(t, page.Members, 2)
	require.Equal(t, mall.Member{Nickname: "B*1", Leader: true, Status: "paid"}, page.Members[0])
	require.Equal(t, mall.Member{Nickname: "B*2", Status: "held"}, page.Members[1])

	mine, err := e.shop.Team(e.ctx, who, joiner.Team)
	require.NoError(t, err)
	require.True(t, mine.Joined)
	require.Equal(t, mall.Member{Nickname: "Buyer 1", Self: true, Leader: true, Status: "paid", Order: "ord_000002"}, mine.Members[0])

	_, err = e.shop.Team(e.ctx, who, "team_none")
	requireCode(t, mall.CodeTeamNotFound, err)
	e.engine.down = true
	_, err = e.shop.Team(e.ctx, who, o.Team)
	requireCode(t, mall.CodeGroupUnavailable, err)
}

func TestMyTeams(t *testing.T) {
	e := newEnv(t)
	who := e.buyer()
	o := e.paid(who, e.group(""))
	e.place(who, e.solo())
	e.settle()
	page, err := e.shop.MyTeams(e.ctx, who, mall.ListTeams{Tab: mall.TeamsRunning})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.Equal(t, o.ID, page.Items[0].Order.ID)
	require.Equal(t, 1, page.Items[0].Team.Paid)
	for _, tab := range []mall.TeamTab{mall.TeamsFormed, mall.TeamsFailed} {
		page, err := e.shop.MyTeams(e.ctx, who, mall.ListTeams{Tab: tab})
		require.NoError(t, err)
		require.Empty(t, page.Items)
	}
	e.engine.down = true
	page, err = e.shop.MyTeams(e.ctx, who, mall.ListTeams{})
	require.NoError(t, err)
	require.Equal(t, mall.Team{ID: string(o.Team)}, page.Items[0].Team)
}
