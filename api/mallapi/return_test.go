package mallapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallapi"
	"kaituan/infrastructure/sandbox"
)

// page opens the return page as the buyer's browser does, with what Alipay adds to the address.
func (s *shop) page(token, orderID, language string) answer {
	s.t.Helper()
	address := mallapi.ReturnPath(orderID) + "&out_trade_no=pay_1&total_amount=0.01&trade_status=TRADE_SUCCESS"
	a := s.call(get(address).cookie(token).with("Accept-Language", language).with("Sec-Fetch-Site", "cross-site"))
	require.Equal(s.t, "text/html; charset=utf-8", a.header.Get("Content-Type"))
	require.Contains(s.t, a.header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(s.t, "no-store", a.header.Get("Cache-Control"))
	require.NotContains(s.t, string(a.body), "<script")
	return a
}

// shows checks the page in both languages and whether it comes again by itself.
func (s *shop) shows(token, orderID, zh, en, refresh string) {
	s.t.Helper()
	a := s.page(token, orderID, "zh-CN")
	require.Contains(s.t, string(a.body), zh)
	require.Contains(s.t, string(a.body), `<html lang="zh">`)
	require.Equal(s.t, refresh, a.header.Get("Refresh"))
	a = s.page(token, orderID, "en")
	require.Contains(s.t, string(a.body), en)
	require.Equal(s.t, "en", a.header.Get("Content-Language"))
}

func TestReturnPage_BoughtAlone(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	id := s.order(token, soloOrder)
	s.shows(token, id, "未付款", "Not paid", "")
	s.call(post("/api/mall/v1/orders/"+id+"/payment", `{"method":"page"}`).as(token)).want(http.StatusOK)
	s.shows(token, id, "正在向支付宝确认付款", "Asking Alipay", "3")
	require.Contains(t, string(s.page(token, id, "zh").body), `<a href="`+s.gateway.URL)
	s.paid(token, id)
	s.shows(token, id, "已付款，等待发货", "Paid. Your goods will ship soon", "")
	require.Contains(t, string(s.page(token, id, "zh").body), "¥99.00")
	_, err := s.mall.ShipDue(t.Context(), 10)
	require.NoError(t, err)
	s.shows(token, id, "运单号：SIM_", "Tracking number: SIM_", "")
}

func TestReturnPage_InATeam(t *testing.T) {
	s := openShop(t)
	s.stock()
	leader, member := s.signUp(), s.signUp()
	first := s.order(leader, groupOrder)
	s.paid(leader, first)
	s.shows(leader, first, "正在确认席位", "Confirming your seat", "2")
	s.settle(first)
	s.shows(leader, first, "还差 1 人成团", "Waiting for 1 more", "10")
	s.engine.set(func() { s.engine.down = true })
	s.shows(leader, first, "等待成团", "Waiting for your team", "10")
	waiting := s.order(member, groupOrder)
	s.shows(member, waiting, "正在确认席位", "Confirming your seat", "2")
	s.engine.set(func() { s.engine.down = false })
	second := s.order(member, joinOrder)
	s.paid(member, second)
	s.settle(second)
	s.shows(member, second, "拼团成功", "Your team is complete", "")
}

func TestReturnPage_TellsWhyMoneyComesBack(t *testing.T) {
	s := openShop(t)
	token, id := s.failedTeam()
	s.shows(token, id, "正在退款", "on its way back", "5")
	require.Contains(t, string(s.page(token, id, "zh").body), "该团已过期", "the engine's reason in words")
	_, err := s.mall.PushRefunds(t.Context(), 10)
	require.NoError(t, err)
	s.shows(token, id, "已退款", "You have your money back", "")
	require.Contains(t, string(s.page(token, id, "zh").body), "退款 ¥79.00（该团已过期）")
}

func TestReturnPage_OfAnOrderThatWasNeverPaid(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	id := s.order(token, soloOrder)
	s.ahead.Store(int64(time.Hour))
	_, err := s.mall.CloseUnpaid(t.Context(), 10)
	require.NoError(t, err)
	s.shows(token, id, "未付款，订单已关闭", "Not paid. The order is closed", "")
	s.shows(token, id, "超过支付期限", "the payment deadline has passed", "")
}

func TestReturnPage_OfALatePayment(t *testing.T) {
	s := openShop(t)
	s.stock()
	token := s.signUp()
	id := s.order(token, soloOrder)
	page := s.call(post("/api/mall/v1/orders/"+id+"/payment", `{"method":"page"}`).as(token)).want(http.StatusOK).text("pay_url")
	s.call(post("/api/mall/v1/orders/"+id+"/cancel", "").as(token)).want(http.StatusOK)
	_, err := sandbox.Buyer{HTTP: http.DefaultClient}.Pay(t.Context(), page) // a page that was open before
	require.NoError(t, err)
	require.Equal(t, "success", s.deliver(s.notice()))
	require.Equal(t, "closed", s.status(token, id), "goods are not sold again by a late payment")
	s.shows(token, id, "退款 ¥99.00（订单关闭后才付款），处理中", "(the payment came after the order was closed), on its way", "5")
	_, err = s.mall.PushRefunds(t.Context(), 10)
	require.NoError(t, err)
	s.shows(token, id, "订单已关闭", "The order is closed", "")
}

// The page is for the order's owner, and believes nothing that the address says.
func TestReturnPage_TellsStrangersNothing(t *testing.T) {
	s := openShop(t)
	s.call(put("/api/mall/admin/v1/products/cup", `{"name":"<b>杯</b><script>x()</script>","shelf":"on_shelf",
		"skus":[{"sku_id":"cup-blue","name":"青花","price_fen":9900,"stock":50}]}`).as(operatorToken)).want(http.StatusOK)
	owner, other := s.signUp(), s.signUp()
	id := s.order(owner, soloOrder)
	for _, token := range []string{"", "session-of-last-year"} {
		a := s.page(token, id, "en").want(http.StatusUnauthorized)
		require.Contains(t, string(a.body), "Please sign in")
	}
	for _, strange := range []string{id, "ord_of_nobody", "", "<script>"} {
		a := s.page(other, strange, "en").want(http.StatusNotFound)
		require.Contains(t, string(a.body), "No such order")
		require.NotContains(t, string(a.body), "Amount")
	}
	a := s.page(owner, id, "en").want(http.StatusOK)
	require.Contains(t, string(a.body), "&lt;b&gt;杯", "text stays text")
	s.outage.Store(true)
	s.page(owner, id, "en").want(http.StatusOK) // it only reads
}
