package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/web"
)

func TestDescribe_PutsThePreviewIntoTheHead(t *testing.T) {
	app, err := web.Buyers()
	require.NoError(t, err)
	app.Describe(func(r *http.Request) *web.Preview {
		if r.URL.Path != "/teams/team_1" {
			return nil
		}
		return &web.Preview{Title: `"<b>茶</b>" & more`, Text: "two", Address: "https://shop.example/teams/team_1"}
	})
	page := func(path string) string {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, http.NoBody)
		r.Header.Set("Accept", "text/html")
		require.True(t, app.Answer(w, r))
		return w.Body.String()
	}
	team := page("/teams/team_1")
	require.Contains(t, team, `<meta property="og:title" content="&#34;&lt;b&gt;茶&lt;/b&gt;&#34; &amp; more" />`)
	require.Contains(t, team, `<meta property="og:url" content="https://shop.example/teams/team_1" />`)
	require.Regexp(t, `(?s)og:description.*</head>`, team)
	require.NotContains(t, team, "og:image", "there is none")
	require.NotContains(t, page("/teams/team_2"), "og:")
	require.NotContains(t, page("/no/such/page"), "og:")
}
