package showcase

import (
	"embed"
	"net/http"
	"path"
	"strings"
)

// PicturesPath is where a shop serves Pictures.
const PicturesPath = "/pictures/"

//go:embed pictures/*.svg
var pictures embed.FS

// Pictures serves the products' pictures below PicturesPath. They were drawn for this project.
func Pictures() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := pictures.ReadFile(path.Join("pictures", path.Base(strings.TrimPrefix(r.URL.Path, PicturesPath))))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		header := w.Header()
		header.Set("Content-Type", "image/svg+xml")
		header.Set("Cache-Control", "public, max-age=86400")
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'") // a drawing is a document of its own
		_, _ = w.Write(text)                                                                   // the reader may have gone
	})
}
