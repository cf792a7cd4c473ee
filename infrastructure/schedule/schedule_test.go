package schedule_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaituan/infrastructure/schedule"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

const (
	look      = 10 * time.Millisecond
	waitLimit = 30 * time.Second
	waitStep  = 2 * time.Millisecond
)

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestTable_RunsSkipsAndSurvives(t *testing.T) {
	var log safeBuffer
	var runs, concurrent, most atomic.Int32
	release := make(chan struct{})
	table := schedule.New([]schedule.Job{
		{Name: "panics", Every: look, Run: func(context.Context) (int, error) { panic("boom") }},
		{Name: "fails", Every: look, Run: func(context.Context) (int, error) { runs.Add(1); return 0, errors.New("no luck") }},
		{Name: "slow", Every: look, Run: func(ctx context.Context) (int, error) {
			most.Store(max(most.Load(), concurrent.Add(1)))
			defer concurrent.Add(-1)
			select {
			case <-release:
			case <-ctx.Done():
			}
			return 0, ctx.Err()
		}},
	}, schedule.Options{Look: look, Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, table.Start(context.Background()))
	require.NoError(t, table.Start(context.Background()))
	require.Eventually(t, func() bool { return runs.Load() >= 3 }, waitLimit, waitStep)
	require.NoError(t, table.Stop(context.Background()))
	require.NoError(t, table.Stop(context.Background()))
	close(release)
	require.Equal(t, int32(1), most.Load(), "a job that is still running is skipped")
	require.Contains(t, log.String(), "boom")
	require.Contains(t, log.String(), "no luck")
	require.NotContains(t, log.String(), "context canceled")
	after := runs.Load()
	require.Never(t, func() bool { return runs.Load() > after }, 20*look, look)
}

func TestTable_StopGivesUpWithItsContext(t *testing.T) {
	stuck := make(chan struct{})
	running := make(chan struct{}, 1)
	table := schedule.New([]schedule.Job{{Name: "stuck", Every: look, Run: func(context.Context) (int, error) {
		running <- struct{}{}
		<-stuck
		return 0, nil
	}}}, schedule.Options{Look: look, Log: quiet()})
	require.NoError(t, table.Start(context.Background()))
	<-running
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, table.Stop(ctx), context.Canceled)
	close(stuck)
	require.NoError(t, table.Stop(context.Background()))
}

func TestTable_StopBeforeStart(t *testing.T) {
	var runs atomic.Int32
	table := schedule.New([]schedule.Job{{Name: "never", Every: look, Run: func(context.Context) (int, error) {
		runs.Add(1)
		return 0, nil
	}}}, schedule.Options{Look: look, Log: quiet()})
	require.NoError(t, table.Stop(context.Background()))
	require.NoError(t, table.Start(context.Background()))
	require.Never(t, func() bool { return runs.Load() > 0 }, 10*look, look)
}
