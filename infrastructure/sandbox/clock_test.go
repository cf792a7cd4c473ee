package sandbox

import (
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
