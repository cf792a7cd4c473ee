package edge_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"kaituan/api/edge"
)

// A body that was held is what everybody after it reads, whether its length was announced, or wrong, or not known.
func TestHoldBody_IsReadAgain(t *testing.T) {
	const text = `{"name":"ann"}`
	for name, announced := range map[string]int64{"announced": int64(len(text)), "not known": -1, "less than there is": 3, "more than there is": 300, "far too much": 1 << 40} {
		t.Run(name, func(t *testing.T) {
			c, _ := gin.CreateTestContext(httptest.NewRecorder())
			c.Request = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(text))
			c.Request.Header.Set("Content-Type", "application/json")
			c.Request.ContentLength = announced
			held, err := edge.HoldBody(c)
			require.NoError(t, err)
			require.JSONEq(t, text, string(held))
			again, err := edge.HoldBody(c)
			require.NoError(t, err)
			require.JSONEq(t, text, string(again))
			var in struct {
				Name string `json:"name"`
			}
			require.NoError(t, edge.Decode(c, &in))
			require.Equal(t, "ann", in.Name)
			rest, err := io.ReadAll(c.Request.Body)
			require.NoError(t, err)
			require.JSONEq(t, text, string(rest))
			require.Error(t, edge.Decode(c, &in), "who reads to the end leaves nothing")
		})
	}
}

func TestHoldBody_TooLarge(t *testing.T) {
	answer := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(answer)
	c.Request = httptest.NewRequest(http.MethodPost, "/", strings.NewReader("four"))
	c.Request.Body = http.MaxBytesReader(answer, c.Request.Body, 3)
	_, err := edge.HoldBody(c)
	var tooLarge *http.MaxBytesError
	require.ErrorAs(t, err, &tooLarge)
}
