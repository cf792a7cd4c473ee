package limit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/api/limit"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]limit.Rate{
		"50:500": {PerSecond: 50, Burst: 500}, "0.5:20": {PerSecond: 0.5, Burst: 20}, "off": {}, "1000000:10000000": {PerSecond: 1e6, Burst: 1e7},
	} {
		got, err := limit.Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
		again, err := limit.Parse(got.String())
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	for _, text := range []string{"", "50", "50:", ":5", "0:5", "-1:5", "5:0", "5:-1", "5:1.5", "NaN:5", "Inf:5", "1e7:5", "5:100000000", "0.0001:1", "50:500:1", "none"} {
		_, err := limit.Parse(text)
		require.Error(t, err, text)
		require.Error(t, new(limit.Rate).UnmarshalText([]byte(text)), text)
	}
}

func TestUnlimited(t *testing.T) {
	require.True(t, limit.Rate{}.Unlimited())
	require.False(t, limit.Rate{PerSecond: 1, Burst: 1}.Unlimited())
}

// Whatever comes when, a bucket lets through no more than its burst and what has flowed back, and whoever waits as long
// as told is let through.
func TestTake_HoldsTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := limit.Rate{PerSecond: rapid.Float64Range(0.01, 1000).Draw(t, "per second"), Burst: rapid.IntRange(1, 50).Draw(t, "burst")}
		var debt, passed time.Duration
		allowed := 0
		for range rapid.IntRange(1, 200).Draw(t, "calls") {
			wait := time.Duration(rapid.Int64Range(0, int64(2*rate.Interval())).Draw(t, "wait"))
			passed += wait
			debt = max(0, debt-wait)
			var v limit.Verdict
			debt, v = rate.Take(debt)
			if v.Allowed {
				allowed++
				require.Zero(t, v.RetryAfter)
			} else {
				require.Positive(t, v.RetryAfter)
				_, then := rate.Take(debt - v.RetryAfter)
				require.True(t, then.Allowed, "after the wait that was told")
				_, before := rate.Take(debt - v.RetryAfter + 1)
				require.False(t, before.Allowed, "and not before")
			}
			require.Equal(t, debt, v.Full)
			require.GreaterOrEqual(t, v.Remaining, 0)
			require.LessOrEqual(t, v.Remaining, rate.Burst)
			for i := range v.Remaining + 1 { // what is told to be left is left
				_, next := rate.Take(debt + time.Duration(i)*rate.Interval())
				require.Equal(t, i < v.Remaining, next.Allowed)
			}
		}
		require.LessOrEqual(t, allowed, rate.Burst+int(passed/rate.Interval())+1)
	})
}
