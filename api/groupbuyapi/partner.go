package groupbuyapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/groupbuy/partner"
)

// ListPartners lists every partner.
func (a *API) ListPartners(c *gin.Context) {
	list, err := a.engine.Partners(c.Request.Context())
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.PartnerList{Items: each(list, partnerWire)})
}

// PutPartner creates or renames a partner.
func (a *API) PutPartner(c *gin.Context, id wire.PartnerIDPath) {
	var in wire.PartnerInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	if !validName(in.Name) {
		fail(c, invalid("name", wantName))
		return
	}
	p, err := a.as(c).PutPartner(c.Request.Context(), partner.ID(id), in.Name)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, partnerWire(p))
}

func partnerWire(p partner.Partner) wire.Partner {
	return wire.Partner{PartnerID: string(p.ID), Name: p.Name, CreatedAt: instant.Of(p.CreatedAt)}
}
