package reference_test

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/edge"
	"kaituan/api/openapi"
	"kaituan/api/problem"
	"kaituan/api/reference"
)

func get(t *testing.T, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	router := edge.New(slog.New(slog.DiscardHandler))
	reference.Register(router)
	req := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	router.ServeHTTP(rec, req)
	return rec
}

func TestPages_LoadOnlyWhatIsServed(t *testing.T) {
	links := regexp.MustCompile(`(?:href|src|data-spec)="([^"]*)"`)
	for _, path := range []string{"/docs", "/docs/groupbuy", "/docs/mall", "/docs/errors"} {
		page := get(t, path)
		require.Equal(t, http.StatusOK, page.Code, path)
		require.Contains(t, page.Header().Get("Content-Type"), "text/html")
		found := links.FindAllStringSubmatch(page.Body.String(), -1)
		require.NotEmpty(t, found)
		for _, link := range found {
			require.Regexp(t, "^/", link[1], "a page must not load anything from elsewhere")
			require.Equal(t, http.StatusOK, get(t, link[1]).Code, "%s links to %s", path, link[1])
		}
	}
}

func TestPages_HaveAStrictPolicy(t *testing.T) {
	inline := regexp.MustCompile(`<script>|<style|\sstyle=|\son[a-z]+=`)
	for _, path := range []string{"/docs", "/docs/groupbuy", "/docs/mall", "/docs/errors"} {
		page := get(t, path)
		require.NotRegexp(t, inline, page.Body.String())
		policy := page.Header().Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'")
		require.NotContains(t, policy, "unsafe")
		require.Equal(t, "nosniff", page.Header().Get("X-Content-Type-Options"))
	}
}

func TestPages_SpeakTheReadersLanguage(t *testing.T) {
	require.Contains(t, get(t, "/docs/errors").Body.String(), "处理办法")
	require.Contains(t, get(t, "/docs/errors", "Accept-Language", "en").Body.String(), "What to do")
	require.Contains(t, get(t, "/docs", "Accept-Language", "en-GB,zh;q=0.5").Body.String(), "Group-buy engine")
}

func TestErrors_ListEveryCode(t *testing.T) {
	page := get(t, "/docs/errors").Body.String()
	for _, domain := range problem.Domains() {
		for code := range domain.Rows {
			require.Contains(t, page, `<tr id="`+string(code)+`">`)
		}
	}
}

func TestSpec_IsServedAsWritten(t *testing.T) {
	for _, name := range []string{"groupbuy", "mall"} {
		want, err := openapi.Spec(name)
		require.NoError(t, err)
		answer := get(t, "/openapi/"+name+".yaml")
		require.Equal(t, want, answer.Body.Bytes())
		require.Contains(t, answer.Header().Get("Content-Type"), "application/yaml")
	}
	_, err := openapi.Spec("../secret")
	require.Error(t, err)
	require.Equal(t, http.StatusNotFound, get(t, "/openapi/overlay/groupbuy.yaml").Code)
}

func TestAssets_AreUnpackedForThoseWhoNeedIt(t *testing.T) {
	plain := get(t, "/docs/assets/swagger-ui-bundle.js")
	require.Empty(t, plain.Header().Get("Content-Encoding"))
	require.Contains(t, plain.Body.String(), "SwaggerUIBundle")

	packed := get(t, "/docs/assets/swagger-ui-bundle.js", "Accept-Encoding", "br, gzip")
	require.Equal(t, "gzip", packed.Header().Get("Content-Encoding"))
	unpacked, err := gzip.NewReader(packed.Body)
	require.NoError(t, err)
	text, err := io.ReadAll(unpacked)
	require.NoError(t, err)
	require.Equal(t, plain.Body.String(), string(text))
	require.True(t, strings.HasPrefix(packed.Header().Get("Content-Type"), "text/javascript"))
}
