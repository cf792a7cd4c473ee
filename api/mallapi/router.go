package mallapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/mall"
)

// who may call a route. The zero value is nobody, so that a forgotten permission denies.
type who int

const (
	nobody    who = iota
	anyone        // who signs in or up
	visitors      // signed in or not
	buyers        // signed in
	viewers       // operators of any rank
	operators     // operators who may change things
	senders       // the handler checks the signature of what was sent
)

// least is the rank that an operator must have at least.
func (w who) least() (mall.Rank, bool) {
	rank, ok := map[who]mall.Rank{viewers: mall.RankViewer, operators: mall.RankEditor}[w]
	return rank, ok
}

type route struct {
	method, path string
	who          who
	handle       gin.HandlerFunc
}

// routes is every address of the shop and who may call it.
func (a *API) routes() []route {
	h := ServerInterfaceWrapper{Handler: a, ErrorHandler: badParameter}
	return []route{
		{http.MethodPost, "/api/mall/v1/accounts", anyone, h.SignUp},
		{http.MethodGet, "/api/mall/v1/accounts/me", buyers, h.GetMe},
		{http.MethodPost, "/api/mall/v1/sessions", anyone, h.SignIn},
		{http.MethodDelete, "/api/mall/v1/sessions/current", buyers, h.SignOut},
		{http.MethodPost, "/api/mall/v1/scans", anyone, h.StartScan},
		{http.MethodGet, "/api/mall/v1/scans/:scan_id", visitors, h.GetScan},
		{http.MethodGet, "/api/mall/v1/scans/:scan_id/events", visitors, h.WatchScan},
		{http.MethodPost, "/api/mall/v1/scans/:scan_id/session", anyone, h.EnterByScan},
		{http.MethodGet, "/api/mall/v1/products", visitors, h.ListProducts},
		{http.MethodGet, "/api/mall/v1/products/:product_id", visitors, h.GetProduct},
		{http.MethodPost, "/api/mall/v1/order-previews", visitors, h.PreviewOrder},
		{http.MethodGet, "/api/mall/v1/orders", buyers, h.ListOrders},
		{http.MethodPost, "/api/mall/v1/orders", buyers, h.PlaceOrder},
		{http.MethodGet, "/api/mall/v1/orders/:order_id", buyers, h.GetOrder},
		{http.MethodPost, "/api/mall/v1/orders/:order_id/cancel", buyers, h.CancelOrder},
		{http.MethodPost, "/api/mall/v1/orders/:order_id/refund", buyers, h.RefundOrder},
		{http.MethodPost, "/api/mall/v1/orders/:order_id/payment", buyers, h.PayOrder},
		{http.MethodPost, "/api/mall/v1/orders/:order_id/payment/check", buyers, h.CheckPayment},
		{http.MethodGet, "/api/mall/v1/teams/mine", buyers, h.ListMyTeams},
		{http.MethodGet, "/api/mall/v1/teams/:team_id", visitors, h.GetTeam},
		{http.MethodGet, "/api/mall/v1/teams/:team_id/events", visitors, h.WatchTeam},
		{http.MethodGet, "/api/mall/v1/events", buyers, h.WatchOwn},
		{http.MethodPost, "/api/mall/v1/page-views", visitors, h.ReportPageView},
		{http.MethodPost, "/api/mall/v1/page-errors", visitors, h.ReportPageError},

		{http.MethodGet, "/api/mall/admin/v1/products", viewers, h.AdminListProducts},
		{http.MethodPut, "/api/mall/admin/v1/products/:product_id", operators, h.PutProduct},
		{http.MethodGet, "/api/mall/admin/v1/orders", viewers, h.AdminListOrders},
		{http.MethodGet, "/api/mall/admin/v1/orders/:order_id", viewers, h.AdminGetOrder},
		{http.MethodPost, "/api/mall/admin/v1/orders/:order_id/refund", operators, h.AdminRefundOrder},
		{http.MethodGet, "/api/mall/admin/v1/payments", viewers, h.AdminListPayments},
		{http.MethodGet, "/api/mall/admin/v1/refunds", viewers, h.ListFailedRefunds},
		{http.MethodPost, "/api/mall/admin/v1/refunds/:refund_no/redo", operators, h.RedoRefund},
		{http.MethodGet, "/api/mall/admin/v1/invariants", viewers, h.GetInvariants},
		{http.MethodGet, "/api/mall/admin/v1/bills", viewers, h.ListBills},
		{http.MethodPost, "/api/mall/admin/v1/bills/:day/run", operators, h.RunBill},
		{http.MethodGet, "/api/mall/admin/v1/bills/:day/differences", viewers, h.ListBillDifferences},
		{http.MethodPost, "/api/mall/admin/v1/bill-differences/:difference_id/resolve", operators, h.ResolveBillDifference},
		{http.MethodGet, "/api/mall/admin/v1/audit", viewers, h.ListAudit},
		{http.MethodGet, "/api/mall/admin/v1/jobs", viewers, h.ListJobs},
		{http.MethodGet, "/api/mall/admin/v1/totals", viewers, h.GetTotals},

		{http.MethodPost, "/callbacks/alipay", senders, h.ReceiveAlipay},
		{http.MethodGet, "/callbacks/wechat", senders, h.EchoWeChat},
		{http.MethodPost, "/callbacks/wechat", senders, h.ReceiveWeChat},
		{http.MethodPost, "/callbacks/groupbuy", senders, h.ReceiveGroupBuy},
	}
}
