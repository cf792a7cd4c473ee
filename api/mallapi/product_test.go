package mallapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGetProduct_ShowsPricesTeamsAndStatistics(t *testing.T) {
	s := openShop(t)
	s.stock()
	leader, buyer := s.signUp(), s.signUp()
	s.paid(leader, s.order(leader, groupOrder))

	a := s.call(get("/api/mall/v1/products/cup").as(buyer)).want(http.StatusOK)
	require.Equal(t, "景德镇手绘茶杯", a.text("product.name"))
	require.InDelta(t, 9900, a.value("product.skus.0.price_fen"), 0)
	require.InDelta(t, 49, a.value("product.skus.0.stock"), 0)
	require.InDelta(t, 7900, a.value("offers.0.price_fen"), 0)
	require.InDelta(t, 2000, a.value("offers.0.deduction_fen"), 0)
	require.InDelta(t, 2, a.value("offers.0.team_size"), 0)
	require.Equal(t, "true", a.text("offers.0.joinable"))
	require.Equal(t, "team_1", a.text("teams.0.team_id"))
	require.Equal(t, "false", a.text("teams.0.own"))
	require.Equal(t, "张*1", a.text("teams.0.leader"))
	require.InDelta(t, 1, a.value("statistics.teams_opened"), 0)

	a = s.call(get("/api/mall/v1/products/cup").as(leader)).want(http.StatusOK)
	require.Equal(t, "true", a.text("teams.0.own"))
	a = s.call(get("/api/mall/v1/products/cup")).want(http.StatusOK)
	require.Equal(t, "false", a.text("offers.0.joinable"), "a visitor sees the price")
	require.Equal(t, "false", a.text("teams.0.own"))
	s.call(get("/api/mall/v1/products/cup").cookie("session-of-last-year")).want(http.StatusOK)
}

func TestGetProduct_HidesOffersThatAreNotForTheBuyer(t *testing.T) {
	s := openShop(t)
	s.call(put("/api/mall/admin/v1/products/cup", `{"name":"x","shelf":"on_shelf","skus":[{"sku_id":"cup-secret","name":"x","price_fen":1}]}`).
		as(operatorToken)).want(http.StatusOK)
	a := s.call(get("/api/mall/v1/products/cup")).want(http.StatusOK)
	require.Equal(t, "[]", a.text("offers"))
}

func TestGetProduct_WithoutTheEngineShowsTheShopsOwnPrices(t *testing.T) {
	s := openShop(t)
	s.stock()
	s.engine.set(func() { s.engine.down = true })
	a := s.call(get("/api/mall/v1/products/cup")).want(http.StatusOK)
	require.Equal(t, "false", a.text("group_known"))
	require.Equal(t, "[]", a.text("offers"))
	require.Equal(t, "[]", a.text("teams"))
	require.Nil(t, a.value("statistics"))
}

func TestGetProduct_Refuses(t *testing.T) {
	s := openShop(t)
	s.call(get("/api/mall/v1/products/tea")).want(http.StatusNotFound, "product_not_found")
	s.call(get("/api/mall/v1/products/no%20such")).want(http.StatusBadRequest, "invalid")
	s.call(put("/api/mall/admin/v1/products/old", `{"name":"旧","shelf":"off_shelf","skus":[{"sku_id":"s","name":"x","price_fen":1}]}`).
		as(operatorToken)).want(http.StatusOK)
	s.call(get("/api/mall/v1/products/old")).want(http.StatusNotFound, "product_not_found")
}

func TestListProducts_PagesNewestFirst(t *testing.T) {
	s := openShop(t)
	for i := range 3 {
		s.ahead.Add(1e6)
		body := fmt.Sprintf(`{"name":"p%d","shelf":"on_shelf","skus":[{"sku_id":"s","name":"x","price_fen":1,"stock":1}]}`, i)
		s.call(put(fmt.Sprintf("/api/mall/admin/v1/products/p%d", i), body).as(operatorToken)).want(http.StatusOK)
	}
	s.call(put("/api/mall/admin/v1/products/hidden", `{"name":"h","shelf":"off_shelf","skus":[{"sku_id":"s","name":"x","price_fen":1}]}`).
		as(operatorToken)).want(http.StatusOK)

	first := s.call(get("/api/mall/v1/products?limit=2")).want(http.StatusOK)
	require.Equal(t, "p2", first.text("items.0.product.product_id"))
	require.Equal(t, "true", first.text("has_more"))
	second := s.call(get("/api/mall/v1/products?limit=2&cursor=" + first.text("next_cursor"))).want(http.StatusOK)
	require.Equal(t, "p0", second.text("items.0.product.product_id"))
	require.Equal(t, "false", second.text("has_more"))
	require.Nil(t, second.value("next_cursor"))

	all := s.call(get("/api/mall/admin/v1/products").as(operatorToken)).want(http.StatusOK)
	require.Len(t, all.value("items"), 4)
}

// Lists take the same parameters and refuse the same nonsense.
func TestLists_RefuseNonsense(t *testing.T) {
	s := openShop(t)
	buyer := s.signUp()
	for _, list := range []request{
		get("/api/mall/v1/products"), get("/api/mall/v1/orders").as(buyer), get("/api/mall/v1/teams/mine").as(buyer),
		get("/api/mall/admin/v1/products").as(operatorToken), get("/api/mall/admin/v1/orders").as(operatorToken),
		get("/api/mall/admin/v1/refunds").as(operatorToken),
	} {
		base := list.path
		for query, code := range map[string]string{
			"limit=0": "invalid", "limit=101": "invalid", "limit=-1": "invalid", "limit=ten": "invalid", "cursor=no%20such": "bad_cursor",
		} {
			list.path = base + "?" + query
			a := s.call(list).want(http.StatusBadRequest, code)
			if code == "invalid" {
				require.Equal(t, "limit", a.text("param"), list.path)
			}
		}
	}
	s.call(get("/api/mall/v1/orders?tab=all").as(buyer)).want(http.StatusBadRequest, "invalid")
	s.call(get("/api/mall/v1/teams/mine?tab=all").as(buyer)).want(http.StatusBadRequest, "invalid")
	s.call(get("/api/mall/admin/v1/orders?status=lost").as(operatorToken)).want(http.StatusBadRequest, "invalid")
	s.call(get("/api/mall/admin/v1/orders?mode=both").as(operatorToken)).want(http.StatusBadRequest, "invalid")
}

func TestPutProduct_TellsEveryFault(t *testing.T) {
	s := openShop(t)
	a := s.call(put("/api/mall/admin/v1/products/cup", `{"name":"","shelf":"on_shelf","skus":[{"sku_id":"a b","name":"x","price_fen":0}]}`).
		as(operatorToken)).want(http.StatusBadRequest, "invalid")
	var params []any
	for _, f := range a.value("faults").([]any) {
		params = append(params, f.(map[string]any)["param"])
	}
	require.Equal(t, []any{"name", "skus[0].sku_id", "skus[0].price_fen"}, params)
	s.call(put("/api/mall/admin/v1/products/cup", `{"name":"x","shelf":"window","skus":[]}`).as(operatorToken)).
		want(http.StatusBadRequest, "invalid")
	s.call(get("/api/mall/v1/products/cup")).want(http.StatusNotFound)
}

func TestPutProduct_KeepsTheStockThatItDoesNotName(t *testing.T) {
	s := openShop(t)
	s.stock()
	s.order(s.signUp(), soloOrder)
	a := s.call(put("/api/mall/admin/v1/products/cup", `{"name":"杯","shelf":"on_shelf","skus":[{"sku_id":"cup-blue","name":"青","price_fen":9800}]}`).
		as(operatorToken)).want(http.StatusOK)
	require.InDelta(t, 49, a.value("skus.0.stock"), 0)
	require.InDelta(t, 9800, a.value("skus.0.price_fen"), 0)
}
