package groupbuyapi

import (
	"net/http"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/groupbuy"
	"kaituan/groupbuy/operator"
)

// What is not even looked at when signing in.
const (
	maxLogin    = 64
	maxPassword = 512
	maxCode     = 64
)

// SignInOperator starts a session.
func (a *API) SignInOperator(c *gin.Context) {
	var in wire.OperatorSignIn
	if err := decodeTexts(c, &in, func() []text {
		return []text{{"login", in.Login, 1, maxLogin}, {"password", in.Password, 1, maxPassword}, {"code", in.Code, 0, maxCode}}
	}); err != nil {
		fail(c, err)
		return
	}
	if err := a.door.limits.TakeGuess(c, "operator", operator.ParseLogin(in.Login)); err != nil {
		fail(c, err)
		return
	}
	a.enter(c, groupbuy.Credentials{Login: in.Login, Password: in.Password, Code: in.Code})
}

// enter signs the caller in.
func (a *API) enter(c *gin.Context, with groupbuy.Credentials) {
	started, err := a.as(c).SignIn(c.Request.Context(), with, operator.Token(a.door.cookie.Token(c)))
	if err != nil {
		fail(c, err)
		return
	}
	a.door.cookie.Give(c, string(started.Token))
	c.JSON(http.StatusCreated, wire.OperatorSession{
		Token: string(started.Token), ExpiresAt: instant.Of(started.ExpiresAt), Operator: a.operatorWire(started.Operator),
	})
}

// SignOutOperator ends the caller's session. The instance's token has none.
func (a *API) SignOutOperator(c *gin.Context) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	if actor(c).ID != operator.Bootstrap {
		if err := a.as(c).SignOut(c.Request.Context(), operator.Token(a.door.cookie.Token(c))); err != nil {
			fail(c, err)
			return
		}
	}
	a.door.cookie.TakeBack(c)
	c.Status(http.StatusNoContent)
}

// text is a text of a body with its bounds in characters.
type text struct {
	param, value string
	min, max     int
}

// decodeTexts reads a body and checks the lengths of its texts.
func decodeTexts(c *gin.Context, into any, texts func() []text) error {
	if err := edge.Decode(c, into); err != nil {
		return err
	}
	for _, t := range texts() {
		if n := utf8.RuneCountInString(t.value); n < t.min || n > t.max {
			return invalid(t.param, "is too short or too long")
		}
	}
	return nil
}
