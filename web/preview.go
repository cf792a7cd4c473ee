package web

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"strings"
)

// Preview is what the link to a page shows where it was sent to, before anybody opens it.
type Preview struct {
	Title, Text string
	Address     string // of the page, absolute
	Picture     string // absolute, of a kind that everybody can draw; empty: none
}

// Describe has the app ask for the preview of each page that it shows; nil is a page that has none. It is called before
// the app answers anybody.
func (a *App) Describe(ask func(r *http.Request) *Preview) { a.describe = ask }

// described is the page for a request: the same as for everybody, with what its preview is made of in its head.
func (a *App) described(r *http.Request) *file {
	index := a.files[indexFile]
	if a.describe == nil {
		return index
	}
	p := a.describe(r)
	if p == nil {
		return index
	}
	return newFile(bytes.Replace(index.text, []byte("</head>"), []byte(p.tags()+"</head>"), 1), index.media)
}

// tags are those of the Open Graph protocol, which chats and networks read: https://ogp.me
func (p *Preview) tags() string {
	var b strings.Builder
	tag := func(property, content string) {
		if content != "" {
			fmt.Fprintf(&b, "<meta property=%q content=\"%s\" />\n", property, html.EscapeString(content))
		}
	}
	tag("og:type", "website")
	tag("og:title", p.Title)
	tag("og:description", p.Text)
	tag("og:url", p.Address)
	tag("og:image", p.Picture)
	return b.String()
}
