package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/web"
)

// ask sends a browser's request to the shop's pages; header comes in pairs.
func ask(t *testing.T, method, path string, header ...string) (bool, *httptest.ResponseRecorder) {
	t.Helper()
	app, err := web.Buyers()
	require.NoError(t, err)
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Accept", "text/html,*/*")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	answered := app.Answer(w, r)
	return answered, w
}

func TestBuyers_AnswerTheirPages(t *testing.T) {
	for _, path := range []string{"/", "/products/tea", "/products/a.b", "/checkout?mode=solo", "/pay/return?order_id=ord_1", "/teams/team_1", "/orders", "/orders/ord_1", "/my", "/my/teams", "/login"} {
		answered, rsp := ask(t, http.MethodGet, path)
		require.True(t, answered, path)
		require.Equal(t, http.StatusOK, rsp.Code, path)
		require.Equal(t, "no-cache", rsp.Header().Get("Cache-Control"), path)
		require.Equal(t, "text/html; charset=utf-8", rsp.Header().Get("Content-Type"), path)
		policy := rsp.Header().Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'")
		require.NotContains(t, policy, "unsafe")
	}
}

// A page that the policy would stop from working would be found in a browser only.
func TestBuyers_IndexHasNothingInline(t *testing.T) {
	_, rsp := ask(t, http.MethodGet, "/")
	page := rsp.Body.String()
	require.NotRegexp(t, `<script(?:[^>]*[^/])?>[^<]`, page)
	require.NotContains(t, page, "<style")
	require.NotRegexp(t, `\son[a-z]+=`, page)
	require.NotRegexp(t, `(?:src|href)="(?:https?:)?//`, page, "nothing comes from elsewhere")
}

func TestBuyers_FilesWithAHashAreKeptForEver(t *testing.T) {
	_, rsp := ask(t, http.MethodGet, "/")
	files := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(rsp.Body.String(), -1)
	require.GreaterOrEqual(t, len(files), 2, "script and style")
	for _, file := range files {
		answered, rsp := ask(t, http.MethodGet, file[1])
		require.True(t, answered)
		require.Equal(t, "public, max-age=31536000, immutable", rsp.Header().Get("Cache-Control"))
		require.Empty(t, rsp.Header().Get("Content-Encoding"))
		plain := rsp.Body.String()
		_, packed := ask(t, http.MethodGet, file[1], "Accept-Encoding", "gzip, br")
		require.Equal(t, "gzip", packed.Header().Get("Content-Encoding"))
		unpacked, err := gzip.NewReader(packed.Body)
		require.NoError(t, err)
		text, err := io.ReadAll(unpacked)
		require.NoError(t, err)
		require.Equal(t, plain, string(text))
	}
	_, rsp = ask(t, http.MethodGet, "/favicon.svg")
	require.Equal(t, "no-cache", rsp.Header().Get("Cache-Control"), "its name stays when it changes")
}

func TestBuyers_ACopyThatIsRightIsNotSentAgain(t *testing.T) {
	_, rsp := ask(t, http.MethodGet, "/orders")
	answered, again := ask(t, http.MethodGet, "/orders", "If-None-Match", rsp.Header().Get("ETag"), "Accept-Encoding", "gzip")
	require.True(t, answered)
	require.Equal(t, http.StatusNotModified, again.Code)
	require.Empty(t, again.Body.String())
	_, head := ask(t, http.MethodHead, "/orders")
	require.Equal(t, http.StatusOK, head.Code)
	require.Empty(t, head.Body.String())
}

func TestBuyers_LeaveEverythingElseAlone(t *testing.T) {
	tests := map[string]struct {
		method, path, accept string
		status               int // 0: not answered
	}{
		"a person who is lost sees the app say so": {http.MethodGet, "/nowhere", "text/html", http.StatusNotFound},
		"a slash too many":                         {http.MethodGet, "/products/tea/", "text/html", http.StatusNotFound},
		"a page below a page":                      {http.MethodGet, "/products/tea/more", "text/html", http.StatusNotFound},
		"a program that is lost":                   {http.MethodGet, "/nowhere", "application/json", 0},
		"a file of an older build":                 {http.MethodGet, "/assets/index-0.js", "text/html", 0},
		"a write":                                  {http.MethodPost, "/orders", "text/html", 0},
		"above the files":                          {http.MethodGet, "/assets/../web.go", "*/*", 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			answered, rsp := ask(t, tc.method, tc.path, "Accept", tc.accept)
			require.Equal(t, tc.status != 0, answered)
			if answered {
				require.Equal(t, tc.status, rsp.Code)
			}
		})
	}
}
