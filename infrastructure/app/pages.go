package app

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/mallapi"
	"kaituan/api/problem"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/showcase"
	"kaituan/web"
)

// machines are the first parts of addresses that are for programs, or have pages of their own. No app takes one of
// them, whatever is asked for below it.
func machines() []string {
	return []string{"api", "callbacks", "sandbox", "docs", "openapi", "pictures"}
}

// apps are the pages of the interfaces that the role serves; a request is for the first one that owns its address.
func (a *App) apps() ([]*web.App, error) {
	console, err := web.Operators()
	if err != nil {
		return nil, err
	}
	apps := []*web.App{console}
	if a.config.Role == config.RoleAll || a.config.Role == config.RoleMall {
		buyers, err := web.Buyers()
		if err != nil {
			return nil, err
		}
		buyers.Describe(a.preview)
		apps = append(apps, buyers)
	}
	return apps, nil
}

// servePages shows people the apps at every address that nothing else answers. Without the shop the reference is the way in.
func (a *App) servePages(router *gin.Engine) error {
	apps, err := a.apps()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(apps, func(app *web.App) bool { return app.Owns("/") }) {
		router.GET("/", func(c *gin.Context) { c.Redirect(http.StatusFound, "/docs") })
	} else { // browsers ask there when a page was left before its icon had come
		router.GET("/favicon.ico", func(c *gin.Context) { c.Redirect(http.StatusFound, "/favicon.svg") })
	}
	router.NoRoute(func(c *gin.Context) {
		first, _, _ := strings.Cut(strings.TrimPrefix(c.Request.URL.Path, "/"), "/")
		owner := slices.IndexFunc(apps, func(app *web.App) bool { return app.Owns(c.Request.URL.Path) })
		if slices.Contains(machines(), first) || owner < 0 || !apps[owner].Answer(c.Writer, c.Request) {
			edge.Fail(c, &problem.Problem{Code: problem.NotFound})
		}
	})
	return nil
}

// previews describe the pages at paths, see mallapi.API.PreviewLink.
type previews func(ctx context.Context, path string, lang problem.Language) (mallapi.LinkPreview, bool, error)

// previewTime is how long a page may wait for its own preview: people who open it see none of it.
const previewTime = 300 * time.Millisecond

// preview is what a link to a page of the shop shows before it is opened.
func (a *App) preview(r *http.Request) *web.Preview {
	if a.links == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), previewTime)
	defer cancel()
	p, ok, err := a.links(ctx, r.URL.Path, problem.LanguageOf(r.Header.Get("Accept-Language")))
	if err != nil || !ok { // the page itself says what is wrong
		return nil
	}
	picture := showcase.Still(p.Picture)
	if strings.HasPrefix(picture, "/") {
		picture = a.publicURL + picture
	}
	return &web.Preview{Title: p.Title, Text: p.Text, Address: a.publicURL + r.URL.EscapedPath(), Picture: picture}
}
