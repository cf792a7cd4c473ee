// Package edge is what every public HTTP interface shares: request ids, one log line per request, safe headers, a
// bound on bodies, strict decoding, and problems for whatever no handler answers.
package edge

import (
	"io"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/problem"
)

// MaxBody is the largest request body in bytes, unless the handler allows more.
const MaxBody = 1 << 20

// New returns a router that logs to log. Routes are registered on it afterwards; unknown addresses and methods are
// answered with problems. Those in around see each request from when it has its id until it was answered and logged.
func New(log *slog.Logger, around ...gin.HandlerFunc) *gin.Engine {
	gin.SetMode(gin.ReleaseMode) // the other mode prints every route to stdout
	router := gin.New()
	router.HandleMethodNotAllowed = true
	router.RedirectTrailingSlash = false // a redirected call would lose its signature
	_ = router.SetTrustedProxies(nil)    // cannot fail without addresses
	router.Use(identify)
	router.Use(around...)
	router.Use(logTo(log), recoverPanic, protect)
	router.NoRoute(func(c *gin.Context) { Fail(c, &problem.Problem{Code: problem.NotFound}) })
	router.NoMethod(func(c *gin.Context) { Fail(c, &problem.Problem{Code: problem.MethodNotAllowed}) })
	return router
}

type unboundBody struct{}

// AllowBody lets the body of this request be larger than MaxBody. Call it before anything was read, and only for
// callers who are known.
func AllowBody(c *gin.Context, most int64) {
	if body, ok := c.Get(unboundBody{}); ok {
		c.Request.Body = http.MaxBytesReader(c.Writer, body.(io.ReadCloser), most)
	}
}

// protect bounds the body and sets the headers that suit an answer with data. Pages replace the Cache-Control and
// Content-Security-Policy with their own.
func protect(c *gin.Context) {
	c.Set(unboundBody{}, c.Request.Body)
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, MaxBody)
	header := c.Writer.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
}

// httpsFor is how long browsers remember that the site is served over https: two years, as https://hstspreload.org asks.
const httpsFor = "max-age=63072000"

// HTTPSOnly is a middleware for sites that are served over https, by us or by a proxy in front: browsers then ask over
// nothing else (RFC 6797). Sub-domains are somebody else's to decide.
func HTTPSOnly(c *gin.Context) { c.Writer.Header().Set("Strict-Transport-Security", httpsFor) }
