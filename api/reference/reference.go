// Package reference serves the specifications and readable pages made from them: an index, one page per interface
// drawn by Swagger UI, and the table of error codes. Everything is embedded; no page loads anything from elsewhere.
package reference

import (
	"bytes"
	"compress/gzip"
	"embed"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/swaggest/swgui/v5/static"

	"kaituan/api/openapi"
	"kaituan/api/problem"
)

// policy lets the pages use their own files only: no inline script, no inline style. Swagger UI draws its icons as
// data: images, and "Try it out" calls the server that the page came from.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed page
var pages embed.FS

// api is one interface that has a specification.
type api struct{ Name, ZH, EN string }

func apis() []api {
	return []api{
		{"groupbuy", "拼团引擎接口：合作商城与运营", "Group-buy engine: partners and operators"},
		{"mall", "商城接口：买家与运营", "Mall: buyers and operators"},
	}
}

// Register adds the pages to a router made by edge.New. Anybody may read them.
func Register(router gin.IRouter) {
	templates := template.Must(template.ParseFS(pages, "page/*.html"))
	router.GET("/docs", page(templates, "index.html", func() any { return apis() }))
	router.GET("/docs/errors", page(templates, "errors.html", func() any { return problem.Domains() }))
	for _, a := range apis() {
		router.GET("/docs/"+a.Name, page(templates, "api.html", func() any { return a }))
		router.GET("/openapi/"+a.Name+".yaml", spec(a.Name))
	}
	for _, name := range []string{"page.css", "api.js"} {
		router.GET("/docs/assets/"+name, own(name))
	}
	for _, name := range []string{"swagger-ui.css", "swagger-ui-bundle.js"} {
		router.GET("/docs/assets/"+name, packed(name))
	}
	router.GET("/docs/assets/favicon-32x32.png", favicon)
}

// view is what every page gets.
type view struct {
	Chinese bool
	Data    any
}

func page(templates *template.Template, name string, data func() any) gin.HandlerFunc {
	return func(c *gin.Context) {
		lang := problem.LanguageOf(c.GetHeader("Accept-Language"))
		var text bytes.Buffer
		if err := templates.ExecuteTemplate(&text, name, view{Chinese: lang == problem.Chinese, Data: data()}); err != nil {
			_ = c.AbortWithError(http.StatusInternalServerError, err) // the log line has it; tests draw every page
			return
		}
		c.Header("Content-Security-Policy", policy)
		c.Header("Cache-Control", "no-cache")
		c.Header("Content-Language", string(lang))
		c.Header("Vary", "Accept-Language")
		c.Data(http.StatusOK, "text/html; charset=utf-8", text.Bytes())
	}
}

func spec(name string) gin.HandlerFunc {
	return func(c *gin.Context) {
		text, err := openapi.Spec(name)
		answerFile(c, "application/yaml; charset=utf-8", text, err)
	}
}

func own(name string) gin.HandlerFunc {
	return func(c *gin.Context) {
		text, err := pages.ReadFile("page/" + name)
		answerFile(c, mediaType(name), text, err)
	}
}

func favicon(c *gin.Context) {
	text, err := static.FS.ReadFile("favicon-32x32.png")
	answerFile(c, "image/png", text, err)
}

// packed serves a file of Swagger UI, which is embedded compressed, and unpacks it for the few who need that.
func packed(name string) gin.HandlerFunc {
	return func(c *gin.Context) {
		text, err := static.FS.ReadFile(name + ".gz")
		c.Header("Vary", "Accept-Encoding")
		if err == nil && strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
			c.Header("Content-Encoding", "gzip")
		} else if err == nil {
			text, err = unpack(text)
		}
		answerFile(c, mediaType(name), text, err)
	}
}

func unpack(text []byte) ([]byte, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(unpacked)
}

func answerFile(c *gin.Context, media string, text []byte, err error) {
	if err != nil { // an embedded file that is not there: a fault of the build, found by the test of every address
		_ = c.AbortWithError(http.StatusInternalServerError, &fs.PathError{Op: "read", Path: c.FullPath(), Err: err})
		return
	}
	c.Header("Cache-Control", "public, max-age=3600")
	c.Data(http.StatusOK, media, text)
}

func mediaType(name string) string {
	if strings.HasSuffix(name, ".css") {
		return "text/css; charset=utf-8"
	}
	return "text/javascript; charset=utf-8"
}
