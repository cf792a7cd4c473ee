package app_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuywire"
	"kaituan/api/mallwire"
	"kaituan/infrastructure/app"
)

// The worker looks by itself, Prometheus and operators of both sides see what it found, and who asks for an earlier
// report gets one.
func TestApp_TellsWhatTheCheckFound(t *testing.T) {
	onEachStore(t, func(w *world) {
		var engine *groupbuywire.InvariantReport
		var mall *mallwire.InvariantReport
		require.Eventually(w.t, func() bool {
			one, err := w.operator().GetInvariantsWithResponse(context.Background(), nil)
			require.NoError(w.t, err)
			two, err := w.shop().GetInvariantsWithResponse(context.Background(), nil, bearer(w.token))
			require.NoError(w.t, err)
			engine, mall = one.JSON200, two.JSON200
			return engine != nil && mall != nil && strings.Contains(w.metrics(), "kaituan_check_last_success_timestamp")
		}, patience, pace)
		require.True(w.t, engine.Holds, engine.Violations)
		require.True(w.t, mall.Holds, mall.Violations)
		require.Contains(w.t, engine.Rows, groupbuywire.InvariantRows{Invariant: "I2", What: "seats"})
		require.Contains(w.t, mall.Rows, mallwire.InvariantRows{Invariant: "match", What: "group orders"})
		metrics := w.metrics()
		for id := range app.Invariants() {
			require.Contains(w.t, metrics, fmt.Sprintf("kaituan_invariant_violations{invariant=%q} 0", id))
			require.Contains(w.t, metrics, fmt.Sprintf("kaituan_invariant_rows{invariant=%q}", id))
		}
		before := mall.StartedAt.Time
		none, err := w.shop().GetInvariantsWithResponse(context.Background(), &mallwire.GetInvariantsParams{Before: &before}, bearer(w.token))
		require.NoError(w.t, err)
		require.Equal(w.t, http.StatusNotFound, none.StatusCode())
	})
}

// While buyers order, pay, cancel and want their money back, every check finds everything in order: what is under way
// is no violation.
func TestCheck_FindsNothingInAStorm(t *testing.T) {
	onEachStore(t, func(w *world) {
		activityID := w.sell("cup", 1000, twoThenThree)
		buyers := make([]*buyer, 8)
		for i := range buyers {
			buyers[i] = w.buyer(fmt.Sprintf("storm%d", i))
		}
		var over atomic.Bool
		var storm sync.WaitGroup
		for i, b := range buyers {
			storm.Go(func() {
				for round := 0; !over.Load(); round++ {
					b.buy(activityID, i+round)
				}
			})
		}
		checks := 0
		for end := time.Now().Add(8 * time.Second); time.Now().Before(end); checks++ {
			report, err := app.CheckLive(context.Background(), w.config, 7)
			if err != nil || len(report.Violations) > 0 {
				over.Store(true)
				storm.Wait()
			}
			require.NoError(w.t, err)
			require.Empty(w.t, report.Violations)
		}
		over.Store(true)
		storm.Wait()
		require.Positive(w.t, checks)
		w.check()
	})
}

// buy opens a team or joins one, and goes on in one of a few ways.
func (b *buyer) buy(activityID string, way int) {
	team := ""
	if open, err := b.w.shop().GetProductWithResponse(context.Background(), "cup"); err == nil && open.JSON200 != nil && way%3 > 0 {
		for _, card := range open.JSON200.Teams {
			team = card.TeamID
		}
	}
	placed := b.tryOrder(fmt.Sprintf("storm-%p-%d", b, time.Now().UnixNano()), mallwire.OrderInput{
		Mode: mallwire.Group, ProductID: "cup", SKUID: "one", ActivityID: activityID, TeamID: team,
	})
	if placed.JSON201 == nil || placed.JSON201.Status != mallwire.OrderStatusAwaitingPayment {
		return
	}
	id := placed.JSON201.OrderID
	page := b.payPage(id)
	switch way % 5 {
	case 0:
		b.cancel(id)
		b.w.payAt(page) // too late
	case 1:
		b.w.payAt(page)
		b.tryRefund(id)
	case 2:
		b.cancel(id)
	default:
		b.w.payAt(page)
	}
}
