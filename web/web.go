// Package web holds the pages that people look at: built files of the apps in its folders, compiled into the program.
package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed h5/dist h5/src/routes.json
var h5 embed.FS

//go:embed console/dist
var console embed.FS

// An App is one built application with its own addresses. Its files are served under the names they have in the
// build; its pages are all the same index.html, whose script looks at the address.
type App struct {
	base   string // with a slash at both ends
	policy string
	pages  []string // patterns of path.Match; nil: everything below base
	files  map[string]*file

	describe func(r *http.Request) *Preview // see Describe
}

// shopPolicy lets the buyer's pages use their own files and call their own server. Pictures of products may be
// anywhere; the poster is drawn from a blob: address.
const shopPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: http: data: blob:; connect-src 'self'; " +
	"manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Buyers returns the pages of the shop. Errors: a build that is not complete.
func Buyers() (*App, error) {
	text, err := h5.ReadFile("h5/src/routes.json")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	routes := map[string]string{}
	if err := json.Unmarshal(text, &routes); err != nil {
		return nil, fmt.Errorf("web: routes of the shop: %w", err)
	}
	a, err := newApp(h5, "h5/dist", "/", shopPolicy)
	if err != nil {
		return nil, err
	}
	for _, route := range routes {
		a.pages = append(a.pages, route)
	}
	return a, nil
}

// consolePolicy lets the operators' pages use their own files and call their own server. Pictures of products may be
// anywhere.
const consolePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: http: data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Operators returns the console, which has every address below /console. Errors: a build that is not complete.
func Operators() (*App, error) { return newApp(console, "console/dist", "/console/", consolePolicy) }

// newApp reads the files of a build.
func newApp(from fs.FS, dir, base, policy string) (*App, error) {
	a := &App{base: base, policy: policy, files: map[string]*file{}}
	err := fs.WalkDir(from, dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(from, name)
		if err == nil {
			a.files[strings.TrimPrefix(name, dir+"/")] = newFile(text, mediaType(name))
		}
		return err
	})
	if err == nil && a.files[indexFile] == nil {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("web: build in %s: %w", dir, err)
	}
	return a, nil
}

const (
	indexFile = "index.html"
	assets    = "assets/" // names in here hold a hash of what is in the file
)

// mediaType does not ask the machine, whose tables differ.
func mediaType(name string) string {
	known := map[string]string{
		".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
		".svg": "image/svg+xml", ".json": "application/json", ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8",
		".png": "image/png", ".webp": "image/webp", ".woff2": "font/woff2",
	}
	if media, ok := known[path.Ext(name)]; ok {
		return media
	}
	return mime.TypeByExtension(path.Ext(name))
}

// Owns reports whether a path is the app's base or below it.
func (a *App) Owns(path string) bool { return strings.HasPrefix(path+"/", a.base) }

// Answer serves a request for one of the app's files or pages. For a person at an address that is none of them it
// shows the app, which says so, under status 404. It returns false, having done nothing, for everything else: other
// methods, other people's addresses, and programs.
func (a *App) Answer(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	name, ours := strings.CutPrefix(r.URL.Path+"/", a.base)
	name = strings.TrimSuffix(name, "/")
	if !ours {
		return false
	}
	if f := a.files[name]; f != nil && name != indexFile {
		a.send(w, r, f, http.StatusOK, strings.HasPrefix(name, assets))
		return true
	}
	status := http.StatusOK
	if !a.page(name) {
		status = http.StatusNotFound
	}
	if status == http.StatusNotFound && (strings.HasPrefix(name, assets) || !strings.Contains(r.Header.Get("Accept"), "text/html")) {
		return false
	}
	page := a.files[indexFile]
	if status == http.StatusOK {
		page = a.described(r)
	}
	a.send(w, r, page, status, false)
	return true
}

func (a *App) page(name string) bool {
	for _, pattern := range a.pages {
		if ok, err := path.Match(pattern, a.base+name); ok && err == nil {
			return true
		}
	}
	return a.pages == nil && !strings.HasPrefix(name, assets)
}

func (a *App) send(w http.ResponseWriter, r *http.Request, f *file, status int, forEver bool) {
	header := w.Header()
	header.Set("Content-Security-Policy", a.policy)
	header.Set("Cache-Control", "no-cache")
	if forEver {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	f.serve(w, r, status)
}
