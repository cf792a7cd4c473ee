package schedule_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/schedule"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// measured returns the value of each metric by "name{job}", those of success and duration as whether they are there.
func measured(t *testing.T, tables ...*schedule.Table) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	for _, table := range tables {
		require.NoError(t, registry.Register(table))
	}
	families, err := registry.Gather()
	require.NoError(t, err)
	found := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			value := m.GetGauge().GetValue() + m.GetCounter().GetValue()
			found[strings.TrimPrefix(family.GetName(), "kaituan_job_")+"{"+m.GetLabel()[0].GetValue()+"}"] = value
		}
	}
	return found
}

func TestMetrics_OfTheLeaderAndTheOthers(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.Mall)
	jobs := func() []schedule.Job {
		return []schedule.Job{
			{Name: "works", Every: look, Run: func(context.Context) (int, error) { return 1, nil }, Backlog: func(context.Context) (int, error) { return 7, nil }},
			{Name: "fails", Every: look, Run: func(context.Context) (int, error) { return 0, errors.New("no luck") }},
			{Name: "waits", Backlog: func(context.Context) (int, error) { return 9, nil }},
		}
	}
	leader := node(t, "a", db, jobs()...)
	status(t, db, "works", heldBy("a"))
	other := node(t, "b", sqldbtest.Connect(t, db.DSN()), jobs()...)
	every := schedule.New([]schedule.Job{{Name: "each", Every: look, Run: func(context.Context) (int, error) { return 0, nil }}},
		schedule.Options{Look: look, Log: quiet()})
	require.NoError(t, every.Start(t.Context()))
	defer func() { require.NoError(t, every.Stop(context.Background())) }()
	var m map[string]float64
	require.Eventually(t, func() bool {
		m = measured(t, leader, every)
		return m["failures_total{fails}"] >= 2 && m["backlog{works}"] == 7 && m["last_success_seconds{works}"] > 0 && m["last_success_seconds{each}"] > 0
	}, waitLimit, waitStep)
	require.InDelta(t, 1, m["leader{works}"], 0)
	require.InDelta(t, 1, m["leader{each}"], 0)
	require.InDelta(t, 9, m["backlog{waits}"], 0)
	require.Zero(t, m["last_success_seconds{fails}"])
	require.NotContains(t, m, "backlog{fails}")
	require.NotContains(t, m, "duration_seconds{waits}")
	require.Equal(t, map[string]float64{
		"leader{works}": 0, "leader{fails}": 0, "leader{waits}": 0,
		"failures_total{works}": 0, "failures_total{fails}": 0, "failures_total{waits}": 0,
	}, measured(t, other))
}

// A holder without word from its database starts no run once its term is over: others may run the job.
func TestCluster_WithoutItsDatabase(t *testing.T) {
	t.Parallel()
	db, err := sqldb.Open(t.Context(), sqldb.DSN("sqlite:"+t.TempDir()+"/mall.db"), sqldb.WithLog(quiet()))
	require.NoError(t, err)
	require.NoError(t, db.Migrate(t.Context(), sqldb.Mall))
	runs := make(chan time.Time, 10_000)
	table := schedule.New([]schedule.Job{{Name: "work", Every: look, Cluster: db, Run: func(context.Context) (int, error) {
		runs <- time.Now()
		return 0, nil
	}}}, schedule.Options{Node: "a", Look: look, Beat: look, Term: term, Log: quiet()})
	require.NoError(t, table.Start(t.Context()))
	<-runs
	require.NoError(t, db.Close())
	require.Eventually(t, func() bool {
		drained := 0
		for len(runs) > 0 {
			<-runs
			drained++
		}
		time.Sleep(5 * look)
		return drained == 0 && len(runs) == 0
	}, waitLimit, waitStep)
	require.Error(t, table.Stop(context.Background()), "the lease could not be given up, it runs out")
}
