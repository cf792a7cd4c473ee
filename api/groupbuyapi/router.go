package groupbuyapi

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// who may call a route. The zero value is nobody, so that a forgotten permission denies.
type who int

const (
	nobody who = iota
	partners
	partnersInBulk // partners whose bodies are too large for memory
	operators
)

type route struct {
	method, path string
	who          who
	handle       gin.HandlerFunc
}

// routes is every address of the engine and who may call it.
func (a *API) routes() []route {
	h := ServerInterfaceWrapper{Handler: a, ErrorHandler: badParameter}
	return []route{
		{http.MethodPut, "/api/groupbuy/v1/goods/:goods_id", partners, h.PutGoods},
		{http.MethodGet, "/api/groupbuy/v1/goods/:goods_id/teams", partners, h.ListOpenTeams},
		{http.MethodPost, "/api/groupbuy/v1/trials", partners, h.CreateTrial},
		{http.MethodGet, "/api/groupbuy/v1/activities", partners, h.ListActivities},
		{http.MethodGet, "/api/groupbuy/v1/activities/:activity_id", partners, h.GetActivity},
		{http.MethodGet, "/api/groupbuy/v1/teams/:team_id", partners, h.GetTeam},
		{http.MethodPost, "/api/groupbuy/v1/seats", partners, h.LockSeat},
		{http.MethodGet, "/api/groupbuy/v1/seats/:out_trade_no", partners, h.GetSeat},
		{http.MethodPost, "/api/groupbuy/v1/seats/:out_trade_no/payment", partners, h.SettleSeat},
		{http.MethodPost, "/api/groupbuy/v1/seats/:out_trade_no/release", partners, h.ReleaseSeat},
		{http.MethodPost, "/api/groupbuy/v1/seats/:out_trade_no/refunds/:out_request_no/confirm", partners, h.ConfirmRefund},
		{http.MethodPost, "/api/groupbuy/v1/order-facts", partnersInBulk, h.PutOrderFacts},
		{http.MethodGet, "/api/groupbuy/v1/events", partners, h.ListEvents},
		{http.MethodGet, "/api/groupbuy/v1/deliveries", partners, h.ListDeliveries},
		{http.MethodGet, "/api/groupbuy/v1/deliveries/:delivery_id", partners, h.GetDelivery},
		{http.MethodPost, "/api/groupbuy/v1/deliveries/:delivery_id/replay", partners, h.ReplayDelivery},
		{http.MethodPost, "/api/groupbuy/v1/webhook-tests", partners, h.TestWebhooks},

		{http.MethodGet, "/api/groupbuy/admin/v1/partners", operators, h.ListPartners},
		{http.MethodPut, "/api/groupbuy/admin/v1/partners/:partner_id", operators, h.PutPartner},
		{http.MethodGet, "/api/groupbuy/admin/v1/partners/:partner_id/keys", operators, h.ListKeys},
		{http.MethodPost, "/api/groupbuy/admin/v1/partners/:partner_id/keys", operators, h.CreateKey},
		{http.MethodPost, "/api/groupbuy/admin/v1/partners/:partner_id/keys/:key_id/revoke", operators, h.RevokeKey},
		{http.MethodGet, "/api/groupbuy/admin/v1/partners/:partner_id/endpoints", operators, h.ListEndpoints},
		{http.MethodPost, "/api/groupbuy/admin/v1/partners/:partner_id/endpoints", operators, h.CreateEndpoint},
		{http.MethodPatch, "/api/groupbuy/admin/v1/partners/:partner_id/endpoints/:endpoint_id", operators, h.ChangeEndpoint},
		{http.MethodGet, "/api/groupbuy/admin/v1/activities", operators, h.AdminListActivities},
		{http.MethodPost, "/api/groupbuy/admin/v1/activities", operators, h.CreateActivity},
		{http.MethodGet, "/api/groupbuy/admin/v1/activities/:activity_id", operators, h.AdminGetActivity},
		{http.MethodPut, "/api/groupbuy/admin/v1/activities/:activity_id", operators, h.ChangeDraft},
		{http.MethodPatch, "/api/groupbuy/admin/v1/activities/:activity_id", operators, h.ChangeActivity},
		{http.MethodPost, "/api/groupbuy/admin/v1/activities/:activity_id/copy", operators, h.CopyActivity},
		{http.MethodPost, "/api/groupbuy/admin/v1/activities/:activity_id/trial", operators, h.DryRunActivity},
		{http.MethodPost, "/api/groupbuy/admin/v1/activities/:activity_id/publish", operators, h.PublishActivity},
		{http.MethodPost, "/api/groupbuy/admin/v1/activities/:activity_id/pause", operators, h.PauseActivity},
		{http.MethodPost, "/api/groupbuy/admin/v1/activities/:activity_id/end", operators, h.EndActivity},
		{http.MethodPost, "/api/groupbuy/admin/v1/activities/:activity_id/archive", operators, h.ArchiveActivity},

		{http.MethodGet, "/api/groupbuy/admin/v1/tags", operators, h.ListTags},
		{http.MethodPost, "/api/groupbuy/admin/v1/tags", operators, h.CreateTag},
		{http.MethodGet, "/api/groupbuy/admin/v1/tags/:tag_id", operators, h.GetTag},
		{http.MethodPatch, "/api/groupbuy/admin/v1/tags/:tag_id", operators, h.ChangeTag},
		{http.MethodGet, "/api/groupbuy/admin/v1/tags/:tag_id/jobs", operators, h.ListTagJobs},
		{http.MethodPost, "/api/groupbuy/admin/v1/tags/:tag_id/jobs", operators, h.RunTag},
		{http.MethodGet, "/api/groupbuy/admin/v1/tags/:tag_id/sizes", operators, h.ListTagSizes},
		{http.MethodPost, "/api/groupbuy/admin/v1/tags/:tag_id/members", operators, h.ListTagMembers},
		{http.MethodGet, "/api/groupbuy/admin/v1/tags/:tag_id/members/csv", operators, h.ExportTagMembers},
		{http.MethodPost, "/api/groupbuy/admin/v1/tags/:tag_id/members/csv", operators, h.UploadTagMembers},
	}
}
