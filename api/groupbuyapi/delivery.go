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

// ListDeliveries lists webhook deliveries.
func (a *API) ListDeliveries(c *gin.Context, params wire.ListDeliveriesParams) {
	a.listDeliveries(c, caller(c), params)
}

// AdminListDeliveries lists a partner's webhook deliveries.
func (a *API) AdminListDeliveries(c *gin.Context, of wire.PartnerIDPath, params wire.AdminListDeliveriesParams) {
	a.listDeliveries(c, partner.ID(of), wire.ListDeliveriesParams(params))
}

func (a *API) listDeliveries(c *gin.Context, of partner.ID, params wire.ListDeliveriesParams) {
	before, limit, err := pageOf(params.Cursor, params.Limit)
	if err != nil {
		fail(c, err)
		return
	}
	status, err := enumOf[partner.DeliveryStatus]("status", params.Status)
	if err != nil {
		fail(c, err)
		return
	}
	list, err := a.engine.Deliveries(c.Request.Context(), groupbuy.DeliveryQuery{
		Partner: of, Status: status, Before: partner.DeliveryID(before), Limit: limit + 1,
	})
	if err != nil {
		fail(c, err)
		return
	}
	list, more := cut(list, limit)
	page := wire.DeliveryList{Items: each(list, deliveryWire), HasMore: more}
	if more {
		page.NextCursor = cursorAfter(string(list[limit-1].ID))
	}
	c.JSON(http.StatusOK, page)
}

// GetDelivery returns a delivery with its attempts.
func (a *API) GetDelivery(c *gin.Context, id wire.DeliveryID) { a.getDelivery(c, caller(c), id) }

// AdminGetDelivery returns a partner's delivery with its attempts.
func (a *API) AdminGetDelivery(c *gin.Context, of wire.PartnerIDPath, id wire.DeliveryID) {
	a.getDelivery(c, partner.ID(of), id)
}

func (a *API) getDelivery(c *gin.Context, of partner.ID, id wire.DeliveryID) {
	d, attempts, err := a.engine.Delivery(c.Request.Context(), of, partner.DeliveryID(id))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.DeliveryWithAttempts{Delivery: deliveryWire(d), Attempts: each(attempts, attemptWire)})
}

// ReplayDelivery sends a delivery again.
func (a *API) ReplayDelivery(c *gin.Context, id wire.DeliveryID) {
	replayDelivery(c, a.engine, caller(c), id)
}

// AdminReplayDelivery sends a partner's delivery again.
func (a *API) AdminReplayDelivery(c *gin.Context, of wire.PartnerIDPath, id wire.DeliveryID) {
	replayDelivery(c, a.as(c), partner.ID(of), id)
}

func replayDelivery(c *gin.Context, engine *groupbuy.Engine, of partner.ID, id wire.DeliveryID) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	d, err := engine.Replay(c.Request.Context(), of, partner.DeliveryID(id))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusAccepted, deliveryWire(d))
}

func deliveryWire(d partner.Delivery) wire.Delivery {
	return wire.Delivery{
		DeliveryID: string(d.ID), EndpointID: string(d.Endpoint), EventID: string(d.Event), EventType: d.EventType,
		Status: wire.DeliveryStatus(d.Status), Attempts: d.Attempts, LastError: d.LastError,
		NextAt: instant.Of(d.NextAt), CreatedAt: instant.Of(d.CreatedAt), EndedAt: instant.Of(d.EndedAt),
	}
}

func attemptWire(a partner.Attempt) wire.Attempt {
	return wire.Attempt{
		Number: a.Number, At: instant.Of(a.At), TookMs: a.Took.Milliseconds(),
		StatusCode: a.StatusCode, Error: a.Error, Snippet: a.Snippet,
	}
}

// enumOf reads a query parameter that has one of several values, or is left out.
func enumOf[T, W ~string](param string, value *W) (T, error) {
	if value == nil {
		return "", nil
	}
	if known, ok := any(*value).(interface{ Valid() bool }); ok && !known.Valid() {
		return "", invalid(param, "is not one of the values that the specification lists")
	}
	return T(*value), nil
}
