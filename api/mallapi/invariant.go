package mallapi

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/instant"
	wire "kaituan/api/mallwire"
	"kaituan/api/problem"
)

// GetInvariants shows what the last look at the invariants found.
func (a *API) GetInvariants(c *gin.Context, params wire.GetInvariantsParams) {
	var before time.Time
	if params.Before != nil {
		before = *params.Before
	}
	report, found, err := a.invariants.Last(c.Request.Context(), before)
	switch {
	case err != nil:
		fail(c, err)
	case !found:
		edge.Fail(c, &problem.Problem{Code: problem.ReportNotFound, Detail: "no look at the invariants is on record"})
	default:
		c.JSON(http.StatusOK, invariantsWire(report))
	}
}

func invariantsWire(r edge.InvariantReport) wire.InvariantReport {
	return wire.InvariantReport{
		StartedAt: instant.Of(r.StartedAt), DurationMs: r.Took.Milliseconds(), Holds: len(r.Violations) == 0,
		Rows: each(r.Rows, func(n edge.InvariantRows) wire.InvariantRows {
			return wire.InvariantRows{Invariant: n.Invariant, What: n.What, Rows: n.Rows}
		}),
		Violations: each(r.Violations, func(v edge.InvariantViolation) wire.InvariantViolation {
			return wire.InvariantViolation{Invariant: v.Invariant, Subject: v.Subject, Detail: v.Detail, Remedy: v.Remedy}
		}),
		LeftOut: append([]string{}, r.LeftOut...),
	}
}
