package mallapi

import (
	"context"
	"errors"
	"strings"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/problem"
	"kaituan/mall"
	"kaituan/mall/catalog"
)

// fail ends the request with the problem that an error of the mall stands for.
func fail(c *gin.Context, err error) {
	var refused *mall.Error
	switch {
	case errors.As(err, &refused):
		edge.Fail(c, told(refused))
	case errors.Is(err, mall.ErrUnavailable), errors.Is(err, mall.ErrUnknown), errors.Is(err, mall.ErrConflict),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		edge.FailBecause(c, &problem.Problem{Code: problem.Unavailable}, err)
	default:
		edge.Fail(c, err)
	}
}

// told is a refusal on the wire. One that the engine gave says no more than the table's text in the language that
// the mall asked in, so it is left to the table; an engine newer than this program may have reasons that are not in
// the table.
func told(refused *mall.Error) *problem.Problem {
	p := &problem.Problem{Code: problem.Code(refused.Code), Param: refused.Param, Detail: refused.Detail}
	for _, fault := range refused.Faults {
		p.Faults = append(p.Faults, problem.Fault{Param: fault.Param, Detail: fault.Detail})
	}
	if refused.CurrentPrice > 0 {
		p.Extra = map[string]any{"current_price_fen": refused.CurrentPrice}
	}
	row, known := problem.Lookup(p.Code)
	switch {
	case !known:
		p.Code, p.Detail = "seat_refused", string(refused.Code)+": "+refused.Detail
	case p.Detail != row.ZH.Detail && p.Detail != row.EN.Detail:
	case refused.Code == mall.CodePriceChanged: // the table's text is for partners, who are told the price
		p.Detail = "look at the product's price again, then order"
	default:
		p.Detail = ""
	}
	return p
}

func invalid(param, detail string) error {
	return &problem.Problem{Code: problem.Invalid, Param: param, Detail: detail}
}

// badParameter answers for the generated wrapper when a parameter is missing, given twice or has the wrong type. The
// wrapper tells the name in its text only; it is our own generated code, and a test holds the text.
func badParameter(c *gin.Context, err error, _ int) {
	text := err.Error()
	detail := "has the wrong type"
	_, rest, found := strings.Cut(text, "parameter ")
	switch {
	case !found:
		_, rest, _ = strings.Cut(text, "one value for ")
		detail = "is given twice"
	case strings.Contains(rest, " is required"):
		detail = "is required"
	}
	fail(c, invalid(rest[:max(0, strings.IndexAny(rest, " ,:"))], detail))
}

// validParams refuses whatever cannot be an identifier before it comes near a database.
func validParams(c *gin.Context) {
	for _, p := range c.Params {
		if !catalog.ValidID(p.Value) {
			fail(c, invalid(p.Key, "want 1 to 64 of A-Z a-z 0-9 _ . -"))
			return
		}
	}
}
