package mallapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/groupbuywire"
	"kaituan/api/problem"
	"kaituan/api/sign"
	"kaituan/mall"
)

// What Alipay wants to read: it sends a notice again until the whole body is "success"
// (https://opendocs.alipay.com/open/270/105902).
const (
	alipaySuccess = "success"
	alipayFailure = "failure"
)

// ReceiveAlipay takes a notice. Why one is refused goes to the log only.
func (a *API) ReceiveAlipay(c *gin.Context) {
	err := c.Request.ParseForm()
	if err == nil {
		err = a.shop.HandlePayNotice(c.Request.Context(), c.Request.PostForm)
	}
	if err != nil {
		_ = c.Error(err)
		c.String(http.StatusOK, alipayFailure)
		return
	}
	c.String(http.StatusOK, alipaySuccess)
}

// ReceiveGroupBuy takes an event of the engine.
func (a *API) ReceiveGroupBuy(c *gin.Context) {
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		fail(c, err)
		return
	}
	if err := sign.VerifyWebhook(a.secrets, c.Request.Header, body, a.shop.Clock()); err != nil {
		fail(c, unsigned(err))
		return
	}
	event, err := readEvent(body)
	if err == nil {
		err = a.shop.HandleTeamEvent(c.Request.Context(), event)
	}
	if err != nil {
		fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

func unsigned(err error) error {
	var refused *sign.Error
	if errors.As(err, &refused) && refused.Code != sign.SecretMalformed {
		return &problem.Problem{Code: problem.Code(refused.Code), Detail: refused.Reason}
	}
	return fmt.Errorf("mallapi: check a webhook: %w", err)
}

// readEvent takes fields that it does not know: the engine may be newer than the mall.
func readEvent(body []byte) (mall.EngineEvent, error) {
	var e groupbuywire.Event
	if err := json.Unmarshal(body, &e); err != nil {
		return mall.EngineEvent{}, &problem.Problem{Code: problem.MalformedJSON, Detail: err.Error()}
	}
	team, seat := e.Data.Team, e.Data.Seat
	teamID := team.TeamID
	if teamID == "" {
		teamID = seat.TeamID
	}
	return mall.EngineEvent{
		ID: e.ID, Type: e.Type, At: e.At.Time, OrderNo: seat.OutTradeNo, TeamID: teamID,
		TeamStatus: string(team.Status), SeatStatus: string(seat.Status), Reason: seat.Reason,
		Difference: seat.DifferenceFen, AskedNo: seat.AskedNo, AskedWhy: seat.AskedReason,
	}, nil
}
