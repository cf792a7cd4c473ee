package observe_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/observe"
)

func TestPages_AreCountedAndFailuresLoggedInOneMaskedLine(t *testing.T) {
	var out bytes.Buffer
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	pages := observe.NewPages([]string{"home", "team"}, observe.NewLogger(&out, "info"), func() time.Time { return now })
	pages.Viewed("home")
	pages.Broke(t.Context(), "team", "no seat for 13800138000\nsecond line", "at x?token=abcdef", "Chrome")
	require.Equal(t, []string{
		`kaituan_page_errors_total{page="home"} 0`, `kaituan_page_errors_total{page="team"} 1`,
		`kaituan_page_views_total{page="home"} 1`, `kaituan_page_views_total{page="team"} 0`,
	}, told(t, pages.Collectors()...))
	require.Equal(t, 1, strings.Count(out.String(), "\n"))
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Equal(t, "team", line["page"])
	require.Equal(t, "no seat for 138****8000\nsecond line", line["said"])
	require.Equal(t, "at x?token=***", line["stack"])
}

func TestPages_DoNotFloodTheLog(t *testing.T) {
	var out bytes.Buffer
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	pages := observe.NewPages([]string{"home"}, observe.NewLogger(&out, "info"), func() time.Time { return now })
	lines := func() int {
		for range 1000 {
			pages.Broke(t.Context(), "home", "x", "", "")
		}
		n := strings.Count(out.String(), "\n")
		out.Reset()
		return n
	}
	require.Equal(t, 30, lines())
	now = now.Add(3 * time.Second)
	require.Equal(t, 1, lines())
	now = now.Add(time.Hour)
	require.Equal(t, 30, lines())
	require.Contains(t, told(t, pages.Collectors()...), `kaituan_page_errors_total{page="home"} 3000`)
}
