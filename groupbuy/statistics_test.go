package groupbuy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/groupbuy"
	"kaituan/money"
)

func TestDay_IsADayOfChina(t *testing.T) {
	day, err := groupbuy.ParseDay("2026-11-20")
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 11, 19, 16, 0, 0, 0, time.UTC), day.Start())
	require.Equal(t, "2026-11-20", day.String())
	for _, wrong := range []string{"", "2026-11-31", "20.11.2026", "2026-1-2", "2026-11-20T00:00:00Z"} {
		_, err := groupbuy.ParseDay(wrong)
		require.Error(t, err, wrong)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(0, 4_000_000_000_000).Draw(t, "at")).UTC()
		day := groupbuy.DayOf(at)
		require.False(t, at.Before(day.Start()))
		require.True(t, at.Before((day + 1).Start()))
	})
}

func TestRefundRate_RoundsHalfUp(t *testing.T) {
	tests := []struct {
		refunded, paid int
		want           money.BasisPoints
	}{{0, 0, 0}, {0, 7, 0}, {7, 7, 10_000}, {1, 3, 3333}, {2, 3, 6667}, {1, 8, 1250}, {1, 16, 625}, {1, 32, 313}}
	for _, tc := range tests {
		require.Equal(t, tc.want, groupbuy.Figures{SeatsRefunded: tc.refunded, SeatsPaid: tc.paid}.RefundRate(), tc)
	}
}
