package live_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaituan/infrastructure/live"
	"kaituan/mall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A world is what is watched.
type world struct {
	mu    sync.Mutex
	marks map[mall.Watched]string
	err   error
	looks int
}

func (w *world) look(_ context.Context, _ []mall.Watched) (map[mall.Watched]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	return maps.Clone(w.marks), w.err
}

func (w *world) set(of mall.Watched, mark string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marks[of] = mark
}

func open(t *testing.T, set live.Options) (*world, *live.Hub) {
	t.Helper()
	w := &world{marks: map[mall.Watched]string{}}
	set.Every, set.Log = time.Millisecond, slog.New(slog.DiscardHandler)
	hub := live.New(w.look, set)
	require.NoError(t, hub.Start(t.Context()))
	t.Cleanup(func() {
		require.NoError(t, hub.Stop(context.Background()))
		require.NoError(t, hub.Stop(context.Background()))
	})
	return w, hub
}

var (
	tea = mall.Watched{Team: "tea"}  //nolint:gochecknoglobals // never changed
	ann = mall.Watched{Buyer: "ann"} //nolint:gochecknoglobals // never changed
)

func TestHub_TellsWhoWatches(t *testing.T) {
	w, hub := open(t, live.Options{})
	w.set(tea, "1")
	marks, end, err := hub.Watch(t.Context(), tea)
	require.NoError(t, err)
	defer end()
	others, endOthers, err := hub.Watch(t.Context(), ann)
	require.NoError(t, err)
	defer endOthers()
	require.Equal(t, "1", <-marks)
	require.Empty(t, <-others)
	w.set(tea, "2")
	require.Equal(t, "2", <-marks)
	require.Empty(t, others, "nothing changed there")
}

// Whoever is slow learns the last mark and none in between, and holds nobody up.
func TestHub_KeepsTheLastMarkForTheSlow(t *testing.T) {
	w, hub := open(t, live.Options{})
	slow, endSlow, err := hub.Watch(t.Context(), tea)
	require.NoError(t, err)
	defer endSlow()
	quick, endQuick, err := hub.Watch(t.Context(), tea)
	require.NoError(t, err)
	defer endQuick()
	require.Empty(t, <-quick)
	for _, mark := range []string{"1", "2", "3"} {
		w.set(tea, mark)
		require.Equal(t, mark, <-quick)
	}
	require.Equal(t, "3", <-slow)
}

func TestHub_SurvivesAnOutage(t *testing.T) {
	w, hub := open(t, live.Options{})
	marks, end, err := hub.Watch(t.Context(), tea)
	require.NoError(t, err)
	defer end()
	require.Empty(t, <-marks)
	outage := errors.New("no database")
	w.mu.Lock()
	w.err = outage
	before := w.looks
	w.mu.Unlock()
	require.Eventually(t, func() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.looks > before }, time.Minute, time.Millisecond)
	_, _, err = hub.Watch(t.Context(), ann)
	require.ErrorIs(t, err, outage)
	w.mu.Lock()
	w.err = nil
	w.mu.Unlock()
	w.set(tea, "1")
	require.Equal(t, "1", <-marks)
}

func TestHub_BoundsItsWatchersAndEndsThem(t *testing.T) {
	w, hub := open(t, live.Options{Most: 1})
	marks, end, err := hub.Watch(t.Context(), tea)
	require.NoError(t, err)
	_, _, err = hub.Watch(t.Context(), tea)
	require.ErrorIs(t, err, live.ErrFull)
	end()
	require.Zero(t, hub.Watchers())
	require.Empty(t, <-marks)

	marks, end, err = hub.Watch(t.Context(), tea)
	require.NoError(t, err)
	defer end()
	<-marks
	require.NoError(t, hub.Stop(context.Background()))
	_, open := <-marks
	require.False(t, open)
	_, _, err = hub.Watch(t.Context(), tea)
	require.ErrorIs(t, err, live.ErrFull)
	require.NotZero(t, w.looks)
}

func TestHub_ThatNeverStartedStops(t *testing.T) {
	hub := live.New((&world{}).look, live.Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, hub.Stop(context.Background()))
}
