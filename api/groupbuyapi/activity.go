package groupbuyapi

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
)

// ListActivities lists the partner's activities that take buyers now.
func (a *API) ListActivities(c *gin.Context, params wire.ListActivitiesParams) {
	channel, err := optionalID[activity.Channel]("channel", params.Channel)
	if err != nil {
		fail(c, err)
		return
	}
	list, err := a.engine.Activities(c.Request.Context(), caller(c), channel)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.ActivityList{Items: each(list, activityWire)})
}

// GetActivity returns one of the partner's activities.
func (a *API) GetActivity(c *gin.Context, id wire.ActivityID) {
	found, err := a.engine.PartnerActivity(c.Request.Context(), caller(c), activity.ID(id))
	answerActivity(c, http.StatusOK, found.WithoutLists(), err)
}

// AdminListActivities lists activities for operators.
func (a *API) AdminListActivities(c *gin.Context, params wire.AdminListActivitiesParams) {
	query, err := activityQuery(params)
	if err != nil {
		fail(c, err)
		return
	}
	limit := query.Limit
	query.Limit++
	list, err := a.engine.ListActivities(c.Request.Context(), query)
	if err != nil {
		fail(c, err)
		return
	}
	list, more := cut(list, limit)
	page := wire.ActivityPage{Items: each(list, activityWire), HasMore: more}
	if more {
		page.NextCursor = cursorAfter(string(list[limit-1].ID))
	}
	c.JSON(http.StatusOK, page)
}

func activityQuery(params wire.AdminListActivitiesParams) (groupbuy.ActivityQuery, error) {
	before, limit, err := pageOf(params.Cursor, params.Limit)
	if err != nil {
		return groupbuy.ActivityQuery{}, err
	}
	owner, err := optionalID[partner.ID]("partner_id", params.PartnerID)
	if err != nil {
		return groupbuy.ActivityQuery{}, err
	}
	status, err := enumOf[activity.Status]("status", params.Status)
	return groupbuy.ActivityQuery{Partner: owner, Status: status, Before: activity.ID(before), Limit: limit}, err
}

// AdminGetActivity returns an activity in any state.
func (a *API) AdminGetActivity(c *gin.Context, id wire.ActivityID) {
	found, err := a.engine.Activity(c.Request.Context(), activity.ID(id))
	answerActivity(c, http.StatusOK, found, err)
}

// CreateActivity writes a draft.
func (a *API) CreateActivity(c *gin.Context) {
	draft, err := decodeDraft(c)
	if err != nil {
		fail(c, err)
		return
	}
	created, err := a.as(c).CreateActivity(c.Request.Context(), draft)
	answerActivity(c, http.StatusCreated, created, err)
}

// CopyActivity writes a draft like another activity.
func (a *API) CopyActivity(c *gin.Context, id wire.ActivityID) {
	var in wire.ActivityCopy
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	if !validName(in.Name) {
		fail(c, invalid("name", wantName))
		return
	}
	copied, err := a.as(c).CopyActivity(c.Request.Context(), activity.ID(id), in.Name)
	answerActivity(c, http.StatusCreated, copied, err)
}

// ChangeActivity changes what may change of an activity that is live.
func (a *API) ChangeActivity(c *gin.Context, id wire.ActivityID) {
	change, err := decodeChange(c)
	if err != nil {
		fail(c, err)
		return
	}
	changed, err := a.as(c).ChangeActivity(c.Request.Context(), activity.ID(id), change)
	answerActivity(c, http.StatusOK, changed, err)
}

// ChangeDraft rewrites a draft.
func (a *API) ChangeDraft(c *gin.Context, id wire.ActivityID) {
	draft, err := decodeDraft(c)
	if err != nil {
		fail(c, err)
		return
	}
	draft.ID = activity.ID(id)
	changed, err := a.as(c).ChangeDraft(c.Request.Context(), draft)
	answerActivity(c, http.StatusOK, changed, err)
}

// PublishActivity publishes a draft or lets a paused activity go on.
func (a *API) PublishActivity(c *gin.Context, id wire.ActivityID) {
	move(c, id, a.as(c).PublishActivity)
}

// PauseActivity lets no team be opened or joined for now.
func (a *API) PauseActivity(c *gin.Context, id wire.ActivityID) { move(c, id, a.as(c).PauseActivity) }

// EndActivity lets no team be opened any more.
func (a *API) EndActivity(c *gin.Context, id wire.ActivityID) { move(c, id, a.as(c).EndActivity) }

// ArchiveActivity puts an ended activity away.
func (a *API) ArchiveActivity(c *gin.Context, id wire.ActivityID) {
	move(c, id, a.as(c).ArchiveActivity)
}

func move(c *gin.Context, id wire.ActivityID, to func(context.Context, activity.ID) (activity.Activity, error)) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	moved, err := to(c.Request.Context(), activity.ID(id))
	answerActivity(c, http.StatusOK, moved, err)
}

func answerActivity(c *gin.Context, status int, a activity.Activity, err error) {
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(status, wholeActivityWire(a))
}
