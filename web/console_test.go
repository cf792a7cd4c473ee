package web_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/web"
)

// visitConsole asks the operators' pages as a person's browser does.
func visitConsole(t *testing.T, path string) (bool, *httptest.ResponseRecorder) {
	t.Helper()
	app, err := web.Operators()
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept", "text/html,*/*")
	w := httptest.NewRecorder()
	return app.Answer(w, r), w
}

func TestOperators_AnswerEverythingBelowTheConsole(t *testing.T) {
	for _, path := range []string{"/console", "/console/", "/console/orders/ord_1", "/console/setup?token=x", "/console/bills/2026-11-20"} {
		answered, rsp := visitConsole(t, path)
		require.True(t, answered, path)
		require.Equal(t, http.StatusOK, rsp.Code, path)
		require.Equal(t, "no-cache", rsp.Header().Get("Cache-Control"), path)
		policy := rsp.Header().Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'")
		require.NotContains(t, policy, "unsafe")
	}
	for _, path := range []string{"/", "/orders", "/consoles", "/console/assets/older-0.js"} {
		answered, _ := visitConsole(t, path)
		require.False(t, answered, path)
	}
}

func TestOperators_IndexHasNothingInline(t *testing.T) {
	_, rsp := visitConsole(t, "/console")
	page := rsp.Body.String()
	require.NotRegexp(t, `<script(?:[^>]*[^/])?>[^<]`, page)
	require.NotContains(t, page, "<style")
	files := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1)
	require.GreaterOrEqual(t, len(files), 3, "mark, script and style")
	for _, file := range files {
		answered, rsp := visitConsole(t, file[1])
		require.True(t, answered, file[1])
		require.Equal(t, "public, max-age=31536000, immutable", rsp.Header().Get("Cache-Control"), file[1])
	}
}
