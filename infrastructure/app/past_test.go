package app

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/config"
	"kaituan/infrastructure/showcase"
	"kaituan/infrastructure/sqldb"
)

func bare(t *testing.T, set map[string]string) *App {
	t.Helper()
	flags := map[string]string{"data": t.TempDir(), "listen": "127.0.0.1:0", "private_listen": "127.0.0.1:0", "log_level": "error"}
	for key, value := range set {
		flags[key] = value
	}
	c, err := config.Load(config.Source{Flags: flags})
	require.NoError(t, err)
	a, err := New(t.Context(), c, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return a
}

func stopped(t *testing.T, a *App) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, a.Stop(ctx))
}

// tally counts rows by their status.
func tally(t *testing.T, db *sqldb.DB, table string) map[string]int {
	t.Helper()
	var rows []struct {
		Status string
		N      int
	}
	require.NoError(t, db.Read(t.Context()).Raw("SELECT status, count(*) AS n FROM "+table+" GROUP BY status").Scan(&rows).Error)
	counts := map[string]int{}
	for _, row := range rows {
		counts[row.Status] = row.N
	}
	return counts
}

// What the demo data's month leaves behind breaks no invariant, and there is something of everything in it.
func TestPast_IsAsTrueAsThePresent(t *testing.T) {
	a := bare(t, map[string]string{"demo_data": "false"})
	now := time.Now().UTC().Truncate(time.Second)
	p, err := a.newPast(now.Add(-showcase.Past))
	require.NoError(t, err)
	stage := p.stage()
	stage.Bustle = 0 // what is drawn is more of the same; the script has one of each
	fresh, err := stage.Stock(t.Context())
	require.NoError(t, err)
	require.True(t, fresh)
	require.NoError(t, p.box.Start(t.Context()))
	require.NoError(t, stage.Play(t.Context(), now))
	require.Equal(t, now, p.clock.Now())

	teams, orders := tally(t, a.dbs.groupbuy, "teams"), tally(t, a.dbs.mall, "orders")
	require.GreaterOrEqual(t, teams["forming"], 5)
	require.GreaterOrEqual(t, teams["formed"], 2)
	require.Positive(t, teams["failed"])
	require.Positive(t, orders["shipped"])
	require.Positive(t, orders["refunded"])
	require.Positive(t, orders["teaming"])
	var first int64
	require.NoError(t, a.dbs.groupbuy.Read(t.Context()).Raw("SELECT min(opened_at) FROM teams").Scan(&first).Error)
	require.Less(t, first, now.AddDate(0, 0, -13).UnixMilli(), "teams are opened when the past says")

	var pieces []struct{ Pieces, Taken int }
	require.NoError(t, a.dbs.groupbuy.Read(t.Context()).Raw("SELECT pieces, taken FROM activity_stock WHERE pieces > 0").Scan(&pieces).Error)
	require.Len(t, pieces, 1, "one deal is limited")
	require.Equal(t, pieces[0].Pieces, pieces[0].Taken, "and sold out")

	again, err := stage.Stock(t.Context())
	require.NoError(t, err)
	require.False(t, again, "a full shelf stays as it is")
	require.NoError(t, p.close())
	stopped(t, a)
	report, err := SettledCheck(t.Context(), a.config)
	require.NoError(t, err)
	require.Empty(t, report.Violations)
}

// A first start that is ended while the month is played ends at once, and the next one works with what is there.
func TestOpening_ThatIsCutShort(t *testing.T) {
	a := bare(t, nil)
	require.NoError(t, a.Start(t.Context()))
	require.Contains(t, a.Banner(), showcase.DemoLogin)
	stopped(t, a)
	again := bare(t, map[string]string{"data": a.config.Data})
	require.NoError(t, again.Start(t.Context()))
	require.NotContains(t, again.Banner(), showcase.DemoLogin, "there is no past to play on a shelf that is not new")
	stopped(t, again)
}
