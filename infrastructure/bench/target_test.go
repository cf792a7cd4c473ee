package bench

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func rated(round int, of Workload, server string, scaled bool, rate float64) Row {
	return Row{Round: round, Workload: of, Server: server, Scaled: scaled, PerSecond: rate, P99: 40 / float64(round), Memory: 100}
}

func TestTargets_CompareWithinARoundAndTakeTheBest(t *testing.T) {
	us := 12.0
	r := Report{Sound: true, Rows: []Row{
		rated(1, helloRow, string(helloRow), false, 1000), rated(1, Trial, sharedServer, false, 500),
		rated(2, helloRow, string(helloRow), false, 100), rated(2, Trial, sharedServer, false, 80),
		rated(1, Lock, sharedServer, false, 800), rated(1, Lock, apartServer, false, 100), rated(1, Lock, sqliteServer, false, 400),
		rated(2, Lock, sharedServer, false, 600), rated(2, Lock, apartServer, false, 100),
		rated(1, Lock, sharedServer, true, 700),
		{Round: 1, Workload: Lock, Server: sharedServer, PerSecond: 1, OfferedRate: 1, Refused: map[string]int64{"team_full": 2}, Failed: 1,
			Split: Split{Server: &us}, Verdict: &Verdict{Promised: 3, Faults: 1, Wrong: []string{"seat 7"}}},
	}, Expiries: []Expiry{{Round: 1, Teams: 10, Seconds: 6, Alone: 10, Beside: 15}}, Starts: []Started{{1, 10, 2}}}
	r.Targets = r.targets(true)
	told := map[string]Target{}
	for _, target := range r.Targets {
		told[target.ID+" "+target.Work] = target
	}
	require.Equal(t, Target{"T1", "trial / empty handler", "80/s of 100/s", ">= 0.75", 0.8, 0.5, true}, told["T1 trial / empty handler"])
	require.Equal(t, Target{"T2", "lock / one transaction each", "800/s of 100/s", ">= 8", 8, 6, true}, told["T2 lock / one transaction each"])
	require.Equal(t, Target{"T2", "lock, p99", "20.0 ms", "<= 30 ms", 20, 40, true}, told["T2 lock, p99"])
	require.False(t, told["T5 lock on SQLite / on MySQL"].Met)
	require.True(t, told["T7 lock with seeded data / without"].Met)
	require.Equal(t, "<= 1024 MB", told["T7 memory of the server"].Wanted)
	require.False(t, told["T9 teams of one second all terminal"].Met)
	require.True(t, told["T9 lock p99 meanwhile / before"].Met)
	require.True(t, told["T10 start to ready"].Met)
	require.NotContains(t, told, "T6 whole purchases", "what was not measured has no line")
	var out bytes.Buffer
	require.NoError(t, r.Print(&out, false))
	for _, want := range []string{"2 team_full, 1 failed", "1 WRONG of 3", "n/a", "lock+", "met", "missed", "WRONG lock: seat 7"} {
		require.Contains(t, out.String(), want)
	}
	out.Reset()
	require.NoError(t, r.Print(&out, true))
	require.Contains(t, out.String(), "| id | work | figure | target | ratio | middle |  |\n| --- | --- |")
	require.Contains(t, out.String(), "| T2 | lock, p99 | 20.0 ms | <= 30 ms | 20.00 | 40.00 | met |\n")
}

func TestTally_WantsPaidOrdersInFullTeamsReady(t *testing.T) {
	paid := map[string]bool{"ready": true, "early": true, "lost": true, "late": true}
	found := tally([]orderSeen{
		{"ready", "full", "to_ship", 100, 300}, {"early", "open", "teaming", 100, 0}, {"late", "full", "teaming", 100, 0}, {"closed", "open", "closed", 100, 0},
	}, map[string]int64{"full": 250}, paid, time.UnixMilli(100))
	require.Equal(t, 4, found.Orders)
	require.Equal(t, 1, found.Formed)
	require.InDelta(t, 5, found.PerSecond, 0.01)
	require.InDelta(t, 50, found.Handled99, 2)
	require.Equal(t, 2, found.Verdict.Faults, "%v", found.Verdict.Wrong)
	require.Contains(t, found.Verdict.Wrong[0], "order late was paid and is teaming")
	require.Contains(t, found.Verdict.Wrong[1], "of 4 paid orders 3 exist")
}
