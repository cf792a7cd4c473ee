package mallapi

import (
	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/problem"
	"kaituan/mall"
	"kaituan/mall/account"
)

// door lets in who may call.
type door struct {
	shop   *mall.Shop
	site   *edge.Site
	cookie edge.Cookie     // of buyers
	token  edge.FixedToken // of operators
}

func (d *door) admit(w who) gin.HandlerFunc {
	check := d.deny
	switch w {
	case anyone:
		check = d.checkOrigin
	case visitors:
		check = d.checkVisitor
	case buyers:
		check = d.checkBuyer
	case operators:
		check = d.checkOperator
	case senders:
		check = func(*gin.Context) error { return nil }
	}
	return func(c *gin.Context) {
		if err := check(c); err != nil {
			fail(c, err)
		}
	}
}

func (d *door) deny(*gin.Context) error { return &problem.Problem{Code: problem.Forbidden} }

type callerKey struct{}

// A caller is who sent the request; the zero caller is a visitor.
type caller struct {
	mall.Actor
	account account.Account // of buyers
	token   account.Token   // of buyers
}

func callerOf(c *gin.Context) caller {
	by, _ := c.Get(callerKey{})
	known, _ := by.(caller)
	return known
}

// checkBuyer takes a live session. Errors: mall.CodeSessionExpired, cross_site.
func (d *door) checkBuyer(c *gin.Context) error {
	if err := d.checkOrigin(c); err != nil {
		return err
	}
	token := d.tokenOf(c)
	actor, owner, err := d.shop.Authenticate(c.Request.Context(), token)
	if err != nil {
		return err
	}
	c.Set(callerKey{}, caller{actor, owner, token})
	edge.SetCaller(c, "account", string(actor.Account))
	return nil
}

// checkVisitor takes a live session or none. One that is over is as good as none.
func (d *door) checkVisitor(c *gin.Context) error {
	if d.tokenOf(c) == "" {
		return d.checkOrigin(c)
	}
	if err := d.checkBuyer(c); mall.CodeOf(err) != mall.CodeSessionExpired {
		return err
	}
	return nil
}

// checkOperator takes the operator token. Cookies play no part, so no other site can use them.
func (d *door) checkOperator(c *gin.Context) error {
	token, _ := edge.Bearer(c)
	if !d.token.Is(token) {
		c.Header("WWW-Authenticate", "Bearer")
		return &problem.Problem{Code: problem.Unauthenticated}
	}
	c.Set(callerKey{}, caller{Actor: mall.Actor{Account: "operator", Role: account.Operator}})
	edge.SetCaller(c, "operator", "token")
	return nil
}

func (d *door) checkOrigin(c *gin.Context) error { return d.site.CheckOrigin(c) }

func (d *door) tokenOf(c *gin.Context) account.Token { return account.Token(d.cookie.Token(c)) }
