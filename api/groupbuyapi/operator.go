package groupbuyapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/groupbuy"
	"kaituan/groupbuy/operator"
)

// ListOperators lists every operator.
func (a *API) ListOperators(c *gin.Context) {
	list, err := a.engine.Operators(c.Request.Context())
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.OperatorList{Items: each(list, a.operatorWire)})
}

// CreateOperator makes an account.
func (a *API) CreateOperator(c *gin.Context) {
	var in wire.OperatorInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	made, err := a.as(c).CreateOperator(c.Request.Context(), operator.Operator{
		Login: in.Login, Name: in.Name, Role: operator.Role(in.Role),
	}, in.Password)
	a.answerOperator(c, http.StatusCreated, made, err)
}

// ChangeOperator renames, promotes, disables or re-keys an operator.
func (a *API) ChangeOperator(c *gin.Context, id string) {
	var in wire.OperatorChange
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	changed, err := a.as(c).ChangeOperator(c.Request.Context(), operator.ID(id), groupbuy.OperatorChange{
		Name: in.Name, Role: (*operator.Role)(in.Role), Status: (*operator.Status)(in.Status), Password: in.Password,
	})
	a.answerOperator(c, http.StatusOK, changed, err)
}

// GetOwnOperator tells who is signed in.
func (a *API) GetOwnOperator(c *gin.Context) {
	a.answerOperator(c, http.StatusOK, c.MustGet(operatorKey{}).(operator.Operator), nil)
}

// ChangeOwnPassword gives the caller another password.
func (a *API) ChangeOwnPassword(c *gin.Context) {
	var in wire.OwnPassword
	if err := decodeTexts(c, &in, func() []text {
		return []text{
			{"current_password", in.CurrentPassword, 1, maxPassword},
			{"password", in.Password, operator.MinPassword, operator.MaxPassword},
		}
	}); err != nil {
		fail(c, err)
		return
	}
	if err := a.door.limits.TakeGuess(c, "operator", operator.ParseLogin(actor(c).Name)); err != nil {
		fail(c, err)
		return
	}
	if err := a.as(c).ChangeOwnPassword(c.Request.Context(), in.CurrentPassword, in.Password); err != nil {
		fail(c, err)
		return
	}
	a.door.cookie.TakeBack(c)
	c.Status(http.StatusNoContent)
}

func (a *API) answerOperator(c *gin.Context, status int, o operator.Operator, err error) {
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(status, a.operatorWire(o))
}

func (a *API) operatorWire(o operator.Operator) wire.OperatorAccount {
	return wire.OperatorAccount{
		OperatorID: string(o.ID), Login: o.Login, Name: o.Name, Role: wire.OperatorRole(o.Role), Status: wire.OperatorStatus(o.Status),
		SecondFactor: o.Factor.On(), SecondFactorDue: o.ID != operator.Bootstrap && a.engine.FactorDue(o),
		CreatedAt: instant.Of(o.CreatedAt), UpdatedAt: instant.Of(o.UpdatedAt),
	}
}
