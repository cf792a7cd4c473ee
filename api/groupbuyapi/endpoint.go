package groupbuyapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
)

const maxURL = 2000

// ListEndpoints lists a partner's webhook endpoints.
func (a *API) ListEndpoints(c *gin.Context, id wire.PartnerIDPath) {
	list, err := a.engine.Endpoints(c.Request.Context(), partner.ID(id))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.EndpointList{Items: each(list, endpointWire)})
}

// CreateEndpoint adds a webhook endpoint and shows its secret.
func (a *API) CreateEndpoint(c *gin.Context, id wire.PartnerIDPath) {
	var in wire.EndpointInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	if len(in.URL) > maxURL {
		fail(c, invalid("url", "want 1 to 2000 characters"))
		return
	}
	endpoint, err := a.as(c).CreateEndpoint(c.Request.Context(), partner.ID(id), in.URL)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusCreated, wire.EndpointWithSecret{Endpoint: endpointWire(endpoint), Secret: newest(endpoint)})
}

// ChangeEndpoint enables, disables or re-keys an endpoint.
func (a *API) ChangeEndpoint(c *gin.Context, id wire.PartnerIDPath, endpointID string) {
	var in wire.EndpointChange
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	change := groupbuy.EndpointChange{RotateSecret: in.RotateSecret, DropOldSecret: in.DropOldSecret}
	if in.Status != nil {
		change.Status = partner.EndpointStatus(*in.Status)
	}
	endpoint, err := a.as(c).ChangeEndpoint(c.Request.Context(), partner.ID(id), partner.EndpointID(endpointID), change)
	if err != nil {
		fail(c, err)
		return
	}
	out := wire.EndpointWithSecret{Endpoint: endpointWire(endpoint)}
	if in.RotateSecret {
		out.Secret = newest(endpoint)
	}
	c.JSON(http.StatusOK, out)
}

func newest(e partner.Endpoint) string { return e.Secrets[len(e.Secrets)-1] }

func endpointWire(e partner.Endpoint) wire.Endpoint {
	return wire.Endpoint{
		EndpointID: string(e.ID), URL: e.URL, Status: wire.EndpointStatus(e.Status), Secrets: len(e.Secrets),
		CreatedAt: instant.Of(e.CreatedAt),
	}
}
