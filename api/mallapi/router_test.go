package mallapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"kaituan/api/edge"
	"kaituan/mall"
)

func TestRoutes_NameWhoMayCall(t *testing.T) {
	for _, r := range (&API{}).routes() {
		require.NotEqual(t, nobody, r.who, r.path)
		require.Equal(t, strings.HasPrefix(r.path, "/api/mall/admin/"), r.who == operators || r.who == viewers, r.path)
		require.Equal(t, strings.HasPrefix(r.path, "/callbacks/"), r.who == senders, r.path)
	}
}

func TestDoor_DeniesWhereNobodyIsNamed(t *testing.T) {
	router := edge.New(slog.New(slog.DiscardHandler))
	router.GET("/forgotten", (&door{}).admit(nobody), func(*gin.Context) { require.Fail(t, "let in") })
	rec := httptest.NewRecorder()
	router.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/forgotten", nil))
	require.Equal(t, http.StatusForbidden, rec.Code)
}

// strangers knows no operator.
type strangers struct{}

func (strangers) Member(context.Context, string) (mall.StaffMember, error) {
	return mall.StaffMember{}, &mall.Refused{Status: http.StatusUnauthorized}
}

func TestDoor_WithoutAnOperatorTokenLetsNobodyIn(t *testing.T) {
	site, err := edge.NewSite("http://shop.example")
	require.NoError(t, err)
	router := edge.New(slog.New(slog.DiscardHandler))
	router.GET("/admin", (&door{site: site, staff: strangers{}}).admit(operators), func(*gin.Context) { require.Fail(t, "let in") })
	for _, authorization := range []string{"", "Bearer ", "Bearer x"} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/admin", nil)
		req.Header.Set("Authorization", authorization)
		rec := httptest.NewRecorder()
		router.ServeHTTP(rec, req)
		require.Equal(t, http.StatusUnauthorized, rec.Code)
	}
}
