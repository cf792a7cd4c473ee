package edge

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/problem"
)

const codeKey = "kaituan/api/edge.code"

// Fail ends the request with a problem. A *problem.Problem is told as it is, a body beyond MaxBody as such, any
// other error as internal: its text goes to the log and nowhere else.
func Fail(c *gin.Context, err error) {
	var told *problem.Problem
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &told):
	case errors.As(err, &tooLarge):
		told = &problem.Problem{Code: problem.BodyTooLarge}
	default:
		told = &problem.Problem{Code: problem.Internal}
		_ = c.Error(err)
	}
	if _, known := problem.Lookup(told.Code); !known { // a gap in the table is told as internal; the log says which
		_ = c.Error(err)
	}
	c.Set(codeKey, string(told.Code))
	c.Abort()
	problem.Write(c.Writer, c.Request, told)
}

// FailBecause is Fail with a cause for the log, for problems that are the machine's fault and not the caller's.
func FailBecause(c *gin.Context, told *problem.Problem, cause error) {
	_ = c.Error(cause)
	Fail(c, told)
}
