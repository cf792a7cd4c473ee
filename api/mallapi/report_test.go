package mallapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallapi"
)

// A hearer keeps what pages tell.
type hearer struct {
	mu    sync.Mutex
	views []string
	broke []string
}

// Viewed implements mallapi.Pages.
func (h *hearer) Viewed(page string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.views = append(h.views, page)
}

// Broke implements mallapi.Pages.
func (h *hearer) Broke(_ context.Context, page, message, stack, browser string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broke = append(h.broke, strings.Join([]string{page, message, stack, browser}, "|"))
}

func TestReports_AreCountedAndPassedOn(t *testing.T) {
	s := openShop(t)
	for range 2 {
		s.call(post("/api/mall/v1/page-views", `{"page":"team"}`)).want(http.StatusNoContent)
	}
	s.call(post("/api/mall/v1/page-views", `{"page":"orders"}`).cookie(s.signUp())).want(http.StatusNoContent)
	long := strings.Repeat("长", 500)
	s.call(post("/api/mall/v1/page-errors", `{"page":"missing","message":"`+long+`","stack":"at x"}`).with("User-Agent", strings.Repeat("b", 300))).
		want(http.StatusNoContent)
	require.Equal(t, []string{"team", "team", "orders"}, s.pages.views)
	require.Equal(t, []string{"missing|" + long + "|at x|" + strings.Repeat("b", 200)}, s.pages.broke)
}

func TestReports_AreBound(t *testing.T) {
	s := openShop(t)
	for body, code := range map[string]string{
		`{"page":"team","message":"` + strings.Repeat("长", 501) + `"}`:              "invalid",
		`{"page":"team","message":"x","stack":"` + strings.Repeat("s", 4001) + `"}`: "invalid",
		`{"page":"nowhere","message":"x"}`:                                          "invalid",
		`{"message":"x"}`:                                                           "invalid",
		`{"page":"team"}`:                                                           "invalid",
		`{"page":"team","message":"x","user":"1"}`:                                  "unknown_field",
	} {
		s.call(post("/api/mall/v1/page-errors", body)).want(http.StatusBadRequest, code)
	}
	s.call(post("/api/mall/v1/page-views", `{"page":"nowhere"}`)).want(http.StatusBadRequest, "invalid")
	s.call(post("/api/mall/v1/page-views", `{"page":"home"}`).with("Sec-Fetch-Site", "cross-site")).want(http.StatusForbidden, "cross_site")
	require.Empty(t, s.pages.views)
	require.Empty(t, s.pages.broke)
}

// The kinds are the pages that there are.
func TestPageKinds(t *testing.T) {
	text, err := os.ReadFile("../../web/h5/src/routes.json")
	require.NoError(t, err)
	var routes map[string]string
	require.NoError(t, json.Unmarshal(text, &routes))
	kinds := []string{"missing", "console"}
	for page := range routes {
		kinds = append(kinds, page)
	}
	require.ElementsMatch(t, kinds, mallapi.PageKinds())
	require.ElementsMatch(t, spec(t).Components.Schemas["PageKind"].Value.Enum, anyOf(kinds))
}

func anyOf(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
