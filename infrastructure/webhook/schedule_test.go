package webhook

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func noJitter() float64 { return 0 }

func TestScheduleIsThePublishedOne(t *testing.T) {
	published := []time.Duration{
		0, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
		2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour,
	}
	for made, want := range published {
		delay, more := Schedule(made, noJitter)
		require.True(t, more)
		require.Equal(t, want, delay, "after %d attempts", made)
	}
}

func TestScheduleLastsThreeDaysAndEnds(t *testing.T) {
	var total time.Duration
	made := 0
	for ; ; made++ {
		delay, more := Schedule(made, noJitter)
		if !more {
			break
		}
		total += delay
	}
	require.GreaterOrEqual(t, total, 72*time.Hour)
	_, more := Schedule(made+1000, noJitter)
	require.False(t, more)
	_, more = Schedule(-1, noJitter)
	require.False(t, more)
}

func TestJitterOnlyAddsUpToATenth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		made := rapid.IntRange(0, 11).Draw(t, "made")
		share := rapid.Float64Range(0, 0.999999).Draw(t, "share")
		base, _ := Schedule(made, noJitter)
		delay, more := Schedule(made, func() float64 { return share })
		require.True(t, more)
		require.GreaterOrEqual(t, delay, base)
		require.LessOrEqual(t, delay, base+base/10)
	})
}
