package money_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/money"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]money.Fen{
		"0": 0, "0.01": 1, "12": 1200, "12.3": 1230, "12.34": 1234, "-0.05": -5, "007.10": 710,
		"92233720368547758.07": math.MaxInt64,
	} {
		got, err := money.Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestParse_Refuses(t *testing.T) {
	for _, text := range []string{"", "-", ".", "1.", ".5", "1.234", "1,23", " 1", "1 ", "+1", "--1", "1e3", "0x10", "１", "NaN", "1.-2"} {
		_, err := money.Parse(text)
		require.ErrorIs(t, err, money.ErrFormat, text)
	}
	_, err := money.Parse("92233720368547758.08")
	require.ErrorIs(t, err, money.ErrOverflow)
}

func TestString_IsWhatParseReads(t *testing.T) {
	require.Equal(t, "-0.05", money.Fen(-5).String())
	require.Equal(t, "12.30", money.Fen(1230).String())
	rapid.Check(t, func(t *rapid.T) {
		fen := money.Fen(rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "fen"))
		back, err := money.Parse(fen.String())
		require.NoError(t, err)
		require.Equal(t, fen, back)
	})
}

func TestTimes(t *testing.T) {
	got, err := money.Fen(1234).Times(3)
	require.NoError(t, err)
	require.Equal(t, money.Fen(3702), got)
	_, err = money.Fen(math.MaxInt64).Times(2)
	require.ErrorIs(t, err, money.ErrOverflow)
	_, err = money.Fen(-1).Times(2)
	require.Error(t, err)
	_, err = money.Fen(1).Times(-2)
	require.Error(t, err)
}

func TestShare_RoundsHalfUp(t *testing.T) {
	for _, c := range []struct {
		fen   money.Fen
		share money.BasisPoints
		want  money.Fen
	}{
		{10000, 8500, 8500}, {1, 5000, 1}, {1, 4999, 0}, {333, 3333, 111}, {100, 3333, 33}, {9999, 10000, 9999}, {9999, 0, 0}, {0, 5000, 0},
	} {
		require.Equal(t, c.want, c.fen.Share(c.share), "%d at %d", c.fen, c.share)
	}
}

func TestShare_IsExactForEveryAmount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64Range(0, math.MaxInt64).Draw(t, "fen")
		share := rapid.Int64Range(0, 10_000).Draw(t, "share")
		want := new(big.Int).Mul(big.NewInt(fen), big.NewInt(share))
		want.Add(want, big.NewInt(5000)).Div(want, big.NewInt(10_000))
		require.Equal(t, want.Int64(), int64(money.Fen(fen).Share(money.BasisPoints(share))))
	})
}

func TestClamp(t *testing.T) {
	require.Equal(t, money.Fen(1), money.Fen(-3).Clamp(1, 10))
	require.Equal(t, money.Fen(10), money.Fen(30).Clamp(1, 10))
	require.Equal(t, money.Fen(5), money.Fen(5).Clamp(1, 10))
}

func FuzzParse(f *testing.F) {
	f.Add("12.34")
	f.Fuzz(func(t *testing.T, text string) {
		if fen, err := money.Parse(text); err == nil {
			back, err := money.Parse(fen.String())
			require.NoError(t, err)
			require.Equal(t, fen, back)
		}
	})
}
