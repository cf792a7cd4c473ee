package app_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuywire"
	"kaituan/api/mallwire"
)

func (w *world) engineJobs() []groupbuywire.Job {
	w.t.Helper()
	answer, err := w.operator().ListJobsWithResponse(context.Background())
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, answer.StatusCode(), string(answer.Body))
	return answer.JSON200.Items
}

func (w *world) mallJobs() []mallwire.Job {
	w.t.Helper()
	answer, err := w.shop().ListJobsWithResponse(context.Background(), bearer(w.token))
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, answer.StatusCode(), string(answer.Body))
	return answer.JSON200.Items
}

// Operators see every job at work, the same jobs are in the documentation, and Prometheus knows who leads them.
func TestApp_ShowsItsJobs(t *testing.T) {
	onEachStore(t, func(w *world) {
		var names []string
		require.Eventually(w.t, func() bool {
			names = nil
			idle := func(every int64, holder, lastError string, ran bool) bool {
				return holder == "" || lastError != "" || every > 0 && !ran
			}
			for _, j := range w.engineJobs() {
				names = append(names, j.Name)
				if idle(j.EverySeconds, j.Holder, j.LastError, !j.SuccessAt.IsZero()) {
					return false
				}
			}
			for _, j := range w.mallJobs() {
				names = append(names, j.Name)
				if idle(j.EverySeconds, j.Holder, j.LastError, !j.SuccessAt.IsZero()) {
					return false
				}
			}
			return len(names) > 0
		}, patience, pace)
		require.Equal(w.t, documentedJobs(w.t), slices.Sorted(slices.Values(names)))
		metrics := w.metrics()
		for _, name := range append(names, "groupbuy.refresh", "groupbuy.follow_crowd") {
			require.Contains(w.t, metrics, `kaituan_job_leader{job="`+name+`"} 1`)
		}
		require.Contains(w.t, metrics, `kaituan_job_backlog{job="mall.push_refunds"} 0`)

		before := w.mallJobs()
		w.stop()
		w.start()
		require.Eventually(w.t, func() bool {
			after := w.mallJobs()
			return !slices.ContainsFunc(after, func(j mallwire.Job) bool { return j.Fence != before[0].Fence+1 || j.Holder == "" })
		}, patience, pace, "the next process goes on under a higher number")
	})
}

func (w *world) metrics() string {
	w.t.Helper()
	rsp, err := w.http.Get(w.app.PrivateURL() + "/metrics")
	require.NoError(w.t, err)
	defer rsp.Body.Close()
	text, err := io.ReadAll(rsp.Body)
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, rsp.StatusCode)
	return string(text)
}

// documentedJobs reads the table of jobs in the documentation.
func documentedJobs(t *testing.T) (names []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "\n| job | does |")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	for _, line := range strings.Split(table, "\n")[2:] {
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "| `"), "`")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
