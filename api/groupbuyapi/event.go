package groupbuyapi

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
)

// ListEvents lists the partner's event log.
func (a *API) ListEvents(c *gin.Context, params wire.ListEventsParams) {
	after, limit, err := pageOf(params.Cursor, params.Limit)
	if err != nil {
		fail(c, err)
		return
	}
	events, err := a.engine.Events(c.Request.Context(), caller(c), partner.EventID(after), limit+1)
	if err != nil {
		fail(c, err)
		return
	}
	events, more := cut(events, limit)
	if len(events) > 0 {
		after = string(events[len(events)-1].ID)
	}
	c.JSON(http.StatusOK, wire.EventList{Items: each(events, eventWire), HasMore: more, NextCursor: cursorAfter(after)})
}

// TestWebhooks sends the partner a test event.
func (a *API) TestWebhooks(c *gin.Context) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	event, err := a.engine.TestWebhooks(c.Request.Context(), caller(c))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusAccepted, eventWire(event))
}

// Encoder implements groupbuy.Encoder: the body of a webhook is the Event of the specification.
type Encoder struct{}

// Encode puts an event into its wire form.
func (Encoder) Encode(e groupbuy.Event) ([]byte, error) {
	body, err := json.Marshal(eventWire(e))
	if err != nil {
		return nil, fmt.Errorf("groupbuyapi: encode event %s: %w", e.ID, err)
	}
	return body, nil
}

func eventWire(e groupbuy.Event) wire.Event {
	out := wire.Event{ID: string(e.ID), Type: e.Type, At: instant.Of(e.At)}
	if e.Team != nil {
		out.Data.Team = teamWire(*e.Team)
	}
	if e.Seat != nil {
		out.Data.Seat = seatWire(*e.Seat)
	}
	if e.Activity != nil {
		out.Data.Activity = activityWire(*e.Activity)
	}
	return out
}
