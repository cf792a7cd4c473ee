package mallapi

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/mallwire"
	"kaituan/api/problem"
)

// Pages hears what the shop's pages tell of themselves. Whatever they say was written by a browser: it proves nothing.
type Pages interface {
	// Viewed counts that somebody opened a page of a kind.
	Viewed(page string)
	// Broke takes what a page of a kind says of a script that failed in a browser.
	Broke(ctx context.Context, page, message, stack, browser string)
}

// PageKinds are the pages that there are, by the names of their routes, "missing" for every other address, and "console"
// for whatever operators look at.
func PageKinds() []string {
	kinds := []wire.PageKind{
		wire.PageKindHome, wire.PageKindProduct, wire.PageKindCheckout, wire.PageKindReturn, wire.PageKindTeam, wire.PageKindOrders,
		wire.PageKindOrder, wire.PageKindTeams, wire.PageKindMe, wire.PageKindLogin, wire.PageKindMissing, wire.PageKindConsole,
	}
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = string(kind)
	}
	return names
}

// deaf hears nothing.
type deaf struct{}

// Viewed implements Pages.
func (deaf) Viewed(string) {}

// Broke implements Pages.
func (deaf) Broke(context.Context, string, string, string, string) {}

// The bounds of what a page may tell, in characters.
const (
	maxPageMessage = 500
	maxPageStack   = 4000
	maxBrowser     = 200
)

// ReportPageView counts a page view.
func (a *API) ReportPageView(c *gin.Context) {
	var in wire.PageView
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	a.pages.Viewed(string(in.Page))
	c.Status(http.StatusNoContent)
}

// ReportPageError takes a page's word that one of its scripts failed.
func (a *API) ReportPageError(c *gin.Context) {
	var in wire.PageError
	err := edge.Decode(c, &in)
	if err == nil {
		err = cmp.Or(tooLong("message", in.Message, maxPageMessage), tooLong("stack", in.Stack, maxPageStack))
	}
	if err != nil {
		fail(c, err)
		return
	}
	browser := c.Request.UserAgent()
	a.pages.Broke(c.Request.Context(), string(in.Page), in.Message, in.Stack, browser[:min(len(browser), maxBrowser)])
	c.Status(http.StatusNoContent)
}

func tooLong(param, text string, most int) error {
	if utf8.RuneCountInString(text) <= most {
		return nil
	}
	return &problem.Problem{Code: problem.Invalid, Param: param, Detail: "at most " + strconv.Itoa(most) + " characters"}
}
