package groupbuyapi_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/edge"
	"kaituan/api/groupbuyapi"
	wire "kaituan/api/groupbuywire"
	"kaituan/groupbuy"
)

func TestGetInvariants(t *testing.T) {
	at := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
	var asked time.Time
	var broken error
	report := edge.InvariantReport{
		StartedAt: at, Took: 70 * time.Millisecond, LeftOut: []string{"the gateway"}, Rows: []edge.InvariantRows{{Invariant: "I1", What: "activities", Rows: 7}},
		Violations: []edge.InvariantViolation{{Invariant: "I1", Subject: "act_1/tea/green", Detail: "taken 4 of 3", Remedy: "stop selling"}},
	}
	w := newWorld(t, func(_ *groupbuy.Deps, auth *groupbuyapi.Auth) {
		auth.Invariants = func(_ context.Context, before time.Time) (edge.InvariantReport, bool, error) {
			asked = before
			return report, before != at, broken
		}
	})
	path := operatorSide + "/invariants"
	got := into[wire.InvariantReport](w.get(path), 200)
	require.Zero(t, asked)
	require.Equal(t, at, got.StartedAt.UTC())
	require.EqualValues(t, 70, got.DurationMs)
	require.False(t, got.Holds)
	require.Equal(t, []wire.InvariantRows{{Invariant: "I1", What: "activities", Rows: 7}}, got.Rows)
	require.Equal(t, []wire.InvariantViolation{{Invariant: "I1", Subject: "act_1/tea/green", Detail: "taken 4 of 3", Remedy: "stop selling"}}, got.Violations)
	require.Equal(t, []string{"the gateway"}, got.LeftOut)

	w.get(path+"?before="+url.QueryEscape(at.Format(time.RFC3339))).refused(404, "report_not_found")
	require.Equal(t, at, asked.UTC())
	w.get(path+"?before=yesterday").refused(400, "invalid")
	report = edge.InvariantReport{StartedAt: at}
	got = into[wire.InvariantReport](w.get(path), 200)
	require.True(t, got.Holds)
	require.Equal(t, [][]string{{}}, [][]string{got.LeftOut})
	broken = errors.New("database is away")
	w.get(path).refused(500, "internal")
}

func TestGetInvariants_None(t *testing.T) {
	none := func(_ *groupbuy.Deps, auth *groupbuyapi.Auth) { auth.Invariants = nil }
	newWorld(t, none).get(operatorSide+"/invariants").refused(404, "report_not_found")
}
