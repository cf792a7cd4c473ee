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

func TestListJobs(t *testing.T) {
	s := openShop(t)
	var broken error
	s.jobs = func(context.Context) ([]edge.Job, error) {
		return []edge.Job{{
			Name: "mall.push_refunds", About: "submits refunds", Every: time.Second, Holder: "host/127.0.0.1:8081", Fence: 7,
			StartedAt: time.Date(2026, 11, 20, 7, 59, 58, 0, time.UTC), Took: 20 * time.Millisecond, Handled: 3, Backlog: 9,
		}}, broken
	}
	path := "/api/mall/admin/v1/jobs"
	s.call(get(path)).want(http.StatusUnauthorized, "unauthenticated")
	a := s.call(get(path).as(operatorToken)).want(http.StatusOK)
	require.Equal(t, "mall.push_refunds", a.value("items.0.name"))
	require.InDelta(t, 9, a.value("items.0.backlog"), 0)
	require.InDelta(t, 20, a.value("items.0.duration_ms"), 0)
	require.Equal(t, "2026-11-20T07:59:58.000Z", a.value("items.0.started_at"))
	broken = errors.New("database is away")
	s.call(get(path).as(operatorToken)).want(http.StatusInternalServerError, "internal")
}
