package edge_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"kaituan/api/edge"
	"kaituan/api/problem"
)

func streamer(address string) *gin.Context {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodGet, "/events", nil)
	c.Request.RemoteAddr = address
	return c
}

func TestStreams_AreBoundForEachCaller(t *testing.T) {
	var refused []edge.Policy
	s := edge.NewStreams(map[edge.Policy]int{edge.StreamsOfAddress: 3, edge.StreamsOfBuyer: 2}, func(p edge.Policy) { refused = append(refused, p) })
	take := func(address, account string) (end func()) {
		t.Helper()
		end, err := s.Take(streamer(address), account)
		require.NoError(t, err)
		return end
	}
	refuse := func(address, account string) {
		t.Helper()
		_, err := s.Take(streamer(address), account)
		var told *problem.Problem
		require.ErrorAs(t, err, &told)
		require.Equal(t, problem.TooManyStreams, told.Code)
		require.NotZero(t, told.RetryAfter)
	}
	first := take("192.0.2.1:1", "anna")
	take("198.51.100.1:1", "anna")
	refuse("203.0.113.1:1", "anna")
	take("192.0.2.1:2", "")
	last := take("192.0.2.1:3", "ben")
	refuse("192.0.2.1:4", "")
	refuse("192.0.2.1:4", "carl") // and the refused one counts for nobody
	take("192.0.2.2:1", "carl")
	take("192.0.2.2:1", "carl")
	first()
	take("192.0.2.3:1", "anna")
	take("192.0.2.1:5", "")
	refuse("192.0.2.1:6", "")
	last()
	take("192.0.2.1:6", "")
	for range 10 { // on this machine
		take("127.0.0.1:1", "")
	}
	require.Equal(t, []edge.Policy{edge.StreamsOfBuyer, edge.StreamsOfAddress, edge.StreamsOfAddress, edge.StreamsOfAddress}, refused)

	// A /64 of version 6 is one subscriber.
	take("[2001:db8::1]:1", "")
	take("[2001:db8::2]:1", "")
	take("[2001:db8::3]:1", "")
	refuse("[2001:db8::4]:1", "")
	take("[2001:db8:0:1::4]:1", "")
}

func TestStreams_WithoutBoundsTakeEverybody(t *testing.T) {
	for _, s := range []*edge.Streams{nil, edge.NewStreams(nil, nil)} {
		for range 1000 {
			_, err := s.Take(streamer("192.0.2.1:1"), "anna")
			require.NoError(t, err)
		}
	}
}
