package instant_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/api/instant"
)

func TestTime_WritesThreeDecimals(t *testing.T) {
	shanghai := time.FixedZone("CST", 8*3600)
	tests := map[string]struct {
		at   time.Time
		want string
	}{
		"whole second":        {time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), `"2026-11-20T08:00:00.000Z"`},
		"trailing zeros":      {time.Date(2026, 11, 20, 8, 0, 0, 120_000_000, time.UTC), `"2026-11-20T08:00:00.120Z"`},
		"finer than a milli":  {time.Date(2026, 11, 20, 8, 0, 0, 1_999_999, time.UTC), `"2026-11-20T08:00:00.001Z"`},
		"another zone":        {time.Date(2026, 11, 20, 16, 0, 0, 0, shanghai), `"2026-11-20T08:00:00.000Z"`},
		"the zero time, kept": {time.Time{}, `"0001-01-01T00:00:00.000Z"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(instant.Of(tc.at))
			require.NoError(t, err)
			require.Equal(t, tc.want, string(text))
			require.Equal(t, tc.want, `"`+instant.Of(tc.at).String()+`"`)
		})
	}
}

func TestTime_ReadsAnyRFC3339(t *testing.T) {
	for _, text := range []string{`"2026-11-20T08:00:00Z"`, `"2026-11-20T16:00:00+08:00"`, `"2026-11-20T08:00:00.000999Z"`} {
		var got instant.Time
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		require.Equal(t, "2026-11-20T08:00:00.000Z", got.String())
	}
}

func TestTime_RefusesAnythingElse(t *testing.T) {
	for _, text := range []string{`""`, `"2026-11-20"`, `"2026-11-20 08:00:00"`, `1780000000`, `"2026-13-01T00:00:00Z"`, `{}`} {
		var got instant.Time
		require.Error(t, json.Unmarshal([]byte(text), &got), text)
	}
	_, err := json.Marshal(instant.Of(time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)))
	require.Error(t, err)
}

func TestTime_ZeroIsLeftOut(t *testing.T) {
	text, err := json.Marshal(struct {
		At instant.Time `json:"at,omitzero"`
	}{instant.Of(time.Time{})})
	require.NoError(t, err)
	require.JSONEq(t, `{}`, string(text))
}

func TestTime_RoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(0, 253_402_300_799_999).Draw(t, "ms")).UTC()
		text, err := json.Marshal(instant.Of(at))
		require.NoError(t, err)
		var got instant.Time
		require.NoError(t, json.Unmarshal(text, &got))
		require.Equal(t, at, got.Time)
	})
}
