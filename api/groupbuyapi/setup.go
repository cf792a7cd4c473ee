package groupbuyapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	wire "kaituan/api/groupbuywire"
	"kaituan/api/problem"
	"kaituan/groupbuy"
	"kaituan/groupbuy/operator"
)

// GetSetup tells whether the first operator is still to be made.
func (a *API) GetSetup(c *gin.Context) {
	needed, err := a.engine.NeedsOperator(c.Request.Context())
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.Setup{Needed: needed})
}

// SetUp makes the first operator and signs in.
func (a *API) SetUp(c *gin.Context) {
	var in wire.SetupInput
	if err := decodeTexts(c, &in, func() []text {
		return []text{{"token", in.Token, 1, maxPassword}, {"password", in.Password, 1, maxPassword}}
	}); err != nil {
		fail(c, err)
		return
	}
	if !a.door.setup.Is(in.Token) {
		fail(c, &problem.Problem{Code: problem.Unauthenticated, Detail: "use the link that the process printed when it started"})
		return
	}
	by := actor(c)
	by.ID, by.Name, by.Role = operator.Bootstrap, string(operator.Bootstrap), operator.Admin
	_, err := a.engine.As(by).FirstOperator(c.Request.Context(), operator.Operator{Login: in.Login, Name: in.Name}, in.Password)
	if err != nil {
		fail(c, err)
		return
	}
	a.enter(c, groupbuy.Credentials{Login: in.Login, Password: in.Password})
}
