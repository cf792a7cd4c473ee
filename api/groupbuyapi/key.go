package groupbuyapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/groupbuy/partner"
)

// ListKeys lists a partner's keys without their secrets.
func (a *API) ListKeys(c *gin.Context, id wire.PartnerIDPath) {
	keys, err := a.engine.Keys(c.Request.Context(), partner.ID(id))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.KeyList{Items: each(keys, keyWire)})
}

// CreateKey makes a key and shows its secret.
func (a *API) CreateKey(c *gin.Context, id wire.PartnerIDPath) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	key, err := a.as(c).CreateKey(c.Request.Context(), partner.ID(id))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusCreated, wire.KeyWithSecret{Key: keyWire(key), Secret: key.Secret})
}

// RevokeKey refuses calls signed with a key from now on.
func (a *API) RevokeKey(c *gin.Context, id wire.PartnerIDPath, keyID string) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	key, err := a.as(c).RevokeKey(c.Request.Context(), partner.ID(id), partner.KeyID(keyID))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, keyWire(key))
}

func keyWire(k partner.Key) wire.Key {
	return wire.Key{KeyID: string(k.ID), CreatedAt: instant.Of(k.CreatedAt), RevokedAt: instant.Of(k.RevokedAt)}
}
