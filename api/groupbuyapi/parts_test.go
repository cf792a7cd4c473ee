package groupbuyapi

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
)

func TestAdmit_DeniesARouteWithoutPermission(t *testing.T) {
	var forgotten route
	rec := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(rec)
	c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
	door, err := newDoor(groupbuy.New(groupbuy.Deps{}), Auth{PublicURL: "https://mall.example.com"})
	require.NoError(t, err)
	door.admit(forgotten.who)(c)
	require.True(t, c.IsAborted())
	require.Equal(t, http.StatusForbidden, rec.Code)
}

func TestMask_ShowsNoWholeName(t *testing.T) {
	tests := map[string]string{"": "***", "a": "***", "ab": "a***", "u1001": "u***1", "张三丰": "张***丰"}
	for name, want := range tests {
		require.Equal(t, want, mask(name))
	}
}

func TestCursor_RoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(partner.Pattern).Draw(t, "id")
		cursor := cursorAfter(id)
		got, err := cursorOf(&cursor)
		require.NoError(t, err)
		require.Equal(t, id, got)
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("ZXZ0XzE")
	f.Add("=")
	f.Fuzz(func(t *testing.T, cursor string) {
		id, err := cursorOf(&cursor)
		if err == nil && id != "" {
			require.True(t, partner.ValidID(id))
			require.Equal(t, cursor, cursorAfter(id), "one spelling per place")
		}
	})
}
