package groupbuyapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/groupbuy/operator"
)

// GetSecondFactor tells whether the caller has a second factor.
func (a *API) GetSecondFactor(c *gin.Context) {
	who := c.MustGet(operatorKey{}).(operator.Operator)
	told := wire.SecondFactor{
		On: who.Factor.On(), Required: who.Role.May(a.engine.FactorFor), RecoveryCodesLeft: who.Factor.Left(),
	}
	if told.On {
		told.Since = instant.Of(who.Factor.Since)
	}
	c.JSON(http.StatusOK, told)
}

// StartSecondFactor draws the caller a secret.
func (a *API) StartSecondFactor(c *gin.Context) {
	var in wire.SecondFactorStart
	if err := a.decodeProof(c, &in, func() []text { return []text{{"current_password", in.CurrentPassword, 1, maxPassword}} }); err != nil {
		fail(c, err)
		return
	}
	factor, err := a.as(c).StartFactor(c.Request.Context(), in.CurrentPassword)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusCreated, wire.SecondFactorSecret{Secret: string(factor.Secret), URI: factor.URI(actor(c).Name)})
}

// ConfirmSecondFactor turns the caller's second factor on.
func (a *API) ConfirmSecondFactor(c *gin.Context) {
	var in wire.SecondFactorProof
	if err := a.decodeProof(c, &in, func() []text { return []text{{"code", in.Code, 1, maxCode}} }); err != nil {
		fail(c, err)
		return
	}
	recovery, err := a.as(c).ConfirmFactor(c.Request.Context(), in.Code, operator.Token(a.door.cookie.Token(c)))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.RecoveryCodes{RecoveryCodes: recovery})
}

// RemoveSecondFactor takes the caller's second factor away.
func (a *API) RemoveSecondFactor(c *gin.Context) {
	var in wire.SecondFactorRemoval
	if err := a.decodeProof(c, &in, func() []text {
		return []text{{"current_password", in.CurrentPassword, 1, maxPassword}, {"code", in.Code, 0, maxCode}}
	}); err != nil {
		fail(c, err)
		return
	}
	if err := a.as(c).RemoveFactor(c.Request.Context(), in.CurrentPassword, in.Code); err != nil {
		fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// ResetSecondFactor takes another operator's second factor away.
func (a *API) ResetSecondFactor(c *gin.Context, id string) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	if err := a.as(c).ResetFactor(c.Request.Context(), operator.ID(id)); err != nil {
		fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// decodeProof reads a body with something that could be guessed, which counts as a try at the caller's password.
func (a *API) decodeProof(c *gin.Context, into any, texts func() []text) error {
	if err := decodeTexts(c, into, texts); err != nil {
		return err
	}
	return a.door.limits.TakeGuess(c, "operator", operator.ParseLogin(actor(c).Name))
}
