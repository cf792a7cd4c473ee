package mallapi

import (
	"errors"
	"net/http"
	"time"

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
	cookie edge.Cookie // of buyers
	scan   edge.Cookie // of a browser that shows a QR code
	desk   edge.Cookie // of operators, the engine's own
	limits *edge.Limits
	staff  mall.Staff
	token  edge.FixedToken // the instance's own, an administrator's
}

// sessionOfOperators is how long the engine's sessions of operators last at most. The mall starts none.
const sessionOfOperators = 12 * time.Hour

func (d *door) admit(w who) gin.HandlerFunc {
	check := d.deny
	if least, ok := w.least(); ok {
		check = func(c *gin.Context) error { return d.checkOperator(c, least) }
	}
	switch w {
	case anyone:
		check = d.checkAnyone
	case visitors:
		check = d.checkVisitor
	case buyers:
		check = d.checkBuyer
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
	return d.meter(c, string(actor.Account))
}

// meter counts what a buyer sends. Errors: rate_limited.
func (d *door) meter(c *gin.Context, buyer string) error {
	if err := d.limits.Take(c, edge.PerBuyer, buyer); err != nil || c.Request.Method == http.MethodGet {
		return err
	}
	return d.limits.Take(c, edge.PerBuyerWrite, buyer)
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

// checkOperator takes the instance's token, or an operator's session at the engine whose rank is at least the given one.
// Errors: unauthenticated, forbidden, cross_site, mall.CodeGroupUnavailable.
func (d *door) checkOperator(c *gin.Context, least mall.Rank) error {
	if err := d.checkOrigin(c); err != nil {
		return err
	}
	member, err := d.recognise(c)
	if err != nil {
		return err
	}
	c.Set(callerKey{}, caller{Actor: mall.Actor{
		Account: member.ID, Role: account.Operator, Rank: member.Rank, Name: member.Login, RequestID: edge.RequestID(c), Address: c.ClientIP(),
	}})
	edge.SetCaller(c, "operator", string(member.ID))
	if !member.Rank.May(least) {
		return &problem.Problem{Code: problem.Forbidden}
	}
	return nil
}

// recognise says whose token the caller sent.
func (d *door) recognise(c *gin.Context) (mall.StaffMember, error) {
	token := d.desk.Token(c)
	if d.token.Is(token) {
		return mall.StaffMember{ID: "operator", Login: "operator token", Rank: mall.RankAdmin}, nil
	}
	var refused *mall.Refused
	err := error(&mall.Refused{Status: http.StatusUnauthorized})
	var member mall.StaffMember
	if token != "" {
		member, err = d.staff.Member(c.Request.Context(), token)
	}
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusUnauthorized:
		c.Header("WWW-Authenticate", "Bearer")
		return member, &problem.Problem{Code: problem.Unauthenticated}
	case err != nil:
		_ = c.Error(err)
		return member, &problem.Problem{Code: problem.Code(mall.CodeGroupUnavailable)}
	}
	return member, nil
}

// checkAnyone takes anybody, who wants to sign in or up.
func (d *door) checkAnyone(c *gin.Context) error {
	if err := d.checkOrigin(c); err != nil || c.Request.Method == http.MethodGet {
		return err
	}
	return d.limits.TakeAddress(c, edge.PerSignIn)
}

func (d *door) checkOrigin(c *gin.Context) error { return d.site.CheckOrigin(c) }

func (d *door) tokenOf(c *gin.Context) account.Token { return account.Token(d.cookie.Token(c)) }
