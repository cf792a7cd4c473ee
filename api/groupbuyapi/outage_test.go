package groupbuyapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuyapi"
	"kaituan/groupbuy"
	"kaituan/groupbuy/team"
)

// broken is a real store whose reads of seats fail.
type broken struct {
	groupbuy.Store
	err error
}

func (b broken) Seat(context.Context, team.Key) (team.Seat, team.Team, error) {
	if b.err == nil {
		panic("a bug in the store")
	}
	return team.Seat{}, team.Team{}, b.err
}

func breaking(err error) setup {
	return func(deps *groupbuy.Deps, _ *groupbuyapi.Auth) { deps.Store = broken{deps.Store, err} }
}

func TestOutage_IsToldAndLoggedOnce(t *testing.T) {
	secret := "dial tcp 10.0.0.7:3306: password hunter2"
	tests := map[string]struct {
		err    error
		status int
		code   string
		retry  string
	}{
		"unreachable":    {fmt.Errorf("%w: %s", groupbuy.ErrUnavailable, secret), 503, "unavailable", "1"},
		"fate unknown":   {fmt.Errorf("%w: %s", groupbuy.ErrUnknown, secret), 503, "unavailable", "1"},
		"out of time":    {fmt.Errorf("%w: %s", context.DeadlineExceeded, secret), 503, "unavailable", "1"},
		"anything else":  {errors.New(secret), 500, "internal", ""},
		"an unknown one": {&groupbuy.Error{Code: "not_in_the_table", Detail: secret}, 500, "internal", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, breaking(tc.err))
			a := w.get(partnerSide + "/seats/ord_1")
			p := a.refused(tc.status, tc.code)
			require.Equal(t, tc.retry, a.Header().Get("Retry-After"))
			require.NotContains(t, a.Body.String(), "hunter2")
			line := w.onlyLine()
			require.Equal(t, "ERROR", line["level"])
			require.Equal(t, p.RequestID, line["request_id"])
			require.Contains(t, line["error"], "hunter2", "the log is where the cause belongs")
		})
	}
}

func TestPanic_IsAProblem(t *testing.T) {
	w := newWorld(t, breaking(nil))
	w.get(partnerSide+"/seats/ord_1").refused(500, "internal")
	require.Contains(t, w.onlyLine()["error"], "a bug in the store")
}

// onlyLine is the log line of the only call so far.
func (w *world) onlyLine() map[string]any {
	w.Helper()
	lines := strings.Split(strings.TrimSpace(w.log.String()), "\n")
	require.Len(w, lines, 1)
	var line map[string]any
	require.NoError(w, json.Unmarshal([]byte(lines[0]), &line))
	return line
}

func TestLog_NamesTheCallerAndNoSecret(t *testing.T) {
	w := newWorld(t)
	w.call(request{method: http.MethodGet, path: partnerSide + "/events?limit=3", nonce: "nonce-of-this-call", edit: func(r *http.Request) {
		r.Header.Set("X-Request-Id", "mall-42")
	}}).ok(200)
	line := w.onlyLine()
	require.Equal(t, "mall", line["partner"])
	require.Equal(t, "mall-42", line["request_id"])
	require.Equal(t, partnerSide+"/events", line["route"])
	require.EqualValues(t, 200, line["status"])
	for _, secret := range []string{"limit=3", "nonce-of-this-call", "signature=", w.key.Secret} {
		require.NotContains(t, w.log.String(), secret)
	}
	w.get(operatorSide + "/partners").ok(200)
	require.NotContains(t, w.log.String(), token)
}
