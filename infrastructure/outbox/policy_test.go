package outbox

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPolicy_DelayGrowsWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{
			First: time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "first")),
			Max:   time.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(t, "max")),
		}
		n := rapid.IntRange(1, 1000).Draw(t, "attempt")
		whole := time.Duration(min(float64(p.First)*math.Pow(2, float64(n-1)), float64(p.Max)))
		got := p.delay(n, chance)
		require.LessOrEqual(t, got, whole)
		require.GreaterOrEqual(t, got, whole/2)
	})
}

func TestBounded(t *testing.T) {
	require.Equal(t, "short", bounded(errors.New("short")))
	require.Len(t, []rune(bounded(errors.New(strings.Repeat("团", 900)))), 500)
	require.True(t, strings.HasPrefix(bounded(errors.New("bad \xff byte")), "bad "))
}
