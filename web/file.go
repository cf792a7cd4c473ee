package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// file is one file of a build.
type file struct {
	text  []byte
	media string
	etag  string
	gzip  func() []byte // made when first asked for; nil for what is packed already
}

func newFile(text []byte, media string) *file {
	sum := sha256.Sum256(text)
	f := &file{text: text, media: media, etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
	if strings.HasPrefix(media, "text/") || strings.Contains(media, "json") || strings.Contains(media, "svg") {
		f.gzip = sync.OnceValue(func() []byte { return pack(text) })
	}
	return f
}

func pack(text []byte) []byte {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out) // writing to memory cannot fail
	_, _ = zip.Write(text)
	_ = zip.Close()
	return out.Bytes()
}

// serve answers with the file, packed for who takes that, or says that the caller's copy is still right.
func (f *file) serve(w http.ResponseWriter, r *http.Request, status int) {
	header := w.Header()
	header.Set("Content-Type", f.media)
	header.Set("ETag", "W/"+f.etag) // weak: packed and unpacked are the same page
	text := f.text
	if f.gzip != nil {
		header.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			header.Set("Content-Encoding", "gzip")
			text = f.gzip()
		}
	}
	if status == http.StatusOK && strings.Contains(r.Header.Get("If-None-Match"), f.etag) {
		header.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text) // the reader may have gone
	}
}
