package mallapi_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A stream reads server-sent events one by one.
type stream struct {
	t     *testing.T
	body  io.Closer
	lines *bufio.Scanner
	ids   []string
}

// listen opens a stream until the test ends or the shop ends it.
func (s *shop) listen(r request) *stream {
	s.t.Helper()
	rsp, err := http.DefaultTransport.RoundTrip(r.http(s))
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = rsp.Body.Close() })
	require.Equal(s.t, http.StatusOK, rsp.StatusCode)
	require.Equal(s.t, "text/event-stream", rsp.Header.Get("Content-Type"))
	require.Equal(s.t, "no-store", rsp.Header.Get("Cache-Control"))
	return &stream{t: s.t, body: rsp.Body, lines: bufio.NewScanner(rsp.Body)}
}

// next waits for an event and says whether there was one before the end.
func (st *stream) next() bool {
	for st.lines.Scan() {
		if id, ok := strings.CutPrefix(st.lines.Text(), "id: "); ok {
			st.ids = append(st.ids, id)
		}
		if st.lines.Text() == "event: changed" {
			return true
		}
	}
	return false
}

func TestEvents_TellTheBuyerOfOrdersAndTeams(t *testing.T) {
	s := openShop(t)
	s.stock()
	leader, other := s.signUp(), s.signUp()
	own := s.listen(get("/api/mall/v1/events").as(leader))
	require.True(t, own.next(), "the first one comes at once")
	s.order(leader, groupOrder)
	require.True(t, own.next(), "an order was placed")
	s.order(other, joinOrder)
	require.True(t, own.next(), "somebody came into the team")
}

func TestEvents_TellAnybodyOfATeam(t *testing.T) {
	s := openShop(t)
	s.stock()
	s.order(s.signUp(), groupOrder)
	team := s.listen(get("/api/mall/v1/teams/team_1/events"))
	require.True(t, team.next())
	s.order(s.signUp(), joinOrder)
	require.True(t, team.next())
	for team.next() { // the seat was taken after the order was written; then the stream ends, and the browser opens the next
	}

	again := s.listen(get("/api/mall/v1/teams/team_1/events").with("Last-Event-ID", team.ids[len(team.ids)-1]))
	require.False(t, again.next(), "nothing is new since")
	late := s.listen(get("/api/mall/v1/teams/team_1/events").with("Last-Event-ID", team.ids[0]))
	require.True(t, late.next())
}

func TestEvents_EndWithTheProgram(t *testing.T) {
	s := openShop(t)
	st := s.listen(get("/api/mall/v1/teams/team_1/events"))
	require.True(t, st.next())
	require.NoError(t, s.live.Stop(context.Background()))
	require.False(t, st.next())
	s.call(get("/api/mall/v1/teams/team_1/events")).want(http.StatusServiceUnavailable, "unavailable")
}

// Who has too many streams open is told so, and gets another one when one has ended; others are not concerned.
func TestEvents_AreBoundForOneBuyer(t *testing.T) {
	s := openShop(t)
	own := get("/api/mall/v1/events")
	anna, ben := s.signUp(), s.signUp()
	var open []*stream
	for range mostStreams {
		st := s.listen(own.as(anna))
		require.True(t, st.next())
		open = append(open, st)
	}
	refused := s.call(own.as(anna))
	refused.want(http.StatusTooManyRequests, "too_many_streams")
	require.Equal(t, "30", refused.header.Get("Retry-After"))
	require.True(t, s.listen(own.as(ben)).next())
	require.NoError(t, open[0].body.Close())
	require.Eventually(t, func() bool {
		rsp, err := http.DefaultTransport.RoundTrip(own.as(anna).http(s))
		require.NoError(t, err)
		t.Cleanup(func() { _ = rsp.Body.Close() })
		return rsp.StatusCode == http.StatusOK
	}, 10*time.Second, 5*time.Millisecond)
}
