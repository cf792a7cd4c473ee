package mallapi

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/instant"
	wire "kaituan/api/mallwire"
)

// ListJobs lists what is done by the clock.
func (a *API) ListJobs(c *gin.Context) {
	jobs, err := a.jobs.List(c.Request.Context())
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.JobList{Items: each(jobs, clusterJobWire)})
}

func clusterJobWire(j edge.Job) wire.Job {
	return wire.Job{
		Name: j.Name, About: j.About, EverySeconds: int64(j.Every / time.Second), Holder: j.Holder, Fence: j.Fence,
		BeatAt: instant.Of(j.BeatAt), StartedAt: instant.Of(j.StartedAt), EndedAt: instant.Of(j.EndedAt),
		SuccessAt: instant.Of(j.SuccessAt), NextAt: instant.Of(j.NextAt), DurationMs: j.Took.Milliseconds(),
		Handled: j.Handled, HandledTotal: j.Total, Backlog: j.Backlog, Failures: j.Failures, LastError: j.LastError,
	}
}
