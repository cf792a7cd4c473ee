package mallapi_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/edge"
)

func TestGetInvariants(t *testing.T) {
	s := openShop(t)
	path := "/api/mall/admin/v1/invariants"
	s.call(get(path)).want(http.StatusUnauthorized, "unauthenticated")
	s.call(get(path).as(operatorToken)).want(http.StatusNotFound, "report_not_found")
	var broken error
	at := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
	s.invariants = func(_ context.Context, before time.Time) (edge.InvariantReport, bool, error) {
		return edge.InvariantReport{
			StartedAt: at, Took: 70 * time.Millisecond, Rows: []edge.InvariantRows{{Invariant: "I4", What: "orders", Rows: 7}},
			Violations: []edge.InvariantViolation{{Invariant: "I4", Subject: "ord_1", Detail: "is paid for over 10 min", Remedy: "look at the engine"}},
		}, !before.Equal(at), broken
	}
	a := s.call(get(path).as(operatorToken)).want(http.StatusOK)
	require.Equal(t, "2026-11-21T04:00:00.000Z", a.value("started_at"))
	require.InDelta(t, 70, a.value("duration_ms"), 0)
	require.Equal(t, false, a.value("holds"))
	require.InDelta(t, 7, a.value("rows.0.rows"), 0)
	require.Equal(t, "ord_1", a.value("violations.0.subject"))
	require.Equal(t, "look at the engine", a.value("violations.0.remedy"))
	s.call(get(path+"?before=2026-11-21T04:00:00Z").as(operatorToken)).want(http.StatusNotFound, "report_not_found")
	s.call(get(path+"?before=now").as(operatorToken)).want(http.StatusBadRequest, "invalid")
	broken = errors.New("database is away")
	s.call(get(path).as(operatorToken)).want(http.StatusInternalServerError, "internal")
}
