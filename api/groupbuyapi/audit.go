package groupbuyapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/api/problem"
	"kaituan/groupbuy"
	"kaituan/groupbuy/operator"
)

// ListAudit lists who changed what.
func (a *API) ListAudit(c *gin.Context, params wire.ListAuditParams) {
	query, err := auditQuery(params)
	if err != nil {
		fail(c, err)
		return
	}
	limit := query.Limit
	query.Limit++
	list, err := a.engine.Audit(c.Request.Context(), query)
	if err != nil {
		fail(c, err)
		return
	}
	list, more := cut(list, limit)
	page := wire.AuditPage{Items: each(list, auditWire), HasMore: more}
	if more {
		page.NextCursor = cursorAfter(strconv.FormatInt(list[limit-1].Seq, 10))
	}
	c.JSON(http.StatusOK, page)
}

func auditQuery(params wire.ListAuditParams) (q groupbuy.AuditQuery, err error) {
	before, limit, err := pageOf(params.Cursor, params.Limit)
	if err != nil {
		return q, err
	}
	q.Limit = limit
	if before != "" {
		if q.Before, err = strconv.ParseInt(before, 10, 64); err != nil || q.Before < 1 {
			return q, &problem.Problem{Code: problem.BadCursor, Param: "cursor"}
		}
	}
	if q.Actor, err = optionalID[operator.ID]("actor_id", params.ActorID); err != nil {
		return q, err
	}
	if q.Action, err = optionalID[string]("action", params.Action); err != nil {
		return q, err
	}
	if q.Subject, err = optionalID[string]("subject", params.Subject); err != nil {
		return q, err
	}
	q.From, q.To = timeOf(params.From), timeOf(params.To)
	return q, nil
}

func timeOf(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}

func auditWire(a groupbuy.AuditEntry) wire.AuditEntry {
	return wire.AuditEntry{
		Seq: a.Seq, At: instant.Of(a.At), ActorID: string(a.Actor.ID), Actor: a.Actor.Name, Role: wire.OperatorRole(a.Actor.Role),
		Action: a.Action, Subject: a.Subject, Before: json.RawMessage(a.Before), After: json.RawMessage(a.After),
		RequestID: a.Actor.RequestID, Address: a.Actor.Address, Previous: a.Previous, Hash: a.Hash,
	}
}
