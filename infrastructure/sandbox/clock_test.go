package sandbox

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestClock_SurvivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sandbox.db")
	c := newClock()
	same := func(cfg *Config) { cfg.Path, cfg.Now = path, c.Now }
	before := open(t, same)
	require.NoError(t, before.box.Clock().Change(t.Context(), ClockChange{Jump: time.Hour, Speed: 10}))
	require.NoError(t, before.box.Close())
	c.Advance(time.Minute)
	after := open(t, same)
	require.Equal(t, ClockSetting{Speed: 10, Ahead: time.Hour + 9*time.Minute}, after.box.Clock().Setting())
}

// A clock that nobody looks after for years neither wraps around nor leaves the years that a date can have.
func TestClock_HasAnEnd(t *testing.T) {
	e := open(t)
	clock := e.box.Clock()
	require.NoError(t, clock.Run(t.Context(), MaxSpeed))
	e.clock.Advance(1000 * time.Hour)
	require.Less(t, clock.Now().Year(), 2200)
	require.Greater(t, clock.Setting().Ahead, 99*365*24*time.Hour)
	var field *InvalidField
	require.ErrorAs(t, clock.Jump(t.Context(), maxJump), &field)
	require.ErrorIs(t, clock.Run(t.Context(), 0), ErrInvalid)
	require.NoError(t, clock.Change(t.Context(), ClockChange{Reset: true}))
	require.Equal(t, ClockSetting{Speed: 1}, clock.Setting())
}

// Whoever writes the books asks for the time while it does, and a change of the clock waits for the books.
func TestClock_GoesOnWhileAChangeWaitsForTheBooks(t *testing.T) {
	e := open(t)
	clock := e.box.Clock()
	changed := make(chan error, 1)
	err := e.box.db.inTx(t.Context(), func(*sql.Tx) error {
		go func() { changed <- clock.Jump(t.Context(), time.Hour) }()
		require.Eventually(t, func() bool { return e.box.db.write.Stats().WaitCount > 0 }, 10*time.Second, time.Millisecond)
		told := make(chan time.Duration)
		go func() {
			clock.Now()
			told <- clock.Setting().Ahead
		}()
		select {
		case ahead := <-told:
			require.Zero(t, ahead, "a change that is not kept yet")
		case <-time.After(10 * time.Second):
			t.Error("the clock stands still")
		}
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, <-changed)
	require.Equal(t, time.Hour, clock.Setting().Ahead)
}
