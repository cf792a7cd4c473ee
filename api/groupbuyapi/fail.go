package groupbuyapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/oapi-codegen/runtime"

	"kaituan/api/edge"
	"kaituan/api/problem"
	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
)

// fail ends the request with the problem that an error of the engine stands for.
func fail(c *gin.Context, err error) {
	var refused *groupbuy.Error
	switch {
	case errors.As(err, &refused):
		edge.Fail(c, told(refused))
	case errors.Is(err, groupbuy.ErrOverloaded):
		edge.Fail(c, &problem.Problem{Code: problem.Overloaded})
	case errors.Is(err, groupbuy.ErrUnavailable), errors.Is(err, groupbuy.ErrUnknown),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		edge.FailBecause(c, &problem.Problem{Code: problem.Unavailable}, err)
	default:
		edge.Fail(c, err)
	}
}

func told(refused *groupbuy.Error) *problem.Problem {
	p := &problem.Problem{Code: problem.Code(refused.Code), Param: refused.Param, Detail: refused.Detail}
	for _, fault := range refused.Faults {
		p.Faults = append(p.Faults, problem.Fault{Param: fault.Param, Value: fault.Value, Detail: fault.Detail})
	}
	if refused.Code == groupbuy.CodePriceChanged {
		p.Extra = map[string]any{"current_price_fen": refused.CurrentPrice}
	}
	return p
}

func invalid(param, detail string) error {
	return &problem.Problem{Code: problem.Invalid, Param: param, Detail: detail}
}

// unreadable says why a body could not be read: it is too large, or the caller went away in the middle.
func unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return &problem.Problem{Code: problem.MalformedJSON, Detail: "the body ends in the middle of a value"}
}

// badParameter answers for the generated wrapper when a parameter is missing or has the wrong type. Of the latter the
// wrapper tells the name in its text only; it is our own generated code, and a test holds the text.
func badParameter(c *gin.Context, err error, _ int) {
	var missing *runtime.RequiredParameterError
	if errors.As(err, &missing) {
		fail(c, invalid(missing.ParamName, "is required"))
		return
	}
	_, rest, _ := strings.Cut(err.Error(), "parameter ")
	name, _, _ := strings.Cut(rest, ":")
	fail(c, invalid(name, "has the wrong type"))
}

const wantID = "want 1 to 64 of A-Z a-z 0-9 _ . -"

// validParams refuses whatever cannot be an identifier before it comes near a database.
func validParams(c *gin.Context) {
	for _, p := range c.Params {
		if !partner.ValidID(p.Value) {
			fail(c, invalid(p.Key, wantID))
			return
		}
	}
}

// optionalID reads an identifier that may be left out.
func optionalID[T ~string](param string, value *string) (T, error) {
	if value == nil {
		return "", nil
	}
	if !partner.ValidID(*value) {
		return "", invalid(param, wantID)
	}
	return T(*value), nil
}
