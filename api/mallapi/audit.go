package mallapi

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/instant"
	wire "kaituan/api/mallwire"
	"kaituan/mall"
	"kaituan/mall/account"
)

// ListAudit lists who changed what.
func (a *API) ListAudit(c *gin.Context, params wire.ListAuditParams) {
	page, err := a.shop.Audit(c.Request.Context(), callerOf(c).Actor, mall.ListAudit{
		Actor: account.ID(given(params.ActorID)), Action: given(params.Action), Subject: given(params.Subject),
		From: given(params.From), To: given(params.To), Cursor: given(params.Cursor), Limit: limitOf(params.Limit),
	})
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.AuditPage{Items: each(page.Items, auditWire), HasMore: page.Next != "", NextCursor: page.Next})
}

func auditWire(a mall.AuditEntry) wire.AuditEntry {
	return wire.AuditEntry{
		Seq: a.Seq, At: instant.Of(a.At), ActorID: string(a.Actor.Account), Actor: a.Actor.Name, Role: wire.OperatorRole(a.Actor.Rank),
		Action: a.Action, Subject: a.Subject, Before: json.RawMessage(a.Before), After: json.RawMessage(a.After),
		RequestID: a.Actor.RequestID, Address: a.Actor.Address, Previous: a.Previous, Hash: a.Hash,
	}
}
