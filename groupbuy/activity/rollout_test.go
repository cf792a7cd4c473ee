package activity

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/groupbuy/partner"
)

// The vectors were written with Python's hashlib: a buyer must stay in the same bucket for ever.
func TestBucket_GoldenVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/buckets.json")
	require.NoError(t, err)
	var vectors []struct {
		Salt    string     `json:"salt"`
		Partner partner.ID `json:"partner"`
		Buyer   Buyer      `json:"buyer"`
		Bucket  int        `json:"bucket"`
	}
	require.NoError(t, json.Unmarshal(text, &vectors))
	require.Len(t, vectors, 54)
	for _, v := range vectors {
		require.Equal(t, v.Bucket, bucket(v.Salt, v.Partner, v.Buyer), v)
	}
}

func TestBucket_IdsDoNotRunIntoEachOther(t *testing.T) {
	require.NotEqual(t, bucket("a", "bc", "d"), bucket("ab", "c", "d"))
	require.NotEqual(t, bucket("a", "b", "cd"), bucket("a", "bc", "d"))
}

// Growing a percentage never loses a buyer; 0 admits nobody and 100 everybody.
func TestRolledOut_Grows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := bucket("act_1", "mall", Buyer(rapid.StringMatching(`[a-z0-9]{1,64}`).Draw(t, "buyer")))
		require.True(t, b >= 0 && b < buckets)
		before := false
		for percent := range everybody + 1 {
			now := rolledOut(percent, b)
			require.True(t, now || !before, "lost at %d %%", percent)
			before = now
		}
		require.False(t, rolledOut(0, b))
		require.True(t, rolledOut(100, b))
	})
}

// Of 20,000 buyers a share comes within one percent of what was asked, and two salts draw independently.
func TestRolledOut_IsCloseToItsShare(t *testing.T) {
	const n = 20_000
	for _, percent := range []int{1, 5, 30, 50, 99} {
		in, both := 0, 0
		for i := range n {
			b := Buyer(fmt.Sprintf("u%d", i))
			first := rolledOut(percent, bucket("act_1", "mall", b))
			if first {
				in++
			}
			if first && rolledOut(percent, bucket("act_2", "mall", b)) {
				both++
			}
		}
		share := float64(percent) / 100
		require.InDelta(t, share, float64(in)/n, 0.01, percent)
		require.InDelta(t, share*share, float64(both)/n, 0.01, percent)
	}
}

func TestSettings_Faults(t *testing.T) {
	require.Empty(t, DefaultSettings().Faults())
	for percent, ok := range map[int]bool{-1: false, 0: true, 100: true, 101: false} {
		require.Equal(t, ok, len(Settings{RolloutPercent: percent}.Faults()) == 0, percent)
	}
}
