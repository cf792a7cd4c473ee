package bench

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestHistogram_PercentilesAreNearTheTrueOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, int64(time.Minute)), 1, 300).Draw(t, "durations")
		half := rapid.IntRange(0, len(values)).Draw(t, "half")
		var h, other histogram
		for i, v := range values {
			if i < half {
				h.add(time.Duration(v))
			} else {
				other.add(time.Duration(v))
			}
		}
		h.merge(&other)
		for _, p := range []float64{0, 50, 95, 99, 100} {
			got := h.percentile(p)
			within := 0
			for _, v := range values {
				if time.Duration(v) <= got+got/fine+1 {
					within++
				}
			}
			if float64(within) < p/100*float64(len(values)) {
				t.Fatalf("percentile %v is %v, only %d of %d are within", p, got, within, len(values))
			}
		}
		if h.percentile(100) != h.max {
			t.Fatalf("the last percentile is %v of at most %v", h.percentile(100), h.max)
		}
	})
}

func TestHistogram_OfNothing(t *testing.T) {
	var h histogram
	require.Zero(t, h.percentile(99))
}

func nobody() *caller { return &caller{} }
func unused() usage   { return usage{} }

func TestDrive_CountsAnswersRefusalsAndFailures(t *testing.T) {
	broken := errors.New("broken line")
	out := drive(t.Context(), Load{Connections: 2, Duration: 50 * time.Millisecond}, nobody, unused, func(int) play {
		n := 0
		return func(*worker) error {
			time.Sleep(time.Millisecond)
			n++
			switch n % 3 {
			case 0:
				return &refusal{code: "team_full"}
			case 1:
				return broken
			default:
				return nil
			}
		}
	})
	require.Positive(t, out.times.count)
	require.Positive(t, out.refused["team_full"])
	require.Positive(t, out.failed)
	require.ErrorIs(t, out.err, broken)
}

func TestDrive_EndsWhenNothingIsLeft(t *testing.T) {
	var left atomic.Int64
	left.Store(10)
	out := drive(t.Context(), Load{Connections: 4, Duration: time.Minute}, nobody, unused, func(int) play {
		return func(*worker) error {
			if left.Add(-1) < 0 {
				return errDry
			}
			return nil
		}
	})
	require.NoError(t, out.err)
	require.Less(t, out.took, time.Minute)
}

// In an open loop the time counts from when a call was due, so that a server that stalls cannot hide the calls that
// nobody made meanwhile.
func TestWorker_CountsFromWhenItWasDue(t *testing.T) {
	var measuring atomic.Bool
	measuring.Store(true)
	w := &worker{measuring: &measuring}
	p := newPace(1000)
	p.start = time.Now().Add(-time.Second)
	w.count(p.next(t.Context()), nil)
	require.GreaterOrEqual(t, w.times.max, 900*time.Millisecond)
	measuring.Store(false)
	w.count(time.Now(), nil)
	require.EqualValues(t, 1, w.times.count, "nothing counts while warming up")
}

// What is due while all are busy is begun at once, by one more connection, up to the most.
func TestDrive_AnOpenLoopOpensConnectionsWhileAllAreBusy(t *testing.T) {
	for most, want := range map[int]int64{1000: 20, 5: 5} {
		var busy, once atomic.Int64
		release := make(chan struct{})
		out := drive(t.Context(), Load{Connections: most, Rate: 2000, Duration: time.Minute}, nobody, unused, func(int) play {
			return func(*worker) error {
				if once.Add(1) > 20 {
					return errDry
				}
				if busy.Add(1) == want {
					close(release)
				}
				<-release
				return nil
			}
		})
		require.NoError(t, out.err)
		require.GreaterOrEqual(t, busy.Load(), want)
		require.Less(t, out.took, time.Minute)
	}
}

func TestDrive_CountsHowLongRefusalsTook(t *testing.T) {
	out := drive(t.Context(), Load{Connections: 2, Duration: 20 * time.Millisecond}, nobody, unused, func(int) play {
		return func(*worker) error {
			time.Sleep(time.Millisecond)
			return &refusal{code: "overloaded"}
		}
	})
	require.Zero(t, out.times.count)
	require.Positive(t, newRow(Lock, Load{}, out).RefusedP99)
}
