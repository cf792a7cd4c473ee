package groupbuyapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/groupbuy/activity"
)

// GetSettings returns the global switches.
func (a *API) GetSettings(c *gin.Context) {
	s, err := a.engine.Settings(c.Request.Context())
	answerSettings(c, s, err)
}

// PutSettings changes the global switches.
func (a *API) PutSettings(c *gin.Context) {
	var in wire.Settings
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	s, err := a.as(c).ChangeSettings(c.Request.Context(), activity.Settings{
		Downgraded: in.Downgraded, RolloutPercent: in.RolloutPercent,
	})
	answerSettings(c, s, err)
}

func answerSettings(c *gin.Context, s activity.Settings, err error) {
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.Settings{Downgraded: s.Downgraded, RolloutPercent: s.RolloutPercent})
}
