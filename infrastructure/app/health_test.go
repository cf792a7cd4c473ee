package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallwire"
	"kaituan/infrastructure/config"
)

// private asks the private listener of the instance.
func (w *world) private(path string) (status int, body string) {
	w.t.Helper()
	resp, err := http.Get(w.app.PrivateURL() + path)
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, resp.Body.Close()) }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return resp.StatusCode, string(text)
}

func TestHealth_TellsWhatRuns(t *testing.T) {
	w := open(t, nil)
	status, body := w.private("/version")
	require.Equal(t, http.StatusOK, status)
	var version map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &version))
	require.NotEmpty(t, version["version"])
	require.NotEmpty(t, version["node"])
	require.Contains(t, version["go"], "go1.")
	require.Equal(t, string(config.RoleAll), version["role"])

	status, body = w.private("/readyz")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"status":"ready","checks":{"groupbuy":"ok","mall":"ok"}}`, body)
}

// What an instance can do without makes it degraded, and it still takes requests; without a database it does not.
func TestHealth_DegradedIsNotRed(t *testing.T) {
	w := open(t, map[string]string{"groupbuy.url": "http://" + freePort(t)}) // nobody listens there
	status, body := w.private("/readyz")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, `"status":"degraded"`)
	require.NotContains(t, body, `"engine":"ok"`)
	_, metrics := w.private("/metrics")
	require.Contains(t, metrics, `kaituan_dependency_up{dependency="engine"} 0`)
	require.Contains(t, metrics, `kaituan_dependency_up{dependency="mall"} 1`)
}

// exported are the names of our metrics in an answer of /metrics.
func exported(text string) []string {
	var names []string
	for _, line := range regexp.MustCompile(`(?m)^# TYPE (kaituan_\S+) (\S+)$`).FindAllStringSubmatch(text, -1) {
		names = append(names, line[1]+" "+line[2])
	}
	slices.Sort(names)
	return names
}

// documented reads the tables of docs/metrics.md. Rows of parts that are only there when a setting asks for them name it.
func documented(t *testing.T) (names, optional []string) {
	t.Helper()
	doc, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	for _, row := range regexp.MustCompile("(?m)^\\| `(kaituan_[a-z_]+)` \\| (\\w+) \\|.*$").FindAllStringSubmatch(string(doc), -1) {
		if strings.Contains(row[0], "only with `") {
			optional = append(optional, row[1]+" "+row[2])
			continue
		}
		names = append(names, row[1]+" "+row[2])
	}
	slices.Sort(names)
	return names, optional
}

func TestMetrics_AreDocumented(t *testing.T) {
	onEachStore(t, documentedMetrics)
}

func documentedMetrics(w *world) {
	t := w.t
	activityID := w.sell("cup", 10, nil)
	anna := w.buyer("anna")
	order := anna.lock("cup", activityID, "")
	anna.pay(order.OrderID)
	anna.becomes(order.OrderID, mallwire.OrderStatusTeaming)
	var text string
	require.Eventually(t, func() bool {
		_, text = w.private("/metrics")
		return strings.Contains(text, "kaituan_invariant_rows")
	}, patience, pace)

	names, optional := documented(t)
	found := slices.DeleteFunc(exported(text), func(name string) bool { return slices.Contains(optional, name) })
	require.Equal(t, names, found)

	for _, line := range []string{
		`kaituan_http_requests_total{method="POST",route="/api/mall/v1/orders",status="201"} 1`,
		`kaituan_moves_total{of="payment",to="succeeded"} 1`,
		`kaituan_moves_total{of="seat",to="paid"} 1`,
		`kaituan_moves_total{of="team",to="forming"} 1`,
		`kaituan_moves_total{of="team",to="formed"} 0`,
		`kaituan_live{of="team",partner="",state="forming"} 1`,
		`kaituan_live{of="order",partner="",state="teaming"} 1`,
		`kaituan_live{of="payment",partner="",state="unknown"} 0`,
		`kaituan_calls_total{outcome="lost",to="alipay"} 0`,
	} {
		require.Eventually(t, func() bool {
			_, text = w.private("/metrics")
			return strings.Contains(text, line+"\n")
		}, patience, 10*pace, "%s\nin\n%s", line, text)
	}
	require.Regexp(t, `kaituan_partner_requests_total\{class="2xx",partner="mall"\} [1-9]`, text)
	require.Regexp(t, `kaituan_http_request_duration_seconds_count\{method="POST",route="/api/mall/v1/orders"\} 1`, text)
}
