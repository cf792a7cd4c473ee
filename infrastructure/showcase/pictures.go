package showcase

import (
	"embed"
	"net/http"
	"path"
	"strings"
)

// PicturesPath is where a shop serves Pictures.
const PicturesPath = "/pictures/"

//go:embed pictures/*.svg pictures/*.jpg
var pictures embed.FS

// Still is the same picture in a form that everybody can draw, if it is one of ours: chats show no drawings.
func Still(picture string) string {
	if name, ok := strings.CutSuffix(picture, ".svg"); ok && strings.HasPrefix(picture, PicturesPath) {
		return name + ".jpg"
	}
	return picture
}

// Pictures serves the products' pictures below PicturesPath. They were drawn for this project.
func Pictures() http.Handler {
	media := map[string]string{".svg": "image/svg+xml", ".jpg": "image/jpeg"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := pictures.ReadFile(path.Join("pictures", path.Base(strings.TrimPrefix(r.URL.Path, PicturesPath))))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		header := w.Header()
		header.Set("Content-Type", media[path.Ext(r.URL.Path)])
		header.Set("Cache-Control", "public, max-age=86400")
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'") // a drawing is a document of its own
		_, _ = w.Write(text)                                                                   // the reader may have gone
	})
}
