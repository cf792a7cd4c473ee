package edge

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"

	"kaituan/api/problem"
)

// requestID is what we accept from a caller: it goes into logs and headers as it is.
var requestID = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// identify gives the request an id, the caller's own if it is usable, and answers with it.
func identify(c *gin.Context) {
	id := c.GetHeader(problem.HeaderRequestID)
	if !requestID.MatchString(id) {
		id = "req_" + rand.Text()
	}
	c.Header(problem.HeaderRequestID, id)
}

// RequestID returns the id of the request being answered.
func RequestID(c *gin.Context) string { return c.Writer.Header().Get(problem.HeaderRequestID) }

type callerKey struct{}

type caller struct{ kind, id string }

// SetCaller names who is calling, once that is proven, for the log: a kind such as "partner" or "account" and an id.
func SetCaller(c *gin.Context, kind, id string) { c.Set(callerKey{}, caller{kind, id}) }

// Caller names who called, and as what; both are empty when nobody has proven who they are.
func Caller(c *gin.Context) (kind, id string) {
	by, _ := c.Get(callerKey{})
	who, _ := by.(caller)
	return who.kind, who.id
}

// logTo writes one line per request when it has been answered. It names the route, never its parameters or
// the query, which may hold secrets.
func logTo(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := time.Now()
		c.Next()
		status := c.Writer.Status()
		attrs := []slog.Attr{
			slog.String("request_id", RequestID(c)),
			slog.String("method", c.Request.Method),
			slog.String("route", c.FullPath()),
			slog.Int("status", status),
			slog.Float64("duration_ms", float64(time.Since(start).Microseconds())/1000),
			slog.Int("bytes", max(0, c.Writer.Size())),
		}
		if c.FullPath() == "" { // no route: there is no secret in an address that we do not have
			attrs = append(attrs, slog.String("path", c.Request.URL.Path[:min(len(c.Request.URL.Path), 100)]))
		}
		if kind, id := Caller(c); kind != "" {
			attrs = append(attrs, slog.String(kind, id))
		}
		if code := c.GetString(codeKey); code != "" {
			attrs = append(attrs, slog.String("code", code))
		}
		level := slog.LevelInfo
		if status >= http.StatusInternalServerError && c.GetString(codeKey) != string(problem.Overloaded) { // which is as it should be, and may come in thousands
			level = slog.LevelError
		}
		for _, err := range c.Errors {
			attrs = append(attrs, slog.String("error", err.Error()))
		}
		log.LogAttrs(c.Request.Context(), level, "request", attrs...)
	}
}

// recoverPanic turns a panic into a problem and its stack into the log line's error.
func recoverPanic(c *gin.Context) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		if value == http.ErrAbortHandler { //nolint:errorlint // net/http panics with this very value to cut a connection
			panic(value)
		}
		err := fmt.Errorf("panic: %v\n%s", value, debug.Stack())
		if c.Writer.Written() {
			_ = c.Error(err)
			c.Abort()
			return
		}
		Fail(c, err)
	}()
	c.Next()
}
