package groupbuyapi_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/edge"
	"kaituan/api/groupbuyapi"
	wire "kaituan/api/groupbuywire"
	"kaituan/groupbuy"
)

func TestListJobs(t *testing.T) {
	at := time.Date(2026, 11, 20, 7, 59, 58, 0, time.UTC)
	var broken error
	jobs := []edge.Job{
		{
			Name: "groupbuy.expire_teams", About: "ends teams", Every: time.Second, Holder: "host/127.0.0.1:8081", Fence: 7,
			BeatAt: at, StartedAt: at, EndedAt: at.Add(20 * time.Millisecond), SuccessAt: at, NextAt: at.Add(time.Second),
			Took: 20 * time.Millisecond, Handled: 3, Total: 40, Backlog: 1, Failures: 2, LastError: "no luck",
		},
		{Name: "groupbuy.relay", Backlog: -1},
	}
	w := newWorld(t, func(_ *groupbuy.Deps, auth *groupbuyapi.Auth) {
		auth.Jobs = func(context.Context) ([]edge.Job, error) { return jobs, broken }
	})
	list := into[wire.JobList](w.get(operatorSide+"/jobs"), 200).Items
	require.Len(t, list, 2)
	first := list[0]
	require.Equal(t, "groupbuy.expire_teams", first.Name)
	require.EqualValues(t, 1, first.EverySeconds)
	require.EqualValues(t, 7, first.Fence)
	require.EqualValues(t, 20, first.DurationMs)
	require.EqualValues(t, 40, first.HandledTotal)
	require.Equal(t, 1, first.Backlog)
	require.Equal(t, "no luck", first.LastError)
	require.Equal(t, at.Add(time.Second), first.NextAt.UTC())
	require.Equal(t, wire.Job{Name: "groupbuy.relay", Backlog: -1}, list[1])
	broken = errors.New("database is away")
	w.get(operatorSide+"/jobs").refused(500, "internal")
}

func TestListJobs_None(t *testing.T) {
	require.Empty(t, into[wire.JobList](newWorld(t, func(_ *groupbuy.Deps, auth *groupbuyapi.Auth) { auth.Jobs = nil }).get(operatorSide+"/jobs"), 200).Items)
}
