package mallapi

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"kaituan/api/instant"
	wire "kaituan/api/mallwire"
	"kaituan/api/problem"
	"kaituan/mall"
	"kaituan/mall/order"
)

// Live tells pages that something which they show has changed.
type Live interface {
	// Watch returns the marks of a thing, the present one at once, until end is called or the program ends. Errors: too
	// many watch, the database cannot be reached.
	Watch(ctx context.Context, of mall.Watched) (marks <-chan string, end func(), err error)
}

const (
	// streamFor is how long a stream lives. The browser opens the next one by itself, with a session that is looked at anew.
	streamFor = 10 * time.Minute
	// beatEvery is how long a stream is silent at most: proxies cut connections that are.
	beatEvery = 15 * time.Second
	// streamPatience is how long a browser may take to read what it is told.
	streamPatience = 10 * time.Second
)

// WatchOwn tells the caller's pages of changes of the caller's orders and their teams.
func (a *API) WatchOwn(c *gin.Context, _ wire.WatchOwnParams) {
	a.stream(c, mall.Watched{Buyer: callerOf(c).Account})
}

// WatchTeam tells anybody of changes of a team.
func (a *API) WatchTeam(c *gin.Context, teamID wire.Name, _ wire.WatchTeamParams) {
	a.stream(c, mall.Watched{Team: order.TeamID(teamID)})
}

// stream answers with server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
func (a *API) stream(c *gin.Context, of mall.Watched) {
	leave, err := a.streams.Take(c, string(callerOf(c).Account))
	if err != nil {
		fail(c, err)
		return
	}
	defer leave()
	ctx, cancel := context.WithTimeout(c.Request.Context(), a.streamFor)
	defer cancel()
	marks, end, err := a.live.Watch(ctx, of)
	if err != nil {
		fail(c, &problem.Problem{Code: problem.Unavailable})
		_ = c.Error(err)
		return
	}
	defer end()
	header := c.Writer.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // nginx would collect the events
	send := sender(c)
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	known := c.GetHeader("Last-Event-ID")
	for ok := send("retry: 3000\n\n"); ok; {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			ok = send(": beat\n\n")
		case mark, open := <-marks:
			if !open { // the program ends; another node answers when the browser asks again
				return
			}
			if mark = "m" + mark; mark != known {
				ok = send("id: " + mark + "\nevent: changed\ndata: {\"server_time\":\"" + instant.Of(a.shop.Clock()).String() + "\"}\n\n")
			}
			known = mark
		}
	}
}

// sender writes through to the browser, whose time starts anew with each piece.
func sender(c *gin.Context) func(piece string) bool {
	conn := http.NewResponseController(c.Writer)
	return func(piece string) bool {
		_ = conn.SetWriteDeadline(time.Now().Add(streamPatience)) // not every writer has one
		_, err := io.WriteString(c.Writer, piece)
		return err == nil && conn.Flush() == nil
	}
}
