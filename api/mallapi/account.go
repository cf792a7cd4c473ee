package mallapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/instant"
	wire "kaituan/api/mallwire"
	"kaituan/mall"
	"kaituan/mall/account"
)

// SignUp creates a buyer's account and signs its owner in.
func (a *API) SignUp(c *gin.Context) {
	var in wire.SignUpInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	wanted := account.Registration{Login: in.Login, Password: in.Password, Nickname: in.Nickname}
	session, err := a.shop.SignUp(c.Request.Context(), wanted, a.door.tokenOf(c))
	a.enter(c, session, err)
}

// GetMe tells who is signed in.
func (a *API) GetMe(c *gin.Context) {
	c.JSON(http.StatusOK, accountWire(callerOf(c).account))
}

// SignIn starts a session.
func (a *API) SignIn(c *gin.Context) {
	var in wire.SignInInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	if err := a.door.limits.TakeGuess(c, "buyer", loginOf(in.Login)); err != nil {
		fail(c, err)
		return
	}
	session, err := a.shop.SignIn(c.Request.Context(), in.Login, in.Password, a.door.tokenOf(c))
	a.enter(c, session, err)
}

// loginOf is the one form of what was typed, so that no other spelling gives more tries. What nobody can have as a login
// stands for itself.
func loginOf(typed string) string {
	if login, ok := account.ParseLogin(typed); ok {
		return string(login)
	}
	return typed
}

// enter gives the caller a session, or tells why not.
func (a *API) enter(c *gin.Context, in mall.SignedIn, err error) {
	if err != nil {
		fail(c, err)
		return
	}
	a.door.cookie.Give(c, string(in.Token))
	c.JSON(http.StatusCreated, wire.Session{
		Token: string(in.Token), ExpiresAt: instant.Of(in.ExpiresAt), Account: accountWire(in.Account),
	})
}

// SignOut ends the caller's session.
func (a *API) SignOut(c *gin.Context) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	if err := a.shop.SignOut(c.Request.Context(), callerOf(c).token); err != nil {
		fail(c, err)
		return
	}
	a.door.cookie.TakeBack(c)
	c.Status(http.StatusNoContent)
}

func accountWire(a account.Account) wire.Account {
	return wire.Account{
		AccountID: string(a.ID), Login: a.Login.Masked(), Nickname: a.Nickname, Role: wire.Role(a.Role),
		CreatedAt: instant.Of(a.CreatedAt),
	}
}
