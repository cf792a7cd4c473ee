package groupbuyapi

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"kaituan/groupbuy/operator"
)

// who may call a route. The zero value is nobody, so that a forgotten permission denies.
type who int

const (
	nobody who = iota
	partners
	partnersLocking // partners who want a seat: refused before anything is spent on them while too many wait
	partnersInBulk  // partners whose bodies are too large for memory
	guests          // of the operator side, who sign in
	enrolling       // operators of any role, also those who must set up a second factor first
	viewers         // operators of any role
	operators       // operators who may configure
	admins          // operators who manage operators, partners, keys and switches
)

// least is the role that an operator must have at least.
func (w who) least() (operator.Role, bool) {
	role, ok := map[who]operator.Role{enrolling: operator.Viewer, viewers: operator.Viewer, operators: operator.Editor, admins: operator.Admin}[w]
	return role, ok
}

type route struct {
	method, path string
	who          who
	handle       gin.HandlerFunc
}

// routes is every address of the engine and who may call it.
func (a *API) routes() []route {
	h := ServerInterfaceWrapper{Handler: a, ErrorHandler: badParameter}
	return slices.Concat(partnerRoutes(h), configureRoutes(h), tagRoutes(h), watchRoutes(h))
}

// partnerRoutes is what other malls call.
func partnerRoutes(h ServerInterfaceWrapper) []route {
	return []route{
		{http.MethodPut, "/api/groupbuy/v1/goods/:goods_id", partners, h.PutGoods},
		{http.MethodGet, "/api/groupbuy/v1/goods/:goods_id/teams", partners, h.ListOpenTeams},
		{http.MethodPost, "/api/groupbuy/v1/trials", partners, h.CreateTrial},
		{http.MethodGet, "/api/groupbuy/v1/activities", partners, h.ListActivities},
		{http.MethodGet, "/api/groupbuy/v1/activities/:activity_id", partners, h.GetActivity},
		{http.MethodGet, "/api/groupbuy/v1/teams/:team_id", partners, h.GetTeam},
		{http.MethodPost, "/api/groupbuy/v1/seats", partnersLocking, h.LockSeat},
		{http.MethodGet, "/api/groupbuy/v1/seats/:out_trade_no", partners, h.GetSeat},
		{http.MethodPost, "/api/groupbuy/v1/seats/:out_trade_no/payment", partners, h.SettleSeat},
		{http.MethodPost, "/api/groupbuy/v1/seats/:out_trade_no/release", partners, h.ReleaseSeat},
		{http.MethodPost, "/api/groupbuy/v1/seats/:out_trade_no/refunds", partners, h.RefundSeat},
		{http.MethodPost, "/api/groupbuy/v1/seats/:out_trade_no/refunds/:out_request_no/confirm", partners, h.ConfirmRefund},
		{http.MethodPost, "/api/groupbuy/v1/order-facts", partnersInBulk, h.PutOrderFacts},
		{http.MethodGet, "/api/groupbuy/v1/events", partners, h.ListEvents},
		{http.MethodGet, "/api/groupbuy/v1/deliveries", partners, h.ListDeliveries},
		{http.MethodGet, "/api/groupbuy/v1/deliveries/:delivery_id", partners, h.GetDelivery},
		{http.MethodPost, "/api/groupbuy/v1/deliveries/:delivery_id/replay", partners, h.ReplayDelivery},
		{http.MethodPost, "/api/groupbuy/v1/webhook-tests", partners, h.TestWebhooks},
	}
}

// configureRoutes is where operators say who may call and what is sold how.
func configureRoutes(h ServerInterfaceWrapper) []route {
	return []route{
		{http.MethodGet, "/api/groupbuy/admin/v1/partners", viewers, h.ListPartners},
		{http.MethodPut, "/api/groupbuy/admin/v1/partners/:partner_id", admins, h.PutPartner},
		{http.MethodGet, "/api/groupbuy/admin/v1/partners/:partner_id/keys", viewers, h.ListKeys},
		{http.MethodPost, "/api/groupbuy/admin/v1/partners/:partner_id/keys", admins, h.CreateKey},
		{http.MethodPost, "/api/groupbuy/admin/v1/partners/:partner_id/keys/:key_id/revoke", admins, h.RevokeKey},
		{http.MethodGet, "/api/groupbuy/admin/v1/partners/:partner_id/endpoints", viewers, h.ListEndpoints},
		{http.MethodPost, "/api/groupbuy/admin/v1/partners/:partner_id/endpoints", operators, h.CreateEndpoint},
		{http.MethodPatch, "/api/groupbuy/admin/v1/partners/:partner_id/endpoints/:endpoint_id", operators, h.ChangeEndpoint},
		{http.MethodGet, "/api/groupbuy/admin/v1/partners/:partner_id/deliveries", viewers, h.AdminListDeliveries},
		{http.MethodGet, "/api/groupbuy/admin/v1/partners/:partner_id/deliveries/:delivery_id", viewers, h.AdminGetDelivery},
		{http.MethodPost, "/api/groupbuy/admin/v1/partners/:partner_id/deliveries/:delivery_id/replay", operators, h.AdminReplayDelivery},
		{http.MethodGet, "/api/groupbuy/admin/v1/activities", viewers, h.AdminListActivities},
		{http.MethodPost, "/api/groupbuy/admin/v1/activities", operators, h.CreateActivity},
		{http.MethodGet, "/api/groupbuy/admin/v1/activities/:activity_id", viewers, h.AdminGetActivity},
		{http.MethodPut, "/api/groupbuy/admin/v1/activities/:activity_id", operators, h.ChangeDraft},
		{http.MethodPatch, "/api/groupbuy/admin/v1/activities/:activity_id", operators, h.ChangeActivity},
		{http.MethodPost, "/api/groupbuy/admin/v1/activities/:activity_id/copy", operators, h.CopyActivity},
		{http.MethodPost, "/api/groupbuy/admin/v1/activities/:activity_id/trial", viewers, h.DryRunActivity},
		{http.MethodPost, "/api/groupbuy/admin/v1/activities/:activity_id/publish", operators, h.PublishActivity},
		{http.MethodPost, "/api/groupbuy/admin/v1/activities/:activity_id/pause", operators, h.PauseActivity},
		{http.MethodPost, "/api/groupbuy/admin/v1/activities/:activity_id/end", operators, h.EndActivity},
		{http.MethodPost, "/api/groupbuy/admin/v1/activities/:activity_id/archive", operators, h.ArchiveActivity},
	}
}

// tagRoutes is where operators keep crowd tags.
func tagRoutes(h ServerInterfaceWrapper) []route {
	return []route{
		{http.MethodGet, "/api/groupbuy/admin/v1/tags", viewers, h.ListTags},
		{http.MethodPost, "/api/groupbuy/admin/v1/tags", operators, h.CreateTag},
		{http.MethodGet, "/api/groupbuy/admin/v1/tags/:tag_id", viewers, h.GetTag},
		{http.MethodPatch, "/api/groupbuy/admin/v1/tags/:tag_id", operators, h.ChangeTag},
		{http.MethodGet, "/api/groupbuy/admin/v1/tags/:tag_id/jobs", viewers, h.ListTagJobs},
		{http.MethodPost, "/api/groupbuy/admin/v1/tags/:tag_id/jobs", operators, h.RunTag},
		{http.MethodGet, "/api/groupbuy/admin/v1/tags/:tag_id/sizes", viewers, h.ListTagSizes},
		{http.MethodPost, "/api/groupbuy/admin/v1/tags/:tag_id/members", operators, h.ListTagMembers},
		{http.MethodGet, "/api/groupbuy/admin/v1/tags/:tag_id/members/csv", viewers, h.ExportTagMembers},
		{http.MethodPost, "/api/groupbuy/admin/v1/tags/:tag_id/members/csv", operators, h.UploadTagMembers},
	}
}

// watchRoutes is where operators sign in, switch and look things up.
func watchRoutes(h ServerInterfaceWrapper) []route {
	return []route{
		{http.MethodGet, "/api/groupbuy/admin/v1/setup", guests, h.GetSetup},
		{http.MethodPost, "/api/groupbuy/admin/v1/setup", guests, h.SetUp},
		{http.MethodPost, "/api/groupbuy/admin/v1/sessions", guests, h.SignInOperator},
		{http.MethodDelete, "/api/groupbuy/admin/v1/sessions", enrolling, h.SignOutOperator},
		{http.MethodGet, "/api/groupbuy/admin/v1/operators", admins, h.ListOperators},
		{http.MethodPost, "/api/groupbuy/admin/v1/operators", admins, h.CreateOperator},
		{http.MethodGet, "/api/groupbuy/admin/v1/operators/me", enrolling, h.GetOwnOperator},
		{http.MethodPut, "/api/groupbuy/admin/v1/operators/me/password", enrolling, h.ChangeOwnPassword},
		{http.MethodGet, "/api/groupbuy/admin/v1/operators/me/second-factor", enrolling, h.GetSecondFactor},
		{http.MethodPost, "/api/groupbuy/admin/v1/operators/me/second-factor", enrolling, h.StartSecondFactor},
		{http.MethodPut, "/api/groupbuy/admin/v1/operators/me/second-factor", enrolling, h.ConfirmSecondFactor},
		{http.MethodPost, "/api/groupbuy/admin/v1/operators/me/second-factor/remove", enrolling, h.RemoveSecondFactor},
		{http.MethodDelete, "/api/groupbuy/admin/v1/operators/:operator_id/second-factor", admins, h.ResetSecondFactor},
		{http.MethodPatch, "/api/groupbuy/admin/v1/operators/:operator_id", admins, h.ChangeOperator},
		{http.MethodGet, "/api/groupbuy/admin/v1/settings", viewers, h.GetSettings},
		{http.MethodPut, "/api/groupbuy/admin/v1/settings", admins, h.PutSettings},
		{http.MethodGet, "/api/groupbuy/admin/v1/invariants", viewers, h.GetInvariants},
		{http.MethodGet, "/api/groupbuy/admin/v1/jobs", viewers, h.ListJobs},
		{http.MethodGet, "/api/groupbuy/admin/v1/audit", viewers, h.ListAudit},
		{http.MethodGet, "/api/groupbuy/admin/v1/teams", viewers, h.FindTeams},
		{http.MethodGet, "/api/groupbuy/admin/v1/teams/:team_id", viewers, h.GetTeamFile},
		{http.MethodGet, "/api/groupbuy/admin/v1/seats", viewers, h.FindSeats},
		{http.MethodGet, "/api/groupbuy/admin/v1/seats/:partner_id/:out_trade_no", viewers, h.GetSeatFile},
		{http.MethodGet, "/api/groupbuy/admin/v1/statistics", viewers, h.GetStatistics},
		{http.MethodGet, "/api/groupbuy/admin/v1/statistics.csv", viewers, h.GetStatisticsCSV},
	}
}
